//! Many operations in one request (RFC 7644 §3.7), where the application offers that.
//!
//! What became of each operation is read by the same code as an answer of its own. An operation that the answer says
//! nothing of may or may not have happened, and is told as such.

use crate::answer::{Answer, member};
use crate::limits::{MAX_BULK_BYTES, MAX_BULK_OPERATIONS};
use crate::refusal;
use crate::target::ScimTarget;
use connector::{Capability, Error, Interruption, Learned, Operation, Peer, Request, Target, TargetObject};
use percent_encoding::percent_decode_str;
use scim::message::BULK_REQUEST_URN;
use serde_json::{Map, Value, json};
use std::collections::VecDeque;

/// One operation that is one request, and where its result belongs.
struct Item<'a> {
    number: usize,
    operation: &'a Operation,
    request: Request,
}

type Outcome = Result<TargetObject, Error>;

/// Writes operations: those that are one request each in bulk, the others one by one.
pub(crate) async fn export(target: &ScimTarget, operations: &[Operation]) -> Vec<Outcome> {
    let mut outcomes: Vec<Option<Outcome>> = operations.iter().map(|_| None).collect();
    let mut waiting = VecDeque::new();
    if is_offered(target) {
        waiting.extend(operations.iter().enumerate().filter_map(|(number, operation)| {
            let request = single(target.requests.preview(operation, target.patches()))?;
            Some(Item { number, operation, request })
        }));
    }
    while waiting.len() > 1 && is_offered(target) {
        let batch = batch(target, &mut waiting);
        for (number, outcome) in send(target, &batch).await {
            if let Some(slot) = outcomes.get_mut(number) {
                *slot = outcome;
            }
        }
    }
    let mut all = Vec::with_capacity(operations.len());
    for (operation, outcome) in operations.iter().zip(outcomes) {
        all.push(match outcome {
            Some(outcome) => outcome,
            None => target.export(operation).await,
        });
    }
    all
}

fn is_offered(target: &ScimTarget) -> bool {
    target.requests.words().negotiates() && target.known().bulk.on
}

/// The only request of an operation, if all of it is known.
fn single(requests: Vec<Request>) -> Option<Request> {
    let mut requests = requests.into_iter();
    let first = requests.next().filter(|request| request.note.is_none())?;
    requests.next().is_none().then_some(first)
}

/// The next operations that fit into one request; at least one.
fn batch<'a>(target: &ScimTarget, waiting: &mut VecDeque<Item<'a>>) -> Vec<Item<'a>> {
    let (operations, bytes) = {
        let known = target.known();
        (known.bulk_max_operations, known.bulk_max_payload_bytes)
    };
    let bound = |announced: Option<u64>, own: usize| {
        announced.and_then(|most| usize::try_from(most).ok()).map_or(own, |most| most.min(own))
    };
    let (most, most_bytes) = (bound(operations, MAX_BULK_OPERATIONS), bound(bytes, MAX_BULK_BYTES));
    let mut batch: Vec<Item<'a>> = Vec::new();
    let mut size = message(&[]).to_string().len();
    while let Some(item) = waiting.front() {
        size += described(item).to_string().len() + 1;
        if !batch.is_empty() && (batch.len() >= most || size > most_bytes) {
            break;
        }
        batch.extend(waiting.pop_front());
    }
    batch
}

/// Sends one bulk request. `None` for an operation that was not done and is to be sent by itself.
async fn send(target: &ScimTarget, batch: &[Item<'_>]) -> Vec<(usize, Option<Outcome>)> {
    let for_all = |outcome: &dyn Fn() -> Option<Outcome>| {
        batch.iter().map(|item| (item.number, outcome())).collect::<Vec<_>>()
    };
    if batch.len() < 2 {
        return for_all(&|| None);
    }
    let answer = match target.send(&target.requests.bulk(message(batch))).await {
        Ok(answer) => answer,
        Err(error) => return for_all(&|| Some(Err(again(&error)))),
    };
    if matches!(answer.status, 404 | 405 | 413 | 501) {
        // Nothing was done, and one by one it may be.
        let why = format!("{} answered {} to {} operations", answer.place, answer.status, batch.len());
        target.known().bulk = Capability::off(Learned::Tried, why);
        return for_all(&|| None);
    }
    if answer.check().is_err() {
        return for_all(&|| Some(Err(refusal::error(&answer))));
    }
    let results = match results(&answer) {
        Ok(results) => results,
        Err(error) => return for_all(&|| Some(Err(again(&error)))),
    };
    target.known().bulk.learn(Capability::on(Learned::Tried));
    let outcome = |(position, item): (usize, &Item<'_>)| {
        let result = results.iter().find(|result| is_of(result, item)).or_else(|| {
            // RFC 7644 §3.7.3 does not require the bulkId of anything but a POST to come back.
            results.get(position).filter(|result| results.len() == batch.len() && has_method(result, item))
        });
        let outcome = result.map_or_else(|| Err(unknown(item)), |result| read(item, result));
        (item.number, Some(outcome))
    };
    batch.iter().enumerate().map(outcome).collect()
}

fn message(batch: &[Item<'_>]) -> Value {
    // Without failOnErrors, whatever fails, the others are done.
    json!({ "schemas": [BULK_REQUEST_URN], "Operations": batch.iter().map(described).collect::<Vec<_>>() })
}

fn described(item: &Item<'_>) -> Value {
    // The Tenant URL's own query belongs to the bulk request, not to its operations.
    let path = item.request.path.split('?').next().unwrap_or_default();
    let mut operation = json!({ "method": item.request.method, "bulkId": bulk_id(item), "path": path });
    if let (Some(operation), Some(body)) = (operation.as_object_mut(), &item.request.body) {
        operation.insert("data".to_owned(), body.clone());
    }
    operation
}

fn bulk_id(item: &Item<'_>) -> String {
    format!("r{}", item.number)
}

fn results(answer: &Answer) -> Result<Vec<Map<String, Value>>, Error> {
    let document = answer.document()?;
    match member(&document, "Operations") {
        Some(Value::Array(results)) => Ok(results.iter().filter_map(Value::as_object).cloned().collect()),
        _ => Err(answer.broken(
            "is not a BulkResponse: it has no \"Operations\"",
            "ask the vendor about bulk requests (RFC 7644 §3.7)",
        )),
    }
}

fn is_of(result: &Map<String, Value>, item: &Item<'_>) -> bool {
    match member(result, "bulkId").and_then(Value::as_str) {
        Some(id) => id == bulk_id(item),
        None => {
            let location = member(result, "location").and_then(Value::as_str).unwrap_or_default();
            let path = item.request.path.split('?').next().unwrap_or_default();
            item.operation.id().is_some() && has_method(result, item) && location.ends_with(path)
        }
    }
}

fn has_method(result: &Map<String, Value>, item: &Item<'_>) -> bool {
    let method = member(result, "method").and_then(Value::as_str);
    method.is_some_and(|method| method.eq_ignore_ascii_case(&item.request.method))
}

/// Reads one result as if it were an answer of its own.
fn read(item: &Item<'_>, result: &Map<String, Value>) -> Outcome {
    let Some(status) = member(result, "status").and_then(status) else { return Err(unknown(item)) };
    let response = member(result, "response").filter(|response| response.is_object());
    let answer = Answer {
        peer: Peer::Target,
        place: format!("{} {}", item.request.method, item.request.path),
        status,
        content_type: "application/scim+json".to_owned(),
        retry_after: None,
        date: None,
        body: response.map(|response| response.to_string().into_bytes()).unwrap_or_default(),
    };
    match item.operation {
        Operation::Create { .. } if response.is_none() && (200..300).contains(&status) => {
            // RFC 7644 §3.7.3: a success needs no body, but its location names the new resource.
            let id = member(result, "location").and_then(Value::as_str).and_then(last_segment);
            let created = id.map(|id| TargetObject { id, document: Map::new() });
            created.map_or_else(|| answer.created(), Ok)
        }
        Operation::Create { .. } => answer.created(),
        Operation::Update { id, .. } => answer.updated(id),
        Operation::Delete { id, .. } => answer.deleted(id),
    }
}

/// A status is a text (RFC 7644 §3.7.3); some send a number, or an object with a `code` (as in drafts of it).
fn status(value: &Value) -> Option<u16> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_u64().and_then(|number| u16::try_from(number).ok()),
        Value::Object(object) => object.get("code").and_then(status),
        _ => None,
    }
}

fn last_segment(location: &str) -> Option<String> {
    let id = location.trim_end_matches('/').rsplit('/').next()?;
    let id = percent_decode_str(id).decode_utf8().ok()?;
    (!id.is_empty()).then(|| id.into_owned())
}

fn unknown(item: &Item<'_>) -> Error {
    let place = format!("{} {}", item.request.method, item.request.path);
    Error::transient(
        Interruption::Server,
        format!("{place}: the answer to the bulk request does not tell of it"),
    )
}

/// The same error for another operation of the request.
fn again(error: &Error) -> Error {
    match error {
        Error::Transient { interruption, detail, .. } => Error::transient(*interruption, detail.clone()),
        Error::Protocol { place, detail, hint, .. } => Error::target(place.clone(), detail.clone(), hint),
        other => Error::transient(Interruption::Server, other.to_string()),
    }
}
