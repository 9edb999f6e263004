//! The second pass of a plan: the references that a cycle would set and remove, also between objects that are yet to be
//! made.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use connector::{ObjectType, Operation};
use model::link::{Link, LinkState};
use model::reference::{KnownReference, Reference};

use crate::Error;
use crate::limits::{LINK_PAGE, REFERENCES_AT_ONCE};
use crate::references::{self, News};
use crate::second_pass::{changes, member_key, object_type};
use crate::staged_ledger::Kept;
use crate::step::{Decision, LinkAfter, LinkBefore, Reason, ReferenceStep, Step};
use crate::walk::Walk;

/// An object of the source, by type and anchor.
type Key = (ObjectType, String);

/// How an object will stand in the target when the plan's other steps are done.
#[derive(Clone)]
struct End {
    target_id: Option<String>,
    state: LinkState,
    display: String,
    before: LinkBefore,
    fingerprint: String,
}

impl Walk<'_> {
    /// Adds the steps of the second pass to a plan.
    pub(crate) async fn plan_references(&mut self) -> Result<(), Error> {
        let news = std::mem::take(&mut self.news);
        let mut wanted = wanted(self.ledger.pending_references().await?, news);
        let is_loss = |(reference, removed): &(Reference, Option<String>)| {
            removed.is_some() && object_type(&reference.owner_type) == ObjectType::Group
        };
        let groups: BTreeSet<String> =
            wanted.iter().filter(|one| is_loss(one)).map(|one| one.0.owner.clone()).collect();
        let rejected = self.ledger.kept_members(groups.into_iter().collect(), Kept::Rejected).await?;
        wanted.retain(|one| !is_loss(one) || !rejected.contains(&member_key(&one.0)));
        if wanted.is_empty() {
            return Ok(());
        }
        let ends = self.ends_of(&wanted).await?;
        let mut by_owner: BTreeMap<Key, Vec<ReferenceStep>> = BTreeMap::new();
        for (reference, removed) in wanted {
            let owner = (object_type(&reference.owner_type), reference.owner.clone());
            if ends.get(&owner).is_none_or(|end| end.state != LinkState::Managed) {
                continue;
            }
            by_owner.entry(owner).or_default().extend(reference_step(&reference, removed, &ends));
        }
        for (owner, all) in by_owner {
            let Some(end) = ends.get(&owner) else { continue };
            for some in all.chunks(REFERENCES_AT_ONCE) {
                let step = self.reference_plan_step(&owner, end, some.to_vec());
                self.progress.counts.references += some.len() as u64;
                self.steps.push(step);
            }
        }
        Ok(())
    }

    /// How the objects of these references will stand: as the plan's steps leave them, else as they are linked.
    async fn ends_of(&self, wanted: &[(Reference, Option<String>)]) -> Result<HashMap<Key, End>, Error> {
        let mut keys: HashSet<Key> = HashSet::new();
        for (reference, _) in wanted {
            keys.insert((object_type(&reference.owner_type), reference.owner.clone()));
            keys.insert((object_type(&reference.to_type), reference.to.clone()));
        }
        let mut ends = HashMap::new();
        for kind in [ObjectType::User, ObjectType::Group] {
            let anchors: Vec<String> = keys.iter().filter(|k| k.0 == kind).map(|k| k.1.clone()).collect();
            for some in anchors.chunks(LINK_PAGE as usize) {
                let links = self.ledger.links(kind, some.to_vec()).await?;
                ends.extend(
                    links.into_values().map(|link| ((kind, link.source_id.clone()), End::linked(link))),
                );
            }
        }
        for step in &self.steps {
            let key = (step.object_type, step.source_id.clone());
            match &step.after {
                // Only rollbacks have the latter, and none of them comes here.
                LinkAfter::Unchanged | LinkAfter::LookAgain { .. } => {}
                LinkAfter::None => drop(ends.remove(&key)),
                LinkAfter::Set { target_id, state } => {
                    let target_id = target_id.clone();
                    let (display, fingerprint) = (step.display.clone(), step.fingerprint.clone());
                    let before = step.before.clone();
                    ends.insert(key, End { target_id, state: *state, display, before, fingerprint });
                }
            }
        }
        Ok(ends)
    }

    fn reference_plan_step(&self, owner: &Key, end: &End, references: Vec<ReferenceStep>) -> Step {
        let (object_type, source_id) = owner.clone();
        let count = |removed| references.iter().filter(|r| r.removed == removed).count();
        let text = format!("{} set, {} removed", count(false), count(true));
        Step {
            object_type,
            source_id,
            display: end.display.clone(),
            fingerprint: end.fingerprint.clone(),
            decision: Decision::Update,
            reason: Reason::new("References", text),
            operation: self.reference_operation(object_type, end, &references),
            redacted: Vec::new(),
            before: end.before.clone(),
            after: LinkAfter::Unchanged,
            takes_over: None,
            references,
        }
    }

    /// What would be sent, where all ids are known.
    fn reference_operation(
        &self,
        object_type: ObjectType,
        end: &End,
        steps: &[ReferenceStep],
    ) -> Option<Operation> {
        let id = end.target_id.clone()?;
        let mut all = Vec::new();
        for name in [references::MANAGER, references::MEMBERS] {
            let Some(path) = references::path(&self.job.definition, object_type, name) else { continue };
            let own = || steps.iter().filter(|step| step.attribute == name);
            let ids = |removed| -> Option<Vec<&str>> {
                own().filter(|s| s.removed == removed).map(|s| s.target_id.as_deref()).collect()
            };
            all.extend(changes(path, name, &ids(false)?, &ids(true)?));
        }
        Some(Operation::Update { object_type, id, changes: all })
    }
}

impl End {
    fn linked(link: Link) -> Self {
        Self {
            before: LinkBefore::of(Some(&link)),
            target_id: Some(link.target_id),
            state: link.state,
            display: link.display,
            fingerprint: link.fingerprint,
        }
    }
}

/// Everything that is to be set, or removed from a known id, once the news is taken in.
fn wanted(pending: Vec<KnownReference>, news: News) -> Vec<(Reference, Option<String>)> {
    let added: HashSet<&Reference> = news.added.iter().collect();
    let removed: HashSet<Reference> = news.removed.iter().map(|k| k.reference.clone()).collect();
    let mut wanted: BTreeMap<Reference, Option<String>> = BTreeMap::new();
    for known in pending.iter().chain(&news.removed) {
        let gone = !known.wanted || removed.contains(&known.reference);
        match (&known.sent, gone) {
            (None, false) => drop(wanted.insert(known.reference.clone(), None)),
            (Some(sent), true) if !added.contains(&known.reference) => {
                wanted.insert(known.reference.clone(), Some(sent.clone()));
            }
            (None, true) | (Some(_), _) => {}
        }
    }
    let back: HashSet<&Reference> =
        pending.iter().filter(|k| !k.wanted && k.sent.is_some()).map(|k| &k.reference).collect();
    for reference in &news.added {
        if !back.contains(reference) {
            wanted.insert(reference.clone(), None);
        }
    }
    wanted.into_iter().collect()
}

/// One reference of a plan; none where the other end will not be in the target.
fn reference_step(
    reference: &Reference,
    removed: Option<String>,
    ends: &HashMap<Key, End>,
) -> Option<ReferenceStep> {
    let to_type = object_type(&reference.to_type);
    let end = ends.get(&(to_type, reference.to.clone()));
    let there = end.is_some_and(|end| end.state != LinkState::Released);
    if removed.is_none() && !there {
        return None;
    }
    Some(ReferenceStep {
        attribute: reference.attribute.clone(),
        to_type,
        to: reference.to.clone(),
        display: end.map(|end| end.display.clone()),
        removed: removed.is_some(),
        target_id: removed.or_else(|| end.and_then(|end| end.target_id.clone())),
    })
}
