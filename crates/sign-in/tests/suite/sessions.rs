//! Sessions: whose they are, and when they end.

use axum::http::{Method, StatusCode};
use jiff::SignedDuration;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use sign_in::provider::{self, Provider as Setting};
use sign_in::{Door, link};
use testkit::issuer::sign;

use crate::browser::Browser;
use crate::provider::Provider;
use crate::site::{Site, USER, authorized, send};

const COOKIE: &str = "__Host-rollcall-contoso";

async fn somebody(site: &Site) -> (String, Provider) {
    let id = site.user(json!({ "userName": "ana" })).await;
    (id, Provider::of(site).await)
}

fn ana() -> Value {
    json!({ "preferred_username": "ana" })
}

/// fleet PR 49560, GitLab MR 57178: deactivated together with another change, and still signed in.
#[tokio::test]
async fn row_f6_a_session_is_dead_with_the_answer_that_deactivates_its_user() {
    for site in Site::both().await {
        let (id, provider) = somebody(&site).await;
        let path = format!("/Users/{id}");
        let put = json!({ "schemas": [USER], "userName": "ana", "active": false, "title": "Guest" });
        let requests = [
            (Method::PATCH, patch(json!([{ "op": "Replace", "path": "active", "value": "False" }]))),
            (
                Method::PATCH,
                patch(json!([
                    { "op": "replace", "path": "userName", "value": "ana2" },
                    { "op": "replace", "value": { "active": false, "title": "Guest" } },
                    { "op": "replace", "path": "userName", "value": "ana" },
                ])),
            ),
            (Method::PUT, put),
            (Method::DELETE, Value::Null),
        ];
        for (method, body) in requests {
            let (one, other) =
                (provider.signed_in(&site, ana()).await, provider.signed_in(&site, ana()).await);
            let replica = site.replica();
            let body = (!body.is_null()).then_some(body);
            assert!(site.scim(method.clone(), &path, body).await.status.is_success());
            for browser in [&one, &other] {
                assert!(!browser.is_signed_in(&site).await, "{method}");
                let answer = browser.get_at(&replica, "/t/contoso/sign-in/session").await;
                assert_eq!(answer.json(), json!({ "active": false }), "{method}");
            }
            if method != Method::DELETE {
                site.set_active(&id, true).await;
                assert!(!one.is_signed_in(&site).await, "what ended stays ended");
            }
        }
    }
}

#[tokio::test]
async fn a_session_is_dead_when_the_application_deactivates_its_user() {
    for site in Site::both().await {
        let (id, provider) = somebody(&site).await;
        let backend = site.backend_token().await;
        let browser = provider.signed_in(&site, ana()).await;
        for active in [false, true] {
            let (path, body) = (format!("/api/v1/users/{id}/active"), json!({ "active": active }));
            let answer = site.authorized(&backend, Method::PUT, &path, Some(body)).await;
            assert!(answer.status.is_success(), "{}", answer.body);
            assert!(!browser.is_signed_in(&site).await, "{active}");
        }
    }
}

#[tokio::test]
async fn who_is_deactivated_while_they_sign_in_does_not_get_in() {
    for site in Site::both().await {
        let (id, provider) = somebody(&site).await;
        let (router, token, at) = (site.router.clone(), site.scim_token().to_owned(), format!("/Users/{id}"));
        provider.meanwhile(async move {
            let body = patch(json!([{ "op": "replace", "path": "active", "value": false }]));
            let request = authorized(&token, Method::PATCH, &format!("/scim/v2{at}"), Some(body));
            send(&router, request).await.expect(StatusCode::OK);
        });
        assert_eq!(provider.refused(&site, ana()).await, "inactive");
    }
}

#[tokio::test]
async fn a_provider_that_is_removed_or_replaced_meanwhile_lets_nobody_in() {
    for site in Site::both().await {
        let (_, provider) = somebody(&site).await;
        let (tenant, stranger) = (site.tenant, Provider::start().await);
        for next in [Some(stranger.setting(&site)), None] {
            site.put(Door::Oidc, Setting::Oidc(provider.setting(&site))).await;
            let store: store::Store = store::Store::clone(&site.store);
            provider.meanwhile(async move {
                let next = next.map(Setting::Oidc);
                let done = store.write(move |tx| match &next {
                    Some(next) => provider::put(tx, tenant, Door::Oidc, next),
                    None => provider::delete(tx, tenant, Door::Oidc).map(drop),
                });
                done.await.map_err(|error: store::Error| error).unwrap();
            });
            assert_eq!(provider.refused(&site, ana()).await, "no-provider");
        }
    }
}

#[tokio::test]
async fn a_browser_has_one_session_of_a_tenant() {
    for site in Site::both().await {
        let (_, provider) = somebody(&site).await;
        let browser = provider.signed_in(&site, ana()).await;
        let before = browser.cookie(COOKIE).unwrap();
        let asked = provider.begin(&site, &browser).await;
        let claims = provider.claims(&asked, site.now(), ana());
        provider.gives(&asked, sign(Algorithm::RS256, Some("k1"), &claims));
        provider.back(&site, &browser, &asked).await.expect(StatusCode::SEE_OTHER);
        assert!(browser.is_signed_in(&site).await);
        let thief = Browser::default();
        thief.put_cookie(COOKIE, &before);
        assert!(!thief.is_signed_in(&site).await);
    }
}

fn patch(operations: Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}

#[tokio::test]
async fn a_change_that_deactivates_nobody_ends_nothing() {
    let site = Site::new().await;
    let (id, provider) = somebody(&site).await;
    let browser = provider.signed_in(&site, ana()).await;
    site.patch(&id, json!([{ "op": "replace", "path": "title", "value": "Chief" }])).await;
    site.user(json!({ "userName": "ben", "active": false })).await;
    assert!(browser.is_signed_in(&site).await);
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_after_its_lifetime() {
    for site in Site::both().await {
        let (_, provider) = somebody(&site).await;
        let idle = provider.signed_in(&site, ana()).await;
        let used = provider.signed_in(&site, ana()).await;
        for _ in 0..11 {
            site.pass(SignedDuration::from_mins(59));
            assert!(used.is_signed_in(&site).await);
        }
        assert!(!idle.is_signed_in(&site).await);
        site.pass(SignedDuration::from_mins(59));
        assert!(used.is_signed_in(&site).await);
        site.pass(SignedDuration::from_mins(12));
        assert!(!used.is_signed_in(&site).await, "12 hours are over");
    }
}

#[tokio::test]
async fn an_application_is_told_who_is_signed_in() {
    for site in Site::both().await {
        let (id, provider) = somebody(&site).await;
        let browser = provider.signed_in(&site, ana()).await;
        let (backend, token) = (site.backend_token().await, browser.cookie(COOKIE).unwrap());
        let ask = |path: &'static str, token: &str| {
            let body = json!({ "token": token });
            site.authorized(&backend, Method::POST, path, Some(body))
        };
        let session = ask("/api/v1/sign-in/session", &token).await.expect(StatusCode::OK).json();
        assert_eq!(session["active"], true);
        assert_eq!(session["user"], id);
        assert_eq!(session["userName"], "ana");
        assert!(!session.to_string().contains(&token));
        for wrong in ["", "x", &token[..token.len() - 1], &backend] {
            let answer = ask("/api/v1/sign-in/session", wrong).await.expect(StatusCode::OK);
            assert_eq!(answer.json(), json!({ "active": false }));
        }
        ask("/api/v1/sign-in/sign-out", &token).await.expect(StatusCode::NO_CONTENT);
        assert!(!browser.is_signed_in(&site).await);
        // Who provisions may not ask.
        let answer = site.scim(Method::GET, "/Users", None).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_and_no_other_site_can_do_it() {
    let site = Site::new().await;
    let (_, provider) = somebody(&site).await;
    let browser = provider.signed_in(&site, ana()).await;
    let token = browser.cookie(COOKIE).unwrap();
    for origin in [None, Some("null"), Some("https://evil.example"), Some("http://rollcall.example.com")] {
        browser.post_from(&site, origin, "/sign-out", &[]).await.expect(StatusCode::FORBIDDEN);
        assert!(browser.is_signed_in(&site).await);
    }
    browser.post(&site, "/sign-out", &[]).await.expect(StatusCode::SEE_OTHER);
    assert!(browser.cookie(COOKIE).is_none());
    browser.put_cookie(COOKIE, &token);
    assert!(!browser.is_signed_in(&site).await, "the token is dead, not only forgotten");
}

#[tokio::test]
async fn a_session_is_of_one_tenant() {
    let site = Site::new().await;
    let (_, provider) = somebody(&site).await;
    let browser = provider.signed_in(&site, ana()).await;
    site.other_tenant("fabrikam").await;
    let token = browser.cookie(COOKIE).unwrap();
    browser.put_cookie("__Host-rollcall-fabrikam", &token);
    let answer = browser.get(&site, "/t/fabrikam/sign-in/session").await;
    assert_eq!(answer.json(), json!({ "active": false }));
}

#[tokio::test]
async fn a_removed_provider_takes_its_sessions_along() {
    for site in Site::both().await {
        let (_, provider) = somebody(&site).await;
        let browser = provider.signed_in(&site, ana()).await;
        let tenant = site.tenant;
        assert!(site.write(move |tx| provider::delete(tx, tenant, Door::Oidc)).await);
        assert!(!browser.is_signed_in(&site).await);
    }
}

#[tokio::test]
async fn another_provider_has_neither_the_sessions_nor_the_links_of_the_one_before() {
    for site in Site::both().await {
        let (id, provider) = somebody(&site).await;
        let put = async |change: fn(&mut provider::Oidc)| {
            let mut setting = provider.setting(&site);
            change(&mut setting);
            site.put(Door::Oidc, Setting::Oidc(setting)).await;
        };
        let browser = provider.signed_in(&site, ana()).await;
        put(|setting| setting.scopes = Vec::new()).await;
        assert!(browser.is_signed_in(&site).await, "it is the same provider");
        let other = json!({ "sub": "of-another-client", "preferred_username": "ana" });
        assert_eq!(provider.refused(&site, other.clone()).await, "other-subject");
        // Entra has another `sub` for each client id.
        put(|setting| setting.client_id = "new client".to_owned()).await;
        assert!(!browser.is_signed_in(&site).await);
        put(|_| {}).await;
        let browser = provider.signed_in(&site, other).await;
        assert_eq!(browser.session(&site).await["user"], id);
    }
}

/// better-auth CVE-2026-67330: two kinds of providers shared one space of names.
#[tokio::test]
async fn row_a6_a_link_is_of_one_door_and_one_issuer() {
    for site in Site::both().await {
        let id: model::ResourceId = site.user(json!({ "userName": "ana" })).await.parse().unwrap();
        let (tenant, at) = (site.tenant, site.now());
        let found = site
            .write(move |tx| {
                let made = link::Subject { door: Door::Oidc, issuer: "https://idp.example/realm", id: "1" };
                link::make(tx, (tenant, id), made, at)?;
                let others = [
                    made,
                    link::Subject { door: Door::Saml, ..made },
                    link::Subject { issuer: "https://idp.example", ..made },
                    link::Subject { id: "2", ..made },
                ];
                others.into_iter().map(|one| link::get(tx, tenant, one)).collect::<Result<Vec<_>, _>>()
            })
            .await;
        assert_eq!(found, [Some(id), None, None, None]);
    }
}

#[tokio::test]
async fn the_oldest_of_too_many_sessions_ends() {
    let site = Site::new().await;
    let (_, provider) = somebody(&site).await;
    let mut browsers: Vec<Browser> = Vec::new();
    for _ in 0..=sign_in::limits::MAX_SESSIONS {
        site.pass(SignedDuration::from_secs(1));
        browsers.push(provider.signed_in(&site, ana()).await);
    }
    assert!(!browsers[0].is_signed_in(&site).await);
    assert!(browsers[1].is_signed_in(&site).await);
}

#[tokio::test]
async fn the_database_has_no_token_and_forgets_what_has_ended() {
    for site in Site::both().await {
        let (_, provider) = somebody(&site).await;
        let browser = provider.signed_in(&site, ana()).await;
        let token = browser.cookie(COOKIE).unwrap();
        let secret = token.split('_').nth(2).unwrap().to_owned();
        let tenant = site.tenant;
        let (rows, digest) = site
            .write(move |tx| {
                let sql = "SELECT session_id, digest FROM sign_in_session WHERE tenant_id = $1";
                let rows = tx.query(sql, store::params![tenant], |row| {
                    Ok((row.get::<String>(0)?, row.get::<Vec<u8>>(1)?))
                })?;
                Ok((rows.len(), rows[0].clone()))
            })
            .await;
        assert_eq!(rows, 1);
        assert!(!digest.0.contains(&secret) && digest.1.len() == 32);
        site.pass(SignedDuration::from_hours(24 * 31));
        let now = site.now();
        let app = sign_in::FollowedBySignIn(application::Plain::default());
        site.write(move |tx| application::Application::forget(&app, tx, tenant, now)).await;
        let left = site
            .write(move |tx| {
                let sql = "SELECT count(*) FROM sign_in_session WHERE tenant_id = $1";
                tx.query_one(sql, store::params![tenant], |row| row.get::<i64>(0))
            })
            .await;
        assert_eq!(left, 0);
        assert!(site.log().await.is_empty());
    }
}

#[tokio::test]
async fn nothing_is_left_of_a_tenant() {
    for site in Site::both().await {
        let (_, provider) = somebody(&site).await;
        provider.signed_in(&site, ana()).await;
        site.set(|settings| settings.sso_only = true).await;
        let tenant = site.tenant;
        site.write(move |tx| store::tenant::delete(tx, tenant, sign_in::REMOVE_TENANT)).await;
        for statement in sign_in::REMOVE_TENANT {
            let removed = site.write(move |tx| tx.execute(statement, store::params![tenant])).await;
            assert_eq!(removed, 0, "{statement}");
        }
    }
}
