//! Delta queries: what they say, twice, late, in parts and in any order.

use connector::{Error, Needs, Source};
use serde_json::json;
use testkit::graph::Behaviour;

use crate::company::{assigned, changes, company, full, group, id, needs, source, try_read, user};

#[tokio::test]
async fn nothing_changed_is_nothing_to_tell() {
    let graph = company(&["a", "b"]).await;
    let source = source(&graph, &needs());
    let first = full(&source).await;
    assert_eq!(first.told(), ["a Unassigned", "b Unassigned"]);
    let log = { graph.take_log() };
    assert!(log.iter().all(|asked| !asked.path.contains("groups")), "groups are not needed: {log:?}");
    assert!(changes(&source, &first).await.entries.is_empty());
    let log: Vec<String> = graph.take_log().into_iter().map(|asked| asked.path).collect();
    assert_eq!(log.len(), 1, "one look at the users is enough: {log:?}");
}

#[tokio::test]
async fn a_change_brings_the_present_state_whole() {
    let graph = company(&["a", "b"]).await;
    let source = source(&graph, &needs());
    let first = full(&source).await;
    graph.edit_user(&id("a"), &json!({ "city": "Omaha" }));
    graph.edit_user(&id("a"), &json!({ "city": "Denver", "mail": null }));
    let second = changes(&source, &first).await;
    assert_eq!(second.told(), ["a Unassigned"]);
    let attributes = &second.object("a").attributes;
    assert_eq!((&attributes["city"], &attributes["mail"]), (&json!("Denver"), &json!(null)));
    assert_eq!(attributes["displayName"], "a", "what did not change is there too");
    assert!(changes(&source, &second).await.entries.is_empty());
}

#[tokio::test]
async fn a_deletion_is_soft_then_for_good_and_can_be_undone() {
    let graph = company(&["a", "b", "c"]).await;
    let source = source(&graph, &needs());
    let first = full(&source).await;
    graph.soft_delete(&id("a"));
    graph.purge(&id("b"));
    let second = changes(&source, &first).await;
    assert_eq!(second.told(), ["a Unassigned soft", "b removed"]);
    let attributes = &second.object("a").attributes;
    assert_eq!(attributes["userPrincipalName"], "a@contoso.com");
    let mangled = format!("{}a@contoso.com", id("a").replace('-', ""));
    assert_eq!(attributes["originalUserPrincipalName"], mangled);

    assert_eq!(
        full(&source).await.told(),
        ["a Unassigned soft", "c Unassigned"],
        "the recycle bin is read too"
    );
    graph.restore(&id("a"));
    let third = changes(&source, &second).await;
    assert_eq!(third.told(), ["a Unassigned"]);
    graph.soft_delete(&id("a"));
    graph.purge(&id("a"));
    assert_eq!(changes(&source, &third).await.told(), ["a removed"]);
}

#[tokio::test]
async fn guests_have_the_name_of_their_home() {
    let graph = company(&["a", "b"]).await;
    let mut guest = user("c");
    guest["userPrincipalName"] = json!("ama_fabrikam.com#EXT#@contoso.onmicrosoft.com");
    graph.put_user(&guest);
    let read = full(&source(&graph, &needs())).await;
    let attributes = &read.object("c").attributes;
    assert_eq!(attributes["userPrincipalName"], "ama@fabrikam.com");
    assert_eq!(attributes["originalUserPrincipalName"], "ama_fabrikam.com#EXT#@contoso.onmicrosoft.com");
}

#[tokio::test]
async fn a_manager_is_an_id_in_every_kind_of_read() {
    let graph = company(&["a", "b"]).await;
    graph.set_manager(&id("a"), Some(&id("b")));
    let needs = Needs { user_attributes: ["manager".to_owned()].into(), ..needs() };
    let source = source(&graph, &needs);
    let first = full(&source).await;
    assert_eq!(first.object("a").attributes["manager"], json!(id("b")));
    assert_eq!(first.object("b").attributes["manager"], json!(null));
    graph.set_manager(&id("a"), None);
    graph.set_manager(&id("b"), Some(&id("a")));
    let second = changes(&source, &first).await;
    assert_eq!(second.object("a").attributes["manager"], json!(null));
    assert_eq!(second.object("b").attributes["manager"], json!(id("a")));
}

#[tokio::test]
async fn what_is_said_again_after_delivery_is_looked_at_in_the_next_read() {
    let graph = company(&["a", "b", "c"]).await;
    graph.behave(|behaviour| behaviour.page_size = 1);
    let source = source(&graph, &needs());
    let mut reading = source.read(None).await.unwrap();
    let page = reading.next_page().await.unwrap().unwrap();
    assert_eq!(page[0].anchor(), id("a"));
    graph.edit_user(&id("a"), &json!({ "city": "Omaha" }));
    graph.soft_delete(&id("c"));
    let mut anchors = vec![id("a")];
    while let Some(page) = reading.next_page().await.unwrap() {
        anchors.extend(page.iter().map(|entry| entry.anchor().to_owned()));
    }
    anchors.sort();
    assert_eq!(anchors, ["a", "b", "c"].map(id));
    let completed = reading.finish().unwrap();
    let next = try_read(&source, Some(&completed.watermark)).await.unwrap();
    assert_eq!(next.told(), ["a Unassigned", "c Unassigned soft"]);
    assert_eq!(next.object("a").attributes["city"], "Omaha");
    assert!(changes(&source, &next).await.entries.is_empty());
}

#[tokio::test]
async fn who_comes_back_from_the_recycle_bin_during_a_full_read_is_not_missing() {
    let graph = company(&["a", "b"]).await;
    graph.soft_delete(&id("b"));
    let source = source(&graph, &needs());
    let mut reading = source.read(None).await.unwrap();
    assert_eq!(reading.next_page().await.unwrap().unwrap().len(), 1, "a alone");
    graph.restore(&id("b"));
    let page = reading.next_page().await.unwrap().unwrap();
    assert_eq!(page[0].anchor(), id("b"));
}

#[tokio::test]
async fn a_change_that_graph_shows_late_is_read_when_it_shows() {
    let graph = company(&["a", "b"]).await;
    let source = source(&graph, &needs());
    let first = full(&source).await;
    graph.behave(|behaviour| behaviour.delay_requests = 2);
    graph.edit_user(&id("a"), &json!({ "city": "Omaha" }));
    let second = changes(&source, &first).await;
    let third = changes(&source, &second).await;
    assert!(second.entries.is_empty() && third.entries.is_empty());
    assert_eq!(changes(&source, &third).await.told(), ["a Unassigned"]);
}

#[tokio::test]
async fn a_forgotten_token_asks_for_a_full_read() {
    for forgets_with_400 in [false, true] {
        let graph = company(&["a", "b"]).await;
        let source = source(&graph, &needs());
        let first = full(&source).await;
        graph.behave(|behaviour| behaviour.forgets_with_400 = forgets_with_400);
        graph.forget_deltas();
        let error = try_read(&source, Some(&first.completed.watermark)).await.err().unwrap();
        assert!(matches!(error, Error::WatermarkExpired), "{error}");
        full(&source).await;
    }
}

#[tokio::test]
async fn another_question_is_no_continuation() {
    let graph = company(&["a", "b"]).await;
    let first = full(&source(&graph, &needs())).await;
    let more = Needs { user_attributes: ["department".to_owned()].into(), ..needs() };
    let error = try_read(&source(&graph, &more), Some(&first.completed.watermark)).await.err().unwrap();
    assert!(matches!(error, Error::WatermarkExpired), "{error}");
}

#[tokio::test]
async fn a_group_in_many_parts_is_one_group() {
    let graph = company(&["a", "b"]).await;
    let names: Vec<String> = (0x1000..0x1200).map(|n| format!("{n:x}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for name in &names {
        graph.put_user(&user(name));
    }
    graph.put_group(&group("91", &names));
    graph.behave(|behaviour| {
        *behaviour = Behaviour { page_size: 3, members_per_record: 7, replays: true, ..Behaviour::default() };
    });
    let source = source(&graph, &Needs { groups: true, ..needs() });
    let first = full(&source).await;
    assert_eq!(first.members("91").len(), 512);
    graph.remove_member(&id("91"), &id("1000"));
    graph.add_member(&id("91"), &id("a"));
    let second = changes(&source, &first).await;
    assert_eq!(second.members("91"), ["+a", "-1000"]);
    // Another name may bring the group into scope, whose members nobody knows then.
    graph.edit_group(&id("91"), &json!({ "displayName": "Everybody" }));
    let third = changes(&source, &second).await;
    assert_eq!((third.object("91").display.as_str(), third.members("91").len()), ("Everybody", 512));
    graph.delete_group(&id("91"));
    assert_eq!(changes(&source, &third).await.told(), ["91 removed"]);
}

#[tokio::test]
async fn no_token_is_sent_to_another_host() {
    let graph = company(&["a", "b"]).await;
    graph.behave(|behaviour| {
        behaviour.page_size = 1;
        behaviour.foreign_links = Some("http://127.0.0.1:9".to_owned());
    });
    let source = source(&graph, &assigned());
    let error = try_read(&source, None).await.err().unwrap();
    assert!(error.to_string().contains("another host"), "{error}");
}
