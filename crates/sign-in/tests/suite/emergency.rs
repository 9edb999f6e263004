//! The ways in without the provider.

use std::net::Ipv4Addr;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use jiff::SignedDuration;
use model::ResourceId;
use model::token::{DigestKey, Secret, SecretKind};
use serde_json::{Value, json};
use sign_in::{break_glass, once};

use crate::browser::Browser;
use crate::provider::Provider;
use crate::site::{KEY, Site, random, send_from};

async fn key(site: &Site) -> String {
    let secret = Secret::mint(SecretKind::BreakGlass, &random());
    let (text, tenant, at) = (secret.reveal().to_owned(), site.tenant, site.now());
    site.write(move |tx| break_glass::make(tx, tenant, (&secret, &DigestKey::new(KEY)), at)).await;
    text
}

async fn link(site: &Site, user: &str) -> String {
    let secret = Secret::mint(SecretKind::SignInLink, &random());
    let user: ResourceId = user.parse().unwrap();
    let (text, tenant, at) = (secret.reveal().to_owned(), site.tenant, site.now());
    site.write(move |tx| once::make(tx, (tenant, user), (&secret, &DigestKey::new(KEY)), at)).await;
    text
}

#[tokio::test]
async fn the_break_glass_key_opens_also_when_only_the_provider_may_and_is_audited() {
    for site in Site::both().await {
        site.set(|settings| settings.sso_only = true).await;
        let (key, browser) = (key(&site).await, Browser::default());
        assert!(browser.get(&site, "/t/contoso/sign-in").await.body.contains("Emergency access"));
        let answer = browser.post(&site, "/sign-in/break-glass", &[("key", &format!(" {key}\n"))]).await;
        answer.expect(StatusCode::SEE_OTHER);
        let session = browser.session(&site).await;
        assert_eq!(session["active"], true);
        assert_eq!(session["door"], "break-glass");
        assert_eq!(session.get("user"), None);
        assert!(site.audited().await.contains(&"sign-in.break-glass.use".to_owned()));
        let tenant = site.tenant;
        let account = site.write(move |tx| break_glass::get(tx, tenant)).await.unwrap();
        assert_eq!(account.last_used, Some(site.now()));
        // Another key makes the one before, and what it opened, worthless.
        let next = self::key(&site).await;
        assert!(!browser.is_signed_in(&site).await);
        let refused = browser.post(&site, "/sign-in/break-glass", &[("key", &key)]).await;
        refused.expect(StatusCode::FORBIDDEN);
        let opened = browser.post(&site, "/sign-in/break-glass", &[("key", &next)]).await;
        opened.expect(StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn keys_are_tried_a_few_times_a_minute() {
    let site = Site::new().await;
    let (key, browser) = (key(&site).await, Browser::default());
    let wrong = Secret::mint(SecretKind::BreakGlass, &random()).reveal().to_owned();
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(browser.post(&site, "/sign-in/break-glass", &[("key", &wrong)]).await.status);
    }
    assert_eq!(statuses[..5], [StatusCode::FORBIDDEN; 5]);
    assert!(statuses[5..].contains(&StatusCode::TOO_MANY_REQUESTS), "{statuses:?}");
    assert!(!browser.is_signed_in(&site).await);
    assert!(site.log().await.iter().all(|attempt| attempt.outcome == "not-valid"));
    let detail = site.log().await.remove(0).detail;
    assert!(!detail.contains(&key) && !detail.contains(&wrong));
}

#[tokio::test]
async fn no_other_secret_is_a_key_or_a_link() {
    let site = Site::new().await;
    let user = site.user(json!({ "userName": "ana" })).await;
    let (key, link, backend) = (key(&site).await, link(&site, &user).await, site.backend_token().await);
    let browser = Browser::default();
    for text in ["", "x", &*link, &*backend] {
        let answer = browser.post(&site, "/sign-in/break-glass", &[("key", text)]).await;
        assert_ne!(answer.status, StatusCode::SEE_OTHER, "{text}");
    }
    for text in ["", "x", &*key, &*backend] {
        let answer = browser.post(&site, "/sign-in/link", &[("token", text)]).await;
        answer.expect(StatusCode::FORBIDDEN);
    }
    assert!(!browser.is_signed_in(&site).await);
}

#[tokio::test]
async fn a_link_lets_its_user_in_once() {
    for site in Site::both().await {
        let user = site.user(json!({ "userName": "ana <b>" })).await;
        let link = link(&site, &user).await;
        let at = format!("/t/contoso/sign-in/link?token={link}");
        let (scanner, browser) = (Browser::default(), Browser::default());
        // A mail scanner that looks at the link does not use it up.
        let page = scanner.get(&site, &at).await.expect(StatusCode::OK).body;
        assert!(page.contains("ana &#60;b&#62;"), "{page}");
        assert!(!scanner.is_signed_in(&site).await);
        let form = [("token", &*link)];
        let other_site = browser.post_from(&site, Some("https://evil.example"), "/sign-in/link", &form);
        other_site.await.expect(StatusCode::FORBIDDEN);
        browser.post(&site, "/sign-in/link", &[("token", &link)]).await.expect(StatusCode::SEE_OTHER);
        assert_eq!(browser.session(&site).await["user"], user);
        assert!(site.audited().await.contains(&"sign-in.link.use".to_owned()));
        let again = Browser::default();
        again.post(&site, "/sign-in/link", &[("token", &link)]).await.expect(StatusCode::FORBIDDEN);
        again.get(&site, &at).await.expect(StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_link_ends_with_its_time_its_user_and_the_switch() {
    let site = Site::new().await;
    let user = site.user(json!({ "userName": "ana" })).await;
    let try_it = async |link: String| {
        let browser = Browser::default();
        browser.post(&site, "/sign-in/link", &[("token", &link)]).await.status
    };
    let late = link(&site, &user).await;
    site.pass(SignedDuration::from_mins(30));
    assert_eq!(try_it(late).await, StatusCode::FORBIDDEN);
    let gone = link(&site, &user).await;
    site.set_active(&user, false).await;
    site.set_active(&user, true).await;
    assert_eq!(try_it(gone).await, StatusCode::FORBIDDEN);
    let kept = link(&site, &user).await;
    site.set(|settings| settings.sso_only = true).await;
    assert_eq!(try_it(kept.clone()).await, StatusCode::FORBIDDEN);
    assert_eq!(site.outcome().await, "sso-only");
    site.set(|settings| settings.sso_only = false).await;
    assert_eq!(try_it(kept).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn who_came_by_a_link_leaves_when_only_the_provider_lets_in() {
    for site in Site::both().await {
        let user = site.user(json!({ "userName": "ana" })).await;
        let (link, browser) = (link(&site, &user).await, Browser::default());
        browser.post(&site, "/sign-in/link", &[("token", &link)]).await.expect(StatusCode::SEE_OTHER);
        site.set(|settings| settings.idle_minutes = 30).await;
        assert!(browser.is_signed_in(&site).await);
        site.set(|settings| settings.sso_only = true).await;
        assert!(!browser.is_signed_in(&site).await);
    }
}

#[tokio::test]
async fn forms_of_other_sites_are_counted_as_attempts() {
    let site = Site::new().await;
    for path in ["/sign-in/link", "/sign-in/break-glass"] {
        let browser = Browser::default();
        let mut statuses = Vec::new();
        for _ in 0..200 {
            statuses.push(browser.post_from(&site, None, path, &[]).await.status);
        }
        assert!(statuses.contains(&StatusCode::TOO_MANY_REQUESTS), "{path}");
    }
}

#[tokio::test]
async fn many_addresses_lock_nobody_out() {
    let site = Site::new().await;
    let provider = Provider::of(&site).await;
    for number in 0..400_u32 {
        let request = Request::get("/t/contoso/oidc/login").body(Body::empty()).unwrap();
        let answer = send_from(&site.router, Ipv4Addr::from_bits(0xc633_6400 + number).into(), request).await;
        answer.expect(StatusCode::SEE_OTHER);
    }
    let _: Provider = provider;
}

#[tokio::test]
async fn too_many_attempts_from_one_address_wait() {
    let site = Site::new().await;
    site.user(json!({ "userName": "ana" })).await;
    let provider = Provider::of(&site).await;
    let browser = Browser::default();
    let mut refused = 0;
    for _ in 0..200 {
        let answer = browser.get(&site, "/t/contoso/oidc/login").await;
        refused += usize::from(answer.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(refused > 50, "{refused}");
    assert_eq!(site.log().await, [], "what is refused for its number fills no log");
    let _: (Value, Provider) = (Value::Null, provider);
}
