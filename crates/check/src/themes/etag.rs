//! Versions of resources (RFC 7644 §3.14).

use reqwest::Method;
use reqwest::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use serde_json::{Value, json};

use crate::announced::Feature;
use crate::answer::Answer;
use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::{Finding, Verdict};
use crate::probe::{Fresh, Probe};
use crate::wire::Request;

pub(super) const THEME: Theme = Theme {
    name: "etag",
    client: Client::Rfc,
    needs: &[Feature::Etag],
    checks: &[
        Check {
            name: "version",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.14",
            rule: "The ETag header is the same version as meta.version.",
            fix: "Send the value of meta.version as ETag.",
            run: |probe| Box::pin(version(probe)),
        },
        Check {
            name: "changes",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.14",
            rule: "A change of the resource changes its version.",
            fix: "Derive the version from what is stored, or count it up.",
            run: |probe| Box::pin(changes(probe)),
        },
        Check {
            name: "none-match",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.14",
            rule: "A GET with If-None-Match and the current version is answered with 304.",
            fix: "Answer 304 without a body when the version is the current one.",
            run: |probe| Box::pin(none_match(probe)),
        },
        Check {
            name: "none-match-stale",
            requirement: Requirement::Must,
            source: "RFC 9110 §13.1.2",
            rule: "A GET with If-None-Match and another version is answered with the resource.",
            fix: "Answer 200 when the version is another one.",
            run: |probe| Box::pin(none_match_stale(probe)),
        },
        Check {
            name: "match",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.14",
            rule: "A PUT with If-Match and the current version succeeds.",
            fix: "Compare If-Match with the current version, and go on when they are the same.",
            run: |probe| Box::pin(matching(probe)),
        },
        Check {
            name: "match-stale-put",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.14",
            rule: "A PUT with If-Match and an old version is refused with 412.",
            fix: "Answer 412, and change nothing, when If-Match is another version.",
            run: |probe| Box::pin(stale(probe, Method::PUT)),
        },
        Check {
            name: "match-stale-patch",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.14",
            rule: "A PATCH with If-Match and an old version is refused with 412.",
            fix: "Answer 412, and change nothing, when If-Match is another version.",
            run: |probe| Box::pin(stale(probe, Method::PATCH)),
        },
        Check {
            name: "match-stale-delete",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.14",
            rule: "A DELETE with If-Match and an old version is refused with 412.",
            fix: "Answer 412, and delete nothing, when If-Match is another version.",
            run: |probe| Box::pin(stale(probe, Method::DELETE)),
        },
    ],
};

/// The version that an answer names.
fn etag(answer: &Answer) -> Result<String, Finding> {
    let etag = answer.header("etag").filter(|text| !text.is_empty());
    etag.map(str::to_owned).ok_or_else(|| answer.wrong("an ETag header", "none"))
}

fn changed(user: &Fresh) -> Value {
    let mut body = user.sent.clone();
    body.as_object_mut().and_then(|body| body.insert("displayName".to_owned(), json!("Berta")));
    body
}

/// A user, and a request with their version in a header.
async fn with_version(
    probe: &mut Probe,
    user: &Fresh,
    method: Method,
    header: HeaderName,
) -> Result<Request, Finding> {
    let version = etag(probe.get(&user.path).await?.is(200)?)?;
    Ok(request(user, method).header(header, version))
}

fn request(user: &Fresh, method: Method) -> Request {
    let operations = json!([{ "op": "replace", "path": "displayName", "value": "Cleo" }]);
    let patch = json!({ "schemas": [scim::message::PATCH_OP_URN], "Operations": operations });
    let body = match method {
        Method::PUT => Some(changed(user)),
        Method::PATCH => Some(patch),
        _ => None,
    };
    Request::new(method, user.path.as_str(), body.as_ref())
}

async fn version(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let answer = probe.get(&user.path).await?;
    let version = etag(answer.is(200)?)?;
    answer.has_at("/meta/version", &json!(version)).map(drop)
}

async fn changes(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let before = etag(probe.get(&user.path).await?.is(200)?)?;
    probe.put(&user.path, &changed(&user)).await?.is(200)?;
    let answer = probe.get(&user.path).await?;
    let after = etag(answer.is(200)?)?;
    answer.that(before != after, "another version than before the change", after)
}

async fn none_match(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let request = with_version(probe, &user, Method::GET, IF_NONE_MATCH).await?;
    probe.send(request).await?.is(304).map(drop)
}

async fn none_match_stale(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let request = with_version(probe, &user, Method::GET, IF_NONE_MATCH).await?;
    probe.put(&user.path, &changed(&user)).await?.is(200)?;
    probe.send(request).await?.is(200)?.has_at("/displayName", &json!("Berta")).map(drop)
}

async fn matching(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let request = with_version(probe, &user, Method::PUT, IF_MATCH).await?;
    probe.send(request).await?.is(200).map(drop)
}

async fn stale(probe: &mut Probe, method: Method) -> Verdict {
    if method == Method::PATCH {
        probe.needs(Feature::Patch)?;
    }
    let user = probe.user().await?;
    let request = with_version(probe, &user, method, IF_MATCH).await?;
    probe.put(&user.path, &changed(&user)).await?.is(200)?;
    probe.send(request).await?.is(412)?;
    probe.get(&user.path).await?.is(200)?.has_at("/displayName", &json!("Berta")).map(drop)
}
