//! Whether the process lives and can serve, for load balancers and orchestrators. Needs no token, tells no more than
//! that.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use store::Store;
use tokio::time;

/// How long the store may take to answer. Whoever asks does so every few seconds.
const STORE_TIMEOUT: Duration = Duration::from_secs(1);

/// `/healthz`: 200 while the process answers at all. `/readyz`: 200 if the store answers in time and has the tables of
/// this version, else 503.
pub fn router(store: Store) -> Router {
    Router::new().route("/healthz", get(StatusCode::OK)).route("/readyz", get(ready)).with_state(store)
}

async fn ready(State(store): State<Store>) -> StatusCode {
    match time::timeout(STORE_TIMEOUT, store.read(store::is_migrated)).await {
        Ok(Ok(true)) => StatusCode::OK,
        Ok(Ok(false)) => {
            tracing::warn!("not ready: the database does not have the tables of this version");
            StatusCode::SERVICE_UNAVAILABLE
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready: the store failed");
            StatusCode::SERVICE_UNAVAILABLE
        }
        Err(_) => {
            tracing::warn!("not ready: the store did not answer in time");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, HttpBody};
    use axum::http::Request;
    use store::DatabaseUrl;
    use tower::ServiceExt;

    use super::*;

    async fn status(store: &Store, path: &str) -> StatusCode {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router(store.clone()).oneshot(request).await.unwrap();
        assert!(response.body().is_end_stream(), "it tells nothing else");
        response.status()
    }

    #[tokio::test]
    async fn readiness_is_that_of_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("rollcall.db").display());
        let store = Store::open(&DatabaseUrl::parse(&url).unwrap()).unwrap();
        assert_eq!(status(&store, "/healthz").await, StatusCode::OK);
        assert_eq!(status(&store, "/readyz").await, StatusCode::OK);

        store.close();
        assert_eq!(status(&store, "/readyz").await, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(status(&store, "/healthz").await, StatusCode::OK);
    }
}
