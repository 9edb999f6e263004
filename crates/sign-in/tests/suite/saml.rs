//! SAML at both doors. What makes a response one that is believed is tested where it is decided, in the crate `saml`.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use serde_json::json;
use sign_in::{Door, MatchKey};

use crate::browser::Browser;
use crate::saml_provider::{Key, PERSISTENT, SamlProvider, Says, post};
use crate::site::{ENTERPRISE, PUBLIC_URL, Site};

const ANA: &str = "ana@contoso.com";

#[tokio::test]
async fn somebody_signs_in_at_each_door() {
    for site in Site::both().await {
        let id = site.user(json!({ "userName": ANA })).await;
        for (door, login, acs) in [(Door::Saml, "login", "acs"), (Door::EntraSaml, "login_msft", "acs_msft")]
        {
            let provider = SamlProvider::at(&site, door).await;
            let browser = Browser::default();
            let request = Some(provider.begin(&site, &browser, login).await);
            let acs_url = format!("{PUBLIC_URL}/t/contoso/saml/{acs}");
            let says = Says { request, acs: acs_url.clone(), ..Says::of(ANA) };
            let response = provider.response(&provider.key, &says, site.now());
            let answer = post(&browser, &site, acs, &response).await.expect(StatusCode::SEE_OTHER);
            assert_eq!(answer.header("location"), format!("{PUBLIC_URL}/app"));
            let session = browser.session(&site).await;
            assert_eq!(session["user"], id);
            assert_eq!(session["door"], door.as_str());
            assert_eq!(site.log().await[0].subject.as_deref(), Some(ANA));

            let path = format!("/t/contoso/saml/{}", acs.replace("acs", "metadata"));
            let metadata = browser.get(&site, &path).await.expect(StatusCode::OK);
            assert_eq!(metadata.header("content-type"), "application/samlmetadata+xml");
            assert_eq!(metadata.body.matches(&format!("\"{acs_url}\"")).count(), 2, "{}", metadata.body);
        }
    }
}

#[tokio::test]
async fn a_response_that_is_not_signed_by_the_provider_lets_nobody_in() {
    let site = Site::new().await;
    site.user(json!({ "userName": ANA })).await;
    let provider = SamlProvider::at(&site, Door::Saml).await;
    let browser = Browser::default();
    let request = Some(provider.begin(&site, &browser, "login").await);
    let says = Says { request, ..Says::of("guest@contoso.com") };
    let signed = provider.response(&provider.key, &says, site.now());
    let changed = String::from_utf8(STANDARD.decode(&signed).unwrap()).unwrap();
    let changed = STANDARD.encode(changed.replace("guest@contoso.com", ANA));
    let ana = Says { name_id: ANA.to_owned(), ..says.clone() };
    let elsewhere = Says { acs: format!("{PUBLIC_URL}/t/fabrikam/saml/acs"), ..ana.clone() };
    for response in [
        provider.unsigned(&ana, site.now()),
        provider.response(&Key::new(), &ana, site.now()),
        provider.response(&provider.key, &elsewhere, site.now()),
        provider.response(&provider.key, &ana, site.now() - SignedDuration::from_mins(7)),
        changed,
    ] {
        post(&browser, &site, "acs", &response).await.expect(StatusCode::FORBIDDEN);
        assert_eq!(site.outcome().await, "proof");
        assert!(!browser.is_signed_in(&site).await);
    }
    for nonsense in ["", "x", "PGE+"] {
        let answer = post(&browser, &site, "acs", nonsense).await;
        assert!(answer.status.is_client_error(), "{nonsense}");
    }
    let right = provider.response(&provider.key, &ana, site.now());
    post(&browser, &site, "acs", &right).await.expect(StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_assertion_lets_somebody_in_once() {
    for site in Site::both().await {
        site.user(json!({ "userName": ANA })).await;
        site.set(|settings| settings.provider_initiated = true).await;
        let provider = SamlProvider::at(&site, Door::Saml).await;
        let response = provider.response(&provider.key, &Says::of(ANA), site.now());
        let (browser, thief) = (Browser::default(), Browser::default());
        post(&browser, &site, "acs", &response).await.expect(StatusCode::SEE_OTHER);
        for _ in 0..2 {
            post(&thief, &site, "acs", &response).await.expect(StatusCode::FORBIDDEN);
            assert_eq!(site.outcome().await, "replayed");
        }
        assert!(!thief.is_signed_in(&site).await);
        // It is remembered for as long as it could be shown.
        site.pass(SignedDuration::from_mins(5));
        let (tenant, now) = (site.tenant, site.now());
        site.write(move |tx| sign_in::used::purge(tx, tenant, now)).await;
        post(&thief, &site, "acs", &response).await.expect(StatusCode::FORBIDDEN);
        assert_eq!(site.outcome().await, "replayed");
    }
}

#[tokio::test]
async fn a_refused_sign_in_uses_no_assertion_up() {
    let site = Site::new().await;
    site.set(|settings| settings.provider_initiated = true).await;
    let provider = SamlProvider::at(&site, Door::Saml).await;
    let response = provider.response(&provider.key, &Says::of(ANA), site.now());
    let browser = Browser::default();
    post(&browser, &site, "acs", &response).await.expect(StatusCode::FORBIDDEN);
    assert_eq!(site.outcome().await, "no-such-user");
    site.user(json!({ "userName": ANA })).await;
    post(&browser, &site, "acs", &response).await.expect(StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_sign_in_begins_here_unless_the_tenant_lets_it_begin_at_the_provider() {
    let site = Site::new().await;
    site.user(json!({ "userName": ANA })).await;
    let provider = SamlProvider::at(&site, Door::Saml).await;
    let browser = Browser::default();
    let send = async |relay_state: &str| {
        let response = provider.response(&provider.key, &Says::of(ANA), site.now());
        let form = [("SAMLResponse", &*response), ("RelayState", relay_state)];
        browser.post_from(&site, None, "/saml/acs", &form).await
    };
    send("").await.expect(StatusCode::FORBIDDEN);
    assert_eq!(site.outcome().await, "provider-initiated");
    site.set(|settings| settings.provider_initiated = true).await;
    for (relay_state, location) in [
        ("", "/t/contoso/sign-in"),
        ("/app?x=1", "/app?x=1"),
        ("https://evil.example/", "/t/contoso/sign-in"),
        ("//evil.example/", "/t/contoso/sign-in"),
    ] {
        let answer = send(relay_state).await.expect(StatusCode::SEE_OTHER);
        assert_eq!(answer.header("location"), format!("{PUBLIC_URL}{location}"));
    }
}

#[tokio::test]
async fn a_response_fits_the_browser_and_the_door_that_began() {
    let site = Site::new().await;
    site.user(json!({ "userName": ANA })).await;
    site.set(|settings| settings.provider_initiated = true).await;
    let provider = SamlProvider::at(&site, Door::Saml).await;
    provider.set(&site, Door::EntraSaml, None).await;
    let (attacker, victim) = (Browser::default(), Browser::default());
    let request = Some(provider.begin(&site, &attacker, "login").await);
    let says = Says { request, ..Says::of(ANA) };
    let response = provider.response(&provider.key, &says, site.now());
    post(&victim, &site, "acs", &response).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(site.outcome().await, "not-started");
    provider.begin(&site, &victim, "login").await;
    post(&victim, &site, "acs", &response).await.expect(StatusCode::BAD_REQUEST);
    post(&attacker, &site, "acs_msft", &response).await.expect(StatusCode::BAD_REQUEST);
    assert!(!victim.is_signed_in(&site).await && !attacker.is_signed_in(&site).await);
    post(&attacker, &site, "acs", &response).await.expect(StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_new_key_is_found_when_it_signs_and_nobody_is_asked_more_than_once_a_minute() {
    for site in Site::both().await {
        site.user(json!({ "userName": ANA })).await;
        let mut provider = SamlProvider::at(&site, Door::Saml).await;
        provider.signed_in(&site, Says::of(ANA)).await;
        assert_eq!(provider.asked(), 0);
        let next = Key::new();
        provider.publish(&[&next]);
        provider.key = next;
        site.pass(SignedDuration::from_mins(1));
        provider.signed_in(&site, Says::of(ANA)).await;
        assert_eq!(provider.asked(), 1);
        assert!(site.audited().await.contains(&"sign-in.metadata".to_owned()));
        for _ in 0..3 {
            let browser = Browser::default();
            let request = Some(provider.begin(&site, &browser, "login").await);
            let says = Says { request, ..Says::of(ANA) };
            let forged = provider.response(&Key::new(), &says, site.now());
            post(&browser, &site, "acs", &forged).await.expect(StatusCode::FORBIDDEN);
        }
        assert_eq!(provider.asked(), 1);
        provider.signed_in(&site, Says::of(ANA)).await;
    }
}

#[tokio::test]
async fn metadata_are_read_again_before_a_new_key_signs() {
    let site = Site::new().await;
    site.user(json!({ "userName": ANA })).await;
    let mut provider = SamlProvider::at(&site, Door::Saml).await;
    let reader = site.reader();
    reader.read_due(Door::Saml).await.unwrap();
    assert_eq!(provider.asked(), 0, "they are fresh");
    let next = Key::new();
    provider.publish(&[&provider.key, &next]);
    site.pass(SignedDuration::from_hours(6));
    reader.read_due(Door::Saml).await.unwrap();
    assert_eq!(provider.asked(), 1);
    // Out of order just when the new key begins to sign.
    provider.fail();
    provider.key = next;
    provider.signed_in(&site, Says::of(ANA)).await;
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn metadata_of_another_provider_are_not_taken() {
    let site = Site::new().await;
    site.user(json!({ "userName": ANA })).await;
    let provider = SamlProvider::at(&site, Door::Saml).await;
    let stranger = Key::new();
    provider.publish_as("https://evil.example/idp", &[&stranger]);
    site.pass(SignedDuration::from_hours(6));
    site.reader().read_due(Door::Saml).await.unwrap();
    assert_eq!(provider.asked(), 1);
    provider.signed_in(&site, Says::of(ANA)).await;
}

#[tokio::test]
async fn each_match_key_has_its_attribute() {
    let names = "http://schemas.microsoft.com/identity/claims/objectidentifier";
    let email = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";
    for (key, name_id, attribute) in [
        (MatchKey::UserName, "ANA@contoso.com", None),
        (MatchKey::Emails, "nobody", Some((email, "ana.m@contoso.com"))),
        (MatchKey::Emails, "ana.m@contoso.com", None),
        (MatchKey::ExternalId, "nobody", Some((names, "0f1d"))),
        (MatchKey::ExternalId, "0f1d", None),
        (MatchKey::EmployeeNumber, "nobody", Some(("EmployeeID", "701984"))),
    ] {
        let site = Site::new().await;
        let id = site
            .user(json!({
                "userName": ANA, "externalId": "0f1d", "emails": [{ "value": "ana.m@contoso.com" }],
                ENTERPRISE: { "employeeNumber": "701984" },
            }))
            .await;
        let provider = SamlProvider::at(&site, Door::Saml).await;
        site.set(|settings| settings.match_key = key).await;
        let attributes = attribute.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        let says = Says { attributes, ..Says::of(name_id) };
        if key == MatchKey::Emails {
            assert_eq!(provider.refused(&site, says.clone()).await, "unverified-email");
            site.set(|settings| {
                settings.match_key = key;
                settings.domains = vec!["contoso.com".to_owned()];
            })
            .await;
        }
        let browser = provider.signed_in(&site, says).await;
        assert_eq!(browser.session(&site).await["user"], id, "{key}");
        assert_eq!(
            provider.refused(&site, Says::of("stranger")).await.contains("no-"),
            key != MatchKey::Emails
        );
    }
}

#[tokio::test]
async fn an_attribute_that_was_chosen_is_compared() {
    let site = Site::new().await;
    let id = site.user(json!({ "userName": ANA })).await;
    let provider = SamlProvider::at(&site, Door::Saml).await;
    provider.set(&site, Door::Saml, Some("login")).await;
    assert_eq!(provider.refused(&site, Says::of(ANA)).await, "no-value");
    assert!(site.log().await[0].detail.contains("login"));
    let says = Says { attributes: vec![("login", ANA.to_owned())], ..Says::of("0f1d") };
    let browser = provider.signed_in(&site, says).await;
    assert_eq!(browser.session(&site).await["user"], id);
}

#[tokio::test]
async fn a_persistent_name_is_a_link_and_an_address_never_is() {
    let site = Site::new().await;
    let ana = site.user(json!({ "userName": ANA, "externalId": "0f1d" })).await;
    let provider = SamlProvider::at(&site, Door::Saml).await;
    site.set(|settings| settings.match_key = MatchKey::ExternalId).await;
    let persistent = Says { format: PERSISTENT, ..Says::of("0f1d") };
    provider.signed_in(&site, persistent.clone()).await;
    site.patch(&ana, json!([{ "op": "replace", "path": "externalId", "value": "other" }])).await;
    let browser = provider.signed_in(&site, persistent).await;
    assert_eq!(browser.session(&site).await["user"], ana);

    // Whoever is called so next is somebody else, also where an administrator says that addresses are persistent.
    site.set(|settings| settings.match_key = MatchKey::UserName).await;
    for format in [PERSISTENT, crate::saml_provider::EMAIL] {
        let says = Says { format, ..Says::of("ben@contoso.com") };
        let ben = site.user(json!({ "userName": "ben@contoso.com" })).await;
        let browser = provider.signed_in(&site, says.clone()).await;
        assert_eq!(browser.session(&site).await["user"], ben);
        let renamed = format!("{ben}@contoso.com");
        site.patch(&ben, json!([{ "op": "replace", "path": "userName", "value": renamed }])).await;
        assert_eq!(provider.refused(&site, says).await, "no-such-user", "{format}");
    }
}

/// A name that a directory calls persistent, and gives to the next person all the same.
#[tokio::test]
async fn a_persistent_name_that_is_compared_with_a_name_is_no_link() {
    let site = Site::new().await;
    let provider = SamlProvider::at(&site, Door::Saml).await;
    let says = Says { format: PERSISTENT, ..Says::of("jsmith") };
    let john = site.user(json!({ "userName": "jsmith" })).await;
    let browser = provider.signed_in(&site, says.clone()).await;
    assert_eq!(browser.session(&site).await["user"], john);
    site.patch(&john, json!([{ "op": "replace", "path": "userName", "value": "jsmith2" }])).await;
    let jane = site.user(json!({ "userName": "jsmith" })).await;
    let browser = provider.signed_in(&site, says).await;
    assert_eq!(browser.session(&site).await["user"], jane);
}

#[tokio::test]
async fn an_address_needs_its_domain_however_its_claim_is_written() {
    let name = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";
    for claim in ["emailaddress", "EmailAddress", name] {
        let site = Site::new().await;
        site.user(json!({ "userName": ANA })).await;
        let provider = SamlProvider::start().await;
        provider.set(&site, Door::Saml, Some(claim)).await;
        let says = Says { attributes: vec![(name, ANA.to_owned())], ..Says::of("0f1d") };
        assert_eq!(provider.refused(&site, says.clone()).await, "unverified-email", "{claim}");
        site.set(|settings| settings.domains = vec!["contoso.com".to_owned()]).await;
        provider.signed_in(&site, says).await;
    }
}

#[tokio::test]
async fn no_session_outlasts_the_providers() {
    let site = Site::new().await;
    site.user(json!({ "userName": ANA })).await;
    let provider = SamlProvider::at(&site, Door::Saml).await;
    let end = site.now() + SignedDuration::from_mins(20);
    let browser = provider.signed_in(&site, Says { session_end: Some(end), ..Says::of(ANA) }).await;
    assert_eq!(browser.session(&site).await["expires"], end.to_string());
    site.pass(SignedDuration::from_mins(20));
    assert!(!browser.is_signed_in(&site).await);
}
