//! The service provider and the schedule, side by side in one process.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use ipnet::IpNet;
use provisioning::schedule;
use service_provider::retention;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::admin;
use crate::host::ScheduleHost;
use crate::http::{self, Reserved};
use crate::installation::{Installation, applications};

/// A server that listens and does not answer yet.
pub struct Server {
    installation: Installation,
    listener: TcpListener,
    admin: Option<TcpListener>,
    trusted_proxies: Vec<IpNet>,
    /// What clients call it, without a slash at the end.
    pub url: String,
}

impl Server {
    /// Takes the address. The public URL is known to other processes before anybody can connect.
    ///
    /// # Errors
    /// When the address can't be listened on, or the database can't be written.
    pub async fn listen(installation: Installation, address: SocketAddr) -> Result<Self> {
        let reserved = Reserved::take(address)?;
        let url = installation.set_public_url(&format!("http://{}", reserved.address)).await?;
        let listener = reserved.listen()?;
        Ok(Self { installation, listener, admin: None, trusted_proxies: Vec::new(), url })
    }

    /// Serves the admin API as well, at an address of its own.
    ///
    /// # Errors
    /// When the address can't be listened on.
    pub fn with_admin(self, address: Option<SocketAddr>) -> Result<Self> {
        let admin = address.map(|address| Reserved::take(address)?.listen()).transpose()?;
        Ok(Self { admin, ..self })
    }

    /// Where the admin API listens, if it does.
    pub fn admin_url(&self) -> Option<String> {
        let address = self.admin.as_ref()?.local_addr().ok()?;
        Some(format!("http://{address}/admin/v1"))
    }

    /// Believes these proxies about where requests come from.
    pub fn trusting(self, proxies: Vec<IpNet>) -> Self {
        Self { trusted_proxies: proxies, ..self }
    }

    /// Answers requests and runs the jobs that are on, until `stop` is done; then ends in order.
    ///
    /// # Errors
    /// When the schedule panicked.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) -> Result<()> {
        let Self { installation, listener, admin, trusted_proxies, url } = self;
        let context = service_provider::Context::new(
            installation.store.clone(),
            installation.keys.digest_key(),
            Arc::clone(&installation.clock),
            Arc::clone(&installation.ids),
            applications(),
            &url,
        );
        let refusals = context.refusals();
        let quirk_counts = context.quirk_counts();
        let router = service_provider::router(context.trusting(trusted_proxies));
        let (stopping, stopped) = watch::channel(false);
        let scheduled = tokio::spawn({
            let host = Arc::new(ScheduleHost::new(installation.keys.sealer()));
            schedule::run(installation.engine(), host, until(stopped.clone()))
        });
        let written = refusals.keep_written(installation.store.clone(), until(stopped.clone()));
        let counted = quirk_counts.keep_written(installation.store.clone(), until(stopped.clone()));
        let retained = retention::retain(
            installation.store.clone(),
            Arc::clone(&installation.clock),
            until(stopped.clone()),
        );
        let administration = tokio::spawn({
            let (router, stopped) = (admin::router(installation.clone()), stopped.clone());
            async move {
                if let Some(admin) = admin {
                    http::serve(admin, router, until(stopped)).await;
                }
            }
        });
        let announced = async {
            stop.await;
            stopping.send_replace(true);
        };
        tokio::join!(http::serve(listener, router, until(stopped)), announced, written, counted, retained);
        administration.await.context("the admin API ended early")?;
        scheduled.await.context("the schedule ended early")
    }
}

/// Done when the server is told to stop.
async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that nobody is left to tell, which is the end as well.
    drop(stopped.wait_for(|stopped| *stopped).await);
}
