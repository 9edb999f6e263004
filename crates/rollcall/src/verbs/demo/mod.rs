//! `rollcall demo`: everything at once, on a sample company, over real HTTP.

mod people;
mod show;

use std::future;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::cli::{Demo, Options};
use crate::installation::{Installation, Place};
use crate::output::Output;
use crate::server::Server;
use crate::signals;

use show::Show;

/// Shows everything; then serves until Ctrl-C, unless it shall leave.
pub async fn run(options: &Options, arguments: &Demo, output: Output) -> Result<()> {
    let stop = signals::termination()?;
    let folder = TempDir::with_prefix("rollcall-demo-").context("there is no temporary folder")?;
    let on = Installation::open(place(options, folder.path())?).await?;
    let server = Server::listen(on.clone(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let (end, ended) = oneshot::channel::<()>();
    // The other side is either told or dropped; both end it.
    let serving = tokio::spawn(server.run(async { drop(ended.await) }));
    let show = Show { on: &on, folder: folder.path(), output };
    let demo = Box::pin(async {
        let shown = show.everything().await?;
        if arguments.exit {
            return Ok(());
        }
        show.what_next(&shown)?;
        future::pending().await
    });
    let result = tokio::select! {
        result = demo => result,
        () = stop => Ok(()),
    };
    drop(end);
    serving.await.context("the server ended early")??;
    on.close().await;
    result
}

/// A database of its own, unless one is named here: that of the environment may be somebody's real one.
fn place(options: &Options, folder: &Path) -> Result<Place> {
    if options.database.is_some() {
        return Ok(Place { public_url: None, ..options.place()? });
    }
    let database = format!("sqlite:{}", folder.join("rollcall.db").display());
    Ok(Place { database, key_file: None, public_url: None, own_networks: Vec::new() })
}
