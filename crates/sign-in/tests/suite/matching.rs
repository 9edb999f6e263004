//! Which user it is that signs in.

use serde_json::{Value, json};
use sign_in::MatchKey;

use crate::provider::Provider;
use crate::site::{ENTERPRISE, Site};

/// GitLab issue 11643, Casdoor CVE-2026-9092, Grafana CVE-2023-3128: an address that nobody verified links an account.
#[tokio::test]
async fn row_a5_an_address_lets_in_only_whom_it_belongs_to() {
    for key in [MatchKey::Emails, MatchKey::UserName] {
        for claimed in [false, true] {
            for verified in [json!(null), json!(false), json!("true"), json!(1), json!(true)] {
                let site = Site::new().await;
                let address = "ana@contoso.com";
                site.user(json!({ "userName": address, "emails": [{ "value": address }] })).await;
                let domains = if claimed { vec!["contoso.com".to_owned()] } else { Vec::new() };
                site.set(|settings| {
                    settings.match_key = key;
                    settings.domains.clone_from(&domains);
                })
                .await;
                let provider = Provider::start().await;
                let mut setting = provider.setting(&site);
                setting.claim = Some("email".to_owned());
                site.put(sign_in::Door::Oidc, sign_in::provider::Provider::Oidc(setting)).await;
                let about = json!({ "email": address, "email_verified": verified });
                // Who says that it is not verified is believed, whoever's the domain is.
                let says_nothing = [json!(null), json!("true")].contains(&verified);
                if verified == json!(true) || (claimed && says_nothing) {
                    provider.signed_in(&site, about).await;
                } else {
                    assert_eq!(provider.refused(&site, about).await, "unverified-email", "{key} {verified}");
                }
            }
        }
    }
}

#[tokio::test]
async fn each_match_key_has_its_claim() {
    for (key, about, other) in [
        (MatchKey::UserName, json!({ "preferred_username": "ANA@contoso.com" }), "email"),
        (MatchKey::ExternalId, json!({ "oid": "0f1d" }), "sub"),
        (MatchKey::ExternalId, json!({ "sub": "0f1d" }), "oid"),
        (MatchKey::EmployeeNumber, json!({ "employeeid": "701984" }), "oid"),
    ] {
        let site = Site::new().await;
        let id = site
            .user(json!({
                "userName": "ana@contoso.com", "externalId": "0f1d", ENTERPRISE: { "employeeNumber": "701984" },
            }))
            .await;
        site.set(|settings| settings.match_key = key).await;
        let provider = Provider::of(&site).await;
        let wrong = if other == "sub" { json!({ "sub": "0f1e" }) } else { json!({ other: "nobody" }) };
        assert!(["no-value", "no-such-user"].contains(&&*provider.refused(&site, wrong).await), "{key}");
        let browser = provider.signed_in(&site, about).await;
        assert_eq!(browser.session(&site).await["user"], id, "{key}");
    }
}

#[tokio::test]
async fn who_is_not_there_or_not_active_or_not_alone_is_refused_with_the_reason() {
    for site in Site::both().await {
        let provider = Provider::of(&site).await;
        let about = json!({ "preferred_username": "ana" });
        assert_eq!(provider.refused(&site, about.clone()).await, "no-such-user");
        let detail = site.log().await.remove(0).detail;
        assert!(detail.contains("assign"), "{detail}");
        assert_eq!(provider.refused(&site, json!({})).await, "no-value");
        let detail = site.log().await.remove(0).detail;
        assert!(detail.contains("preferred_username") && detail.contains("userName"), "{detail}");
        let id = site.user(json!({ "userName": "ana", "active": false })).await;
        assert_eq!(provider.refused(&site, about.clone()).await, "inactive");
        site.set_active(&id, true).await;
        provider.signed_in(&site, about).await;

        site.set(|settings| settings.match_key = MatchKey::EmployeeNumber).await;
        for name in ["b", "c"] {
            site.user(json!({ "userName": name, ENTERPRISE: { "employeeNumber": "7" } })).await;
        }
        assert_eq!(provider.refused(&site, json!({ "sub": "b", "employeeid": "7" })).await, "ambiguous");
    }
}

#[tokio::test]
async fn a_link_outlives_renames() {
    for site in Site::both().await {
        let id = site.user(json!({ "userName": "ana.miller" })).await;
        let provider = Provider::of(&site).await;
        provider.signed_in(&site, json!({ "preferred_username": "ana.miller" })).await;
        rename(&site, &id, "ana.smith").await;
        let browser = provider.signed_in(&site, json!({ "preferred_username": "ana.miller" })).await;
        assert_eq!(browser.session(&site).await["userName"], "ana.smith");
        // Whoever has the name next is somebody else to the provider, and gets in as themselves.
        let next = site.user(json!({ "userName": "ana.miller" })).await;
        let about = json!({ "sub": "sub-next", "preferred_username": "ana.miller" });
        let browser = provider.signed_in(&site, about).await;
        assert_eq!(browser.session(&site).await["user"], next);
    }
}

#[tokio::test]
async fn a_second_account_at_the_provider_is_not_taken_for_the_first() {
    let site = Site::new().await;
    let id = site.user(json!({ "userName": "ana" })).await;
    let provider = Provider::of(&site).await;
    provider.signed_in(&site, json!({ "preferred_username": "ana" })).await;
    let recycled = json!({ "sub": "sub-stranger", "preferred_username": "ana" });
    assert_eq!(provider.refused(&site, recycled.clone()).await, "other-subject");
    // Somebody who left and came back may have another account.
    site.set_active(&id, false).await;
    assert_eq!(provider.refused(&site, recycled.clone()).await, "inactive");
    site.set_active(&id, true).await;
    let browser = provider.signed_in(&site, recycled).await;
    assert_eq!(browser.session(&site).await["user"], id);
    assert_eq!(provider.refused(&site, json!({ "preferred_username": "ana" })).await, "other-subject");
}

#[tokio::test]
async fn nobody_signs_in_by_a_mangled_name() {
    let site = Site::new().await;
    let id = site.user(json!({ "userName": "jsmith@contoso.com" })).await;
    let provider = Provider::of(&site).await;
    let mangled = "195f30d516514ba38b1c0b993fb809d7jsmith@contoso.com";
    rename(&site, &id, mangled).await;
    let about = |name: &str| json!({ "preferred_username": name });
    assert_eq!(provider.refused(&site, about(mangled)).await, "no-such-user");
    let browser = provider.signed_in(&site, about("jsmith@contoso.com")).await;
    assert_eq!(browser.session(&site).await["user"], id);
}

#[tokio::test]
async fn an_own_schema_is_matched_by_its_own_rules() {
    let site = Site::new().await;
    site.user(json!({ "userName": "ana" })).await;
    let provider = Provider::of(&site).await;
    site.set(|settings| settings.match_key = MatchKey::EmployeeNumber).await;
    let tenant = site.tenant;
    let definition = json!({ "overrides": [] });
    site.write(move |tx| {
        let version = store::schema::lock(tx, tenant)?.unwrap() + 1;
        let at = jiff::Timestamp::UNIX_EPOCH;
        let applied = store::schema::Applied { version, definition: definition.clone(), at };
        store::schema::set(tx, tenant, &applied)
    })
    .await;
    site.user(json!({ "userName": "ben", ENTERPRISE: { "employeeNumber": "7" } })).await;
    provider.signed_in(&site, json!({ "employeeid": "7" })).await;
}

async fn rename(site: &Site, id: &str, name: &str) {
    let operations: Value = json!([{ "op": "replace", "path": "userName", "value": name }]);
    assert!(site.patch(id, operations).await.status.is_success());
}
