//! Whoever's assignment changed comes, although Graph tells of principals and groups only.

use connector::{Error, Needs};
use serde_json::json;

use crate::company::{assigned, changes, company, full, group, id, needs, source, try_read};

#[tokio::test]
async fn assigned_directly_or_by_a_group() {
    let graph = company(&["a", "b", "c", "d"]).await;
    graph.put_group(&group("91", &["b"]));
    graph.put_group(&group("92", &["c"]));
    graph.edit_group(&id("92"), &json!({ "securityEnabled": false }));
    for principal in ["a", "91", "92"] {
        graph.assign(&id(principal));
    }
    let source = source(&graph, &assigned());
    let first = full(&source).await;
    assert_eq!(first.told(), ["a Direct", "b ByGroup(91)", "c Unassigned", "d Unassigned"]);
    assert!(changes(&source, &first).await.entries.is_empty());

    graph.edit_group(&id("92"), &json!({ "securityEnabled": true }));
    let second = changes(&source, &first).await;
    assert_eq!(second.told(), ["c ByGroup(92)"]);
    graph.edit_group(&id("91"), &json!({ "securityEnabled": false }));
    assert_eq!(changes(&source, &second).await.told(), ["b Unassigned"]);
}

#[tokio::test]
async fn whoever_is_assigned_or_not_any_more_comes() {
    let graph = company(&["a", "b", "c", "d"]).await;
    graph.put_group(&group("91", &["a", "b"]));
    graph.assign(&id("c"));
    let source = source(&graph, &assigned());
    let first = full(&source).await;
    graph.assign(&id("d"));
    graph.unassign(&id("c"));
    let second = changes(&source, &first).await;
    assert_eq!(second.told(), ["c Unassigned", "d Direct"]);
    graph.assign(&id("91"));
    let third = changes(&source, &second).await;
    assert_eq!(third.told(), ["a ByGroup(91)", "b ByGroup(91)"]);
    graph.unassign(&id("91"));
    assert_eq!(changes(&source, &third).await.told(), ["a Unassigned", "b Unassigned"]);
}

#[tokio::test]
async fn whoever_comes_to_or_leaves_an_assigned_group_comes() {
    let graph = company(&["a", "b", "c", "d"]).await;
    graph.put_group(&group("91", &["a"]));
    graph.put_group(&group("92", &["a"]));
    graph.assign(&id("91"));
    let source = source(&graph, &assigned());
    let first = full(&source).await;
    graph.add_member(&id("91"), &id("b"));
    graph.remove_member(&id("91"), &id("a"));
    graph.add_member(&id("92"), &id("c"));
    let second = changes(&source, &first).await;
    assert_eq!(second.told(), ["a Unassigned", "b ByGroup(91)"], "92 is not assigned");
    graph.edit_user(&id("b"), &json!({ "city": "Omaha" }));
    assert_eq!(changes(&source, &second).await.told(), ["b ByGroup(91)"]);
}

#[tokio::test]
async fn a_deletion_and_a_return_need_no_word_of_the_group() {
    let graph = company(&["a", "b"]).await;
    graph.put_group(&group("91", &["a"]));
    graph.assign(&id("91"));
    let source = source(&graph, &assigned());
    let first = full(&source).await;
    graph.soft_delete(&id("a"));
    let second = changes(&source, &first).await;
    assert_eq!(second.told(), ["a Unassigned soft"]);
    graph.restore(&id("a"));
    assert_eq!(changes(&source, &second).await.told(), ["a ByGroup(91)"]);
}

#[tokio::test]
async fn when_an_assigned_group_is_deleted_everything_is_read() {
    let graph = company(&["a", "b"]).await;
    graph.put_group(&group("91", &["a"]));
    graph.assign(&id("91"));
    let source = source(&graph, &assigned());
    let first = full(&source).await;
    graph.delete_group(&id("91"));
    let error = try_read(&source, Some(&first.completed.watermark)).await.err().unwrap();
    assert!(matches!(error, Error::WatermarkExpired), "{error}");
    assert_eq!(full(&source).await.told(), ["a Unassigned", "b Unassigned"]);
}

#[tokio::test]
async fn roles_come_with_those_who_have_them_and_when_they_change() {
    let graph = company(&["a", "b", "c"]).await;
    graph.put_group(&group("91", &["a", "b"]));
    graph.define_role("r1", "admin", "Administrator");
    graph.define_role("r2", "reader", "Reader");
    graph.assign_role(&id("a"), "r1");
    graph.assign_role(&id("91"), "r2");
    let roles = Needs { user_attributes: ["appRoleAssignments".to_owned()].into(), ..needs() };
    let source = source(&graph, &roles);
    let first = full(&source).await;
    let admin = json!({ "id": "r1", "value": "admin", "displayName": "Administrator" });
    let reader = json!({ "id": "r2", "value": "reader", "displayName": "Reader" });
    assert_eq!(first.object("a").attributes["appRoleAssignments"], json!([admin, reader]));
    assert_eq!(first.object("b").attributes["appRoleAssignments"], json!([reader]));
    assert_eq!(first.object("c").attributes["appRoleAssignments"], json!([]));
    assert!(changes(&source, &first).await.entries.is_empty());

    graph.assign_role(&id("c"), "r1");
    let second = changes(&source, &first).await;
    assert_eq!(second.told(), ["c Direct"]);
    assert_eq!(second.object("c").attributes["appRoleAssignments"], json!([admin]));
    graph.define_role("r2", "viewer", "Viewer");
    let third = changes(&source, &second).await;
    assert_eq!(third.told(), ["a Direct", "b ByGroup(91)"]);
    assert_eq!(third.object("b").attributes["appRoleAssignments"][0]["value"], "viewer");
}

#[tokio::test]
async fn a_group_is_told_of_when_it_is_assigned() {
    let graph = company(&["a", "b"]).await;
    graph.put_group(&group("91", &["a"]));
    let source = source(&graph, &Needs { groups: true, ..assigned() });
    let first = full(&source).await;
    assert_eq!(first.told(), ["91 Unassigned", "a Unassigned", "b Unassigned"]);
    graph.assign(&id("91"));
    let second = changes(&source, &first).await;
    assert_eq!(second.told(), ["91 Direct", "a ByGroup(91)"]);
    assert_eq!(second.members("91"), ["a"], "all of them: a group that was not in scope has none yet");
}
