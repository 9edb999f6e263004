//! Nested groups: off as in Entra, or flattened.

use connector::{Error, Needs};
use testkit::graph::Graph;

use crate::company::{assigned, changes, company, full, group, id, source, try_read};

/// 91 holds a and 92, which holds b and 93, which holds c and 91 again.
async fn nest() -> Graph {
    let graph = company(&["a", "b", "c", "d"]).await;
    graph.put_group(&group("91", &["a", "92"]));
    graph.put_group(&group("92", &["b", "93"]));
    graph.put_group(&group("93", &["c", "91"]));
    graph.assign(&id("91"));
    graph
}

fn flattened() -> Needs {
    Needs { nested_groups: true, groups: true, ..assigned() }
}

#[tokio::test]
async fn only_direct_members_count_as_in_entra() {
    let graph = nest().await;
    let source = source(&graph, &assigned());
    let first = full(&source).await;
    assert_eq!(first.told(), ["a ByGroup(91)", "b Unassigned", "c Unassigned", "d Unassigned"]);
    graph.add_member(&id("93"), &id("d"));
    assert!(changes(&source, &first).await.entries.is_empty());
}

#[tokio::test]
async fn flattened_everybody_inside_counts_and_circles_end() {
    let graph = nest().await;
    let source = source(&graph, &flattened());
    let first = full(&source).await;
    let users = ["a ByGroup(91)", "b ByGroup(91)", "c ByGroup(91)", "d Unassigned"];
    assert_eq!(first.told(), [["91 Direct", "92 Unassigned", "93 Unassigned"].as_slice(), &users].concat());
    assert_eq!(first.members("91"), ["91", "92", "93", "a", "b", "c"]);

    graph.add_member(&id("93"), &id("d"));
    graph.remove_member(&id("92"), &id("b"));
    let second = changes(&source, &first).await;
    let told = ["91 Direct", "92 Unassigned", "93 Unassigned", "b Unassigned", "d ByGroup(91)"];
    assert_eq!(second.told(), told);
    assert_eq!(second.members("91"), ["91", "92", "93", "a", "c", "d"]);

    // The group that leaves takes its members along.
    graph.remove_member(&id("92"), &id("93"));
    let third = changes(&source, &second).await;
    let told = third.told();
    assert!(told.ends_with(&["c Unassigned".to_owned(), "d Unassigned".to_owned()]), "{told:?}");
    assert_eq!(third.members("91"), ["92", "a"]);
    graph.add_member(&id("91"), &id("93"));
    let told = changes(&source, &third).await.told();
    assert!(told.ends_with(&["c ByGroup(91)".to_owned(), "d ByGroup(91)".to_owned()]), "{told:?}");
}

#[tokio::test]
async fn when_an_inner_group_is_deleted_everything_is_read() {
    let graph = nest().await;
    let source = source(&graph, &flattened());
    let first = full(&source).await;
    graph.delete_group(&id("93"));
    let error = try_read(&source, Some(&first.completed.watermark)).await.err().unwrap();
    assert!(matches!(error, Error::WatermarkExpired), "{error}");
}
