//! `rollcall serve`

use std::io::{self, Write};

use anyhow::Result;
use serde::Serialize;

use crate::cli::Serve;
use crate::installation::Installation;
use crate::output::{Answer, Output};
use crate::server::Server;
use crate::signals;

/// Told once the server listens.
#[derive(Serialize)]
struct Serving {
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    admin_url: Option<String>,
    database: String,
    /// Where metrics are told, if they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<String>,
}

impl Answer for Serving {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Rollcall serves {} (database {})", self.url, self.database)?;
        for (what, url) in [("The admin API is", &self.admin_url), ("Metrics are", &self.metrics)] {
            if let Some(url) = url {
                writeln!(out, "{what} at {url}")?;
            }
        }
        Ok(())
    }
}

/// Serves until SIGTERM or Ctrl-C.
pub async fn run(on: Installation, arguments: &Serve, output: Output) -> Result<()> {
    let stop = signals::termination()?;
    let database = on.database.clone();
    let server = Server::listen(on, arguments.listen).await?.trusting(arguments.trusted_proxy.clone());
    let server = server.with_admin(arguments.admin)?.with_metrics(arguments.metrics)?;
    let server = server.traced(arguments.otlp.is_some()).keeping(arguments.kept.days(), arguments.event_days);
    let (admin_url, metrics) = (server.admin_url(), server.metrics_url());
    output.answer(&Serving { url: server.url.clone(), admin_url, database, metrics })?;
    server.run(stop).await?;
    tracing::info!("ended");
    Ok(())
}
