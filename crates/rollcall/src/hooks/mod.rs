//! Push over HTTP: where Okta's event hooks and Microsoft Graph's change notifications arrive.
//!
//! `/hooks/okta/{job}` and `/hooks/entra/{job}` are open to everybody, as those services must reach them. Who knows the
//! secret in the job's source is believed that something changed, and never how: the source is asked. A request is
//! answered at once, and the schedule does the work. [`Subscriptions`] has Graph send its notifications here; Okta's hooks
//! are made by an administrator.
//!
//! Invariants
//! - A job that does not exist, has another kind of source, or names no secret is the same 404.
//! - Nothing of a request is stored, logged or sent on but the ids of the objects that it names.
//! - Bodies are bounded in size, number and time, and each job's deliveries in their rate.

mod deliveries;
mod doors;
mod entra;
mod okta;
mod subscriptions;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::{get, post};
use provisioning::waker::Waker;
use store::Store;
use tokio::sync::Semaphore;
use tokio::time;

use crate::job_metrics::{JobMetrics, Push};
use crate::seal::Sealer;

use doors::{Door, Doors};

pub use subscriptions::Subscriptions;

/// The longest body. Okta's are some KiB; Graph puts up to some hundred notifications into one.
const MAX_BODY_BYTES: usize = 1 << 20;

/// Bodies that are read at once.
const MAX_BODIES: usize = 32;

/// How long a body may take to arrive. Okta itself gives up after 3 seconds.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// What the endpoints share.
struct Hooks {
    doors: Doors,
    waker: Waker,
    metrics: JobMetrics,
    bodies: Semaphore,
}

/// Where Graph is to send the notifications of a job.
pub fn entra_url(public_url: &str, job: &str) -> String {
    format!("{public_url}/hooks/entra/{job}")
}

/// The endpoints. What they are told goes to `waker`.
pub fn router(store: Store, sealer: Sealer, waker: Waker, metrics: JobMetrics) -> Router {
    let hooks =
        Hooks { doors: Doors::new(store, sealer), waker, metrics, bodies: Semaphore::new(MAX_BODIES) };
    Router::new()
        .route("/hooks/okta/{job}", get(okta::verify).post(okta::deliver))
        .route("/hooks/entra/{job}", post(entra::notify))
        .with_state(Arc::new(hooks))
}

impl Hooks {
    /// Reads the body of a request, or answers why not.
    async fn body(&self, request: Request) -> Result<Bytes, StatusCode> {
        let _turn = self.bodies.try_acquire().map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
        match time::timeout(BODY_TIMEOUT, to_bytes(request.into_body(), MAX_BODY_BYTES)).await {
            Ok(body) => body.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE),
            Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
        }
    }

    fn count(&self, door: &Door, push: Push) {
        self.metrics.count_push(&door.name, push);
    }
}
