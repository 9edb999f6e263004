//! What is forgotten, and what is not.

use std::sync::Arc;

use application::api::Arguments;
use application::resources::Error;
use events::limits::{IDLE, RETENTION_DAYS};
use events::retention::forget;
use events::stream::{self, Disabled, Method};
use jiff::SignedDuration;
use model::IdSource;
use serde_json::{Value, json};
use store::{feed, params};
use testkit::Database;

use crate::receiver::Reply;
use crate::tenant::Tenant;

async fn forget_old(tenant: &Tenant) {
    let ids: Arc<dyn IdSource> = tenant.ids.clone();
    forget(&tenant.store, &ids, RETENTION_DAYS, tenant.now()).await.unwrap();
}

fn pass_retention(tenant: &Tenant) {
    tenant.pass(SignedDuration::from_hours(24 * i64::from(RETENTION_DAYS) + 1));
}

async fn events(tenant: &Tenant, after: i64) -> Result<Value, Error> {
    let parameters = vec![("after".to_owned(), after.to_string())];
    tenant.ask("listEvents", Arguments { parameters, body: Value::Null }).await
}

async fn sequences(tenant: &Tenant, after: i64) -> Vec<i64> {
    let page = events(tenant, after).await.unwrap();
    page["events"].as_array().unwrap().iter().map(|event| event["sequence"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn old_events_are_forgotten_once_they_are_told_and_who_comes_late_hears_so() {
    for tenant in Tenant::both().await {
        for name in ["ana", "bo"] {
            tenant.user(name).await;
        }
        tenant.receiver.answers(&[Reply::Status(500)]);
        tenant.deliver().await;
        pass_retention(&tenant);
        tenant.user("cy").await;
        forget_old(&tenant).await;
        assert_eq!(sequences(&tenant, 0).await, [1, 2, 3], "the webhook is still to be told");
        tenant.deliver().await;
        forget_old(&tenant).await;
        let Err(Error::Refused(refusal)) = events(&tenant, 0).await else { panic!("it is forgotten") };
        assert_eq!(refusal.status, 410);
        assert!(
            refusal.detail.contains("up to 2") && refusal.detail.contains("after event 3"),
            "{refusal:?}"
        );
        assert_eq!(sequences(&tenant, 2).await, [3]);
        // Numbers go on where they were, also when nothing is left.
        pass_retention(&tenant);
        forget_old(&tenant).await;
        assert_eq!(sequences(&tenant, 3).await, [0; 0]);
        tenant.user("di").await;
        assert_eq!(sequences(&tenant, 3).await, [4]);
        assert!(events(&tenant, 2).await.is_err());
        // Nobody was told of a number that there is not: it is of another feed.
        assert_eq!(sequences(&tenant, 4).await, [0; 0]);
        let Err(Error::Refused(refusal)) = events(&tenant, 5).await else { panic!("there is none") };
        assert_eq!(refusal.status, 410);
        assert!(refusal.detail.contains("is 4") && refusal.detail.contains("after event 4"), "{refusal:?}");
    }
}

/// Waits until a connection to the tenant's database waits for another's lock.
async fn somebody_waits_for_a_lock(tenant: &Tenant) {
    let count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while tenant.write(move |tx| tx.query_one(count, params![], |row| row.get::<i64>(0))).await == 0 {}
}

#[tokio::test]
async fn what_is_forgotten_while_somebody_asks_for_it_is_not_left_out_unseen() {
    let tenant = Tenant::on(Database::postgres()).await;
    tenant.user("ana").await;
    tenant.user("bo").await;
    assert_eq!(sequences(&tenant, 0).await, [1, 2]);
    let (forgot, mut has_forgotten) = tokio::sync::mpsc::unbounded_channel();
    let (commit, may_commit) = std::sync::mpsc::channel();
    let (id, later) = (tenant.id, tenant.now() + SignedDuration::from_secs(1));
    let forgetting = tenant.store.write(move |tx| {
        feed::forget(tx, id, later, 1)?;
        forgot.send(()).unwrap();
        may_commit.recv().unwrap();
        Ok::<_, store::Error>(())
    });
    let reading = async {
        has_forgotten.recv().await;
        let commits = async {
            somebody_waits_for_a_lock(&tenant).await;
            commit.send(()).unwrap();
        };
        tokio::join!(events(&tenant, 0), commits).0
    };
    let (forgotten, read) = tokio::join!(forgetting, reading);
    forgotten.unwrap();
    let Err(Error::Refused(refusal)) = read else { panic!("{read:?}") };
    assert_eq!(refusal.status, 410);
}

#[tokio::test]
async fn a_disabled_stream_keeps_nothing_and_says_so_when_it_is_to_go_on() {
    for tenant in Tenant::both().await {
        tenant.user("ana").await;
        let (id, stream) = (tenant.id, tenant.stream);
        assert!(tenant.write(move |tx| stream::disable(tx, id, stream, Disabled::OnRequest)).await);
        pass_retention(&tenant);
        forget_old(&tenant).await;
        let at = tenant.now();
        assert!(tenant.write(move |tx| stream::enable(tx, id, stream, at)).await);
        tenant.user("bo").await;
        tenant.deliver().await;
        assert_eq!(tenant.disabled().await, Some(Disabled::Forgotten));
        assert_eq!(tenant.receiver.take().len(), 0, "nothing is left out unseen");
        assert!(tenant.write(move |tx| stream::replay(tx, id, stream, 1, at)).await);
        tenant.deliver().await;
        assert_eq!(tenant.receiver.told(), ["user.created bo"]);
    }
}

#[tokio::test]
async fn who_does_not_poll_for_a_week_keeps_nothing() {
    let poll = |_: String| Method::Poll { audience: "app".to_owned() };
    for tenant in Tenant::both_with(poll).await {
        tenant.user("ana").await;
        tenant.pass(IDLE);
        let told = tenant.poll(json!({})).await.unwrap();
        let ids: Vec<&String> = told["sets"].as_object().unwrap().keys().collect();
        tenant.poll(json!({ "ack": ids })).await.unwrap();
        tenant.user("bo").await;
        tenant.pass(IDLE);
        // Who asks and confirms nothing is nobody to keep events for.
        tenant.poll(json!({})).await.unwrap();
        forget_old(&tenant).await;
        assert_eq!(tenant.disabled().await, None);
        tenant.pass(SignedDuration::from_secs(1));
        forget_old(&tenant).await;
        assert_eq!(tenant.disabled().await, Some(Disabled::Idle));
        let id = tenant.id;
        let audited = tenant.write(move |tx| store::audit::latest(tx, Some(id), None, 1)).await;
        assert_eq!(
            (audited[0].action.as_str(), &audited[0].detail["why"]),
            ("stream.disable", &json!("idle"))
        );
    }
}
