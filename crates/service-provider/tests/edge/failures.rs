//! What a client sees when something of ours fails, and what it sees of that.

use std::sync::Arc;

use application::{Application, Applications, Change, Plain, Profile};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use store::Tx;

use crate::support::{App, USER};

#[tokio::test]
async fn a_store_that_is_gone_is_503_with_a_time_to_wait() {
    let mut app = App::new().await;
    app.store.close();
    let answer = app.get("/Users").await.error(StatusCode::SERVICE_UNAVAILABLE, None);
    assert_eq!(answer.header("retry-after"), Some("5"));
    // What is no token is refused without asking the store.
    app.token = "rcscim_x".to_owned();
    app.get("/Users").await.error(StatusCode::UNAUTHORIZED, None);
}

/// Panics where it is told to.
struct Broken {
    plain: Plain,
    profile: bool,
}

impl Application for Broken {
    fn kind(&self) -> model::tenant::Application {
        model::tenant::Application::Plain
    }

    fn profile(&self) -> &Arc<Profile> {
        assert!(!self.profile, "a secret that must not be told");
        self.plain.profile()
    }

    fn changed(&self, _: &mut Tx<'_>, _: &Change<'_>) -> Result<(), store::Error> {
        panic!("a secret that must not be told");
    }
}

#[tokio::test]
async fn a_panic_is_500_and_keeps_nothing() {
    for profile in [true, false] {
        let broken: Arc<dyn Application> = Arc::new(Broken { plain: Plain::default(), profile });
        let app = App::new().await.with_applications(Applications::new(vec![broken]));
        let answer = app.post("/Users", json!({ "schemas": [USER], "userName": "x" })).await;
        let answer = answer.error(StatusCode::INTERNAL_SERVER_ERROR, None);
        assert!(!answer.body.to_string().contains("secret"));
        let app = app.with_applications(Applications::new(vec![Arc::new(Plain::default())]));
        app.get("/Users").await.listed(0);
    }
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let app = App::new().await;
    let request =
        Request::head("/t/contoso/scim/v2/Users").header("Authorization", format!("Bearer {}", app.token));
    let answer = app.send(request.body(Body::empty()).unwrap()).await.expect(StatusCode::OK);
    assert_eq!(answer.header("content-type"), Some("application/scim+json"));
}
