//! What a second read tells.

use connector::{Assignment, Coverage, Needs, ObjectType, Source, Watermark};
use serde_json::json;
use testkit::slapd::PEOPLE;

use crate::directory::{Directory, dn, group, needs, read, uuid};

#[tokio::test]
async fn only_who_changed_comes_again() {
    let directory = Directory::of_two().await;
    for name in ["cy", "di"] {
        directory.add_user(name).await;
    }
    let source = directory.source();
    let first = read(&source, None).await;
    assert_eq!(first.names(), ["ana", "ben", "cy", "di"]);
    // Twice within a second.
    for title in ["Analyst", "Engineer"] {
        directory.slapd.set(&dn("ben"), "title", &[title]).await;
    }
    let second = read(&source, Some(&first.completed.watermark)).await;
    assert_eq!(
        (second.names(), second.unchanged, second.completed.coverage),
        (vec!["ben"], 3, Coverage::Full)
    );
    directory.slapd.set(&dn("ben"), "title", &["Director"]).await;
    let third = read(&source, Some(&second.completed.watermark)).await;
    assert_eq!(third.present["ben"].attributes["jobTitle"], "Director");
    assert_eq!(read(&source, Some(&third.completed.watermark)).await.unchanged, 4);
}

#[tokio::test]
async fn a_renamed_and_moved_person_keeps_the_anchor() {
    let directory = Directory::of_two().await;
    let source = directory.source();
    let first = read(&source, None).await;
    directory.slapd.add(&format!("ou=left,{PEOPLE}"), &[("objectClass", &["organizationalUnit"])]).await;
    directory.slapd.rename(&dn("ana"), "uid=anna", Some(&format!("ou=left,{PEOPLE}"))).await;
    let second = read(&source, Some(&first.completed.watermark)).await;
    assert_eq!((second.names(), second.unchanged), (vec!["ana"], 1));
    assert_eq!(second.present["ana"].anchor, first.present["ana"].anchor);
    assert_eq!(second.present["ana"].attributes["uid"], "anna");
}

#[tokio::test]
async fn people_below_a_renamed_unit_have_another_name_in_entries_that_did_not_change() {
    let directory = Directory::of_two().await;
    let unit = |name: &str| format!("ou={name},{PEOPLE}");
    directory.slapd.add(&unit("left"), &[("objectClass", &["organizationalUnit"])]).await;
    let id = uuid("cy");
    let cy: &[(&str, &[&str])] =
        &[("objectClass", &["inetOrgPerson"]), ("cn", &["cy"]), ("sn", &["cy"]), ("entryUUID", &[&id])];
    directory.slapd.add(&format!("uid=cy,{}", unit("left")), cy).await;
    let source = directory.source();
    let first = read(&source, None).await;
    directory.slapd.rename(&unit("left"), "ou=gone", None).await;
    let second = read(&source, Some(&first.completed.watermark)).await;
    assert_eq!((second.names(), second.unchanged), (vec!["cy"], 2));
}

#[tokio::test]
async fn who_leaves_an_assigned_group_comes_as_unassigned() {
    let directory = Directory::of_two().await;
    directory.add_user("cy").await;
    directory.add_group("STAFF", &["ana", "ben"]).await;
    let source = directory.source_with(&json!({ "assigned": [group("STAFF")] }), needs(true, true, false));
    let first = read(&source, None).await;
    directory.set_members("STAFF", &["ana", "cy"]).await;
    let second = read(&source, Some(&first.completed.watermark)).await;
    assert_eq!(second.present["ben"].assignment, Assignment::Unassigned);
    assert_eq!(second.present["cy"].assignment, Assignment::ByGroup { group: "STAFF".into() });
    assert!(second.present.contains_key("STAFF"));
    assert_eq!(read(&source, Some(&second.completed.watermark)).await.present.len(), 0);
}

#[tokio::test]
async fn a_member_who_appears_shows_in_a_group_that_did_not_change() {
    let directory = Directory::of_two().await;
    directory.add_group("STAFF", &["ana", "zoe"]).await;
    let source = directory.source_for(needs(false, true, false));
    let first = read(&source, None).await;
    directory.add_user("zoe").await;
    let second = read(&source, Some(&first.completed.watermark)).await;
    assert_eq!(second.names(), ["STAFF", "zoe"]);
    assert!(second.present["STAFF"].members != first.present["STAFF"].members);
}

#[tokio::test]
async fn a_manager_is_an_anchor_and_a_new_one_comes() {
    let directory = Directory::of_two().await;
    directory.slapd.set(&dn("ana"), "manager", &[&dn("zoe")]).await;
    let mut needs = Needs::default();
    needs.user_attributes.insert("manager".into());
    let source = directory.source_for(needs);
    let first = read(&source, None).await;
    assert!(!first.present["ana"].attributes.contains_key("manager"));
    directory.add_user("zoe").await;
    let second = read(&source, Some(&first.completed.watermark)).await;
    let zoe = directory.anchor("zoe").await;
    assert_eq!(second.present["ana"].attributes["manager"], zoe);
    let entries = source.get(ObjectType::User, &[second.present["ana"].anchor.clone()]).await.unwrap();
    assert_eq!(entries, [connector::Entry::Present(second.present["ana"].clone())]);
}

#[tokio::test]
async fn a_filter_says_who_is_disabled() {
    let directory = Directory::of_two().await;
    directory.slapd.set(&dn("ben"), "employeeType", &["left"]).await;
    let source = directory
        .source_with(&json!({ "users": { "disabled_filter": "employeeType=left" } }), Needs::default());
    let first = read(&source, None).await;
    assert!(first.present["ana"].enabled && !first.present["ben"].enabled);
    assert_eq!(first.present["ben"].attributes["accountEnabled"], false);
    assert!(!source.find("ben@contoso.com").await.unwrap()[0].enabled);
    directory.slapd.set(&dn("ben"), "employeeType", &[]).await;
    assert!(read(&source, Some(&first.completed.watermark)).await.present["ben"].enabled);
}

#[tokio::test]
async fn a_deleted_person_is_absent_and_a_foreign_watermark_reads_everybody() {
    let directory = Directory::of_two().await;
    let source = directory.source();
    let first = read(&source, None).await;
    directory.slapd.delete(&dn("ben")).await;
    let second = read(&source, Some(&first.completed.watermark)).await;
    assert_eq!((second.present.len(), second.unchanged, second.removed), (0, 1, 0));
    let foreign = read(&source, Some(&Watermark("file-1:00".into()))).await;
    assert_eq!(foreign.names(), ["ana"]);
}

#[tokio::test]
async fn who_goes_while_pages_are_read_is_told_as_removed() {
    let directory = Directory::of_two().await;
    let source = directory.source();
    let mut reading = source.read(None).await.unwrap();
    directory.slapd.delete(&dn("ben")).await;
    directory.add_user("cy").await;
    let mut told = Vec::new();
    while let Some(page) = reading.next_page().await.unwrap() {
        told.extend(page);
    }
    assert_eq!(told.len(), 2);
    assert_eq!(told.iter().filter(|entry| matches!(entry, connector::Entry::Removed { .. })).count(), 1);
    let completed = reading.finish().unwrap();
    assert_eq!(read(&source, Some(&completed.watermark)).await.names(), ["cy"]);
}
