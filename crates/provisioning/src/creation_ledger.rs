//! What the engine remembers of creates whose outcome is not recorded yet.

use std::collections::HashSet;

use connector::{ObjectType, Operation};
use jiff::Timestamp;
use model::EntryId;
use model::creation::Creation;
use model::escrow::Escrow;
use model::job::Job;
use model::link::{Link, LinkState};
use model::log_entry::{Action, LogEntry, Status};
use serde_json::{Value, json};
use store::Tx;

use crate::Error;
use crate::evaluate::ObjectError;
use crate::ledger::{Ending, Ledger, Outcome};
use crate::limits::LATE_CREATE;
use crate::second_pass::object_type;
use crate::step::{LinkAfter, Step};
use crate::subject::rules;

/// The attribute by which the job itself names an object in the target (RFC 7643 §3.1).
pub(crate) const EXTERNAL_ID: &str = "externalId";

/// The code of an object whose create was done without an answer.
const ANSWER_LOST: &str = "AnswerLost";

/// What became of a create whose answer was not heard.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) creation: Creation,
    /// The resource that it made; `None`: the target has none.
    pub(crate) target_id: Option<String>,
}

/// Who must not be created: of an earlier create nobody heard the answer, and the target may still do it, under another
/// name.
#[derive(Debug, Default)]
pub(crate) struct Unheard(HashSet<(ObjectType, String)>);

impl Unheard {
    /// # Errors
    /// [`ObjectError::CreationUnheard`] if the step would create somebody a second time.
    pub(crate) fn check(&self, step: &Step) -> Result<(), ObjectError> {
        match self.0.contains(&(step.object_type, step.source_id.clone())) {
            true => Err(ObjectError::CreationUnheard),
            false => Ok(()),
        }
    }
}

impl Ledger {
    /// Notes, in one transaction, that these steps are about to be sent: who is linked is in doubt, and what identifies
    /// who is created is kept. Answers those who must not be created.
    pub(crate) async fn begin(
        &self,
        job: &Job,
        steps: impl Iterator<Item = &Step> + Clone,
        now: Timestamp,
    ) -> Result<Unheard, Error> {
        let creations: Vec<Creation> = steps.clone().filter_map(|step| creation(job, step, now)).collect();
        let written = steps.filter(|step| step.operation.is_some());
        let written: Vec<_> = written.map(|step| (step.object_type, step.source_id.clone())).collect();
        if written.is_empty() {
            return Ok(Unheard::default());
        }
        let mut unheard: HashSet<(ObjectType, String)> = creations.iter().map(key).collect();
        let ledger = self.clone();
        let begin = self.store.write(move |tx| {
            ledger.check_lease(tx, now)?;
            ledger.put_in_doubt(tx, &written)?;
            Ok::<_, Error>(store::creation::begin(tx, ledger.job, &creations, too_old(now))?)
        });
        for (kind, source_id) in begin.await? {
            unheard.remove(&(object_type(&kind), source_id));
        }
        Ok(Unheard(unheard))
    }

    /// All creates whose outcome is not recorded.
    pub(crate) async fn open_creations(&self) -> Result<Vec<Creation>, store::Error> {
        let job = self.job;
        self.store.read(move |tx| store::creation::all(tx, job)).await
    }

    /// Records what became of creates. Who was found is linked, and looked at at once; a create that the target can't do
    /// any more is forgotten.
    pub(crate) async fn settle_creations(&self, found: Vec<Found>, now: Timestamp) -> Result<(), Error> {
        if found.is_empty() {
            return Ok(());
        }
        let settle = move |tx: &mut Tx<'_>, ledger: &Self| {
            for Found { creation, target_id } in &found {
                let taken = match target_id {
                    Some(id) => ledger.take_found(tx, creation, id, now)?,
                    None => false,
                };
                if taken || creation.began <= too_old(now) {
                    store::creation::end(tx, ledger.job, &creation.object_type, &[&creation.source_id])?;
                }
            }
            Ok(())
        };
        self.leased(now, settle).await
    }

    /// Links an object to what its create has made. Nobody gets what somebody else is linked to, or a second resource.
    fn take_found(
        &self,
        tx: &mut Tx<'_>,
        creation: &Creation,
        id: &str,
        now: Timestamp,
    ) -> Result<bool, store::Error> {
        let Creation { object_type, source_id, .. } = creation;
        let owners = store::link::of_target(tx, self.job, object_type, id)?;
        let own = store::link::of_sources(tx, self.job, object_type, &[source_id])?.pop();
        let is_anothers = owners.iter().any(|owner| owner.source_id != *source_id);
        let has_another = own
            .as_ref()
            .is_some_and(|own| own.target_id != id && Some(&own.target_id) != creation.replaces.as_ref());
        if is_anothers || has_another {
            return Ok(false);
        }
        if own.is_some_and(|own| own.target_id != id) {
            store::reference::reset(tx, self.job, object_type, source_id)?;
        }
        let link = Link {
            object_type: object_type.clone(),
            source_id: source_id.clone(),
            target_id: id.to_owned(),
            state: LinkState::Managed,
            fingerprint: String::new(),
            display: creation.display.clone(),
            modified: now,
        };
        store::link::upsert(tx, self.job, &[link])?;
        store::escrow::put(tx, self.job, &due(creation))?;
        store::log::append(tx, self.job, &[self.found_entry(creation, id, now)])?;
        Ok(true)
    }

    fn found_entry(&self, creation: &Creation, id: &str, now: Timestamp) -> LogEntry {
        LogEntry {
            id: EntryId(self.ids.next()),
            job: self.job,
            cycle: self.cycle,
            at: now,
            object_type: creation.object_type.clone(),
            source_id: creation.source_id.clone(),
            display: creation.display.clone(),
            target_id: Some(id.to_owned()),
            action: Action::Create,
            status: Status::Success,
            code: Some(ANSWER_LOST.to_owned()),
            detail: json!({
                "reason": "found: the application has created it, and its answer was not heard",
                "hint": Value::Null,
                "initiatedBy": self.initiated_by(),
                "modifiedProperties": Value::Null,
            }),
            duration_ms: 0,
        }
    }

    /// Forgets creates whose outcome is recorded in the same transaction: whose object is linked now, or that the target
    /// has refused.
    pub(crate) fn end_creations(
        &self,
        tx: &mut Tx<'_>,
        object_type: ObjectType,
        outcomes: &[&Outcome],
    ) -> Result<(), store::Error> {
        let kind = object_type.to_string();
        let of = |is: fn(&Outcome) -> bool| -> Vec<&str> {
            outcomes.iter().filter(|o| is(o)).map(|o| o.step.source_id.as_str()).collect()
        };
        store::creation::end(tx, self.job, &kind, &of(is_linked))?;
        store::creation::refused(tx, self.job, &kind, &of(is_refused_create))
    }
}

fn is_linked(outcome: &Outcome) -> bool {
    let links = matches!(outcome.step.after, LinkAfter::Set { .. } | LinkAfter::LookAgain { .. });
    links && matches!(outcome.ending, Ending::Done { .. })
}

fn is_refused_create(outcome: &Outcome) -> bool {
    let creates = matches!(outcome.step.operation, Some(Operation::Create { .. }));
    creates && matches!(outcome.ending, Ending::Failed { may_be_done: false, .. })
}

/// What is noted of a step that creates; nothing where no matching attribute gets a value by which to find it.
fn creation(job: &Job, step: &Step, now: Timestamp) -> Option<Creation> {
    let Some(Operation::Create { object_type, values }) = &step.operation else { return None };
    let text = |path: &scim::path::Path| {
        let value = values.iter().find(|(written, _)| written == path).and_then(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty()).map(str::to_owned)
    };
    let rules = rules(job, *object_type)?;
    let matching = rules.mappings.matching().into_iter().map(|mapping| mapping.target.path());
    let matching: Vec<(String, String)> =
        matching.filter_map(|path| Some((path.to_string(), text(path)?))).collect();
    let external_id = values.iter().map(|(path, _)| path).find(|path| path.to_string() == EXTERNAL_ID);
    (!matching.is_empty()).then(|| Creation {
        object_type: object_type.to_string(),
        source_id: step.source_id.clone(),
        display: step.display.clone(),
        matching,
        external_id: external_id.and_then(text),
        replaces: step.before.target_id.clone(),
        began: now,
    })
}

/// The object that is created.
pub(crate) fn key(creation: &Creation) -> (ObjectType, String) {
    (object_type(&creation.object_type), creation.source_id.clone())
}

/// When a create was begun that the target can't do any more.
fn too_old(now: Timestamp) -> Timestamp {
    now.saturating_sub(LATE_CREATE).unwrap_or(Timestamp::MIN)
}

/// Makes the cycle look at the object, although the source may have nothing new of it.
fn due(creation: &Creation) -> Escrow {
    Escrow {
        object_type: creation.object_type.clone(),
        source_id: creation.source_id.clone(),
        attempts: 1,
        next_attempt: creation.began,
        code: ANSWER_LOST.to_owned(),
        detail: "the application has created it, and its answer was not heard".to_owned(),
        fingerprint: String::new(),
        began: creation.began,
    }
}
