//! Members and assignments.

use connector::{Assignment, Member, Members, ObjectType, Source};
use serde_json::json;
use testkit::slapd::GROUPS;

use crate::directory::{Directory, dn, group, needs, read};

fn all(members: &[Member]) -> Option<Members> {
    Some(Members::All(members.to_vec()))
}

/// The members, in any order.
fn sorted(members: &Option<Members>) -> Option<Members> {
    match members.clone() {
        Some(Members::All(mut members)) => {
            members.sort();
            Some(Members::All(members))
        }
        other => other,
    }
}

#[tokio::test]
async fn members_are_anchors_whichever_attribute_names_them() {
    let directory = Directory::of_two().await;
    directory.add_user("cy").await;
    let upper = dn("ana").to_uppercase();
    directory.slapd.add(&group("NAMES"), &[("objectClass", &["groupOfNames"]), ("member", &[&upper])]).await;
    let unique: &[&str] = &[&dn("ben"), "cn=stranger,dc=contoso,dc=com"];
    directory
        .slapd
        .add(&group("UNIQUE"), &[("objectClass", &["groupOfUniqueNames"]), ("uniqueMember", unique)])
        .await;
    let posix: &[(&str, &[&str])] =
        &[("objectClass", &["posixGroup"]), ("gidNumber", &["7"]), ("memberUid", &["cy", "nobody"])];
    directory.slapd.add(&group("POSIX"), posix).await;
    let source = directory.source_for(needs(false, true, false));
    let told = read(&source, None).await;
    for (group, member) in [("NAMES", "ana"), ("UNIQUE", "ben"), ("POSIX", "cy")] {
        assert_eq!(told.present[group].object_type, ObjectType::Group);
        assert_eq!(
            told.present[group].members,
            all(&[Member::user(directory.anchor(member).await)]),
            "{group}"
        );
        let entries = source.get(ObjectType::Group, &[told.present[group].anchor.clone()]).await.unwrap();
        assert_eq!(entries, [connector::Entry::Present(told.present[group].clone())]);
    }
    let only =
        directory.source_with(&json!({ "groups": { "member": "uniqueMember" } }), needs(false, true, false));
    assert_eq!(read(&only, None).await.present["NAMES"].members, all(&[]));
}

#[tokio::test]
async fn nested_groups_count_where_the_job_asks_for_it() {
    let directory = Directory::of_two().await;
    directory.add_user("cy").await;
    directory.add_group("OUTER", &["ana", "INNER"]).await;
    directory.add_group("INNER", &["ben", "DEEP"]).await;
    directory.add_group("DEEP", &["cy", "OUTER"]).await;
    let assigned = json!({ "assigned": [group("OUTER")] });
    let anchor = async |name: &str| directory.anchor(name).await;

    let flat = read(&directory.source_with(&assigned, needs(true, true, false)), None).await;
    let mut members = [Member::user(anchor("ana").await), Member::group(anchor("INNER").await)];
    members.sort();
    assert_eq!(sorted(&flat.present["OUTER"].members), all(&members));
    assert_eq!(flat.present["ben"].assignment, Assignment::Unassigned);

    let source = directory.source_with(&assigned, needs(true, true, true));
    let nested = read(&source, None).await;
    let mut members = Vec::new();
    for name in ["ana", "ben", "cy"] {
        members.push(Member::user(anchor(name).await));
        assert_eq!(nested.present[name].assignment, Assignment::ByGroup { group: "OUTER".into() }, "{name}");
    }
    members.extend([Member::group(anchor("INNER").await), Member::group(anchor("DEEP").await)]);
    members.sort();
    assert_eq!(sorted(&nested.present["OUTER"].members), all(&members));
    assert_eq!(nested.present["OUTER"].assignment, Assignment::Direct);
    assert_eq!(nested.present["INNER"].assignment, Assignment::Unassigned);

    // What changes in the deep group shows in the outer one.
    directory.set_members("DEEP", &["OUTER"]).await;
    let later = read(&source, Some(&nested.completed.watermark)).await;
    assert!(later.present["OUTER"].members != nested.present["OUTER"].members);
    assert_eq!(later.present["cy"].assignment, Assignment::Unassigned);
}

#[tokio::test]
async fn people_and_groups_are_assigned_by_their_names() {
    let directory = Directory::of_two().await;
    directory.add_user("cy").await;
    directory.add_group("STAFF", &["ana", "ben"]).await;
    let more = json!({ "assigned": [group("STAFF"), dn("ben")] });
    let told = read(&directory.source_with(&more, needs(true, false, false)), None).await;
    assert_eq!(told.present["ana"].assignment, Assignment::ByGroup { group: "STAFF".into() });
    assert_eq!(told.present["ben"].assignment, Assignment::Direct);
    assert_eq!(told.present["cy"].assignment, Assignment::Unassigned);
}

#[tokio::test]
async fn assignments_that_lead_nowhere_are_errors() {
    let directory = Directory::of_two().await;
    let nobody: &[(&str, &[&str])] =
        &[("objectClass", &["groupOfNames"]), ("member", &["cn=admin,dc=contoso,dc=com"])];
    directory.slapd.add(&group("EMPTY"), &[("objectClass", &["posixGroup"]), ("gidNumber", &["7"])]).await;
    directory.slapd.add(&group("STRANGERS"), nobody).await;
    for assigned in [vec![], vec![group("GONE")], vec![GROUPS.to_owned()], vec![group("EMPTY")]] {
        let source = directory.source_with(&json!({ "assigned": assigned }), needs(true, false, false));
        assert!(source.test().await.is_err(), "{assigned:?}");
        assert!(source.read(None).await.is_err(), "{assigned:?}");
    }
}
