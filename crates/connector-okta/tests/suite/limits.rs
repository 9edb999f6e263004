//! Rate limits: a part is left to others, and a refusal is waited out.

use connector::{Error, ObjectType, Source};
use testkit::okta::Fault;

use crate::world::{World, in_words, read};

#[tokio::test]
async fn a_tenth_of_a_limit_is_left_to_others() {
    let world = World::with_users("abcdefghijklmnopqrst").await;
    world.okta.edit(|org| {
        org.page_size(1);
        org.limit("/api/v1/users", 10);
    });
    world.asked();
    assert_eq!(world.read(None).await.0.len(), 20);
    let users = world.asked().iter().filter(|path| *path == "/api/v1/users").count();
    assert_eq!(users, 20, "nothing was refused, and nothing asked twice");
    assert_eq!(world.waits().len(), 2, "nine requests in each of two windows, two in the third");
}

#[tokio::test]
async fn a_limit_that_others_used_up_is_waited_out() {
    let world = World::with_users("a").await;
    let mut refusals = 3;
    world.okta.edit(|org| {
        org.fail_when(move |asked| {
            let refused = asked.path == "/api/v1/users" && refusals > 0;
            refusals -= i32::from(refused);
            refused.then_some(Fault::Code(429, "E0000047"))
        });
    });
    assert_eq!(in_words(&world.read(None).await), "a");
    let waits = world.waits();
    assert_eq!(waits.len(), 3, "{waits:?}");
    assert!(waits.iter().all(|wait| (1..=60).contains(wait)), "no longer than a window: {waits:?}");
}

#[tokio::test]
async fn too_many_requests_at_once_are_fewer_after_a_while() {
    let world = World::with_users("a").await;
    let mut refusals = 3;
    world.okta.edit(|org| {
        org.fail_when(move |_| {
            refusals -= 1;
            (refusals >= 0).then_some(Fault::Concurrency)
        });
    });
    world.source().test().await.unwrap();
    assert_eq!(world.waits(), [2, 4, 8]);
}

#[tokio::test]
async fn waiting_has_an_end() {
    let world = World::with_users("a").await;
    world.okta.edit(|org| org.fail_when(|_| Some(Fault::Code(429, "E0000047"))));
    let error = read(&world.source(), None).await.unwrap_err();
    assert!(matches!(error, Error::RateLimited { retry_after: Some(_) }), "{error:?}");
    let error = world.source().get(ObjectType::User, &["a".into()]).await.unwrap_err();
    assert!(matches!(error, Error::RateLimited { .. }), "{error:?}");
}
