//! Who may ask (RFC 7644 §2).

use reqwest::Method;
use serde_json::json;

use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::{Finding, Verdict};
use crate::probe::Probe;
use crate::wire::{Credentials, Request};

pub(super) const THEME: Theme = Theme {
    name: "auth",
    client: Client::Rfc,
    needs: &[],
    checks: &[
        Check {
            name: "no-token",
            requirement: Requirement::Must,
            source: "RFC 7644 §2",
            rule: "A request without credentials is refused with 401.",
            fix: "Answer 401 to every request without a valid token.",
            run: |probe| Box::pin(refused(probe, Credentials::None)),
        },
        Check {
            name: "wrong-token",
            requirement: Requirement::Must,
            source: "RFC 7644 §2",
            rule: "A request with a wrong token is refused with 401.",
            fix: "Answer 401 to a token that you did not issue.",
            run: |probe| Box::pin(refused(probe, Credentials::Other("Bearer rollcall-check-wrong"))),
        },
        Check {
            name: "challenge",
            requirement: Requirement::Must,
            source: "RFC 9110 §11.6.1",
            rule: "A 401 names the way to authenticate in WWW-Authenticate.",
            fix: "Send WWW-Authenticate: Bearer with every 401.",
            run: |probe| Box::pin(challenge(probe)),
        },
        Check {
            name: "error-body",
            requirement: Requirement::Should,
            source: "RFC 7644 §3.12",
            rule: "A 401 has an error body.",
            fix: "Send an Error body with 401.",
            run: |probe| Box::pin(error_body(probe)),
        },
        Check {
            name: "write",
            requirement: Requirement::Must,
            source: "RFC 7644 §2",
            rule: "A write without credentials is refused with 401, and changes nothing.",
            fix: "Authenticate before you do anything.",
            run: |probe| Box::pin(write(probe)),
        },
    ],
};

/// Skips where nobody has to say who they are.
fn needs_token(probe: &Probe) -> Verdict {
    if probe.has_token() { Ok(()) } else { Err(Finding::skip("no token was given")) }
}

fn ask(credentials: Credentials) -> Request {
    Request::new(Method::GET, "/Users?count=1", None).credentials(credentials)
}

async fn refused(probe: &mut Probe, credentials: Credentials) -> Verdict {
    needs_token(probe)?;
    probe.send(ask(credentials)).await?.is(401).map(drop)
}

async fn challenge(probe: &mut Probe) -> Verdict {
    needs_token(probe)?;
    let answer = probe.send(ask(Credentials::None)).await?;
    let found = answer.is(401)?.header("www-authenticate").unwrap_or_default();
    answer.that(!found.is_empty(), "a WWW-Authenticate header", "none")
}

async fn error_body(probe: &mut Probe) -> Verdict {
    needs_token(probe)?;
    probe.send(ask(Credentials::None)).await?.error(401)?.has_some("/detail").map(drop)
}

async fn write(probe: &mut Probe) -> Verdict {
    needs_token(probe)?;
    let user = probe.user().await?;
    let body = probe.user_body();
    let post = Request::new(Method::POST, "/Users", Some(&body)).credentials(Credentials::None);
    probe.send(post).await?.is(401)?;
    let delete = Request::new(Method::DELETE, user.path.as_str(), None).credentials(Credentials::None);
    probe.send(delete).await?.is(401)?;
    probe.get(&user.path).await?.is(200)?.has_at("/id", &json!(user.id)).map(drop)
}
