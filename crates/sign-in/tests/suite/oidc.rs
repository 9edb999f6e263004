//! OpenID Connect: who gets in, and which answers prove nothing.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use sign_in::Door;
use sign_in::provider::Provider as Setting;
use testkit::issuer::{jwk, sign};

use crate::browser::Browser;
use crate::provider::Provider;
use crate::site::{PUBLIC_URL, Site};

const ANA: &str = "ana@contoso.com";

fn ana() -> Value {
    json!({ "preferred_username": ANA })
}

#[tokio::test]
async fn somebody_who_was_provisioned_signs_in() {
    for site in Site::both().await {
        let id = site.user(json!({ "userName": ANA, "displayName": "Ana" })).await;
        let provider = Provider::of(&site).await;
        let browser = Browser::default();
        assert_eq!(browser.session(&site).await, json!({ "active": false }));
        let asked = provider.begin(&site, &browser).await;
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", "contoso client"),
            ("scope", "openid profile email"),
            ("code_challenge_method", "S256"),
            ("redirect_uri", "https://rollcall.example.com/t/contoso/oidc/callback"),
        ] {
            assert_eq!(asked.0[name], value);
        }
        provider
            .gives(&asked, sign(Algorithm::RS256, Some("k1"), &provider.claims(&asked, site.now(), ana())));
        let answer = provider.back(&site, &browser, &asked).await.expect(StatusCode::SEE_OTHER);
        assert_eq!(answer.header("location"), format!("{PUBLIC_URL}/app"));
        let session = browser.session(&site).await;
        assert_eq!(session["active"], true);
        assert_eq!(session["user"], id);
        assert_eq!(session["userName"], ANA);
        assert_eq!(session["displayName"], "Ana");
        assert_eq!(session["door"], "oidc");
        assert_eq!(session["idleEnd"], "2026-11-22T09:00:00Z");
        assert_eq!(session["expires"], "2026-11-22T20:00:00Z");
        let log = site.log().await;
        assert_eq!((log.len(), log[0].outcome.as_str()), (1, "signed-in"));
        assert_eq!(log[0].subject.as_deref(), Some(ANA));
        assert_eq!(log[0].address.as_deref(), Some("203.0.113.7"));
    }
}

#[tokio::test]
async fn a_provider_that_wants_the_secret_in_the_body_gets_it_there() {
    let site = Site::new().await;
    site.user(json!({ "userName": ANA })).await;
    let provider = Provider::of(&site).await;
    provider.says(json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] }));
    provider.signed_in(&site, ana()).await;
}

#[tokio::test]
async fn a_token_that_is_not_for_this_sign_in_lets_nobody_in() {
    let site = Site::new().await;
    site.user(json!({ "userName": ANA })).await;
    let provider = Provider::of(&site).await;
    let now = site.now().as_second();
    for about in [
        json!({ "iss": "https://login.example.com" }),
        json!({ "iss": format!("{}/", provider.issuer) }),
        json!({ "iss": null }),
        json!({ "aud": "another client" }),
        json!({ "aud": null }),
        json!({ "aud": ["contoso client", "another client"] }),
        json!({ "aud": ["contoso client", "another client"], "azp": "another client" }),
        json!({ "azp": "another client" }),
        json!({ "nonce": "another" }),
        json!({ "nonce": null }),
        json!({ "exp": now - 60 }),
        json!({ "exp": now + 86_401 }),
        json!({ "exp": null }),
        json!({ "nbf": now + 61 }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "sub": "x".repeat(513) }),
    ] {
        let mut claims = ana();
        claims.as_object_mut().unwrap().extend(about.as_object().unwrap().clone());
        assert_eq!(provider.refused(&site, claims).await, "proof", "{about}");
    }
    provider.signed_in(&site, json!({ "preferred_username": ANA, "exp": now - 59, "nbf": now + 60 })).await;
    let several =
        json!({ "preferred_username": ANA, "aud": ["contoso client", "x"], "azp": "contoso client" });
    provider.signed_in(&site, several).await;
}

#[tokio::test]
async fn a_signature_that_is_not_the_providers_lets_nobody_in() {
    let site = Site::new().await;
    site.user(json!({ "userName": ANA })).await;
    let provider = Provider::of(&site).await;
    let browser = Browser::default();
    let asked = provider.begin(&site, &browser).await;
    let claims = provider.claims(&asked, site.now(), ana());
    let good = sign(Algorithm::RS256, Some("k1"), &claims);
    let (head, rest) = good.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let mut other = claims.clone();
    other["preferred_username"] = json!("chief@contoso.com");
    let body = part(claims.clone());
    for token in [
        format!("{}.{body}.", part(json!({ "alg": "none" }))),
        sign(Algorithm::HS256, Some("k1"), &claims),
        sign(Algorithm::ES256, Some("k1"), &claims),
        sign(Algorithm::RS256, Some("k2"), &claims),
        format!("{head}.{}.{signature}", part(other)),
        format!("{head}.{rest}x"),
        "nonsense".to_owned(),
        String::new(),
    ] {
        provider.gives(&asked, token.clone());
        let answer = provider.back(&site, &browser, &asked).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{token}");
        assert!(!browser.is_signed_in(&site).await, "{token}");
        assert_eq!(site.outcome().await, "proof", "{token}");
    }
}

#[tokio::test]
async fn a_new_key_of_the_provider_is_found() {
    let site = Site::new().await;
    site.user(json!({ "userName": ANA })).await;
    let provider = Provider::of(&site).await;
    provider.signed_in(&site, ana()).await;
    provider.keys.publish(vec![jwk(Algorithm::ES256, "k2")]);
    site.pass(SignedDuration::from_mins(2));
    let browser = Browser::default();
    let asked = provider.begin(&site, &browser).await;
    let claims = provider.claims(&asked, site.now(), ana());
    provider.gives(&asked, sign(Algorithm::ES256, Some("k2"), &claims));
    provider.back(&site, &browser, &asked).await.expect(StatusCode::SEE_OTHER);
    // The old one is believed no more; and nobody asks twice a minute because of a made-up key.
    assert_eq!(provider.refused(&site, ana()).await, "proof");
    assert_eq!(provider.keys.asked(), 2);
}

/// Login CSRF: nobody is signed in as somebody else by a link.
#[tokio::test]
async fn an_answer_fits_the_browser_that_began() {
    let site = Site::new().await;
    site.user(json!({ "userName": ANA })).await;
    let provider = Provider::of(&site).await;
    let (attacker, victim) = (Browser::default(), Browser::default());
    let asked = provider.begin(&site, &attacker).await;
    let claims = provider.claims(&asked, site.now(), ana());
    let token = sign(Algorithm::RS256, Some("k1"), &claims);
    provider.gives(&asked, token.clone());
    provider.back(&site, &victim, &asked).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(site.outcome().await, "not-started");
    provider.begin(&site, &victim).await;
    provider.back(&site, &victim, &asked).await.expect(StatusCode::BAD_REQUEST);
    assert!(!victim.is_signed_in(&site).await);
    site.pass(SignedDuration::from_mins(16));
    provider.back(&site, &attacker, &asked).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(site.outcome().await, "not-started");
}

#[tokio::test]
async fn an_answer_is_good_once() {
    let site = Site::new().await;
    site.user(json!({ "userName": ANA })).await;
    let provider = Provider::of(&site).await;
    let browser = Browser::default();
    let asked = provider.begin(&site, &browser).await;
    let claims = provider.claims(&asked, site.now(), ana());
    provider.gives(&asked, sign(Algorithm::RS256, Some("k1"), &claims));
    provider.back(&site, &browser, &asked).await.expect(StatusCode::SEE_OTHER);
    assert!(browser.cookie("__Host-rollcall-start-contoso.").is_none());
    provider.back(&site, &browser, &asked).await.expect(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_answer_of_another_issuer_is_refused() {
    let site = Site::new().await;
    site.user(json!({ "userName": ANA })).await;
    let provider = Provider::of(&site).await;
    provider.says(json!({ "authorization_response_iss_parameter_supported": true }));
    let browser = Browser::default();
    let asked = provider.begin(&site, &browser).await;
    let claims = provider.claims(&asked, site.now(), ana());
    provider.gives(&asked, sign(Algorithm::RS256, Some("k1"), &claims));
    let at = |iss: &str| format!("/t/contoso/oidc/callback?code=c0de&state={}{iss}", asked.0["state"]);
    for iss in ["", "&iss=https://evil.example"] {
        browser.get(&site, &at(iss)).await.expect(StatusCode::FORBIDDEN);
        assert_eq!(site.outcome().await, "proof");
    }
    let right = format!("&iss={}", provider.issuer);
    browser.get(&site, &at(&right)).await.expect(StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_the_provider_refuses_is_told_to_the_administrator() {
    let site = Site::new().await;
    let provider = Provider::of(&site).await;
    let browser = Browser::default();
    let asked = provider.begin(&site, &browser).await;
    let at = |query: &str| format!("/t/contoso/oidc/callback?state={}&{query}", asked.0["state"]);
    let answer = browser.get(&site, &at("error=access_denied&error_description=%3Cscript%3E")).await;
    let answer = answer.expect(StatusCode::FORBIDDEN);
    assert!(!answer.body.contains("script"), "{}", answer.body);
    let attempt = site.log().await.remove(0);
    assert_eq!(attempt.detail, "the provider refused: access_denied");
    assert!(answer.body.contains(&attempt.id.to_string()), "the page has the number of the attempt");
    browser.get(&site, &at("error=%3Cb%3E")).await.expect(StatusCode::FORBIDDEN);
    assert_eq!(site.log().await[0].detail, "the provider refused: an unknown error");
}

#[tokio::test]
async fn a_provider_that_speaks_for_another_issuer_is_not_asked_further() {
    let site = Site::new().await;
    let provider = Provider::of(&site).await;
    provider.says(json!({ "issuer": "https://login.example.com" }));
    let browser = Browser::default();
    browser.get(&site, "/t/contoso/oidc/login").await.expect(StatusCode::BAD_GATEWAY);
    let detail = site.log().await.remove(0).detail;
    assert!(detail.contains("https://login.example.com"), "{detail}");
}

#[tokio::test]
async fn browsers_are_sent_where_a_provider_may_be() {
    for endpoint in ["http://192.0.2.1/authorize", "javascript:alert(1)", "/authorize"] {
        let site = Site::new().await;
        let provider = Provider::of(&site).await;
        provider.says(json!({ "authorization_endpoint": endpoint }));
        let answer = Browser::default().get(&site, "/t/contoso/oidc/login").await;
        answer.expect(StatusCode::BAD_GATEWAY);
        let detail = site.log().await.remove(0).detail;
        assert!(detail.contains("authorization_endpoint"), "{detail}");
    }
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let site = Site::new().await;
    site.user(json!({ "userName": ANA })).await;
    let provider = Provider::of(&site).await;
    let browser = Browser::default();
    let answer = browser.get(&site, "/t/contoso/oidc/login?return_to=//evil.example/").await;
    let asked = crate::provider::Asked::of(answer.expect(StatusCode::SEE_OTHER).header("location"));
    let claims = provider.claims(&asked, site.now(), ana());
    provider.gives(&asked, sign(Algorithm::RS256, Some("k1"), &claims));
    let answer = provider.back(&site, &browser, &asked).await.expect(StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), format!("{PUBLIC_URL}/t/contoso/sign-in"));
}

#[tokio::test]
async fn a_tenant_knows_no_other_tenants_provider() {
    let site = Site::new().await;
    let provider = Provider::of(&site).await;
    site.other_tenant("fabrikam").await;
    let browser = Browser::default();
    browser.get(&site, "/t/fabrikam/oidc/login").await.expect(StatusCode::NOT_FOUND);
    browser.get(&site, "/t/nobody/oidc/login").await.expect(StatusCode::NOT_FOUND);
    // A secret that is sealed for one tenant does not open for another.
    let fabrikam = site.other_tenant("tailspin").await;
    let stolen = Setting::Oidc(provider.setting(&site));
    site.write(move |tx| sign_in::provider::put(tx, fabrikam, Door::Oidc, &stolen)).await;
    let answer = browser.get(&site, "/t/tailspin/oidc/login").await.expect(StatusCode::SEE_OTHER);
    let asked = crate::provider::Asked::of(answer.header("location"));
    let at = format!("/t/tailspin/oidc/callback?code=c0de&state={}", asked.0["state"]);
    browser.get(&site, &at).await.expect(StatusCode::SERVICE_UNAVAILABLE);
}
