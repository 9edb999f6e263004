//! POST `…/Bulk`: many operations in one request (RFC 7644 §3.7).
//!
//! Each operation goes the way of a request of its own, from the same functions on, and is a transaction of its own:
//! one that fails takes nothing of the others with it. They are done one after the other, so that each finds what those
//! before it left.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use application::resources::{Precondition, Tags};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use scim::bulk::{self, BulkOperation, BulkOrder, BulkRequest, BulkResult};

use crate::body::Json;
use crate::caller::Caller;
use crate::error::Error;
use crate::limits::BULK_TIMEOUT;
use crate::query::Parameters;
use crate::resource::{Collection, Item, Outcome, create, delete, patch, replace};
use crate::{Context, answer};

/// 200 with what became of each operation, also if all failed; 400 for what is no bulk request; 413 for one that is too
/// large; 429 for more than the tenant may send.
pub(crate) async fn bulk(
    State(context): State<Arc<Context>>,
    caller: Caller,
    Json(body): Json,
) -> Result<Response, Error> {
    let request = BulkRequest::parse(body)?;
    caller.charge(request.operations.len().saturating_sub(1))?;
    let order = request.order();
    let mut run = Run::new(&context, &caller, &request);
    run.all(&order).await;
    let results = run
        .results
        .into_iter()
        .filter_map(|(number, result)| Some((request.operations.get(number)?, result)));
    Ok(answer::json(StatusCode::OK, &bulk::response(results)))
}

/// A bulk request on its way.
struct Run<'a> {
    context: &'a Context,
    caller: &'a Caller,
    request: &'a BulkRequest,
    /// The number of the operation that creates the resource of a name.
    creators: BTreeMap<&'a str, usize>,
    /// The resources that were created, by the numbers of their operations.
    created: BTreeMap<usize, Item>,
    /// What became of the operations that were begun, by their numbers.
    results: BTreeMap<usize, BulkResult>,
    errors: u64,
    deadline: Instant,
}

impl<'a> Run<'a> {
    fn new(context: &'a Context, caller: &'a Caller, request: &'a BulkRequest) -> Self {
        let creators = request.operations.iter().enumerate();
        Self {
            context,
            caller,
            request,
            creators: creators.filter_map(|(number, op)| Some((op.creates()?, number))).collect(),
            created: BTreeMap::new(),
            results: BTreeMap::new(),
            errors: 0,
            deadline: Instant::now() + BULK_TIMEOUT,
        }
    }

    /// Does all operations, and then makes the references that had to wait for their targets.
    async fn all(&mut self, order: &BulkOrder) {
        for number in &order.steps {
            if self.request.fail_on_errors.is_some_and(|most| self.errors >= most) {
                break;
            }
            let waiting = order.deferred.contains_key(number);
            let done = self.one(*number, waiting).await;
            self.note(*number, done);
        }
        for number in order.deferred.keys() {
            self.complete(*number).await;
        }
    }

    async fn one(&mut self, number: usize, waiting: bool) -> Result<Outcome, Error> {
        if Instant::now() >= self.deadline {
            let detail = "the bulk request took too long; this operation was not begun, send it again";
            return Err(scim::Error::new(503, detail).into());
        }
        let operation = self.operation(number)?;
        self.check_references(operation, waiting)?;
        let operation = operation.resolve(&|name| self.id_of(name));
        let target = Target::parse(self.caller, &operation)?;
        let outcome = self.execute(&target, &operation).await?;
        if let Target::Collection(collection) = target {
            self.created.insert(number, Item { collection, id: outcome.id });
        }
        Ok(outcome)
    }

    fn operation(&self, number: usize) -> Result<&'a BulkOperation, Error> {
        let operation = self.request.operations.get(number);
        Ok(operation.ok_or_else(|| scim::Error::invalid_syntax("there is no such operation"))?)
    }

    /// Whatever an operation refers to must be there, unless it can do without it for now.
    fn check_references(&self, operation: &BulkOperation, waiting: bool) -> Result<(), scim::Error> {
        for name in operation.references() {
            let Some(creator) = self.creators.get(name) else {
                let detail = format!("no operation of this request creates bulkId:{name}");
                return Err(scim::Error::invalid_value(detail));
            };
            let comes_later = waiting && !self.results.contains_key(creator);
            if !self.created.contains_key(creator) && !comes_later {
                let detail = format!("bulkId:{name} was not created, and this operation refers to it");
                return Err(scim::Error::new(409, detail));
            }
        }
        Ok(())
    }

    fn id_of(&self, name: &str) -> Option<String> {
        Some(self.created.get(self.creators.get(name)?)?.id.to_string())
    }

    async fn execute(&self, target: &Target, operation: &BulkOperation) -> Result<Outcome, Error> {
        let (parameters, data) = (Parameters::default(), operation.data.clone());
        let precondition = Precondition {
            matches: operation.version.as_deref().map(Tags::parse),
            ..Precondition::default()
        };
        match (operation.method.as_str(), target) {
            ("POST", Target::Collection(target)) => {
                create::run(self.context, target, &parameters, data).await
            }
            ("PUT", Target::Item(item)) => {
                replace::run(self.context, item, &parameters, precondition, data).await
            }
            ("PATCH", Target::Item(item)) => {
                patch::run(self.context, item, &parameters, precondition, &data).await
            }
            ("DELETE", Target::Item(item)) => delete::run(self.context, item, precondition).await,
            ("POST" | "PUT" | "PATCH" | "DELETE", _) => {
                let detail =
                    "POST needs a path such as /Users, the other methods one such as /Users/2819c223";
                Err(scim::Error::new(405, detail).into())
            }
            _ => Err(scim::Error::invalid_syntax("method must be POST, PUT, PATCH or DELETE").into()),
        }
    }

    /// Makes a resource what its operation asked for, now that all it refers to exists. One that can't become that must
    /// not stay as something else.
    async fn complete(&mut self, number: usize) {
        let (Some(item), Ok(operation)) = (self.created.get(&number), self.operation(number)) else { return };
        let completed = match self.check_references(operation, false) {
            Ok(()) => {
                let data = operation.resolve(&|name| self.id_of(name)).data;
                replace::run(self.context, item, &Parameters::default(), Precondition::default(), data).await
            }
            Err(refusal) => Err(refusal.into()),
        };
        let done = match completed {
            Ok(outcome) => Ok(Outcome { status: StatusCode::CREATED, ..outcome }),
            Err(error) => match delete::run(self.context, item, Precondition::default()).await {
                Ok(_) => Err(circular(error)),
                Err(failure) => Err(failure),
            },
        };
        self.note(number, done);
    }

    fn note(&mut self, number: usize, done: Result<Outcome, Error>) {
        let result = match done {
            Ok(outcome) => BulkResult {
                status: outcome.status.as_u16(),
                version: outcome.version,
                location: Some(outcome.location),
                response: None,
            },
            Err(error) => {
                self.errors += 1;
                self.failed(number, error.into_refusal())
            }
        };
        self.results.insert(number, result);
    }

    /// RFC 7644 §3.7.3: an error has a location, unless it is of a creation.
    fn failed(&mut self, number: usize, refusal: scim::Error) -> BulkResult {
        let created = self.created.remove(&number);
        let operation = self.request.operations.get(number).filter(|_| created.is_none());
        let operation = operation.map(|operation| operation.resolve(&|name| self.id_of(name)));
        let target = operation.and_then(|operation| Target::parse(self.caller, &operation).ok());
        let location = match target {
            Some(Target::Item(item)) => Some(item.location()),
            Some(Target::Collection(_)) | None => None,
        };
        let (status, response) = (refusal.status, Some(refusal.to_json()));
        BulkResult { status, version: None, location, response }
    }
}

/// RFC 7644 §3.7.1: a circular reference that can't be made is a conflict.
fn circular(error: Error) -> Error {
    match error {
        Error::Refused(refusal) if refusal.status < 500 => {
            let detail = format!("the circular reference can't be made: {}", refusal.detail);
            scim::Error::new(409, detail).into()
        }
        failure => failure,
    }
}

/// What the path of an operation names.
enum Target {
    Collection(Collection),
    Item(Item),
}

impl Target {
    fn parse(caller: &Caller, operation: &BulkOperation) -> Result<Self, Error> {
        let path = operation.path.strip_prefix(&caller.tenant_url).unwrap_or(&operation.path);
        let path = path.strip_prefix('/').unwrap_or(path);
        let (endpoint, id) = path.split_once('/').map_or((path, None), |(endpoint, id)| (endpoint, Some(id)));
        let collection = Collection::named(caller.clone(), endpoint)?;
        Ok(match id.filter(|id| !id.is_empty()) {
            None => Self::Collection(collection),
            Some(id) => Self::Item(Item::named(collection, id)?),
        })
    }
}
