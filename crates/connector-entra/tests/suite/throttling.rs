//! Graph asks for patience, fails, or is not Graph.

use std::time::Duration;

use connector::{Error, Interruption, Needs, Source};
use connector_entra::{Config, EntraSource};
use serde_json::json;
use testkit::graph::{Fault, Graph};

use crate::company::{assigned, changes, company, config, full, group, id, needs, source, user};

async fn test(graph: &Graph) -> Error {
    source(graph, &needs()).test().await.unwrap_err()
}

#[tokio::test]
async fn throttled_requests_are_sent_again() {
    let graph = company(&["a", "b"]).await;
    graph.put_group(&group("91", &["a"]));
    graph.assign(&id("91"));
    let source = source(&graph, &assigned());
    for part in ["users/delta", "groups/delta", "appRoleAssignedTo", "deletedItems"] {
        graph.fail_once(part, Fault::Throttled(Some(0)));
        graph.fail_once(part, Fault::Unavailable(Some(0)));
    }
    let first = full(&source).await;
    assert_eq!(first.told(), ["a ByGroup(91)", "b Unassigned"]);
    graph.edit_user(&id("a"), &json!({ "city": "Omaha" }));
    graph.fail_once("$batch", Fault::Throttled(Some(0)));
    graph.fail_once(&format!("users/{}", id("a")), Fault::Throttled(Some(0)));
    assert_eq!(changes(&source, &first).await.told(), ["a ByGroup(91)"]);
}

#[tokio::test]
async fn a_tenant_at_its_limit_is_read_to_the_end() {
    let graph = company(&[]).await;
    for n in 0x100..0x164 {
        graph.put_user(&user(&format!("{n:x}")));
    }
    let source = source(&graph, &Needs { groups: true, ..needs() });
    let first = full(&source).await;
    for n in 0x100..0x164 {
        graph.edit_user(&id(&format!("{n:x}")), &json!({ "city": "Omaha" }));
    }
    graph.limit_units(15, 0);
    assert_eq!(changes(&source, &first).await.entries.len(), 100);
    let log = graph.take_log();
    assert!(log.iter().any(|asked| asked.in_batch && asked.status == 429), "{log:?}");
}

#[tokio::test]
async fn patience_ends() {
    let graph = company(&["a", "b"]).await;
    graph.fail_always("users", Fault::Throttled(Some(3600)));
    let error = test(&graph).await;
    assert!(
        matches!(error, Error::RateLimited { retry_after: Some(wait) } if wait.as_secs() == 3600),
        "{error}"
    );
    assert_eq!(graph.take_log().iter().filter(|asked| asked.status == 429).count(), 1);

    let graph = company(&["a", "b"]).await;
    graph.fail_always("users", Fault::Throttled(Some(0)));
    assert!(matches!(test(&graph).await, Error::RateLimited { .. }));
    let asked = graph.take_log().len();
    assert!(asked <= 1 + connector_entra::limits::MAX_ATTEMPTS as usize, "{asked}");

    let graph = company(&["a", "b"]).await;
    graph.fail_always("users", Fault::Unavailable(None));
    let hasty = Config { patience: Duration::ZERO, ..config(&graph) };
    let error = EntraSource::new(hasty, &needs()).unwrap().test().await.unwrap_err();
    assert!(matches!(error, Error::Transient { interruption: Interruption::Server, .. }), "{error}");
}

#[tokio::test]
async fn one_broken_connection_is_no_reason_to_begin_anew() {
    let graph = company(&["a", "b"]).await;
    graph.fail_once("users/delta", Fault::BreaksOff);
    let source = source(&graph, &needs());
    assert_eq!(full(&source).await.told(), ["a Unassigned", "b Unassigned"]);
    graph.fail_always("users", Fault::BreaksOff);
    let error = source.test().await.unwrap_err();
    assert!(matches!(error, Error::Transient { interruption: Interruption::Connection, .. }), "{error}");
}

#[tokio::test]
async fn what_is_not_graph_is_not_believed() {
    let graph = company(&["a", "b"]).await;
    graph.fail_once("users", Fault::Broken);
    assert!(matches!(test(&graph).await, Error::Transient { interruption: Interruption::Server, .. }));
    graph.fail_once("users", Fault::Page);
    assert!(test(&graph).await.to_string().contains("no JSON"));
    graph.fail_once("users", Fault::Huge(connector_entra::limits::MAX_ANSWER_BYTES + 1));
    assert!(test(&graph).await.to_string().contains("larger"));
    graph.fail_once("token", Fault::Page);
    graph.end_tokens();
    let error = test(&graph).await;
    assert!(error.to_string().contains("token") && error.hint().contains("login_url"), "{error}");
}

#[tokio::test]
async fn a_read_that_broke_off_has_no_end() {
    let graph = company(&["a", "b", "c"]).await;
    graph.behave(|behaviour| behaviour.page_size = 1);
    let source = source(&graph, &needs());
    let mut reading = source.read(None).await.unwrap();
    reading.next_page().await.unwrap();
    graph.fail_once("users/delta", Fault::Broken);
    reading.next_page().await.unwrap_err();
    reading.next_page().await.unwrap_err();
    reading.finish().unwrap_err();
}
