//! Drift: what somebody changed in the target behind the engine's back. It is reported, repaired, or accepted.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use connector::{Change, Entry, ObjectType, Operation, Target};
use mapping::REDACTED;
use model::link::{Link, LinkState};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::drift::AcceptedDrift;

use crate::Error;
use crate::apply::ending_of;
use crate::context::{Context, Ends, JobInstance};
use crate::evaluate::{Evaluator, ObjectError, Verdict};
use crate::export::Exporter;
use crate::guard::judge;
use crate::lease::alone;
use crate::ledger::{Ending, Initiator, Ledger, Outcome};
use crate::limits::{LINK_PAGE, RECORD_BATCH};
use crate::search::{Claims, Fates};
use crate::side_by_side::side_by_side;
use crate::step::{Decision, Reason, Step};
use crate::subject::{Subject, hex};
use crate::walk::fatal;

/// What is done about the differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Nothing.
    Report,
    /// What the mapping wants is sent.
    Repair,
    /// They are not told again until either side changes.
    Accept,
}

/// How an object of the target differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Attributes have other values.
    Changed,
    /// It is not there any more.
    Gone,
    /// It was disabled, and somebody has made it active.
    Reactivated,
    /// It could not be compared.
    Failed,
}

/// One attribute that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The attribute's path.
    pub attribute: String,
    /// What the mapping wants.
    pub wanted: Option<Value>,
    /// What the target has.
    pub found: Option<Value>,
    /// A digest of both, as they are and not as they may be shown. It keeps what is accepted small, and free of
    /// personal values.
    #[serde(skip)]
    digest: String,
}

impl Difference {
    /// A change that would put the target right; `redacted`: nobody may see its values.
    fn of(change: &Change, redacted: bool) -> Self {
        let shown = |value: &Option<Value>| value.clone().map(|v| if redacted { REDACTED.into() } else { v });
        Self {
            attribute: change.path.to_string(),
            wanted: shown(&change.after),
            found: shown(&change.before),
            digest: digest(change.before.as_ref(), change.after.as_ref()),
        }
    }
}

/// One object that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The kind of object.
    pub object_type: ObjectType,
    /// Its anchor in the source.
    pub source_id: String,
    /// Its name for people.
    pub display: String,
    /// Its id in the target.
    pub target_id: String,
    /// How it differs.
    pub kind: Kind,
    /// The attributes that do.
    pub differences: Vec<Difference>,
    /// The error of one that could not be compared or repaired.
    pub error: Option<String>,
    /// Whether it is repaired.
    pub repaired: bool,
}

/// What comparing came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Objects that were compared.
    pub compared: u64,
    /// Objects that the source has changed since they were last sent; the next cycle sends them.
    pub not_sent_yet: u64,
    /// Differences that were accepted, now or earlier.
    pub accepted: u64,
    /// What differs.
    pub findings: Vec<Finding>,
    /// What a repair did not send, in words: it is staged.
    pub held: Option<String>,
}

impl Report {
    /// Whether something differs that is neither repaired nor accepted.
    #[must_use]
    pub fn has_drift(&self) -> bool {
        self.findings.iter().any(|finding| !finding.repaired)
    }
}

/// Compares the target with what the mapping wants, for every object that is linked. References are not compared: a
/// target answers a group without its members.
///
/// # Errors
/// [`Error::Busy`] when a cycle runs; else what concerns every object.
pub async fn run(context: &Context, job: &JobInstance, ends: &Ends, then: Then) -> Result<Report, Error> {
    let nobody = context.ids.next().to_string();
    alone(context, job, Duration::ZERO, |lease| async move {
        let work = async {
            let exporter = Exporter::new(context, job, ends);
            exporter.test(&nobody).await.map_err(Error::Target)?;
            let ledger =
                Ledger::new(context.store.clone(), job.id, None, Some(lease.clone()), context.ids.clone())
                    .by(Initiator::Repair);
            let mut drift = Drift { context, job, ends, exporter, ledger, then, report: Report::default() };
            drift.walk().await?;
            Ok(drift.report)
        };
        lease.hold(&context.store, &context.clock, None, work).await
    })
    .await
}

struct Drift<'a> {
    context: &'a Context,
    job: &'a JobInstance,
    ends: &'a Ends,
    exporter: Exporter<'a>,
    ledger: Ledger,
    then: Then,
    report: Report,
}

/// An object that differs, and what would put that right.
struct Found {
    finding: Finding,
    step: Option<Step>,
}

impl Drift<'_> {
    async fn walk(&mut self) -> Result<(), Error> {
        let mut leavers = Vec::new();
        let groups = self.job.definition.groups.is_some().then_some(ObjectType::Group);
        for object_type in [ObjectType::User].into_iter().chain(groups) {
            let mut after = String::new();
            loop {
                let page = self.ledger.links_after(object_type, after.clone(), LINK_PAGE).await?;
                let Some(last) = page.last() else { break };
                after.clone_from(&last.source_id);
                let found = self.compare(object_type, page).await?;
                let found = self.without_accepted(object_type, found).await?;
                match self.then {
                    Then::Report => self.report.findings.extend(found.into_iter().map(|f| f.finding)),
                    Then::Accept => self.accept(found).await?,
                    Then::Repair => {
                        let (leaving, others) = found.into_iter().partition(|f: &Found| f.is_leaver());
                        leavers.extend::<Vec<Found>>(leaving);
                        self.repair(others).await?;
                    }
                }
            }
        }
        self.repair_leavers(leavers).await
    }

    /// The objects of a page that differ. Whom the source has changed since is the next cycle's.
    async fn compare(&mut self, object_type: ObjectType, page: Vec<Link>) -> Result<Vec<Found>, Error> {
        let page = page.into_iter().filter(|link| link.state != LinkState::Released);
        let mut links: HashMap<String, Link> = page.map(|link| (link.source_id.clone(), link)).collect();
        let anchors: Vec<String> = links.keys().cloned().collect();
        let entries = self.ends.source.get(object_type, &anchors).await.map_err(Error::Source)?;
        let mut work = Vec::new();
        for entry in entries {
            let Some(link) = links.remove(entry.anchor()) else { continue };
            let Entry::Present(object) = entry else {
                self.report.not_sent_yet += 1;
                continue;
            };
            let subject = Subject::judge(object, &self.job.definition, &self.job.digest);
            if subject.fingerprint == link.fingerprint {
                work.push((subject, link));
            } else {
                self.report.not_sent_yet += 1;
            }
        }
        self.report.compared += work.len() as u64;
        let (claims, fates) = (Claims::default(), Fates::default());
        let evaluator = Evaluator {
            job: &self.job.definition,
            target: &self.exporter,
            ledger: &self.ledger,
            now: self.context.clock.now(),
            fates: Some(&fates),
            claims: &claims,
        };
        let comparing = work.into_iter().map(|(subject, link)| one(&evaluator, subject, link));
        let (found, failed) = side_by_side(&self.exporter, comparing).await;
        failed.map_or(Ok(()), Err)?;
        let mut found: Vec<Found> = found.into_iter().flatten().collect();
        found.sort_by(|a, b| a.finding.display.cmp(&b.finding.display));
        Ok(found)
    }

    /// Leaves out what was accepted and is still so.
    async fn without_accepted(
        &mut self,
        object_type: ObjectType,
        found: Vec<Found>,
    ) -> Result<Vec<Found>, Error> {
        let (job, kind) = (self.job.id, object_type.to_string());
        let ids: Vec<String> = found.iter().map(|f| f.finding.source_id.clone()).collect();
        let accepted = self
            .context
            .store
            .read(move |tx| {
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                store::drift::of_sources(tx, job, &kind, &ids)
            })
            .await?;
        let accepted: HashSet<(String, String, String)> =
            accepted.into_iter().map(|one| (one.source_id, one.attribute, one.digest)).collect();
        let mut left = Vec::new();
        for one in found {
            let (rest, count) = one.without(&accepted);
            self.report.accepted += count;
            left.extend(rest);
        }
        Ok(left)
    }

    async fn accept(&mut self, found: Vec<Found>) -> Result<(), Error> {
        let job = self.job.id;
        let accepted: Vec<AcceptedDrift> = found.iter().flat_map(|f| rows(&f.finding)).collect();
        self.report.accepted += accepted.len() as u64;
        self.context.store.write(move |tx| store::drift::accept(tx, job, &accepted)).await?;
        let failed = found.into_iter().map(|f| f.finding).filter(|f| f.kind == Kind::Failed);
        self.report.findings.extend(failed);
        Ok(())
    }

    /// Those whose access a repair takes away pass the deletion guard first, all of them together.
    async fn repair_leavers(&mut self, leavers: Vec<Found>) -> Result<(), Error> {
        let mut losses = self.ledger.losses(self.context.clock.now()).await?;
        losses.new = leavers.len() as u64;
        let job = &self.job.definition;
        let Err(held) = judge(losses, job.deletions, job.deletions_per_day) else {
            return self.repair(leavers).await;
        };
        self.report.held = Some(held.to_string());
        let duration = jiff::SignedDuration::ZERO;
        let mut outcomes = Vec::new();
        for Found { finding, step } in leavers {
            outcomes.extend(step.map(|step| Outcome { step, ending: Ending::Held, duration }));
            self.report.findings.push(finding);
        }
        self.ledger.record(outcomes, self.context.clock.now()).await
    }

    async fn repair(&mut self, found: Vec<Found>) -> Result<(), Error> {
        let mut found = found.into_iter().peekable();
        while found.peek().is_some() {
            let batch: Vec<Found> = found.by_ref().take(RECORD_BATCH).collect();
            let (job, now) = (&self.job.definition, self.context.clock.now());
            let steps = batch.iter().filter_map(|one| one.step.as_ref());
            let unheard = self.ledger.begin_creations(job, steps, now).await?;
            let sending = batch.into_iter().map(|one| self.send(one, &unheard));
            let (done, failed) = side_by_side(&self.exporter, sending).await;
            let mut outcomes = Vec::new();
            for (finding, outcome) in done {
                self.report.findings.push(finding);
                outcomes.extend(outcome);
            }
            self.ledger.record(outcomes, self.context.clock.now()).await?;
            failed.map_or(Ok(()), Err)?;
        }
        Ok(())
    }

    /// Sends what puts it right, unless that is a create of which another one is `unheard`.
    async fn send(
        &self,
        found: Found,
        unheard: &HashSet<(ObjectType, String)>,
    ) -> Result<(Finding, Option<Outcome>), Error> {
        let Found { mut finding, step } = found;
        let Some((step, operation)) = step.and_then(|s| s.operation.clone().map(|o| (s, o))) else {
            return Ok((finding, None));
        };
        let began = self.context.clock.now();
        let exported = match unheard.contains(&(step.object_type, step.source_id.clone())) {
            true => Err(ObjectError::CreationUnheard),
            false => self.exporter.export(&operation).await.map_err(ObjectError::Connector),
        };
        let ending = match exported {
            Ok(object) => {
                self.exporter.observe(None);
                finding.repaired = true;
                Ending::written(&operation, object)
            }
            Err(error) => {
                finding.error = Some(error.to_string());
                ending_of(&self.exporter, error)?
            }
        };
        let duration = self.context.clock.now().duration_since(began);
        Ok((finding, Some(Outcome { step, ending, duration })))
    }
}

/// Compares one object.
async fn one(evaluator: &Evaluator<'_>, subject: Subject, link: Link) -> Result<Option<Found>, Error> {
    let finding = |kind, differences, error| Finding {
        object_type: subject.object.object_type,
        source_id: link.source_id.clone(),
        display: subject.object.display.clone(),
        target_id: link.target_id.clone(),
        kind,
        differences,
        error,
        repaired: false,
    };
    let step = match evaluator.evaluate(&subject, Some(&link)).await {
        Ok(Verdict::Step(step)) => *step,
        Ok(Verdict::Waits { error, .. }) | Err(error) => {
            let told = error.to_string();
            return match fatal(error) {
                Some(error) => Err(error),
                None => {
                    Ok(Some(Found { finding: finding(Kind::Failed, Vec::new(), Some(told)), step: None }))
                }
            };
        }
    };
    let Some(operation) = &step.operation else { return Ok(None) };
    let (kind, differences) = match operation {
        Operation::Update { id, changes, .. } if *id == link.target_id => {
            // A value that flows always is sent where nothing differs.
            let differing: Vec<_> = changes.iter().filter(|c| c.before != c.after).collect();
            if differing.is_empty() {
                return Ok(None);
            }
            let redacted = |change: &Change| step.redacted.contains(&change.path.to_string());
            let kind = if step.decision == Decision::Disable { Kind::Reactivated } else { Kind::Changed };
            (kind, differing.into_iter().map(|c| Difference::of(c, redacted(c))).collect())
        }
        // Of a linked object that is not there, another one of its name may be.
        Operation::Create { .. } | Operation::Update { .. } | Operation::Delete { .. } => {
            (Kind::Gone, Vec::new())
        }
    };
    let reason = Reason::new("Drift", "the application had something else");
    Ok(Some(Found { finding: finding(kind, differences, None), step: Some(Step { reason, ..step }) }))
}

impl Found {
    fn is_leaver(&self) -> bool {
        self.step.as_ref().is_some_and(|step| step.decision.is_leaver())
    }

    /// What is left of it without what was accepted, and how much that was.
    fn without(mut self, accepted: &HashSet<(String, String, String)>) -> (Option<Self>, u64) {
        let is_accepted = |row: &AcceptedDrift| {
            accepted.contains(&(row.source_id.clone(), row.attribute.clone(), row.digest.clone()))
        };
        let all = rows(&self.finding);
        let gone: HashSet<String> =
            all.iter().filter(|row| is_accepted(row)).map(|row| row.attribute.clone()).collect();
        if !gone.is_empty() && gone.len() == all.len() {
            return (None, gone.len() as u64);
        }
        self.finding.differences.retain(|difference| !gone.contains(&difference.attribute));
        if let Some(Step { operation: Some(Operation::Update { changes, .. }), .. }) = &mut self.step {
            changes.retain(|change| !gone.contains(&change.path.to_string()));
        }
        (Some(self), gone.len() as u64)
    }
}

/// Stands for the attribute where the whole object is gone.
const WHOLE: &str = "";

/// What there is to accept of a finding.
fn rows(finding: &Finding) -> Vec<AcceptedDrift> {
    let row = |attribute: &str, digest: String| AcceptedDrift {
        object_type: finding.object_type.to_string(),
        source_id: finding.source_id.clone(),
        attribute: attribute.to_owned(),
        digest,
    };
    match finding.kind {
        Kind::Gone => vec![row(WHOLE, digest(None, None))],
        Kind::Failed => Vec::new(),
        Kind::Changed | Kind::Reactivated => {
            finding.differences.iter().map(|d| row(&d.attribute, d.digest.clone())).collect()
        }
    }
}

fn digest(found: Option<&Value>, wanted: Option<&Value>) -> String {
    let pair = Value::from(vec![found.cloned().unwrap_or_default(), wanted.cloned().unwrap_or_default()]);
    hex(&Sha256::digest(pair.to_string()), 16)
}
