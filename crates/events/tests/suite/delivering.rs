//! What arrives, in which order, and signed with what.

use events::stream;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::Database;

use crate::receiver::Received;
use crate::tenant::Tenant;

#[tokio::test]
async fn what_happens_to_a_user_is_told_in_order() {
    for tenant in Tenant::both().await {
        let ana = tenant.user("ana").await;
        tenant.deliver().await;
        tenant.patch(ana, "title", json!("Boss")).await;
        tenant.patch(ana, "active", json!(false)).await;
        tenant.patch(ana, "active", json!(true)).await;
        tenant.deliver().await;
        tenant.delete(ana).await;
        tenant.deliver().await;
        let received = tenant.receiver.take();
        let told: Vec<String> = received.iter().map(Received::told).collect();
        let expected = [
            "user.created ana",
            "user.updated ana",
            "user.deactivated ana",
            "user.reactivated ana",
            "user.deleted -",
        ];
        assert_eq!(told, expected);
        let versions: Vec<Value> = received.iter().map(|r| r.json()["data"]["version"].clone()).collect();
        assert_eq!(versions, [1, 2, 3, 4, 4]);
        assert!(received.iter().all(|r| r.json()["data"]["id"] == json!(ana)));
        let first = received[0].json();
        assert_eq!(first["id"], received[0].id());
        let location = format!("https://scim.example.com/t/contoso/scim/v2/Users/{ana}");
        assert_eq!(first["data"]["resource"]["meta"]["location"], location);
        // Nothing comes twice while nothing fails.
        tenant.deliver().await;
        assert_eq!(tenant.receiver.told(), [""; 0]);
        assert_eq!(tenant.stream().await.delivered, 5);
    }
}

#[tokio::test]
async fn many_events_come_once_each_and_those_of_a_user_in_order() {
    for tenant in Tenant::both().await {
        let mut users = Vec::new();
        for number in 0..30 {
            users.push(tenant.user(&format!("user{number}")).await);
        }
        for title in ["a", "b", "c"] {
            for user in &users {
                tenant.patch(*user, "title", json!(title)).await;
            }
        }
        tenant.deliver().await;
        let received = tenant.receiver.take();
        let mut all: Vec<i64> = received.iter().map(Received::sequence).collect();
        for user in users {
            let of_user = received.iter().filter(|r| r.json()["data"]["id"] == json!(user));
            let versions: Vec<i64> = of_user.map(|r| r.json()["data"]["version"].as_i64().unwrap()).collect();
            assert_eq!(versions, [1, 2, 3, 4]);
        }
        all.sort_unstable();
        assert_eq!(all, (1..=120).collect::<Vec<_>>());
    }
}

/// Row E7 of docs/threats.md.
#[tokio::test]
async fn row_e7_while_secrets_change_receivers_of_both_believe() {
    let tenant = Tenant::on(Database::sqlite()).await;
    let secret = |number| tenant.deliverer.key.secret(tenant.stream, number).reveal();
    let next = async |name: &str| {
        tenant.user(name).await;
        tenant.deliver().await;
        let [received] = &tenant.receiver.take()[..] else { panic!("one event") };
        received.clone()
    };
    let before = next("ana").await;
    assert!(before.is_signed_with(&secret(1)) && !before.is_signed_with(&secret(2)));
    let (id, webhook, until) = (tenant.id, tenant.stream, tenant.now() + SignedDuration::from_mins(1));
    assert_eq!(tenant.write(move |tx| stream::rotate(tx, id, webhook, until)).await, Some(2));
    let during = next("bo").await;
    assert!(during.is_signed_with(&secret(1)) && during.is_signed_with(&secret(2)));
    tenant.pass(SignedDuration::from_mins(1));
    let after = next("cy").await;
    assert!(!after.is_signed_with(&secret(1)) && after.is_signed_with(&secret(2)));
    // Whoever overhears an event can't send another one, or the same as another.
    let mut forged = after.clone();
    forged.body = forged.body.replace("cy", "di");
    assert!(!forged.is_signed_with(&secret(2)));
    let mut forged = after;
    forged.headers.insert("webhook-id", before.headers["webhook-id"].clone());
    assert!(!forged.is_signed_with(&secret(2)));
}

#[tokio::test]
async fn a_replay_tells_everything_after_an_event_again_with_the_same_ids() {
    for tenant in Tenant::both().await {
        for name in ["ana", "bo", "cy"] {
            tenant.user(name).await;
        }
        tenant.deliver().await;
        let first = tenant.receiver.take();
        let (id, webhook, at) = (tenant.id, tenant.stream, tenant.now());
        assert!(tenant.write(move |tx| stream::replay(tx, id, webhook, 1, at)).await);
        tenant.deliver().await;
        let mut again = tenant.receiver.take();
        again.sort_by_key(Received::sequence);
        assert_eq!(again.iter().map(Received::sequence).collect::<Vec<_>>(), [2, 3]);
        assert!(again.iter().all(|r| first.iter().any(|f| f.id() == r.id() && f.sequence() == r.sequence())));
    }
}

#[tokio::test]
async fn no_secret_is_in_the_database_or_a_debug_output() {
    let tenant = Tenant::on(Database::sqlite()).await;
    tenant.user("ana").await;
    tenant.deliver().await;
    let secret = tenant.deliverer.key.secret(tenant.stream, 1).reveal();
    let shown = format!("{:?} {:?}", tenant.stream().await, tenant.deliverer.key);
    assert!(!shown.contains(secret.trim_start_matches("whsec_")));
    let file = tenant.store.database().text().trim_start_matches("sqlite:").to_owned();
    for file in [file.clone(), format!("{file}-wal")] {
        let bytes = std::fs::read(file).unwrap_or_default();
        let secret = secret.trim_start_matches("whsec_").as_bytes();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
}
