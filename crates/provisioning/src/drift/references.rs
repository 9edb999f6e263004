//! Members and managers that the target has, against those that it was given.

use std::collections::{BTreeSet, HashSet};

use connector::{ObjectType, Target, TargetObject};
use model::link::{Link, LinkState};
use model::reference::{Due, DueReference, KnownReference, Reference};
use scim::path::Path;
use serde_json::Value;

use super::Drift;
use super::finding::{Difference, Finding, Found, Kind};
use crate::Error;
use crate::evaluate::ObjectError;
use crate::progress::Unwatched;
use crate::references;
use crate::second_pass::object_type;
use crate::staged_ledger::Kept;
use crate::walk::{Mode, Walk};

/// Names in one difference; of more than these it tells the number.
const NAMES: usize = 100;

/// What comparing the references of one object came to.
pub(super) enum Compared {
    /// They are as they were sent, or the job sends none.
    Same,
    /// The target does not tell them.
    Untold,
    /// They are others.
    Differ(Box<Found>),
}

impl Drift<'_> {
    /// Compares the references of an object that the target holds as `linked`.
    pub(super) async fn compare_references(
        &self,
        link: &Link,
        linked: &TargetObject,
    ) -> Result<Compared, ObjectError> {
        let kind = object_type(&link.object_type);
        let name = match kind {
            ObjectType::User => references::MANAGER,
            ObjectType::Group => references::MEMBERS,
        };
        let path = references::path(&self.job.definition, kind, name);
        let Some(path) = path.filter(|_| link.state == LinkState::Managed) else { return Ok(Compared::Same) };
        let mut known = self.ledger.all_references_of(kind, link.source_id.clone()).await?;
        known.retain(|one| one.reference.attribute == name);
        let Some(held) = self.held(kind, path, link, linked, &known).await? else {
            return Ok(Compared::Untold);
        };
        let missing = missing(&known, &held, link);
        let extra = self.extra(known, held).await?;
        if missing.is_empty() && extra.is_empty() {
            return Ok(Compared::Same);
        }
        let difference = Difference {
            attribute: path.to_string(),
            wanted: told(name, self.names_of_missing(&missing).await?, missing.len()),
            found: told(name, self.names_of_extra(&extra).await?, extra.len()),
            digest: super::finding::digest(
                Some(&extra.iter().map(String::as_str).collect()),
                Some(&missing.iter().map(id).collect()),
            ),
        };
        let finding = Finding { differences: vec![difference], ..Finding::of(link, Kind::References) };
        Ok(Compared::Differ(Box::new(Found { finding, step: None, missing })))
    }

    /// The ids that the target holds.
    async fn held(
        &self,
        kind: ObjectType,
        path: &Path,
        link: &Link,
        linked: &TargetObject,
        known: &[KnownReference],
    ) -> Result<Option<HashSet<String>>, ObjectError> {
        let held = match kind {
            ObjectType::User => Some(ids(path, linked)),
            ObjectType::Group => {
                let sent = known.iter().find_map(|one| one.sent.as_deref());
                self.exporter.members(&link.target_id, sent).await?
            }
        };
        Ok(held.map(|held| held.into_iter().collect()))
    }

    /// The ids that the target holds besides those that it was given, or may have been given without an answer.
    async fn extra(
        &self,
        known: Vec<KnownReference>,
        held: HashSet<String>,
    ) -> Result<BTreeSet<String>, ObjectError> {
        let mut given: HashSet<String> = known.iter().filter_map(|one| one.sent.clone()).collect();
        for kind in [ObjectType::User, ObjectType::Group] {
            let unsent = known.iter().filter(|one| one.sent.is_none());
            let of_kind = unsent.filter(|one| object_type(&one.reference.to_type) == kind);
            let anchors: Vec<String> = of_kind.map(|one| one.reference.to.clone()).collect();
            if !anchors.is_empty() {
                let links = self.ledger.links(kind, anchors).await?;
                given.extend(links.into_values().map(|link| link.target_id));
            }
        }
        Ok(held.into_iter().filter(|id| !given.contains(id)).collect())
    }

    async fn names_of_missing(&self, missing: &[DueReference]) -> Result<Vec<String>, ObjectError> {
        let mut names = Vec::new();
        for Reference { to_type, to, .. } in missing.iter().take(NAMES).map(|one| &one.reference) {
            let link = self.ledger.link(object_type(to_type), to).await?;
            names.push(link.map_or_else(|| to.clone(), |link| link.display));
        }
        Ok(names)
    }

    async fn names_of_extra(&self, extra: &BTreeSet<String>) -> Result<Vec<String>, ObjectError> {
        let mut names = Vec::new();
        for id in extra.iter().take(NAMES) {
            let user = self.ledger.link_by_target(ObjectType::User, id).await?;
            names.push(user.map_or_else(|| id.clone(), |link| link.display));
        }
        Ok(names)
    }

    /// Sends what the target lacks, as the second pass of a cycle does. What it has besides stays.
    pub(super) async fn repair_references(&mut self, found: Vec<Found>) -> Result<(), Error> {
        let missing: Vec<DueReference> = found.iter().flat_map(|one| one.missing.clone()).collect();
        if !missing.is_empty() {
            let rows = missing.iter().map(|one| one.reference.clone()).collect();
            self.ledger.unset_references(rows, self.context.clock.now()).await?;
            let mode = Mode::Execute { allow_deletions: false, everybody: true };
            let mut walk = Walk::new(self.context, self.job, self.ends, &self.ledger, &Unwatched, mode);
            Box::pin(walk.refer_page(missing, Kept::Undecided)).await?;
        }
        for one in found {
            let finding = self.after_repair(one).await?;
            self.report.findings.push(finding);
        }
        Ok(())
    }

    async fn after_repair(&self, found: Found) -> Result<Finding, Error> {
        let Found { mut finding, missing, .. } = found;
        let (kind, owner) = (finding.object_type, finding.source_id.clone());
        let known = self.ledger.all_references_of(kind, owner.clone()).await?;
        let sent: HashSet<&Reference> =
            known.iter().filter(|one| one.sent.is_some()).map(|one| &one.reference).collect();
        if missing.iter().any(|one| !sent.contains(&one.reference)) {
            let escrow = self.ledger.reference_escrows(kind, vec![owner.clone()]).await?.remove(&owner);
            finding.error = escrow.map(|escrow| escrow.detail);
            return Ok(finding);
        }
        // A manager takes the place of another one; members do not.
        let only_one = kind == ObjectType::User && !missing.is_empty();
        if only_one || finding.differences.iter().all(|difference| difference.found.is_none()) {
            finding.repaired = true;
        } else {
            finding.differences.iter_mut().for_each(|difference| difference.wanted = None);
        }
        Ok(finding)
    }
}

/// What the target was given, and has no more.
fn missing(known: &[KnownReference], held: &HashSet<String>, link: &Link) -> Vec<DueReference> {
    let wanted = known.iter().filter(|one| one.wanted);
    let given = wanted.filter_map(|one| Some((&one.reference, one.sent.as_ref()?)));
    let due = |(reference, id): (&Reference, &String)| DueReference {
        reference: reference.clone(),
        owner_target: link.target_id.clone(),
        due: Due::Set(id.clone()),
        display: link.display.clone(),
    };
    given.filter(|(_, id)| !held.contains(*id)).map(due).collect()
}

fn id(due: &DueReference) -> &str {
    if let Due::Set(id) = &due.due { id } else { "" }
}

/// The ids in an attribute: a plain one, or the `value` of a complex one.
fn ids(path: &Path, object: &TargetObject) -> Vec<String> {
    let id = |value: &Value| {
        value.as_str().or_else(|| value.get("value").and_then(Value::as_str)).map(str::to_owned)
    };
    path.read(&object.document).into_iter().filter_map(id).collect()
}

/// Names as they are told: a manager's, or a list of some of `all` members.
fn told(name: &str, mut names: Vec<String>, all: usize) -> Option<Value> {
    if name == references::MANAGER {
        return names.pop().map(Value::from);
    }
    let more = all - names.len();
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    (!names.is_empty()).then(|| Value::from(names))
}
