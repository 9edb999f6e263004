//! Security event tokens that are sent (RFC 9967, RFC 8935).

use events::Numbers;
use events::stream::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::Database;

use crate::receiver::Reply;
use crate::tenant::Tenant;

const PROV: &str = "urn:ietf:params:scim:event:prov";

fn push(url: String) -> Method {
    Method::Push { url, audience: "app".to_owned() }
}

/// The claims of what came.
async fn received(tenant: &Tenant) -> Vec<Value> {
    let mut all = Vec::new();
    for received in tenant.receiver.take() {
        assert_eq!(received.headers["content-type"], "application/secevent+jwt");
        assert_eq!(received.headers["accept"], "application/json");
        all.push(tenant.verified(&received.body).await.unwrap());
    }
    all
}

fn uris(claims: &Value) -> Vec<&str> {
    claims["events"].as_object().unwrap().keys().map(|uri| uri.trim_start_matches(PROV)).collect()
}

#[tokio::test]
async fn what_happens_is_pushed_as_tokens_that_a_receiver_believes() {
    for tenant in Tenant::both_with(push).await {
        let ana = tenant.user("ana").await;
        tenant.deliver().await;
        tenant.patch(ana, "externalId", json!("7")).await;
        tenant.deliver().await;
        tenant.patch(ana, "active", json!(false)).await;
        tenant.patch(ana, "active", json!(true)).await;
        tenant.deliver().await;
        tenant.delete(ana).await;
        tenant.deliver().await;
        let all = received(&tenant).await;
        let told: Vec<_> = all.iter().map(uris).collect();
        let expected: [&[&str]; 5] = [
            &[":create:full"],
            &[":put:full"],
            &[":deactivate", ":put:full"],
            &[":activate", ":put:full"],
            &[":delete"],
        ];
        assert_eq!(told, expected);
        let created = &all[0];
        assert_eq!(created["iss"], "https://scim.example.com/t/contoso/scim/v2");
        assert_eq!(created["aud"], "app");
        assert_eq!(created["sub_id"], json!({ "format": "scim", "uri": format!("/Users/{ana}") }));
        assert!(created.get("sub").is_none() && created["iat"].is_i64() && created["toe"].is_i64());
        assert!(created["jti"].is_string() && created["txn"].is_string());
        let payload = &created["events"][format!("{PROV}:create:full")];
        assert_eq!((&payload["version"], &payload["data"]["userName"]), (&json!("W/\"1\""), &json!("ana")));
        assert!(payload.get("attributes").is_none());
        assert_eq!(all[1]["sub_id"]["externalId"], "7");
        assert_eq!(all[2]["events"][format!("{PROV}:deactivate")], json!({}));
        assert_eq!(all[4]["events"][format!("{PROV}:delete")], json!({}));
        let ids: std::collections::BTreeSet<String> = all.iter().map(|one| one["jti"].to_string()).collect();
        assert_eq!(ids.len(), 5);
        assert_eq!(tenant.stream().await.delivered, 5);
    }
}

/// Whoever replicates must not take what is not shown for what is not there.
#[tokio::test]
async fn what_can_not_be_shown_whole_is_told_as_a_notice() {
    let tenant = Tenant::with(Database::sqlite(), push).await;
    let ana = tenant.user("ana").await;
    tenant.patch(ana, "title", json!("Boss")).await;
    tenant.delete(ana).await;
    let members: Vec<_> = (0..101).collect();
    let mut values = Vec::new();
    for number in members {
        values.push(json!({ "value": tenant.user(&format!("user{number}")).await.to_string() }));
    }
    tenant.group("Staff", values).await;
    while tenant.stream().await.delivered < 105 {
        tenant.deliver().await;
    }
    let all = received(&tenant).await;
    let of =
        |uri: &str| all.iter().map(|one| &one["events"][format!("{PROV}{uri}")]).find(|it| !it.is_null());
    let gone = json!({ "version": "W/\"1\"", "attributes": ["meta"] });
    assert_eq!(of(":create:notice"), Some(&gone));
    assert_eq!(of(":put:notice").unwrap()["version"], "W/\"2\"");
    let group =
        all.iter().find(|one| one["sub_id"]["uri"].as_str().unwrap().starts_with("/Groups/")).unwrap();
    assert_eq!(uris(group), [":create:notice"]);
    let attributes = &group["events"][format!("{PROV}:create:notice")]["attributes"];
    assert!(attributes.as_array().unwrap().contains(&json!("members")), "{attributes}");
}

#[tokio::test]
async fn a_token_that_is_not_believed_is_sent_again_and_only_known_codes_are_kept() {
    let tenant = Tenant::with(Database::sqlite(), push).await;
    tenant.user("ana").await;
    let mut ids = Vec::new();
    for (body, failure) in [
        (r#"{"err":"invalid_key","description":"canary"}"#, "the receiver answered 400: invalid_key"),
        (r#"{"err":"canary"}"#, "the receiver answered 400"),
        ("canary", "the receiver answered 400"),
    ] {
        tenant.receiver.answers(&[Reply::Body(400, body)]);
        tenant.deliver().await;
        assert_eq!(tenant.stream().await.last_failure.as_deref(), Some(failure));
        ids.extend(received(&tenant).await.iter().map(|one| one["jti"].clone()));
        tenant.pass_pause().await;
    }
    tenant.receiver.answers(&[Reply::Status(202)]);
    tenant.deliver().await;
    ids.extend(received(&tenant).await.iter().map(|one| one["jti"].clone()));
    assert!(ids.len() == 4 && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(tenant.stream().await.delivered, 1);
}

/// By the version of a token a client knows whether it has what SCIM shows.
#[tokio::test]
async fn the_version_of_a_token_is_the_entity_tag_of_what_it_shows() {
    let tenant = Tenant::with(Database::sqlite(), push).await;
    let ana = tenant.user("ana").await;
    tenant.group("Staff", vec![json!({ "value": ana.to_string() })]).await;
    tenant.patch(ana, "title", json!("Boss")).await;
    while tenant.stream().await.delivered < 3 {
        tenant.deliver().await;
    }
    let all = received(&tenant).await;
    assert_eq!(all.len(), 3);
    for payload in all.iter().flat_map(|one| one["events"].as_object().unwrap().values()) {
        assert_eq!(payload["version"], payload["data"]["meta"]["version"]);
    }
}

#[tokio::test]
async fn what_is_taken_is_taken_whatever_the_answer_says_besides() {
    let tenant = Tenant::with(Database::sqlite(), push).await;
    tenant.user("ana").await;
    tenant.receiver.answers(&[Reply::Endless(400), Reply::Endless(202)]);
    tenant.deliver().await;
    assert_eq!(tenant.stream().await.last_failure.as_deref(), Some("the receiver answered 400"));
    tenant.pass_pause().await;
    tenant.deliver().await;
    let taken = tenant.stream().await;
    assert_eq!((taken.delivered, taken.last_failure), (1, None));
}

/// Row E7 of docs/threats.md.
#[tokio::test]
async fn row_e7_while_signing_keys_change_tokens_of_both_are_believed() {
    let tenant = Tenant::with(Database::sqlite(), push).await;
    tenant.user("ana").await;
    tenant.deliver().await;
    let before = tenant.receiver.take().remove(0).body;
    let until = tenant.now() + SignedDuration::from_mins(1);
    tenant.write(move |tx| Numbers::rotate(tx, until)).await;
    tenant.user("bo").await;
    tenant.deliver().await;
    let after = tenant.receiver.take().remove(0).body;
    assert!(tenant.verified(&before).await.is_some() && tenant.verified(&after).await.is_some());
    tenant.pass(SignedDuration::from_mins(1));
    assert!(tenant.verified(&before).await.is_none() && tenant.verified(&after).await.is_some());
}
