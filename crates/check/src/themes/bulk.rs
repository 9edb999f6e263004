//! Bulk requests (RFC 7644 §3.7).

use scim::builtin::GROUP_URN;
use scim::message::{BULK_REQUEST_URN, BULK_RESPONSE_URN};
use serde_json::{Value, json};

use crate::announced::Feature;
use crate::answer::Answer;
use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::{Finding, Verdict};
use crate::json::{at, elements, shown};
use crate::probe::Probe;

pub(super) const THEME: Theme = Theme {
    name: "bulk",
    client: Client::Rfc,
    needs: &[Feature::Bulk],
    checks: &[
        Check {
            name: "create",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.7",
            rule: "A POST in a bulk request creates, and its response has bulkId, location and status 201.",
            fix: "Answer each operation with method, bulkId, location and status as text.",
            run: |probe| Box::pin(create(probe)),
        },
        Check {
            name: "change-and-delete",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.7",
            rule: "PUT, PATCH and DELETE work in a bulk request.",
            fix: "Carry out each operation as if it came alone.",
            run: |probe| Box::pin(change_and_delete(probe)),
        },
        Check {
            name: "reference",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.7.2",
            rule: "bulkId:NAME stands for the id of what another operation makes.",
            fix: "Replace bulkId:NAME by the id that its operation was given.",
            run: |probe| Box::pin(reference(probe, false)),
        },
        Check {
            name: "reference-before",
            requirement: Requirement::Should,
            source: "RFC 7644 §3.7.1",
            rule: "A reference to an operation that comes later is resolved.",
            fix: "Carry out operations in an order in which references can be resolved.",
            run: |probe| Box::pin(reference(probe, true)),
        },
        Check {
            name: "others-go-on",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.7.3",
            rule: "Without failOnErrors, one failure does not end the others.",
            fix: "Go on after an error, and answer it as the operation's response.",
            run: |probe| Box::pin(others_go_on(probe)),
        },
        Check {
            name: "fail-on-errors",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.7.3",
            rule: "With failOnErrors=1, nothing is done after the first error.",
            fix: "Stop when the number of errors reaches failOnErrors.",
            run: |probe| Box::pin(fail_on_errors(probe)),
        },
        Check {
            name: "too-many",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.7.4",
            rule: "More operations than announced are refused with 413.",
            fix: "Answer 413 when there are more operations than bulk.maxOperations.",
            run: |probe| Box::pin(too_many(probe)),
        },
    ],
};

/// The most operations that are sent to see them refused.
const MAX_OPERATIONS: u64 = 10_000;

/// Sends operations. The resources that they make are noted.
async fn bulk(
    probe: &mut Probe,
    fail_on_errors: Option<u32>,
    operations: &[Value],
) -> Result<Answer, Finding> {
    for operation in operations.iter().filter(|operation| at(operation, "method") == "POST") {
        let path = at(operation, "path").as_str().unwrap_or_default().to_owned();
        probe.will_make(&path, at(operation, "data"));
    }
    let mut body = json!({ "schemas": [BULK_REQUEST_URN], "Operations": operations });
    if let (Some(count), Value::Object(body)) = (fail_on_errors, &mut body) {
        body.insert("failOnErrors".to_owned(), json!(count));
    }
    probe.post("/Bulk", &body).await
}

/// Asserts the statuses of the operations' responses. A status is text (RFC 7644 §3.7); the object of an early
/// draft, whose `code` it is, is not.
fn statuses(answer: &Answer, expected: &[&str]) -> Verdict {
    answer.is(200)?.has_schema(BULK_RESPONSE_URN)?;
    let found: Vec<&Value> = elements(answer.at("/Operations")).iter().map(|o| at(o, "status")).collect();
    answer.that(found == expected, format!("statuses {}", shown(&json!(expected))), shown(&json!(found)))
}

/// The last part of an operation's location, which is the id.
fn id(answer: &Answer, index: usize) -> Result<String, Finding> {
    let location = answer.at(&format!("/Operations/{index}/location"));
    let id = location.as_str().and_then(|text| text.rsplit('/').next()).filter(|id| !id.is_empty());
    id.map(str::to_owned).ok_or_else(|| answer.wrong("a location of each operation", shown(location)))
}

fn post(bulk_id: &str, path: &str, data: Value) -> Value {
    json!({ "method": "POST", "path": path, "bulkId": bulk_id, "data": data })
}

async fn create(probe: &mut Probe) -> Verdict {
    let operation = post("one", "/Users", probe.user_body());
    let answer = bulk(probe, None, &[operation]).await?;
    statuses(&answer, &["201"])?;
    answer.has_at("/Operations/0/bulkId", &json!("one"))?;
    let path = format!("/Users/{}", id(&answer, 0)?);
    probe.get(&path).await?.is(200).map(drop)
}

async fn change_and_delete(probe: &mut Probe) -> Verdict {
    let (one, two, gone) = (probe.user().await?, probe.user().await?, probe.user().await?);
    let mut body = one.sent.clone();
    body.as_object_mut().and_then(|body| body.insert("displayName".to_owned(), json!("Berta")));
    let patch = json!({
        "schemas": [scim::message::PATCH_OP_URN],
        "Operations": [{ "op": "replace", "path": "displayName", "value": "Cleo" }],
    });
    let mut operations = vec![json!({ "method": "PUT", "path": one.path, "data": body })];
    let can_patch = probe.needs(Feature::Patch).is_ok();
    if can_patch {
        operations.push(json!({ "method": "PATCH", "path": two.path, "data": patch }));
    }
    operations.push(json!({ "method": "DELETE", "path": gone.path }));
    let answer = bulk(probe, None, &operations).await?;
    let codes: Vec<&Value> =
        elements(answer.is(200)?.at("/Operations")).iter().map(|o| at(o, "status")).collect();
    let is_done = codes.iter().all(|code| *code == "200" || *code == "204");
    answer.that(is_done && codes.len() == operations.len(), "200 or 204 for each", shown(&json!(codes)))?;
    probe.get(&one.path).await?.has_at("/displayName", &json!("Berta"))?;
    if can_patch {
        probe.get(&two.path).await?.has_at("/displayName", &json!("Cleo"))?;
    }
    probe.get(&gone.path).await?.is(404).map(drop)
}

async fn reference(probe: &mut Probe, is_before: bool) -> Verdict {
    probe.needs(Feature::Groups)?;
    let user = post("ann", "/Users", probe.user_body());
    let data = json!({
        "schemas": [GROUP_URN], "displayName": probe.name(), "members": [{ "value": "bulkId:ann" }],
    });
    let group = post("team", "/Groups", data);
    let operations = if is_before { [group, user] } else { [user, group] };
    let answer = bulk(probe, None, &operations).await?;
    statuses(&answer, &["201", "201"])?;
    // The responses may come in another order than the requests.
    let index = |bulk_id: &str| {
        let responses = elements(answer.at("/Operations"));
        responses.iter().position(|o| at(o, "bulkId") == bulk_id).unwrap_or(responses.len())
    };
    let (user, group) = (id(&answer, index("ann"))?, id(&answer, index("team"))?);
    let read = probe.get(&format!("/Groups/{group}")).await?;
    read.is(200)?.has_at("/members/0/value", &json!(user)).map(drop)
}

async fn others_go_on(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let operations = [post("taken", "/Users", user.sent.clone()), post("free", "/Users", probe.user_body())];
    let answer = bulk(probe, None, &operations).await?;
    statuses(&answer, &["409", "201"])?;
    answer.has_some("/Operations/0/response").map(drop)
}

async fn fail_on_errors(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let operations = [post("taken", "/Users", user.sent.clone()), post("free", "/Users", probe.user_body())];
    let answer = bulk(probe, Some(1), &operations).await?;
    let count = elements(answer.is(200)?.at("/Operations")).len();
    answer.that(count == 1, "the response of the first operation only", count.to_string())?;
    statuses(&answer, &["409"])
}

async fn too_many(probe: &mut Probe) -> Verdict {
    let max = at(&probe.announced.config, "/bulk/maxOperations").as_u64().unwrap_or_default();
    if max == 0 || max > MAX_OPERATIONS {
        return Err(Finding::skip(format!("bulk.maxOperations is {max}")));
    }
    let path = format!("/Users/{}", probe.unknown_id());
    let operation = json!({ "method": "DELETE", "path": path });
    let operations: Vec<Value> = (0..=max).map(|_| operation.clone()).collect();
    bulk(probe, None, &operations).await?.is(413).map(drop)
}
