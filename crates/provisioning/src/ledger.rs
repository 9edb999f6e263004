//! What the engine remembers of a job's objects: links, escrow and the provisioning log, always in one transaction.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use connector::{ObjectType, Operation, TargetObject};
use jiff::{SignedDuration, Timestamp};
use mapping::Seed;
use model::cycle::{Counts, Tally};
use model::escrow::references_of;
use model::ids::IdSource;
use model::link::{Link, LinkState};
use model::log_entry::LogEntry;
use model::{CycleId, JobId, PlanId};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::{Store, Tx};

use crate::Error;
use crate::entries::is_worth_an_entry;
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

    /// The last log entries of an object, the latest first.
    pub async fn entries(&self, anchor: String, limit: i64) -> Result<Vec<LogEntry>, store::Error> {
        let job = self.job;
        self.store.read(move |tx| store::log::of_source(tx, job, &anchor, limit)).await
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

    /// By what something is done, for a log entry.
    pub(crate) fn initiated_by(&self) -> Value {
        self.initiator.json()
    }
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

/// The same texts, borrowed.
pub(crate) fn borrow(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(ERROR_TEXT).collect()
}
