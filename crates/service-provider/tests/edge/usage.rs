//! When and from where a token was used.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use model::grant::Grant;
use service_provider::Peer;

use crate::support::App;

/// When a token was last used, and from where.
async fn last_use(app: &App, token: &str) -> (Option<Timestamp>, Option<String>) {
    let tenant = app.tenant;
    let listed = app.store.read(move |tx| store::token::list(tx, tenant)).await.unwrap();
    let listed = listed.into_iter().find(|listed| token.contains(&listed.token.id)).unwrap();
    (listed.last_used, listed.last_used_from)
}

#[tokio::test]
async fn the_last_use_is_written_behind_the_answers() {
    for app in App::both().await {
        let grant = Grant { networks: "198.51.100.0/24".parse().unwrap(), ..Grant::default() };
        let elsewhere = app.token_with(grant).await;
        for (peer, token, status) in [
            ("203.0.113.7", &app.token, StatusCode::OK),
            ("203.0.113.8", &app.token, StatusCode::OK),
            ("203.0.113.9", &elsewhere, StatusCode::FORBIDDEN),
        ] {
            app.pass(SignedDuration::from_secs(1));
            let request = Request::get("/t/contoso/scim/v2/Users").extension(Peer(peer.parse().unwrap()));
            let request = request.header("Authorization", format!("Bearer {token}"));
            app.send(request.body(Body::empty()).unwrap()).await.expect(status);
        }
        assert_eq!(last_use(&app, &app.token).await, (None, None), "no request waits for it");
        app.usage.write(&app.store).await.unwrap();
        let second = app.now() - SignedDuration::from_secs(1);
        assert_eq!(last_use(&app, &app.token).await, (Some(second), Some("203.0.113.8".to_owned())));
        assert_eq!(last_use(&app, &elsewhere).await, (None, None), "who is refused uses nothing");
    }
}

#[tokio::test]
async fn what_was_not_written_is_written_later() {
    let app = App::new().await;
    let closed = testkit::sqlite();
    closed.close();
    app.get("/Users").await.listed(0);
    let first = app.now();
    assert!(app.usage.write(&closed).await.is_err());
    app.usage.write(&app.store).await.unwrap();
    assert_eq!(last_use(&app, &app.token).await, (Some(first), None));
}
