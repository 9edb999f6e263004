//! The pages. They need no script, and nothing from anywhere else.

use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Site;
use super::visit::{Visit, failed};
use crate::{Door, Refusal, break_glass, provider, return_to};

const STYLE: &str = include_str!("../../templates/page.css");

/// What a page may do: show itself with its own style, and send forms here.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let digest = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
});

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    style: &'static str,
    tenant: &'a str,
    base: &'a str,
    signed_in: Option<String>,
    buttons: Vec<Button>,
    has_break_glass: bool,
}

struct Button {
    href: String,
    label: &'static str,
}

#[derive(Template)]
#[template(path = "link.html")]
struct Link<'a> {
    style: &'static str,
    tenant: &'a str,
    base: &'a str,
    name: &'a str,
    token: &'a str,
}

#[derive(Template)]
#[template(path = "refused.html")]
struct Refused<'a> {
    style: &'static str,
    advice: &'static str,
    again: Option<&'a str>,
    number: Uuid,
}

/// `GET …/sign-in`: the ways in, or who is signed in. `return_to` is a path of this site to go to afterwards.
pub(super) async fn sign_in(
    State(site): State<Arc<Site>>,
    Path(tenant): Path<String>,
    parts: Parts,
) -> Response {
    let visit = match Visit::new(site, &tenant, &parts).await {
        Ok(visit) => visit,
        Err(page) => return page,
    };
    match shown(&visit, parts.uri.query().unwrap_or_default()).await {
        Ok(page) => page,
        Err(refusal) => refused(&refusal, visit.number, None),
    }
}

async fn shown(visit: &Visit, query: &str) -> Result<Response, Refusal> {
    let signed_in = visit.session().await?.map(|session| match session.user {
        Some(user) => user.display_name.unwrap_or(user.user_name),
        None => "the break-glass account".to_owned(),
    });
    let id = visit.tenant.id;
    let store = visit.store();
    let read = store.read(move |tx| Ok((provider::list(tx, id)?, break_glass::get(tx, id)?)));
    let (providers, break_glass) = read.await.map_err(failed)?;
    let after = parameter(query, "return_to").filter(|path| return_to::checked(path).is_some());
    let suffix = after.map(|path| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        format!("?{}", query.append_pair("return_to", &path).finish())
    });
    let suffix = suffix.unwrap_or_default();
    let button = |(door, _): (Door, provider::Provider)| {
        let (path, label) = way(door)?;
        Some(Button { href: format!("{}/{path}{suffix}", visit.addresses.base), label })
    };
    let page = SignIn {
        style: STYLE,
        tenant: visit.name(),
        base: &visit.addresses.base,
        signed_in,
        buttons: providers.into_iter().filter_map(button).collect(),
        has_break_glass: break_glass.is_some(),
    };
    Ok(html(StatusCode::OK, &page))
}

/// Where a sign-in at a door begins, and what its button says.
fn way(door: Door) -> Option<(&'static str, &'static str)> {
    match door {
        Door::Saml => Some(("saml/login", "Sign in with single sign-on")),
        Door::EntraSaml => Some(("saml/login_msft", "Sign in with Microsoft")),
        Door::Oidc => Some(("oidc/login", "Sign in with your organization")),
        Door::Link | Door::BreakGlass => None,
    }
}

/// A parameter of a query.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(given, _)| given == name).map(|(_, value)| value.into_owned())
}

/// The page of a link that works once.
pub(super) fn link(visit: &Visit, name: &str, token: &str) -> Response {
    let (tenant, base) = (visit.name(), visit.addresses.base.as_str());
    html(StatusCode::OK, &Link { style: STYLE, tenant, base, name, token })
}

/// The page for who is not let in.
pub(super) fn refused(refusal: &Refusal, number: Uuid, again: Option<&str>) -> Response {
    let again = again.filter(|_| *refusal != Refusal::Failed);
    html(refusal.status(), &Refused { style: STYLE, advice: refusal.advice(), again, number })
}

/// Sends a browser elsewhere, by GET, and has it keep cookies.
pub(super) fn redirect(to: &str, cookies: impl IntoIterator<Item = String>) -> Response {
    let mut response = guarded(StatusCode::SEE_OTHER, Body::empty());
    // URLs and cookies are made of visible ASCII characters, here or by their parsers.
    let value = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, value(to));
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, value(&cookie));
    }
    response
}

fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => {
            let mut response = guarded(status, Body::from(text));
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, html);
            response
        }
        // Writing to a string does not fail.
        Err(_) => guarded(StatusCode::INTERNAL_SERVER_ERROR, Body::empty()),
    }
}

/// An answer that nobody keeps, frames or takes for something else.
pub(super) fn guarded(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let policy = HeaderValue::from_str(&POLICY).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Not no-referrer: then browsers leave out whose page a form was on (Fetch §3.2).
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}
