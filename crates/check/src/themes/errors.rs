//! The form of refusals (RFC 7644 §3.12).

use reqwest::Method;
use serde_json::{Value, json};

use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::Verdict;
use crate::probe::Probe;
use crate::wire::Request;

pub(super) const THEME: Theme = Theme {
    name: "errors",
    client: Client::Rfc,
    needs: &[],
    checks: &[
        Check {
            name: "form",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.12",
            rule: "An error's body has the Error schema, and its status as text.",
            fix: "Answer {\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"],\"status\":\"404\"}, \
                with the status as text.",
            run: |probe| Box::pin(form(probe)),
        },
        Check {
            name: "detail",
            requirement: Requirement::Should,
            source: "RFC 7644 §3.12",
            rule: "An error says in words what is wrong.",
            fix: "Put a sentence for the administrator in detail.",
            run: |probe| Box::pin(detail(probe)),
        },
        Check {
            name: "media-type",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.8",
            rule: "Errors are application/scim+json too.",
            fix: "Send errors with Content-Type: application/scim+json.",
            run: |probe| Box::pin(media_type(probe)),
        },
        Check {
            name: "malformed-json",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.12",
            rule: "A body that is no JSON is refused with 400.",
            fix: "Answer 400 with scimType invalidSyntax.",
            run: |probe| Box::pin(malformed_json(probe)),
        },
        Check {
            name: "wrong-type",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.12",
            rule: "A value of the wrong type is refused with 400.",
            fix: "Answer 400 with scimType invalidValue.",
            run: |probe| Box::pin(wrong_type(probe)),
        },
        Check {
            name: "unknown-endpoint",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.12",
            rule: "An endpoint that does not exist is answered with 404.",
            fix: "Answer 404 for addresses that are no endpoint.",
            run: |probe| Box::pin(unknown_endpoint(probe)),
        },
    ],
};

async fn form(probe: &mut Probe) -> Verdict {
    let path = format!("/Users/{}", probe.unknown_id());
    probe.get(&path).await?.error(404)?.has_at("/status", &json!("404")).map(drop)
}

async fn detail(probe: &mut Probe) -> Verdict {
    let path = format!("/Users/{}", probe.unknown_id());
    probe.get(&path).await?.error(404)?.has_some("/detail").map(drop)
}

async fn media_type(probe: &mut Probe) -> Verdict {
    let path = format!("/Users/{}", probe.unknown_id());
    let answer = probe.get(&path).await?;
    let found = answer.is(404)?.header("content-type").unwrap_or("none").to_ascii_lowercase();
    answer.that(found.starts_with("application/scim+json"), "Content-Type: application/scim+json", found)
}

async fn malformed_json(probe: &mut Probe) -> Verdict {
    let mut request = Request::new(Method::POST, "/Users", None);
    request.body = Some("{\"userName\": ".to_owned());
    probe.send(request).await?.error(400).map(drop)
}

async fn wrong_type(probe: &mut Probe) -> Verdict {
    let mut body = probe.user_body();
    body.as_object_mut().and_then(|body| body.insert("name".to_owned(), Value::from("no object")));
    probe.post("/Users", &body).await?.error(400).map(drop)
}

async fn unknown_endpoint(probe: &mut Probe) -> Verdict {
    probe.get("/RollcallCheckNothing").await?.is(404).map(drop)
}
