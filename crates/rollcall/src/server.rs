//! The service provider, the schedule and what looks after the database, side by side in one process.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use application::Applications;
use axum::Router;
use events::Deliverer;
use ipnet::IpNet;
use model::token::MINT_BYTES;
use provisioning::retention::Kept;
use provisioning::schedule;
use provisioning::waker::Waker;
use service_provider::{Peer, client_address, expiry, retention};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time;

use crate::entropy;
use crate::hooks::Subscriptions;
use crate::host::ScheduleHost;
use crate::http::{self, Reserved};
use crate::installation::{Installation, applications};
use crate::job_metrics::JobMetrics;
use crate::mail::Mailer;
use crate::sealer::Sealer;
use crate::{admin, health, hooks, key_set, metrics, otlp};

/// How long what looks after the database may take to end once the last request is answered.
const END_TIMEOUT: Duration = Duration::from_secs(5);

/// How long what is known of jobs is kept where nobody says.
pub const KEPT: Kept = Kept { log_days: 30, cycle_days: 90, plan_days: 30 };

/// A server that listens and does not answer yet.
pub struct Server {
    installation: Installation,
    listener: TcpListener,
    admin: Option<TcpListener>,
    metrics: Option<TcpListener>,
    trusted_proxies: Vec<IpNet>,
    is_traced: bool,
    mailer: Option<Mailer>,
    kept: Kept,
    event_days: u16,
    /// What clients call it, without a slash at the end.
    pub url: String,
}

impl Server {
    /// Takes the address. The public URL is known to other processes before anybody can connect.
    ///
    /// # Errors
    /// When the address can't be listened on, the database can't be written, or the environment describes no mail server.
    pub async fn listen(installation: Installation, address: SocketAddr) -> Result<Self> {
        let mailer = Mailer::from_environment()?;
        let reserved = Reserved::take(address)?;
        let url = installation.set_public_url(&format!("http://{}", reserved.address)).await?;
        let listener = reserved.listen()?;
        Ok(Self {
            installation,
            listener,
            admin: None,
            metrics: None,
            trusted_proxies: Vec::new(),
            is_traced: false,
            mailer,
            kept: KEPT,
            event_days: events::limits::RETENTION_DAYS,
            url,
        })
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

    /// Tells metrics as well, at an address of their own.
    ///
    /// # Errors
    /// When the address can't be listened on.
    pub fn with_metrics(self, address: Option<SocketAddr>) -> Result<Self> {
        let metrics = address.map(|address| Reserved::take(address)?.listen()).transpose()?;
        Ok(Self { metrics, ..self })
    }

    /// Where metrics are told, if they are.
    pub fn metrics_url(&self) -> Option<String> {
        let address = self.metrics.as_ref()?.local_addr().ok()?;
        Some(format!("http://{address}/metrics"))
    }

    /// Believes these proxies about where requests come from.
    pub fn trusting(self, proxies: Vec<IpNet>) -> Self {
        Self { trusted_proxies: proxies, ..self }
    }

    /// Keeps what is known of jobs for so long, and events for so many days.
    pub fn keeping(self, kept: Kept, event_days: u16) -> Self {
        Self { kept, event_days, ..self }
    }

    /// Puts requests into the traces that their clients name.
    pub fn traced(self, is_traced: bool) -> Self {
        Self { is_traced, ..self }
    }

    /// Answers requests and runs the jobs that are on, until `stop` is done; then ends in order.
    ///
    /// # Errors
    /// When the schedule panicked.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) -> Result<()> {
        let Self {
            installation,
            listener,
            admin,
            metrics,
            trusted_proxies,
            is_traced,
            mailer,
            kept,
            event_days,
            url,
        } = self;
        let (store, clock) = (installation.store.clone(), Arc::clone(&installation.clock));
        let (stopping, stopped) = watch::channel(false);
        let issuer = installation.issuer(&url);
        let mut context = service_provider::Context::new(
            store.clone(),
            installation.keys.digest_key(),
            Arc::clone(&clock),
            Arc::clone(&installation.ids),
            with_sessions(&installation).sharing(move || events::polling(&issuer)),
            &url,
        )
        .until(stopped.clone())
        .announcing(events::announced)
        .trusting(trusted_proxies.clone())
        .issuing(Arc::new(random), egress::Client::new()?);
        let (ending, ended) = watch::channel(false);
        let mut caretakers = look_after(&installation, &mut context, kept, &ended)?;
        caretakers.spawn(events::retention::retain(
            store.clone(),
            Arc::clone(&clock),
            Arc::clone(&installation.ids),
            event_days,
            until(ended.clone()),
        ));
        caretakers.spawn(deliverer(&installation, &url)?.run(until(stopped.clone())));
        let (jobs, waker, sealer) = (JobMetrics::default(), Waker::default(), installation.keys.sealer());
        let doors = doors(&installation, &url, trusted_proxies)?;
        caretakers.spawn(doors.reader().keep_fresh(until(stopped.clone())));
        let keys = key_set::router(store.clone(), Arc::clone(&clock), installation.keys.signing_keys());
        let numbers = metrics::router(context.metrics(), jobs.clone(), &doors.metrics, store.clone(), clock);
        let hooks = hooks::router(store.clone(), sealer.clone(), waker.clone(), jobs.clone());
        let clients = service_provider::router(context);
        let clients = if is_traced { otlp::under_parent(clients) } else { clients };
        let aside = health::router(store).merge(hooks).merge(keys).merge(sign_in::router(doors));
        let public = http::guarded(aside).fallback_service(clients);
        let scheduled = tokio::spawn({
            let subscriptions = Subscriptions::new(installation.store.clone(), sealer.clone(), &url);
            let host = Arc::new(ScheduleHost::new(sealer, subscriptions, mailer, jobs));
            schedule::run(installation.engine(), host, waker, until(stopped.clone()))
        });
        let announced = async {
            stop.await;
            stopping.send_replace(true);
        };
        tokio::join!(
            http::serve(listener, public, until(stopped.clone())),
            serve_aside(admin, admin::router(installation), until(stopped.clone())),
            serve_aside(metrics, numbers, until(stopped)),
            announced
        );
        ending.send_replace(true);
        let all = async { while caretakers.join_next().await.is_some() {} };
        if time::timeout(END_TIMEOUT, all).await.is_err() {
            tracing::warn!("the last requests may be missing in the request log");
        }
        scheduled.await.context("the schedule ended early")
    }
}

/// Random bytes for tokens that clients are issued.
fn random() -> io::Result<[u8; MINT_BYTES]> {
    entropy::bytes().map_err(io::Error::other)
}

/// Starts what works on the database beside the requests, until no more of them are answered: it writes the request
/// log, what clients repeat in vain, what quirks they need and when tokens were used, warns of tokens that end, forgets
/// what is too old, and seals the audit log.
fn look_after(
    installation: &Installation,
    context: &mut service_provider::Context,
    kept: Kept,
    ended: &watch::Receiver<bool>,
) -> Result<JoinSet<()>> {
    let (store, clock) = (&installation.store, &installation.clock);
    let sealer = Sealer::new(store.clone(), Arc::clone(clock), installation.keys.audit_key()?);
    let (refusals, quirk_counts, usage) = (context.refusals(), context.quirk_counts(), context.usage());
    let mut tasks = JoinSet::new();
    tasks.spawn(context.log_requests().run());
    tasks.spawn({
        let (store, ended) = (store.clone(), until(ended.clone()));
        async move { refusals.keep_written(store, ended).await }
    });
    tasks.spawn({
        let (store, ended) = (store.clone(), until(ended.clone()));
        async move { quirk_counts.keep_written(store, ended).await }
    });
    tasks.spawn({
        let (store, ended) = (store.clone(), until(ended.clone()));
        async move { usage.keep_written(store, ended).await }
    });
    tasks.spawn(expiry::warn(store.clone(), Arc::clone(clock), until(ended.clone())));
    tasks.spawn(retention::retain(store.clone(), applications(), Arc::clone(clock), until(ended.clone())));
    let not_forgotten = |error| tracing::warn!(%error, "what is too old of jobs was not forgotten");
    tasks.spawn(provisioning::retention::retain(
        store.clone(),
        Arc::clone(clock),
        kept,
        not_forgotten,
        until(ended.clone()),
    ));
    tasks.spawn(sealer.run(until(ended.clone())));
    Ok(tasks)
}

/// The applications with what tells them who is signed in.
fn with_sessions(installation: &Installation) -> Applications {
    let key = installation.keys.digest_key();
    applications().sharing(move || sign_in::operations(&key))
}

/// What users sign in by.
fn doors(installation: &Installation, url: &str, trusted_proxies: Vec<IpNet>) -> Result<sign_in::Context> {
    let sealer = installation.keys.sealer();
    Ok(sign_in::Context {
        store: installation.store.clone(),
        clock: Arc::clone(&installation.clock),
        ids: Arc::clone(&installation.ids),
        applications: applications(),
        digest_key: installation.keys.digest_key(),
        random: Arc::new(random),
        open: Arc::new(move |place, sealed| sealer.open(place, sealed).ok()),
        address_of: Arc::new(move |parts| {
            let peer = parts.extensions.get::<Peer>().copied();
            client_address(peer, &parts.headers, &trusted_proxies)
        }),
        egress: installation.egress()?,
        public_url: url.to_owned(),
        metrics: sign_in::Metrics::default(),
    })
}

/// What sends events.
fn deliverer(installation: &Installation, url: &str) -> Result<Deliverer> {
    Ok(Deliverer {
        store: installation.store.clone(),
        clock: Arc::clone(&installation.clock),
        ids: Arc::clone(&installation.ids),
        applications: applications(),
        egress: installation.egress()?,
        key: installation.keys.webhook_key(),
        issuer: installation.issuer(url),
    })
}

/// Serves what is not for clients, if it has an address.
async fn serve_aside(listener: Option<TcpListener>, router: Router, stop: impl Future<Output = ()>) {
    if let Some(listener) = listener {
        http::serve(listener, router, stop).await;
    }
}

/// Done when it is told so.
async fn until(mut told: watch::Receiver<bool>) {
    // An error means that nobody is left to tell, which is the end as well.
    drop(told.wait_for(|told| *told).await);
}
