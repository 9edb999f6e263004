//! What the engine remembers of a job's objects: links, escrow and the provisioning log, always in one transaction.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use connector::{ObjectType, Operation, TargetObject};
use jiff::{SignedDuration, Timestamp};
use mapping::Seed;
use model::cycle::{Counts, Tally};
use model::escrow::{Escrow, back_off, references_of};
use model::ids::IdSource;
use model::link::{Link, LinkState};
use model::log_entry::{Action, LogEntry, Status};
use model::{CycleId, EntryId, JobId, PlanId};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::{Store, Tx};

use crate::Error;
use crate::error::in_words;
use crate::evaluate::ObjectError;
use crate::lease::Lease;
use crate::limits::ERROR_TEXT;
use crate::step::{Decision, LinkAfter, Step};

/// How a step ended.
#[derive(Clone, Debug)]
pub enum Ending {
    /// Done; the id of the resource that was written.
    Done {
        /// `None`: nothing was written.
        target_id: Option<String>,
    },
    /// Not done; the object goes to escrow.
    Failed {
        /// A code of Entra's vocabulary.
        code: String,
        /// What was said.
        text: String,
        /// What to look at next.
        hint: String,
        /// Whether the target may have done it all the same: its answer was not heard.
        may_be_done: bool,
    },
    /// Held back by the deletion guard: it is staged, and waits for a person.
    Held,
}

/// A step and how it ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The step.
    pub step: Step,
    /// How it ended.
    pub ending: Ending,
    /// How long it took.
    pub duration: SignedDuration,
}

impl Ending {
    /// The ending of an operation that the target has done.
    #[must_use]
    pub fn written(operation: &Operation, object: TargetObject) -> Self {
        Self::Done { target_id: Some(operation.id().map_or(object.id, str::to_owned)) }
    }

    /// The ending of an object that failed.
    #[must_use]
    pub fn failed(error: &ObjectError) -> Self {
        Self::Failed {
            code: error.code().to_owned(),
            text: in_words(error),
            hint: error.hint().to_owned(),
            may_be_done: error.may_be_done(),
        }
    }
}

impl Outcome {
    /// The object, counted.
    #[must_use]
    pub fn counts(&self) -> Counts {
        match self.ending {
            Ending::Done { .. } => self.step.decision.counts(),
            Ending::Failed { .. } => Counts { escrowed: 1, ..Counts::default() },
            // All that wait are counted together, also those of earlier cycles.
            Ending::Held => Counts::default(),
        }
    }

    /// The object as a provisioning event. Who is out of scope, or held back, is none.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let is_event = match self.ending {
            Ending::Done { .. } => is_worth_an_entry(self),
            Ending::Failed { .. } => true,
            Ending::Held => false,
        };
        let failed = matches!(self.ending, Ending::Failed { .. });
        Tally { tried: u64::from(is_event), failed: u64::from(failed), ..Tally::default() }
    }
}

/// The records of one job, for one cycle, plan or request on demand.
#[derive(Clone)]
pub struct Ledger {
    pub(crate) store: Store,
    pub(crate) job: JobId,
    pub(crate) cycle: Option<CycleId>,
    /// Nothing is recorded once the lease is lost. `None`: on demand, which needs none.
    pub(crate) lease: Option<Lease>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) initiator: Initiator,
}

/// What made the engine do something (Entra's `initiatedBy`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Initiator {
    /// A cycle.
    Cycle,
    /// A person who provisioned one object on demand.
    OnDemand,
    /// The source, or a person, who told that an object has changed.
    Nudge,
    /// A plan that a person applied.
    Plan(PlanId),
    /// A person who repaired drift.
    Repair,
}

impl Initiator {
    /// Whether nobody looks on: what is taken away then counts for the deletion threshold of 24 hours.
    pub(crate) fn is_unattended(&self) -> bool {
        match self {
            Self::Cycle | Self::Nudge => true,
            Self::OnDemand | Self::Plan(_) | Self::Repair => false,
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Cycle => json!({ "type": "cycle" }),
            Self::OnDemand => json!({ "type": "onDemand" }),
            Self::Nudge => json!({ "type": "nudge" }),
            Self::Plan(id) => json!({ "type": "plan", "id": id }),
            Self::Repair => json!({ "type": "repair" }),
        }
    }
}

impl Ledger {
    /// The ledger of a job.
    #[must_use]
    pub fn new(
        store: Store,
        job: JobId,
        cycle: Option<CycleId>,
        lease: Option<Lease>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        let initiator = if cycle.is_some() { Initiator::Cycle } else { Initiator::OnDemand };
        Self { store, job, cycle, lease, ids, initiator }
    }

    /// The same ledger, for something else than a cycle or a request on demand.
    #[must_use]
    pub fn by(self, initiator: Initiator) -> Self {
        Self { initiator, ..self }
    }

    /// A seed for values that a mapping makes up: the entropy of four fresh ids, each of which has at least 32 bits
    /// that no other id tells (RFC 9562 §6.2).
    pub fn seed(&self) -> Seed {
        let hash = (0..4).fold(Sha256::new(), |hash, _| hash.chain_update(self.ids.next()));
        Seed::new(hash.finalize().into())
    }

    /// The links of these objects, by anchor.
    pub async fn links(
        &self,
        object_type: ObjectType,
        anchors: Vec<String>,
    ) -> Result<HashMap<String, Link>, store::Error> {
        let (job, kind) = (self.job, object_type.to_string());
        let links =
            self.store.read(move |tx| store::link::of_sources(tx, job, &kind, &borrow(&anchors))).await?;
        Ok(links.into_iter().map(|link| (link.source_id.clone(), link)).collect())
    }

    /// The link of one object.
    pub async fn link(&self, object_type: ObjectType, anchor: &str) -> Result<Option<Link>, store::Error> {
        Ok(self.links(object_type, vec![anchor.to_owned()]).await?.remove(anchor))
    }

    /// What these objects have in escrow, by anchor.
    pub async fn escrows(
        &self,
        object_type: ObjectType,
        anchors: Vec<String>,
    ) -> Result<HashMap<String, Escrow>, store::Error> {
        self.escrows_of_kind(object_type.to_string(), anchors).await
    }

    /// As [`Ledger::escrows`], of any kind.
    pub(crate) async fn escrows_of_kind(
        &self,
        kind: String,
        anchors: Vec<String>,
    ) -> Result<HashMap<String, Escrow>, store::Error> {
        let job = self.job;
        let rows =
            self.store.read(move |tx| store::escrow::of_sources(tx, job, &kind, &borrow(&anchors))).await?;
        Ok(rows.into_iter().map(|escrow| (escrow.source_id.clone(), escrow)).collect())
    }

    /// Whose resource it is, if it is anybody's of this job.
    pub async fn link_by_target(
        &self,
        object_type: ObjectType,
        target_id: &str,
    ) -> Result<Option<Link>, store::Error> {
        let (job, kind, id) = (self.job, object_type.to_string(), target_id.to_owned());
        let links = self.store.read(move |tx| store::link::of_target(tx, job, &kind, &id)).await?;
        Ok(links.into_iter().next())
    }

    /// Whether a leaver's resource is somebody else's by now. Where the target has deleted it and the answer was lost,
    /// it may have brought it back for a person of the same name, under the same id.
    pub async fn is_anothers(&self, leaver: &Step) -> Result<bool, store::Error> {
        let Some(id) = leaver.target_id().map(str::to_owned) else { return Ok(false) };
        let (job, kind) = (self.job, leaver.object_type.to_string());
        let links = self.store.read(move |tx| store::link::of_target(tx, job, &kind, &id)).await?;
        Ok(links.iter().any(|link| link.source_id != leaver.source_id))
    }

    /// The next links after an anchor, in the order of anchors.
    pub async fn links_after(
        &self,
        object_type: ObjectType,
        after: String,
        limit: u32,
    ) -> Result<Vec<Link>, store::Error> {
        let (job, kind) = (self.job, object_type.to_string());
        self.store.read(move |tx| store::link::after(tx, job, &kind, &after, i64::from(limit))).await
    }

    /// How many objects the job manages: those whose deletion or disable somebody would notice.
    pub async fn managed(&self) -> Result<u64, store::Error> {
        let job = self.job;
        let count = self
            .store
            .read(move |tx| {
                let mut count =
                    |kind: ObjectType| store::link::count(tx, job, &kind.to_string(), LinkState::Managed);
                Ok::<_, store::Error>(count(ObjectType::User)? + count(ObjectType::Group)?)
            })
            .await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Anchors of objects in escrow whose next try is due.
    pub async fn escrow_due(
        &self,
        object_type: ObjectType,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<String>, store::Error> {
        let job = self.job;
        let due = self.store.read(move |tx| store::escrow::due(tx, job, now, i64::from(limit))).await?;
        let kind = object_type.to_string();
        Ok(due.into_iter().filter(|e| e.object_type == kind).map(|e| e.source_id).collect())
    }

    /// Anchors of all objects in escrow.
    pub async fn escrowed(&self, object_type: ObjectType) -> Result<Vec<String>, store::Error> {
        self.escrow_due(object_type, Timestamp::MAX, u32::MAX).await
    }

    /// The last log entries of an object, the latest first.
    pub async fn entries(&self, anchor: String, limit: i64) -> Result<Vec<LogEntry>, store::Error> {
        let job = self.job;
        self.store.read(move |tx| store::log::of_source(tx, job, &anchor, limit)).await
    }

    /// Takes an object that is gone out of escrow.
    pub async fn forget_escrow(&self, object_type: ObjectType, anchor: String) -> Result<(), Error> {
        let (job, kind) = (self.job, object_type.to_string());
        self.store
            .write(move |tx| store::escrow::delete(tx, job, &kind, &[&anchor]).map(|_| ()))
            .await
            .map_err(Error::Store)
    }

    /// Notes that these objects are about to be written. Should nobody be there to record what came of it, they are
    /// looked at again, whatever the source says of them then.
    pub async fn doubt(&self, objects: Vec<(ObjectType, String)>, now: Timestamp) -> Result<(), Error> {
        if objects.is_empty() {
            return Ok(());
        }
        self.leased(now, move |tx, ledger| ledger.put_in_doubt(tx, &objects)).await
    }

    /// As [`Ledger::doubt`], in a transaction.
    pub(crate) fn put_in_doubt(
        &self,
        tx: &mut Tx<'_>,
        objects: &[(ObjectType, String)],
    ) -> Result<(), store::Error> {
        for kind in [ObjectType::User, ObjectType::Group] {
            let of_kind = objects.iter().filter(|(object_type, _)| *object_type == kind);
            let anchors: Vec<&str> = of_kind.map(|(_, anchor)| anchor.as_str()).collect();
            store::link::doubt(tx, self.job, &kind.to_string(), &anchors)?;
        }
        Ok(())
    }

    /// Records what was done: links, escrow, staged removals and log entries, all or nothing, and only while the lease is held.
    /// No object is in `outcomes` twice.
    pub async fn record(&self, outcomes: Vec<Outcome>, now: Timestamp) -> Result<(), Error> {
        if outcomes.is_empty() {
            return Ok(());
        }
        let record = move |tx: &mut Tx<'_>, ledger: &Self| {
            for kind in [ObjectType::User, ObjectType::Group] {
                let of_kind = outcomes.iter().filter(|o| o.step.object_type == kind).collect::<Vec<_>>();
                ledger.record_links(tx, kind, &of_kind, now)?;
                ledger.end_creations(tx, kind, &of_kind)?;
                ledger.record_escrow(tx, kind, &of_kind, now)?;
                ledger.settle(tx, kind, &of_kind, now)?;
            }
            let told = outcomes.iter().filter(|outcome| is_worth_an_entry(outcome));
            let entries: Vec<LogEntry> = told.map(|outcome| ledger.entry(outcome, now)).collect();
            store::log::append(tx, ledger.job, &entries)
        };
        self.leased(now, record).await
    }

    /// Writes, all or nothing, and only while the lease is held.
    pub(crate) async fn leased(
        &self,
        now: Timestamp,
        write: impl Fn(&mut Tx<'_>, &Self) -> Result<(), store::Error> + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let ledger = self.clone();
        self.store
            .write(move |tx| {
                ledger.check_lease(tx, now)?;
                Ok(write(tx, &ledger)?)
            })
            .await
    }

    /// Refuses when the lease is lost.
    pub(crate) fn check_lease(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(), Error> {
        self.lease.as_ref().map_or(Ok(()), |lease| lease.check(tx, now))
    }

    fn record_links(
        &self,
        tx: &mut Tx<'_>,
        object_type: ObjectType,
        outcomes: &[&Outcome],
        now: Timestamp,
    ) -> Result<(), store::Error> {
        let kind = object_type.to_string();
        // Whose resource is taken over has no link any more, whatever else was decided about them.
        let taken: HashSet<&str> = outcomes
            .iter()
            .filter(|o| matches!(o.ending, Ending::Done { .. }))
            .filter_map(|o| o.step.takes_over.as_deref())
            .collect();
        let mut links = Vec::new();
        for outcome in outcomes {
            let Ending::Done { target_id: written } = &outcome.ending else { continue };
            let step = &outcome.step;
            match &step.after {
                _ if taken.contains(step.source_id.as_str()) => {}
                LinkAfter::Unchanged => {}
                LinkAfter::None => {
                    store::link::delete(tx, self.job, &kind, &step.source_id)?;
                    if step.decision == Decision::Delete {
                        store::reference::reset(tx, self.job, &kind, &step.source_id)?;
                        store::reference::forget_owner(tx, self.job, &kind, &step.source_id)?;
                    } else {
                        store::reference::leave(tx, self.job, &kind, &step.source_id)?;
                    }
                    let references = references_of(&kind);
                    store::escrow::delete(tx, self.job, &references, &[&step.source_id])?;
                }
                LinkAfter::Set { target_id, state } => {
                    let target_id = target_id.as_ref().or(written.as_ref());
                    if step.before.target_id.is_some() && step.before.target_id.as_ref() != target_id {
                        store::reference::reset(tx, self.job, &kind, &step.source_id)?;
                    }
                    links.extend(target_id.map(|id| link(step, id, *state, now)));
                }
                LinkAfter::LookAgain { target_id, state } => {
                    links.push(Link { fingerprint: String::new(), ..link(step, target_id, *state, now) });
                }
            }
        }
        for leaver in taken {
            store::link::delete(tx, self.job, &kind, leaver)?;
            store::reference::leave(tx, self.job, &kind, leaver)?;
        }
        store::link::upsert(tx, self.job, &links)
    }

    fn record_escrow(
        &self,
        tx: &mut Tx<'_>,
        object_type: ObjectType,
        outcomes: &[&Outcome],
        now: Timestamp,
    ) -> Result<(), store::Error> {
        let mut done = Vec::new();
        for outcome in outcomes {
            match &outcome.ending {
                Ending::Done { .. } => done.push(outcome.step.source_id.as_str()),
                Ending::Failed { code, text, .. } => {
                    let step = &outcome.step;
                    let kind = object_type.to_string();
                    self.put_into_escrow(tx, kind, &step.source_id, &step.fingerprint, (code, text), now)?;
                }
                Ending::Held => {}
            }
        }
        if done.is_empty() {
            return Ok(());
        }
        store::escrow::delete(tx, self.job, &object_type.to_string(), &done).map(|_| ())
    }

    pub(crate) fn put_into_escrow(
        &self,
        tx: &mut Tx<'_>,
        kind: String,
        source_id: &str,
        fingerprint: &str,
        (code, text): (&str, &str),
        now: Timestamp,
    ) -> Result<(), store::Error> {
        let known = store::escrow::of_sources(tx, self.job, &kind, &[source_id])?.into_iter().next();
        let attempts = known.as_ref().map_or(0, |e| e.attempts).saturating_add(1);
        let escrow = Escrow {
            object_type: kind,
            source_id: source_id.to_owned(),
            attempts,
            next_attempt: now.saturating_add(back_off(attempts)).unwrap_or(Timestamp::MAX),
            code: code.to_owned(),
            detail: shortened(text),
            fingerprint: fingerprint.to_owned(),
            began: known.map_or(now, |e| e.began),
        };
        store::escrow::put(tx, self.job, &escrow)
    }

    /// By what something is done, for a log entry.
    pub(crate) fn initiated_by(&self) -> Value {
        self.initiator.json()
    }

    fn entry(&self, outcome: &Outcome, now: Timestamp) -> LogEntry {
        let step = &outcome.step;
        let (action, status) = match (&outcome.ending, step.decision) {
            (Ending::Held, _) => (Action::StagedDelete, Status::Warning),
            (Ending::Failed { .. }, decision) => (decision.action(), Status::Failure),
            (Ending::Done { .. }, Decision::Skip | Decision::Fail) => (Action::Other, Status::Skipped),
            (Ending::Done { .. }, decision) => (decision.action(), Status::Success),
        };
        let (code, text, hint) = match &outcome.ending {
            Ending::Failed { code, text, hint, .. } => (code.clone(), shortened(text), Some(hint.clone())),
            Ending::Done { .. } | Ending::Held => (step.reason.code.clone(), step.reason.text.clone(), None),
        };
        let written = match &outcome.ending {
            Ending::Done { target_id } => target_id.as_deref(),
            Ending::Failed { .. } | Ending::Held => None,
        };
        LogEntry {
            id: EntryId(self.ids.next()),
            job: self.job,
            cycle: self.cycle,
            at: now,
            object_type: step.object_type.to_string(),
            source_id: step.source_id.clone(),
            display: step.display.clone(),
            target_id: step.target_id().or(written).map(str::to_owned),
            action,
            status,
            code: Some(code),
            detail: json!({
                "reason": text,
                "hint": hint,
                "initiatedBy": self.initiated_by(),
                "modifiedProperties": step.shown().operation.as_ref().map(modified_properties),
            }),
            duration_ms: i64::try_from(outcome.duration.as_millis()).unwrap_or(i64::MAX),
        }
    }
}

/// A skip is told once, when it was looked at with a link or is news; who is out of scope and unknown is not told
/// again with each cycle.
fn is_worth_an_entry(outcome: &Outcome) -> bool {
    let step = &outcome.step;
    let unknown_and_skipped = step.decision == Decision::Skip && step.after == LinkAfter::Unchanged;
    !(unknown_and_skipped && matches!(outcome.ending, Ending::Done { .. }))
}

fn link(step: &Step, target_id: &str, state: LinkState, now: Timestamp) -> Link {
    Link {
        object_type: step.object_type.to_string(),
        source_id: step.source_id.clone(),
        target_id: target_id.to_owned(),
        state,
        fingerprint: step.fingerprint.clone(),
        display: step.display.clone(),
        modified: now,
    }
}

/// Entra's `modifiedProperties`: each attribute with its old and new value.
pub(crate) fn modified_properties(operation: &Operation) -> Vec<Value> {
    let property = |name: String, old: Option<&Value>, new: Option<&Value>| json!({ "displayName": name, "oldValue": old, "newValue": new });
    match operation {
        Operation::Create { values, .. } => {
            values.iter().map(|(path, value)| property(path.to_string(), None, Some(value))).collect()
        }
        Operation::Update { changes, .. } => changes
            .iter()
            .map(|change| property(change.path.to_string(), change.before.as_ref(), change.after.as_ref()))
            .collect(),
        Operation::Delete { .. } => Vec::new(),
    }
}

fn borrow(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(ERROR_TEXT).collect()
}
