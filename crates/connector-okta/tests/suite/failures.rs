//! What goes wrong on the way, and what an administrator is told.

use connector::{Error, ObjectType, Reading, Source};
use connector_okta::{Config, ConfigError, Credentials, OktaSource, Secret};
use testkit::okta::Fault;

use crate::world::{World, in_words};

#[tokio::test]
async fn a_failure_that_passes_is_no_failure() {
    let world = World::with_users("ab").await;
    let mut failures = 2;
    world.okta.edit(|org| {
        org.fail_when(move |asked| {
            let fails = asked.path == "/api/v1/users" && failures > 0;
            failures -= i32::from(fails);
            fails.then_some(Fault::Page(502))
        });
    });
    assert_eq!(in_words(&world.read(None).await), "a b");
    assert_eq!(world.waits(), [1, 4]);
}

#[tokio::test]
async fn a_failure_that_stays_ends_the_read_without_a_watermark() {
    let world = World::with_users("abc").await;
    world.okta.edit(|org| {
        org.page_size(1);
        org.fail_when(|asked| {
            let is_second = asked.path == "/api/v1/users" && asked.parameter("after").is_some();
            is_second.then_some(Fault::Code(500, "E0000009"))
        });
    });
    let source = world.source();
    let mut reading: Box<dyn Reading> = source.read(None).await.unwrap();
    reading.next_page().await.unwrap();
    let error = reading.next_page().await.unwrap_err();
    assert!(matches!(error, Error::Transient { .. }), "{error}");
    assert!(error.to_string().contains("E0000009"), "{error}");
    assert!(reading.next_page().await.is_err());
    assert!(reading.finish().is_err());
}

#[tokio::test]
async fn a_404_that_is_not_of_okta_deletes_nobody() {
    let world = World::with_users("a").await;
    world
        .okta
        .edit(|org| org.fail_when(|asked| asked.path.ends_with("/users/a").then_some(Fault::Page(404))));
    let error = world.source().get(ObjectType::User, &["a".into()]).await.unwrap_err();
    assert!(matches!(error, Error::Protocol { .. }), "{error}");
}

/// The error of a connection test when a path fails, and what it must tell.
async fn check(path: &'static str, fault: Fault, expect: &[&str]) {
    let world = World::with_users("a").await;
    world.okta.edit(|org| org.fail_when(move |asked| (asked.path == path).then_some(fault)));
    let error = world.source().test().await.unwrap_err();
    let told = format!("{error} {}", error.hint());
    for part in expect {
        assert!(told.contains(part), "{part:?} is not in: {told}");
    }
    assert!(!told.contains(testkit::okta::TOKEN), "{told}");
}

#[tokio::test]
async fn an_administrator_is_told_what_to_do() {
    check("/api/v1/users", Fault::Code(401, "E0000011"), &["GET /api/v1/users", "E0000011", "API > Tokens"])
        .await;
    check("/api/v1/users", Fault::Code(403, "E0000006"), &["view users", "okta.users.read"]).await;
    check("/api/v1/logs", Fault::Code(403, "E0000006"), &["System Log", "okta.logs.read"]).await;
    check("/api/v1/groups", Fault::Code(403, "E0000006"), &["view groups", "okta.groups.read"]).await;
    let app = "/api/v1/apps/0oaworkplace/users";
    check(app, Fault::Code(403, "E0000006"), &["view applications", "okta.apps.read"]).await;
    check(app, Fault::Code(404, "E0000007"), &["source.app", "0oa"]).await;
    check("/api/v1/users", Fault::Page(302), &["-admin"]).await;
    check("/api/v1/users", Fault::Page(200), &["sign-in page", "<html>"]).await;
}

#[tokio::test]
async fn settings_that_can_not_work_are_refused() {
    let world = World::new().await;
    let token = || Credentials::Token(Secret::new("00token"));
    let refused = |config: Config| OktaSource::new(&config).err();
    assert!(matches!(refused(world.config(Credentials::Token(Secret::new("")))), Some(ConfigError::Token)));
    assert!(matches!(
        refused(world.config(Credentials::Token(Secret::new("a\nb")))),
        Some(ConfigError::Token)
    ));
    let app = Config { app: Some("0oa/../users".into()), ..world.config(token()) };
    assert!(matches!(refused(app), Some(ConfigError::App)));
    let url = Config { url: "http://contoso.okta.com".into(), ..world.config(token()) };
    assert!(matches!(refused(url), Some(ConfigError::Url(_))));
    let private_key = Secret::new("no key");
    let client = Credentials::Client { client_id: "0oa".into(), key_id: None, private_key };
    assert!(matches!(refused(world.config(client)), Some(ConfigError::Key)));
}
