//! An application in memory: it keeps user names unique, notes what it was asked, and fails when told.

use async_trait::async_trait;
use connector::{
    Bulk, BulkOutcome, Change, Error, Interruption, ObjectType, Operation, Page, Request, Target,
    TargetObject,
};
use scim::fold::{fold, fold_eq};
use scim::path::Path;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// Objects in a page of a list: few, so that tests need several.
const LISTED_PER_PAGE: usize = 2;

/// One call that a target received.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// [`Target::test`].
    Test,
    /// [`Target::find`], with the attribute's path as text.
    Find(ObjectType, String, String),
    /// [`Target::get`].
    Get(ObjectType, String),
    /// [`Target::list`], with the place.
    List(ObjectType, u64),
    /// [`Target::members`].
    Members(String),
    /// [`Target::export`].
    Export(Operation),
    /// [`Bulk::write`] of so many operations, each of which follows as an export unless the whole request fails.
    Bulk(usize),
}

/// What goes wrong with a call.
#[derive(Debug)]
pub enum Fault {
    /// The call fails and changes nothing.
    Fail(Error),
    /// The call does what it should, and the answer is lost.
    LoseAnswer,
    /// The answer is lost, and a create is done only at [`FakeTarget::arrive`]; all else is done at once.
    DelayCreate,
}

type Script = Box<dyn FnMut(&Call) -> Option<Fault> + Send>;

/// A target whose clones share one application, so that a test sees what the engine wrote.
#[derive(Clone, Default)]
pub struct FakeTarget {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<(ObjectType, String), Map<String, Value>>,
    last_id: u64,
    /// The most operations in one request, in an application that takes several.
    bulk: Option<usize>,
    requests: usize,
    log: Vec<Call>,
    /// Faults by the number of the call.
    faults: BTreeMap<usize, Fault>,
    script: Option<Script>,
    /// Whether it does not tell who is in a group.
    hides_members: bool,
    /// Creates that are yet to be done.
    delayed: Vec<Operation>,
    /// The ids of deleted objects by their names, in an application that brings objects back.
    deleted: Option<BTreeMap<(ObjectType, String), String>>,
}

impl FakeTarget {
    /// An application without users.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes it an application that brings back whoever is created under the name of a deleted object: under the same id.
    pub fn bring_back(&self) {
        self.state().deleted = Some(BTreeMap::new());
    }

    /// Makes it an application that does not tell who is in a group.
    pub fn hide_members(&self) {
        self.state().hides_members = true;
    }

    /// Makes it an application that takes up to so many operations in one request.
    pub fn take_bulk(&self, most: usize) {
        self.state().bulk = Some(most);
    }

    /// How many requests there were so far: one for all operations of a bulk request.
    pub fn requests(&self) -> usize {
        self.state().requests
    }

    /// Adds an object that was not provisioned, and tells its id.
    pub fn put(&self, object_type: ObjectType, document: Value) -> String {
        let document = document.as_object().cloned().unwrap_or_default();
        self.state().insert(object_type, document)
    }

    /// Removes an object behind the engine's back.
    pub fn remove(&self, object_type: ObjectType, id: &str) {
        self.state().objects.remove(&(object_type, id.to_owned()));
    }

    /// Puts an object back that was removed, under its id.
    pub fn restore(&self, object_type: ObjectType, id: &str, document: Value) {
        let document = document.as_object().cloned().unwrap_or_default();
        self.state().objects.insert((object_type, id.to_owned()), document);
    }

    /// Makes the `n`th call from now go wrong; 1 is the next call of any kind.
    pub fn fail_call(&self, n: usize, fault: Fault) {
        let mut state = self.state();
        let number = state.log.len() + n;
        state.faults.insert(number, fault);
    }

    /// Lets a script decide for each call what goes wrong. A fault of [`FakeTarget::fail_call`] comes first.
    pub fn fail_when(&self, script: impl FnMut(&Call) -> Option<Fault> + Send + 'static) {
        self.state().script = Some(Box::new(script));
    }

    /// Does the creates that were delayed. One that can't be done any more is not.
    pub fn arrive(&self) {
        let mut state = self.state();
        for operation in std::mem::take(&mut state.delayed) {
            drop(state.export(&operation));
        }
    }

    /// Ends all faults.
    pub fn mend(&self) {
        let mut state = self.state();
        state.faults.clear();
        state.script = None;
    }

    /// The calls so far, which are forgotten. Faults set for later calls are kept.
    pub fn take_log(&self) -> Vec<Call> {
        let mut state = self.state();
        let log = std::mem::take(&mut state.log);
        let faults = std::mem::take(&mut state.faults);
        state.faults =
            faults.into_iter().map(|(number, fault)| (number.saturating_sub(log.len()), fault)).collect();
        log
    }

    /// The writes so far.
    pub fn exports(&self) -> Vec<Operation> {
        let export = |call: &Call| match call {
            Call::Export(operation) => Some(operation.clone()),
            Call::Test
            | Call::Find(..)
            | Call::Get(..)
            | Call::List(..)
            | Call::Members(_)
            | Call::Bulk(_) => None,
        };
        self.state().log.iter().filter_map(export).collect()
    }

    /// Every object of a type, in the order of their ids.
    pub fn objects(&self, object_type: ObjectType) -> Vec<Value> {
        let state = self.state();
        state
            .objects
            .iter()
            .filter(|((kind, _), _)| *kind == object_type)
            .map(|(_, document)| Value::Object(document.clone()))
            .collect()
    }

    /// The user of a name, in any letter case.
    pub fn user(&self, user_name: &str) -> Option<Value> {
        let bears = |user: &Value| {
            user.get("userName").and_then(Value::as_str).is_some_and(|n| fold_eq(n, user_name))
        };
        self.objects(ObjectType::User).into_iter().find(bears)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds the application")
    }

    /// Notes a call and does it, unless a fault was set for it.
    fn call<T>(&self, call: Call, act: impl FnOnce(&mut State) -> Result<T, Error>) -> Result<T, Error> {
        let mut state = self.state();
        state.requests += 1;
        state.call(call, act)
    }
}

impl State {
    fn call<T>(&mut self, call: Call, act: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let fault = self.fault(&call);
        let create = match &call {
            Call::Export(operation @ Operation::Create { .. }) => Some(operation.clone()),
            Call::Export(_)
            | Call::Test
            | Call::Find(..)
            | Call::Get(..)
            | Call::List(..)
            | Call::Members(_)
            | Call::Bulk(_) => None,
        };
        self.log.push(call);
        match (fault, create) {
            (None, _) => act(self),
            (Some(Fault::Fail(error)), _) => Err(error),
            (Some(Fault::DelayCreate), Some(create)) => {
                self.delayed.push(create);
                Err(no_answer())
            }
            (Some(Fault::LoseAnswer | Fault::DelayCreate), _) => {
                act(self)?;
                Err(no_answer())
            }
        }
    }

    /// Of a request that fails as a whole nothing is done, unless only its answer is lost.
    fn bulk(&mut self, operations: &[&Operation]) -> Result<Vec<BulkOutcome>, Error> {
        self.call(Call::Bulk(operations.len()), |state| {
            Ok(operations.iter().map(|operation| state.part(operation)).collect())
        })
    }

    fn part(&mut self, operation: &Operation) -> BulkOutcome {
        let result = self.call(Call::Export(operation.clone()), |state| state.export(operation));
        match (operation, &result) {
            (Operation::Update { .. }, Err(Error::Rejected { .. })) => None,
            _ => Some(result),
        }
    }

    fn fault(&mut self, call: &Call) -> Option<Fault> {
        let number = self.log.len() + 1;
        self.faults.remove(&number).or_else(|| self.script.as_mut().and_then(|script| script(call)))
    }

    fn insert(&mut self, object_type: ObjectType, mut document: Map<String, Value>) -> String {
        self.last_id += 1;
        let id = format!("t{:06}", self.last_id);
        document.insert("id".to_owned(), Value::from(id.as_str()));
        self.objects.insert((object_type, id.clone()), document);
        id
    }

    fn former_id(&mut self, object_type: ObjectType, document: &Map<String, Value>) -> Option<String> {
        self.deleted.as_mut()?.remove(&(object_type, folded_name(object_type, document)))
    }

    fn restore(&mut self, object_type: ObjectType, id: String, mut document: Map<String, Value>) -> String {
        document.insert("id".to_owned(), Value::from(id.as_str()));
        self.objects.insert((object_type, id.clone()), document);
        id
    }

    fn object(&self, object_type: ObjectType, id: &str) -> Option<TargetObject> {
        let document = self.objects.get(&(object_type, id.to_owned()))?;
        Some(TargetObject { id: id.to_owned(), document: document.clone() })
    }

    fn export(&mut self, operation: &Operation) -> Result<TargetObject, Error> {
        match operation {
            Operation::Create { object_type, values } => {
                let mut document = Map::new();
                for (path, value) in values {
                    write(path, &mut document, value);
                }
                self.require_unique(*object_type, None, &document)?;
                let id = match self.former_id(*object_type, &document) {
                    Some(id) => self.restore(*object_type, id, document),
                    None => self.insert(*object_type, document),
                };
                self.object(*object_type, &id).ok_or(Error::NotFound)
            }
            Operation::Update { object_type, id, changes } => {
                let mut document = self.object(*object_type, id).ok_or(Error::NotFound)?.document;
                for change in changes {
                    apply(change, &mut document);
                }
                self.require_unique(*object_type, Some(id), &document)?;
                self.objects.insert((*object_type, id.clone()), document.clone());
                Ok(TargetObject { id: id.clone(), document })
            }
            Operation::Delete { object_type, id } => {
                let object = self.objects.remove(&(*object_type, id.clone()));
                self.leave_groups(id);
                if let (Some(deleted), Some(object)) = (&mut self.deleted, object) {
                    deleted.insert((*object_type, folded_name(*object_type, &object)), id.clone());
                }
                Ok(TargetObject { id: id.clone(), document: Map::new() })
            }
        }
    }

    /// Who is deleted is nobody's member any more.
    fn leave_groups(&mut self, id: &str) {
        for ((object_type, _), document) in &mut self.objects {
            if *object_type == ObjectType::Group
                && let Some(Value::Array(members)) = document.get_mut("members")
            {
                members.retain(|member| member != id);
            }
        }
    }

    /// RFC 7643 §4.1: `userName` is unique without regard to letter case. Entra wants the same of a group's displayName.
    fn require_unique(
        &self,
        object_type: ObjectType,
        own_id: Option<&str>,
        document: &Map<String, Value>,
    ) -> Result<(), Error> {
        let attribute = name_attribute(object_type);
        let Some(name) = document.get(attribute).and_then(Value::as_str) else {
            return Err(rejected(400, "invalidValue", format!("{attribute} is required")));
        };
        let taken = self.objects.iter().any(|((kind, id), other)| {
            let same = other.get(attribute).and_then(Value::as_str).is_some_and(|other| fold_eq(other, name));
            *kind == object_type && own_id != Some(id) && same
        });
        if taken { Err(rejected(409, "uniqueness", format!("{attribute} {name} is taken"))) } else { Ok(()) }
    }
}

#[async_trait]
impl Target for FakeTarget {
    async fn test(&self, _nobody: &str) -> Result<(), Error> {
        self.call(Call::Test, |_| Ok(()))
    }

    async fn find(
        &self,
        object_type: ObjectType,
        attribute: &Path,
        value: &str,
    ) -> Result<Vec<TargetObject>, Error> {
        self.call(Call::Find(object_type, attribute.to_string(), value.to_owned()), |state| {
            let has = |document: &Map<String, Value>| {
                attribute
                    .read(document)
                    .into_iter()
                    .filter_map(Value::as_str)
                    .any(|found| fold_eq(found, value))
            };
            let found =
                state.objects.iter().filter(|((kind, _), document)| *kind == object_type && has(document));
            Ok(found
                .map(|((_, id), document)| TargetObject { id: id.clone(), document: document.clone() })
                .collect())
        })
    }

    async fn get(&self, object_type: ObjectType, id: &str) -> Result<Option<TargetObject>, Error> {
        self.call(Call::Get(object_type, id.to_owned()), |state| Ok(state.object(object_type, id)))
    }

    async fn list(&self, object_type: ObjectType, from: u64) -> Result<Page, Error> {
        self.call(Call::List(object_type, from), |state| {
            let skipped = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX);
            let mut left = state.objects.iter().filter(|((kind, _), _)| *kind == object_type).skip(skipped);
            let page = left.by_ref().take(LISTED_PER_PAGE);
            let objects =
                page.map(|((_, id), document)| TargetObject { id: id.clone(), document: document.clone() });
            let objects = objects.collect::<Vec<_>>();
            let next = left.next().map(|_| from + objects.len() as u64);
            Ok(Page { objects, next })
        })
    }

    async fn members(&self, id: &str, _known: Option<&str>) -> Result<Option<Vec<String>>, Error> {
        self.call(Call::Members(id.to_owned()), |state| {
            let group = state.object(ObjectType::Group, id).filter(|_| !state.hides_members);
            let held = group.map(|group| group.document.get("members").cloned().unwrap_or_default());
            Ok(held.map(|held| elements(&held).filter_map(Value::as_str).map(str::to_owned).collect()))
        })
    }

    fn preview(&self, operation: &Operation) -> Vec<Request> {
        let method = match operation {
            Operation::Create { .. } => "POST",
            Operation::Update { .. } => "PATCH",
            Operation::Delete { .. } => "DELETE",
        };
        let path = format!("/{}s/{}", operation.object_type(), operation.id().unwrap_or_default());
        let body = serde_json::to_value(operation).ok();
        vec![Request { method: method.to_owned(), path, body, note: None }]
    }

    async fn export(&self, operation: &Operation) -> Result<TargetObject, Error> {
        self.call(Call::Export(operation.clone()), |state| state.export(operation))
    }

    fn bulk(&self) -> Option<&dyn Bulk> {
        self.state().bulk.is_some().then_some(self)
    }
}

#[async_trait]
impl Bulk for FakeTarget {
    fn most(&self) -> usize {
        self.state().bulk.unwrap_or(1)
    }

    fn fit(&self, operations: &[&Operation]) -> usize {
        operations.len().min(self.most())
    }

    async fn write(&self, operations: &[&Operation]) -> Vec<BulkOutcome> {
        let mut state = self.state();
        state.requests += 1;
        let failed = match state.bulk(operations) {
            Ok(outcomes) => return outcomes,
            Err(error) => error,
        };
        let each = || match &failed {
            Error::Rejected { .. } => None,
            Error::RateLimited { retry_after } => Some(Err(Error::RateLimited { retry_after: *retry_after })),
            Error::Credential { lack: _, detail, hint } => Some(Err(Error::credential(detail, hint))),
            _ => Some(Err(no_answer())),
        };
        operations.iter().map(|_| each()).collect()
    }
}

fn no_answer() -> Error {
    Error::transient(Interruption::Timeout, "no answer in time")
}

fn apply(change: &Change, document: &mut Map<String, Value>) {
    let Change { path, before, after, adds_element: _ } = change;
    let members = path.to_string().eq_ignore_ascii_case("members");
    match (before, after) {
        (None, Some(added)) if members => {
            let mut all: Vec<Value> = path.read(document).into_iter().cloned().collect();
            all.extend(elements(added).filter(|added| !all.contains(added)).cloned().collect::<Vec<_>>());
            path.write(document, Value::Array(all));
        }
        (Some(removed), None) if members => {
            let kept =
                path.read(document).into_iter().filter(|member| !elements(removed).any(|one| one == *member));
            let kept = kept.cloned().collect();
            path.write(document, kept);
        }
        (_, Some(value)) => write(path, document, value),
        (_, None) => path.remove(document),
    }
}

fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Writes as an application does that takes Entra's forms: `active` as text, and the manager as a plain id.
fn write(path: &Path, document: &mut Map<String, Value>, value: &Value) {
    let typed = match (path.attribute.as_str(), value) {
        ("active", Value::String(text)) if text.eq_ignore_ascii_case("true") => Value::Bool(true),
        ("active", Value::String(text)) if text.eq_ignore_ascii_case("false") => Value::Bool(false),
        ("manager", Value::String(id)) if path.sub.is_none() => json!({ "value": id }),
        _ => value.clone(),
    };
    path.write(document, typed);
}

fn name_attribute(object_type: ObjectType) -> &'static str {
    match object_type {
        ObjectType::User => "userName",
        ObjectType::Group => "displayName",
    }
}

fn folded_name(object_type: ObjectType, document: &Map<String, Value>) -> String {
    let name = document.get(name_attribute(object_type)).and_then(Value::as_str);
    fold(name.unwrap_or_default())
}

fn rejected(status: u16, code: &str, detail: String) -> Error {
    Error::Rejected { status, code: code.to_owned(), detail }
}
