//! What is kept of attempts: what strangers send is bounded, and pushes nothing out.

use axum::http::StatusCode;
use model::IdSource;
use serde_json::json;
use sign_in::Door;
use sign_in::attempt::{self, Attempt};
use sign_in::limits::{MAX_ATTEMPT_TEXT, MAX_ATTEMPTS};

use crate::browser::Browser;
use crate::provider::Provider;
use crate::site::{Ids, Site};

#[tokio::test]
async fn what_anybody_sends_pushes_nobody_out_whom_a_provider_named() {
    for site in Site::both().await {
        let (tenant, at) = (site.tenant, site.now());
        let (named, strangers) = (3, MAX_ATTEMPTS + 5);
        let kept = site
            .write(move |tx| {
                for number in 0..named + strangers {
                    let attempt = Attempt {
                        id: Ids.next(),
                        at,
                        door: Door::Oidc,
                        outcome: "not-started".to_owned(),
                        detail: String::new(),
                        subject: (number < named).then(|| "ana".to_owned()),
                        address: None,
                    };
                    attempt::add(tx, tenant, &attempt)?;
                }
                attempt::purge(tx, tenant, at)?;
                attempt::latest(tx, tenant, i64::MAX)
            })
            .await;
        assert_eq!(kept.len(), usize::try_from(named + MAX_ATTEMPTS).unwrap());
        assert_eq!(kept.iter().filter(|one| one.subject.is_some()).count(), 3);
    }
}

#[tokio::test]
async fn texts_of_others_are_cut() {
    let site = Site::new().await;
    let provider = Provider::of(&site).await;
    let long = "x".repeat(20_000);
    assert_eq!(provider.refused(&site, json!({ "preferred_username": long })).await, "no-such-user");
    provider.says(json!({ "issuer": format!("https://evil.example/{long}") }));
    site.pass(jiff::SignedDuration::from_hours(2));
    Browser::default().get(&site, "/t/contoso/oidc/login").await.expect(StatusCode::BAD_GATEWAY);
    let log = site.log().await;
    assert_eq!(log[0].detail.chars().count(), MAX_ATTEMPT_TEXT);
    assert_eq!(log[1].subject.as_ref().unwrap().chars().count(), MAX_ATTEMPT_TEXT);
}

/// PostgreSQL has no texts with NUL.
#[tokio::test]
async fn a_nul_is_nobodys_name() {
    for site in Site::both().await {
        site.user(json!({ "userName": "ana" })).await;
        let provider = Provider::of(&site).await;
        let page = Browser::default().get(&site, "/t/%00/sign-in").await;
        page.expect(StatusCode::NOT_FOUND);
        assert_eq!(provider.refused(&site, json!({ "preferred_username": "ana\0" })).await, "no-value");
        let about = json!({ "sub": "1\0", "preferred_username": "ana" });
        assert_eq!(provider.refused(&site, about).await, "proof");
    }
}
