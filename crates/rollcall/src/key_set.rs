//! The public keys of security event tokens, for everybody: a JWK set (RFC 7517 §5).

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use events::{Numbers, SigningKeys};
use model::Clock;
use store::Store;

/// Where they are.
pub const PATH: &str = "/.well-known/jwks.json";

/// The media type (RFC 7517 §8.5.2).
const JWK_SET: &str = "application/jwk-set+json";

/// How long it may be kept: who meets a key that is not among those it keeps asks again.
const KEPT: &str = "public, max-age=300";

struct Published {
    store: Store,
    clock: Arc<dyn Clock>,
    keys: SigningKeys,
}

/// [`PATH`].
pub fn router(store: Store, clock: Arc<dyn Clock>, keys: SigningKeys) -> Router {
    Router::new().route(PATH, get(tell)).with_state(Arc::new(Published { store, clock, keys }))
}

async fn tell(State(published): State<Arc<Published>>) -> Response {
    let set = published.store.look_up(Numbers::get).await;
    let set = set.and_then(|numbers| published.keys.published(numbers, published.clock.now()));
    match set {
        Ok(set) => ([(CONTENT_TYPE, JWK_SET), (CACHE_CONTROL, KEPT)], set.to_string()).into_response(),
        Err(error) => {
            tracing::error!(%error, "the keys of security event tokens can't be told");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
