//! Who is not there may be made when they sign in, if the tenant wants that.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use sign_in::{JustInTime, MatchKey, Settings};

use crate::provider::Provider;
use crate::site::Site;

fn ana() -> Value {
    json!({
        "preferred_username": "ana@contoso.com", "email": "ana@contoso.com", "name": "Ana Miller",
        "given_name": "Ana", "family_name": "Miller",
    })
}

fn allow(when: JustInTime) -> impl Fn(&mut Settings) {
    move |settings| {
        settings.just_in_time = when;
        settings.domains = vec!["contoso.com".to_owned()];
    }
}

#[tokio::test]
async fn who_is_not_there_is_made_while_nobody_provisions() {
    for site in Site::both().await {
        let provider = Provider::of(&site).await;
        assert_eq!(provider.refused(&site, ana()).await, "no-such-user", "off by default");
        site.set(allow(JustInTime::On)).await;
        assert_eq!(provider.refused(&site, ana()).await, "not-made");
        let detail = site.log().await.remove(0).detail;
        assert!(detail.contains("SCIM") && detail.contains("beside-scim"), "{detail}");
        site.expire_scim_token().await;
        site.scim(Method::GET, "/Users", None).await.expect(StatusCode::UNAUTHORIZED);
        assert_eq!(
            provider.refused(&site, ana()).await,
            "not-made",
            "a forgotten token is not the end of SCIM"
        );
        site.stop_provisioning().await;
        let browser = provider.signed_in(&site, ana()).await;
        let session = browser.session(&site).await;
        assert_eq!(session["userName"], "ana@contoso.com");
        assert_eq!(session["displayName"], "Ana Miller");
        let again = provider.signed_in(&site, ana()).await.session(&site).await;
        assert_eq!(again["user"], session["user"], "made once");
        assert!(site.audited().await.contains(&"user.create".to_owned()));
    }
}

#[tokio::test]
async fn beside_scim_it_must_be_allowed_explicitly() {
    let site = Site::new().await;
    let provider = Provider::of(&site).await;
    site.set(allow(JustInTime::BesideScim)).await;
    provider.signed_in(&site, ana()).await;
    // A client does not take over whom it did not make.
    let body = json!({ "schemas": [crate::site::USER], "userName": "ana@contoso.com" });
    site.scim(Method::POST, "/Users", Some(body)).await.expect(StatusCode::CONFLICT);
}

#[tokio::test]
async fn nobody_is_made_of_another_domain_or_without_an_address() {
    let site = Site::new().await;
    let provider = Provider::of(&site).await;
    site.set(allow(JustInTime::BesideScim)).await;
    for email in [json!("ana@fabrikam.com"), json!("ana@contoso.com.evil.example"), json!("ana"), Value::Null]
    {
        let mut about = ana();
        about["email"] = email.clone();
        about["email_verified"] = json!(true);
        assert_eq!(provider.refused(&site, about).await, "not-made", "{email}");
    }
    let mut about = ana();
    about["email_verified"] = json!(false);
    assert_eq!(provider.refused(&site, about).await, "not-made", "an address that anybody could have typed");
}

#[tokio::test]
async fn nobody_who_was_deleted_comes_back_by_signing_in() {
    for site in Site::both().await {
        let provider = Provider::of(&site).await;
        site.set(allow(JustInTime::BesideScim)).await;
        let id = site.user(json!({ "userName": "ana@contoso.com" })).await;
        site.scim(Method::DELETE, &format!("/Users/{id}"), None).await.expect(StatusCode::NO_CONTENT);
        assert_eq!(provider.refused(&site, ana()).await, "not-made");
        let detail = site.log().await.remove(0).detail;
        assert!(detail.contains("deleted"), "{detail}");
    }
}

#[tokio::test]
async fn nobody_who_was_disabled_comes_back_by_signing_in() {
    let site = Site::new().await;
    let provider = Provider::of(&site).await;
    site.set(|settings| {
        allow(JustInTime::BesideScim)(settings);
        settings.match_key = MatchKey::Emails;
    })
    .await;
    // Found by no e-mail address, but in the way by name.
    let id = site.user(json!({ "userName": "ana@contoso.com", "active": false })).await;
    assert_eq!(provider.refused(&site, ana()).await, "not-made");
    let user = site.scim(Method::GET, &format!("/Users/{id}"), None).await.expect(StatusCode::OK);
    assert_eq!(user.json()["active"], false);
}
