//! Rollback: the plan that undoes a cycle, made from the provisioning log. What can't be undone is told with the plan.

use std::collections::HashMap;

use connector::{Change, ObjectType, Operation, Target, TargetObject};
use model::CycleId;
use model::cycle::{Counts, CycleState};
use model::link::{Link, LinkState};
use scim::path::Path;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::log::Wanted;

use crate::Error;
use crate::apply::fingerprints_of;
use crate::context::{Context, Ends, JobInstance};
use crate::diff::{change_in, held_for, is_active, same};
use crate::element::without_hollow;
use crate::evaluate::ObjectError;
use crate::export::Exporter;
use crate::guard::{Losses, judge};
use crate::ledger::Ledger;
use crate::plan::{self, Detail, Planned};
use crate::references;
use crate::second_pass::{changes, object_type};
use crate::side_by_side::side_by_side;
use crate::step::{Decision, LinkAfter, LinkBefore, Reason, ReferenceStep, Step};
use crate::undo::{Undo, undos};
use crate::walk::fatal;

/// Log entries read at once.
const ENTRIES: i64 = 5_000;

/// What a plan undoes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Undoes {
    /// The cycle.
    pub cycle: CycleId,
    /// What of it stays as it is.
    pub left: Vec<Left>,
}

/// Something that can't be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Left {
    /// The object's name for people.
    pub display: String,
    /// Why.
    pub why: String,
}

/// Makes the plan that undoes a cycle, and stores it. The target is read, never written.
///
/// Values are restored where the target still has what the cycle wrote; whom the cycle made is deactivated, and whom it
/// disabled is as before. Nobody who was deleted is made again. The next cycle looks at all of them: unless the mapping
/// or the source is corrected first, it does the same again.
///
/// # Errors
/// [`Error::Plan`] when there is no such cycle, or it is not over; else what concerns every object.
pub async fn make(
    context: &Context,
    job: &JobInstance,
    ends: &Ends,
    cycle: CycleId,
) -> Result<Planned, Error> {
    let undos = read(context, job, cycle).await?;
    let ledger = Ledger::new(context.store.clone(), job.id, None, None, context.ids.clone());
    let objects = undos.iter().map(|undo| (object_type(&undo.object_type), undo.source_id.clone()));
    let fingerprints = fingerprints_of(job, ends, objects.collect()).await?;
    let rollback = Rollback { job, cycle, exporter: Exporter::new(context, job, ends), ledger, fingerprints };
    let undoing = undos.into_iter().map(|undo| rollback.one(undo));
    let (mut undone, failed) = side_by_side(&rollback.exporter, undoing).await;
    failed.map_or(Ok(()), Err)?;
    undone.sort_by(|a, b| a.key.cmp(&b.key));
    // As a cycle sends references last, they are undone first.
    let mut steps: Vec<Step> = undone.iter_mut().filter_map(|one| one.references.take()).collect();
    steps.extend(undone.iter_mut().filter_map(|one| one.values.take()));
    let left = undone.into_iter().flat_map(|one| one.left).collect();
    let mut counts = Counts::default();
    steps.iter().for_each(|step| counts += counts_of(step));
    let managed = rollback.ledger.managed().await?;
    let losses = Losses { new: steps.iter().map(losses).sum(), managed, ..Losses::default() };
    let held = judge(losses, job.definition.deletions, job.definition.deletions_per_day).err();
    let detail = Detail {
        definition_digest: job.digest.clone(),
        counts,
        held: held.map(|held| held.to_string()),
        undoes: Some(Undoes { cycle, left }),
    };
    plan::keep(context, job, detail, steps).await
}

async fn read(context: &Context, job: &JobInstance, id: CycleId) -> Result<Vec<Undo>, Error> {
    let job_id = job.id;
    let cycle = context.store.read(move |tx| store::cycle::get(tx, job_id, id)).await?;
    match cycle {
        None => return Err(Error::Plan(format!("job {} has no cycle {id}", job.definition.name))),
        Some(cycle) if cycle.state == CycleState::Running => {
            return Err(Error::Plan(format!("cycle {id} is not over")));
        }
        Some(_) => {}
    }
    let mut entries = Vec::new();
    let mut before = None;
    loop {
        let wanted = Wanted { cycle: Some(id), ..Wanted::default() };
        let page =
            context.store.read(move |tx| store::log::find(tx, job_id, &wanted, before, ENTRIES)).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        entries.extend(page);
    }
    entries.reverse();
    Ok(undos(&entries))
}

fn losses(step: &Step) -> u64 {
    let members = step.references.iter().filter(|r| r.removed && r.attribute == references::MEMBERS);
    u64::from(step.decision.is_leaver()) + members.count() as u64
}

fn counts_of(step: &Step) -> Counts {
    match step.references.len() as u64 {
        0 => step.decision.counts(),
        references => Counts { references, ..Counts::default() },
    }
}

struct Rollback<'a> {
    job: &'a JobInstance,
    cycle: CycleId,
    exporter: Exporter<'a>,
    ledger: Ledger,
    fingerprints: HashMap<(ObjectType, String), String>,
}

/// What can be undone of one object, and what can't.
struct Undone {
    key: (ObjectType, String),
    values: Option<Step>,
    references: Option<Step>,
    left: Vec<Left>,
}

impl Rollback<'_> {
    async fn one(&self, undo: Undo) -> Result<Undone, Error> {
        let kind = object_type(&undo.object_type);
        let key = (kind, undo.source_id.clone());
        let mut undone = Undone { key, values: None, references: None, left: Vec::new() };
        let link = self.ledger.link(kind, &undo.source_id).await?.filter(|l| l.target_id == undo.target_id);
        let why = match &link {
            _ if undo.deleted => "it was deleted in the application; it is not made again",
            None => "the job does not manage it any more",
            Some(link) => match self.exporter.get(kind, &undo.target_id).await {
                Ok(Some(found)) => {
                    undone.values = self.values(&undo, link, &found, &mut undone.left);
                    undone.references = self.references(&undo, link, &mut undone.left).await?;
                    return Ok(undone);
                }
                Ok(None) => "the application does not have it any more",
                Err(error) => {
                    let told = format!("it can't be read in the application: {error}");
                    fatal(ObjectError::Connector(error)).map_or(Ok(()), Err)?;
                    undone.left.push(Left { display: undo.display, why: told });
                    return Ok(undone);
                }
            },
        };
        undone.left.push(Left { display: undo.display, why: why.to_owned() });
        Ok(undone)
    }

    fn values(&self, undo: &Undo, link: &Link, found: &TargetObject, left: &mut Vec<Left>) -> Option<Step> {
        let kind = object_type(&undo.object_type);
        let mut leave = |why: String| left.push(Left { display: undo.display.clone(), why });
        let mut changes = Vec::new();
        if undo.made && kind == ObjectType::Group {
            leave("it was made, and a group can't be made inactive; delete it by hand".to_owned());
        } else if undo.made {
            changes.extend(deactivation(found));
        } else {
            for written in &undo.values {
                let attribute = &written.attribute;
                let Ok(path) = Path::parse(attribute) else { continue };
                let held = held_for(&path, &found.document, written.new.as_ref());
                if written.is_redacted() {
                    leave(format!("{attribute}: the log does not have its values"));
                } else if is(held.as_ref(), written.new.as_ref()) {
                    changes.push(change_in(&found.document, path, held, written.old.clone()));
                } else if !is(held.as_ref(), written.old.as_ref()) {
                    leave(format!("{attribute}: it has changed in the application since"));
                }
            }
        }
        if changes.is_empty() {
            return None;
        }
        // What the cycle added was an element; without its values it says nothing.
        let changes = without_hollow(changes, &found.document);
        let state = match link.state {
            _ if undo.made => LinkState::Disabled,
            _ if undo.disabled => LinkState::Managed,
            state => state,
        };
        let decision = if undo.made { Decision::Disable } else { Decision::Update };
        let operation = Operation::Update { object_type: kind, id: undo.target_id.clone(), changes };
        let after = LinkAfter::LookAgain { target_id: undo.target_id.clone(), state };
        Some(Step { decision, operation: Some(operation), after, ..self.step(undo, link) })
    }

    async fn references(
        &self,
        undo: &Undo,
        link: &Link,
        left: &mut Vec<Left>,
    ) -> Result<Option<Step>, Error> {
        let kind = object_type(&undo.object_type);
        let leave = |why: &str| Left { display: undo.display.clone(), why: why.to_owned() };
        if undo.references_are_cut {
            left.push(leave(
                "the log does not name all members that came or went; the others stay as they are",
            ));
        }
        let mut steps = Vec::new();
        for referred in &undo.references {
            let Some(to) = self.linked(&referred.id).await? else {
                left.push(leave(&format!(
                    "{}: the job does not manage {} any more",
                    referred.attribute, referred.id
                )));
                continue;
            };
            steps.push(ReferenceStep {
                attribute: referred.attribute.clone(),
                to_type: object_type(&to.object_type),
                to: to.source_id,
                display: Some(to.display),
                target_id: Some(referred.id.clone()),
                removed: referred.was_set,
            });
        }
        let mut all = Vec::new();
        for name in [references::MANAGER, references::MEMBERS] {
            let ids = |removed| -> Vec<&str> {
                let own = steps.iter().filter(|s| s.attribute == name && s.removed == removed);
                own.filter_map(|s| s.target_id.as_deref()).collect()
            };
            match references::path(&self.job.definition, kind, name) {
                Some(path) => all.extend(changes(path, name, &ids(false), &ids(true))),
                None if steps.iter().any(|s| s.attribute == name) => {
                    left.push(leave(&format!("{name}: the job does not map it any more")));
                    steps.retain(|s| s.attribute != name);
                }
                None => {}
            }
        }
        if steps.is_empty() {
            return Ok(None);
        }
        let operation = Operation::Update { object_type: kind, id: undo.target_id.clone(), changes: all };
        Ok(Some(Step { operation: Some(operation), references: steps, ..self.step(undo, link) }))
    }

    /// Whose resource it is.
    async fn linked(&self, target_id: &str) -> Result<Option<Link>, Error> {
        for kind in [ObjectType::User, ObjectType::Group] {
            if let Some(link) = self.ledger.link_by_target(kind, target_id).await? {
                return Ok(Some(link));
            }
        }
        Ok(None)
    }

    fn step(&self, undo: &Undo, link: &Link) -> Step {
        let kind = object_type(&undo.object_type);
        let fingerprint = self.fingerprints.get(&(kind, undo.source_id.clone()));
        Step {
            object_type: kind,
            source_id: undo.source_id.clone(),
            display: undo.display.clone(),
            fingerprint: fingerprint.cloned().unwrap_or_default(),
            decision: Decision::Update,
            reason: Reason::new("Rollback", format!("undoes cycle {}", self.cycle)),
            operation: None,
            redacted: Vec::new(),
            before: LinkBefore::of(Some(link)),
            after: LinkAfter::Unchanged,
            takes_over: None,
            references: Vec::new(),
        }
    }
}

/// The change that makes a user inactive, unless it is.
fn deactivation(found: &TargetObject) -> Option<Change> {
    let path = Path::parse("active").ok().filter(is_active)?;
    let held = path.read(&found.document).into_iter().next().filter(|v| !v.is_null()).cloned();
    let inactive = Value::Bool(false);
    let is_inactive = held.as_ref().is_some_and(|held| same(held, &inactive));
    (!is_inactive).then(|| Change::new(path, held, Some(inactive)))
}

fn is(held: Option<&Value>, value: Option<&Value>) -> bool {
    match (held, value) {
        (Some(held), Some(value)) => same(held, value),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}
