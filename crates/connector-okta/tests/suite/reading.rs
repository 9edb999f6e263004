//! Reading everything, looking objects up, and what objects are made of.

use connector::{Coverage, Entry, Error, Members, ObjectType, Source};
use serde_json::json;
use testkit::okta::Fault;

use crate::world::{World, in_words, read};

#[tokio::test]
async fn every_page_is_followed() {
    let world = World::with_users("abcdefg").await;
    world.okta.edit(|org| org.page_size(3));
    world.okta.edit(|org| org.take_asked());
    let read = world.read(None).await;
    assert_eq!(in_words(&read), "a b c d e f g");
    assert_eq!(read.1.coverage, Coverage::Full);
    let pages = world.asked().iter().filter(|path| *path == "/api/v1/users").count();
    assert_eq!(pages, 3);
}

#[tokio::test]
async fn a_page_elsewhere_is_not_asked_for_with_our_token() {
    let world = World::with_users("ab").await;
    world.okta.edit(|org| {
        org.fail_when(|asked| {
            asked.parameter("filter")?.contains("lastUpdated").then_some(Fault::LinkElsewhere)
        });
    });
    let error = read(&world.source(), None).await.unwrap_err();
    assert!(error.to_string().contains("leads away from the org"), "{error}");
}

#[tokio::test]
async fn every_status_is_listed() {
    let world = World::with_users("abcd").await;
    world.okta.edit(|org| {
        org.suspend("a");
        org.deactivate("b");
        org.set_status("c", "STAGED");
        org.set_status("d", "LOCKED_OUT");
    });
    assert_eq!(in_words(&world.read(None).await), "a b? c d");
    assert!(world.user("a").await.enabled, "Okta tells applications nothing of a suspension");
    assert!(!world.user("c").await.enabled);
    assert!(world.user("d").await.enabled);
}

#[tokio::test]
async fn an_org_without_users_is_one_that_was_not_read() {
    let world = World::new().await;
    let error = read(&world.source(), None).await.unwrap_err();
    assert!(error.to_string().contains("no user at all"), "{error}");
}

#[tokio::test]
async fn managers_are_found_by_id_and_by_login() {
    let world = World::with_users("abcd").await;
    world.okta.edit(|org| {
        org.update_profile("a", json!({ "managerId": "b" }));
        org.update_profile("b", json!({ "managerId": "c@contoso.com" }));
        org.update_profile("c", json!({ "managerId": "John \"Jack\" Elsewhere" }));
        org.deactivate("b");
        org.page_size(1);
    });
    assert_eq!(world.user("a").await.attributes["manager"], "b", "also one who was deactivated");
    assert_eq!(world.user("b").await.attributes["manager"], "c");
    assert!(!world.user("c").await.attributes.contains_key("manager"), "nobody of the org");
    let got = world.source().get(ObjectType::User, &["a".into()]).await.unwrap();
    let Entry::Present(a) = &got[0] else { panic!("{got:?}") };
    assert_eq!(a.attributes["manager"], "b");
}

#[tokio::test]
async fn a_group_has_its_members() {
    let world = World::with_users("abc").await;
    world.okta.edit(|org| {
        for (group, name) in [("g", "Sales"), ("h", "Others")] {
            org.create_group(group, name);
            "abc".chars().for_each(|user| org.add_member(group, &user.to_string()));
        }
        org.deactivate("c");
        org.assign_group("g", 0, json!({}));
        org.page_size(1);
    });
    let (entries, _) = world.read(None).await;
    let Entry::Present(sales) = &entries[&(ObjectType::Group, "g".into())] else { panic!("{entries:?}") };
    assert_eq!((sales.display.as_str(), &sales.attributes["displayName"]), ("Sales", &json!("Sales")));
    let Some(Members::All(members)) = &sales.members else { panic!("{sales:?}") };
    let ids: Vec<&str> = members.iter().map(|member| member.anchor.as_str()).collect();
    assert_eq!(ids, ["a", "b"], "Okta shows nobody who is deprovisioned");
    let Entry::Present(others) = &entries[&(ObjectType::Group, "h".into())] else { panic!("{entries:?}") };
    assert_eq!(others.members, None, "a group that can't be in scope costs no request");
    assert_eq!(
        world.source().get(ObjectType::Group, &["g".into()]).await.unwrap(),
        [Entry::Present(sales.clone())]
    );
}

#[tokio::test]
async fn a_job_without_groups_reads_none() {
    let mut world = World::with_users("a").await;
    world.okta.edit(|org| org.create_group("g", "Sales"));
    world.needs.groups = false;
    world.asked();
    assert_eq!(world.read(None).await.0.len(), 1);
    assert!(world.asked().iter().all(|path| !path.contains("/groups") || path.contains("/apps/")));
}

#[tokio::test]
async fn an_id_is_never_taken_for_a_login() {
    let world = World::with_users("a").await;
    let anchors = ["a@contoso.com".into(), "me".into(), "..".into(), "a/../a".into(), String::new()];
    let got = world.source().get(ObjectType::User, &anchors).await.unwrap();
    assert!(got.iter().all(|entry| matches!(entry, Entry::Removed { .. })), "{got:?}");
}

#[tokio::test]
async fn a_person_is_found_by_mail_in_any_case() {
    let world = World::with_users("ab").await;
    world.okta.edit(|org| org.update_profile("a", json!({ "email": "Anna@Contoso.com" })));
    for who in ["anna@contoso.COM", "A@CONTOSO.COM", "a"] {
        let found = world.source().find(who).await.unwrap();
        let ids: Vec<&str> = found.iter().map(|user| user.anchor.as_str()).collect();
        assert_eq!(ids, ["a"], "{who}");
    }
    for nobody in ["c@contoso.com", "\" or id eq \"a", "me", ".."] {
        assert_eq!(world.source().find(nobody).await.unwrap(), [], "{nobody}");
    }
}

#[tokio::test]
async fn assigned_users_of_no_app_are_an_error_and_not_nobody() {
    let world = World { app: None, ..World::with_users("a").await };
    for error in [world.source().test().await.unwrap_err(), read(&world.source(), None).await.unwrap_err()] {
        assert!(
            matches!(error, Error::Protocol { .. }) && error.to_string().contains("source.app"),
            "{error}"
        );
    }
}
