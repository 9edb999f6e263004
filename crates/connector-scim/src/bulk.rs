//! Many operations in one request (RFC 7644 §3.7), where the application offers that.
//!
//! What became of each operation is read by the same code as an answer of its own. An operation that the answer says
//! nothing of may or may not have happened, and is told as such. What was not done is left to a request of its own: there
//! another way may be found.

use crate::answer::{Answer, member};
use crate::limits::{MAX_BULK_BYTES, MAX_BULK_OPERATIONS};
use crate::refusal;
use crate::target::ScimTarget;
use async_trait::async_trait;
use connector::{
    Bulk, BulkOutcome, Capabilities, Capability, Error, Interruption, Learned, Operation, Peer, Request,
    TargetObject,
};
use percent_encoding::percent_decode_str;
use scim::message::BULK_REQUEST_URN;
use serde_json::{Map, Value, json};

/// One operation that is one request.
struct Item<'a> {
    number: usize,
    operation: &'a Operation,
    request: Request,
}

type Outcome = Result<TargetObject, Error>;

/// Whether an application takes more than one operation in a request.
pub(crate) fn is_offered(known: &Capabilities) -> bool {
    known.bulk.on && bounds(known).0 > 1
}

#[async_trait]
impl Bulk for ScimTarget {
    fn most(&self) -> usize {
        bounds(&self.known()).0
    }

    fn fit(&self, operations: &[&Operation]) -> usize {
        let (most, most_bytes) = bounds(&self.known());
        let mut bytes = message(&[]).to_string().len();
        for (number, operation) in operations.iter().enumerate().take(most) {
            let Some(item) = Item::of(self, number, operation) else { return number };
            bytes += described(&item).to_string().len() + 1;
            if bytes > most_bytes {
                return number.max(1);
            }
        }
        operations.len().min(most)
    }

    async fn write(&self, operations: &[&Operation]) -> Vec<BulkOutcome> {
        let numbered = operations.iter().enumerate();
        let items: Vec<Item<'_>> = numbered.filter_map(|(number, one)| Item::of(self, number, one)).collect();
        let mut outcomes: Vec<BulkOutcome> = operations.iter().map(|_| None).collect();
        for (item, outcome) in items.iter().zip(exchange(self, &items).await) {
            if let Some(place) = outcomes.get_mut(item.number) {
                *place = outcome;
            }
        }
        outcomes
    }
}

impl<'a> Item<'a> {
    /// `None`: it takes several requests, or one that is not known yet.
    fn of(target: &ScimTarget, number: usize, operation: &'a Operation) -> Option<Self> {
        let mut requests = target.requests.preview(operation, target.patches()).into_iter();
        let request = requests.next().filter(|request| request.note.is_none())?;
        requests.next().is_none().then_some(Self { number, operation, request })
    }
}

/// Operations and bytes of one request: what is announced or was found, and never more than our own bounds.
fn bounds(known: &Capabilities) -> (usize, usize) {
    let bound = |known: Option<u64>, own: usize| {
        known.and_then(|most| usize::try_from(most).ok()).map_or(own, |most| most.min(own))
    };
    let operations = bound(known.bulk_max_operations, MAX_BULK_OPERATIONS);
    (operations, bound(known.bulk_max_payload_bytes, MAX_BULK_BYTES))
}

/// Sends one bulk request, and tells of each operation in their order.
async fn exchange(target: &ScimTarget, items: &[Item<'_>]) -> Vec<BulkOutcome> {
    let of_all = |outcome: &dyn Fn() -> BulkOutcome| items.iter().map(|_| outcome()).collect();
    let answer = match target.send(&target.requests.bulk(message(items))).await {
        Ok(answer) => answer,
        Err(error) => return of_all(&|| Some(Err(again(&error)))),
    };
    if is_refused(&answer) {
        learn_refusal(&mut target.known(), &answer, items.len());
        return of_all(&|| None);
    }
    if answer.check().is_err() {
        return of_all(&|| Some(Err(refusal::error(&answer))));
    }
    // It holds errors, and their words go on.
    let answer = target.connection.redacted(answer);
    let results = match results(&answer) {
        Ok(results) => results,
        Err(error) => return of_all(&|| Some(Err(again(&error)))),
    };
    if target.known().bulk.learned < Learned::Tried {
        target.known().bulk.learn(Capability::on(Learned::Tried));
    }
    items.iter().enumerate().map(|(position, item)| outcome(position, item, items.len(), &results)).collect()
}

/// Whether the application says of the request as a whole that it does not do it.
fn is_refused(answer: &Answer) -> bool {
    match answer.status {
        // Nobody is let in, or not now: the same holds for each operation.
        401 | 403 | 408 | 429 => false,
        400..=499 | 501 => true,
        _ => false,
    }
}

/// Fewer operations from now on where there were too many (RFC 7644 §3.7.4), else none.
fn learn_refusal(known: &mut Capabilities, answer: &Answer, sent: usize) {
    let why = format!("{} answered {} to {sent} operations", answer.place, answer.status);
    let too_many = answer.status == 413 || refusal::scim_type(answer).as_deref() == Some("tooMany");
    let fewer = sent / 2;
    if too_many && fewer > 1 {
        known.bulk_max_operations = u64::try_from(fewer).ok();
        known.bulk.learn(Capability { why: Some(why), ..Capability::on(Learned::Tried) });
    } else {
        known.bulk.learn(Capability::off(Learned::Tried, why));
    }
}

fn outcome(position: usize, item: &Item<'_>, sent: usize, results: &[Map<String, Value>]) -> BulkOutcome {
    let result = results.iter().find(|result| is_of(result, item)).or_else(|| {
        // RFC 7644 §3.7.3 does not require the bulkId of anything but a POST to come back.
        results.get(position).filter(|result| results.len() == sent && has_method(result, item))
    });
    let outcome = result.map_or_else(|| Err(unknown(item)), |result| read(item, result));
    match (item.operation, &outcome) {
        (Operation::Update { .. }, Err(Error::Rejected { .. })) => None,
        _ => Some(outcome),
    }
}

fn message(items: &[Item<'_>]) -> Value {
    // Without failOnErrors, whatever fails, the others are done.
    json!({ "schemas": [BULK_REQUEST_URN], "Operations": items.iter().map(described).collect::<Vec<_>>() })
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
