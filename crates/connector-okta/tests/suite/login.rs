//! Access tokens of an OAuth client.

use std::time::Duration;

use connector::{Error, Source};
use testkit::okta::Asked;

use crate::world::{World, in_words, read};

fn tokens(world: &World) -> usize {
    world.asked().iter().filter(|path| *path == "/oauth2/v1/token").count()
}

#[tokio::test]
async fn a_token_is_remembered_until_it_ends() {
    let world = World::with_users("ab").await;
    let source = world.client();
    let read_once = async || in_words(&read(&source, None).await.unwrap());
    assert_eq!(read_once().await, "a b");
    source.test().await.unwrap();
    assert_eq!(tokens(&world), 1);
    world.okta.pass(Duration::from_secs(3600));
    assert_eq!(read_once().await, "a b");
    assert_eq!(tokens(&world), 1);
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_once() {
    let world = World::with_users("a").await;
    let source = world.client();
    source.test().await.unwrap();
    world.okta.edit(|org| org.forget_access_tokens());
    source.test().await.unwrap();
    assert_eq!(tokens(&world), 2);
    world.okta.edit(|org| org.fail_when(|asked| asked.path.starts_with("/api").then_some(UNKNOWN)));
    let error = source.test().await.unwrap_err();
    assert!(matches!(error, Error::Credential { .. }), "{error}");
    assert_eq!(tokens(&world), 1);
}

const UNKNOWN: testkit::okta::Fault = testkit::okta::Fault::Code(401, "E0000011");

#[tokio::test]
async fn only_what_the_job_needs_is_asked_for() {
    let mut world = World::with_users("a").await;
    let scope = |world: &World| {
        let is_token = |asked: &Asked| asked.path == "/oauth2/v1/token";
        let asked = world.okta.edit(|org| org.take_asked()).into_iter().find(is_token).unwrap();
        asked.form.iter().find(|(name, _)| name == "scope").unwrap().1.clone()
    };
    world.client().test().await.unwrap();
    assert_eq!(scope(&world), "okta.users.read okta.logs.read okta.apps.read okta.groups.read");
    (world.app, world.needs) = (None, connector::Needs::default());
    world.client().test().await.unwrap();
    assert_eq!(scope(&world), "okta.users.read okta.logs.read");
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let world = World::with_users("a").await;
    world.okta.edit(|org| org.grant(&["okta.users.read"]));
    let error = world.client().test().await.unwrap_err();
    assert!(matches!(error, Error::Credential { .. }), "{error}");
    assert!(
        error.to_string().contains("invalid_scope") && error.to_string().contains("okta.logs.read"),
        "{error}"
    );
}
