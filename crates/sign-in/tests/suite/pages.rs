//! The pages: what they show, and what they may do.

use axum::http::StatusCode;
use serde_json::json;

use crate::browser::Browser;
use crate::provider::Provider;
use crate::site::Site;

#[tokio::test]
async fn the_page_has_a_button_for_each_way_in_and_needs_no_script() {
    let site = Site::new().await;
    let browser = Browser::default();
    let empty = browser.get(&site, "/t/contoso/sign-in").await.expect(StatusCode::OK);
    assert!(empty.body.contains("has not set up signing in"), "{}", empty.body);
    Provider::of(&site).await;
    let page = browser.get(&site, "/t/contoso/sign-in?return_to=/app?a=1%26b=2").await.expect(StatusCode::OK);
    let href = "https://rollcall.example.com/t/contoso/oidc/login?return_to=%2Fapp%3Fa%3D1%26b%3D2";
    assert!(page.body.contains(&format!("href=\"{href}\"")), "{}", page.body);
    assert!(!page.body.contains("<script") && !page.body.contains("Emergency"), "{}", page.body);
    let policy = page.header("content-security-policy");
    for rule in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
}

#[tokio::test]
async fn the_page_says_who_is_signed_in() {
    let site = Site::new().await;
    site.user(json!({ "userName": "ana", "displayName": "Ana <script>" })).await;
    let provider = Provider::of(&site).await;
    let browser = provider.signed_in(&site, json!({ "preferred_username": "ana" })).await;
    let page = browser.get(&site, "/t/contoso/sign-in").await.expect(StatusCode::OK).body;
    assert!(page.contains("Ana &#60;script&#62;") && page.contains("Sign out"), "{page}");
}

#[tokio::test]
async fn a_return_to_another_site_is_left_out() {
    let site = Site::new().await;
    Provider::of(&site).await;
    for path in ["//evil.example", "https://evil.example", "/%5Cevil.example", "javascript:alert(1)"] {
        let page = Browser::default().get(&site, &format!("/t/contoso/sign-in?return_to={path}")).await;
        assert!(!page.body.contains("return_to") && !page.body.contains("evil"), "{path}");
    }
}

#[tokio::test]
async fn nothing_is_there_for_other_methods_and_tenants() {
    let site = Site::new().await;
    let browser = Browser::default();
    browser.get(&site, "/t/contoso/sign-out").await.expect(StatusCode::METHOD_NOT_ALLOWED);
    browser.get(&site, "/t/nobody/sign-in").await.expect(StatusCode::NOT_FOUND);
    browser.get(&site, "/t/%3Cscript%3E/sign-in").await.expect(StatusCode::NOT_FOUND);
}
