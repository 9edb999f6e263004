//! The second pass: references whose two ends are in the target by now are set there, and those that the source has no
//! more are removed. What can't be sent yet waits, and is found as soon as the other end is linked.

use std::collections::BTreeSet;

use connector::{Change, ObjectType, Operation, Target};
use model::job::Job;
use model::reference::{Due, DueReference, Reference};
use serde_json::Value;

use crate::Error;
use crate::evaluate::ObjectError;
use crate::export::Exporter;
use crate::ledger::Ending;
use crate::limits::{REFERENCE_PAGE, REFERENCES_AT_ONCE};
use crate::reference_ledger::Referred;
use crate::references;
use crate::side_by_side::side_by_side;
use crate::staged_ledger::{Kept, StagedMemberKey};
use crate::walk::{Walk, fatal};

impl Walk<'_> {
    /// Sends what is due, but for members whose removal is staged.
    pub(crate) async fn refer(&mut self) -> Result<(), Error> {
        let mut after = before_all(String::new(), String::new());
        loop {
            let page = self.ledger.due_references(after.clone(), REFERENCE_PAGE).await?;
            let page = whole_owners(page, REFERENCE_PAGE as usize);
            let Some(last) = page.last() else { return Ok(()) };
            after = last.reference.clone();
            self.refer_page(page, Kept::Undecided).await?;
        }
    }

    /// Sends what is due of one object that a person asks for, but for members whose removal was rejected.
    pub(crate) async fn refer_object(&mut self, object_type: ObjectType, anchor: &str) -> Result<(), Error> {
        let mut after = before_all(object_type.to_string(), anchor.to_owned());
        loop {
            let mut page = self.ledger.due_references(after.clone(), REFERENCE_PAGE).await?;
            page.retain(|one| one.reference.owner == anchor && one.reference.owner_type == after.owner_type);
            let Some(last) = page.last() else { return Ok(()) };
            after = last.reference.clone();
            self.refer_page(page, Kept::Rejected).await?;
        }
    }

    /// Sends these references.
    pub(crate) async fn refer_page(&mut self, page: Vec<DueReference>, kept: Kept) -> Result<(), Error> {
        let due = self.without_kept_members(page, kept).await?;
        let batches = self.without_waiting(by_owner(due.into_iter())).await?;
        let (referred, fatal) =
            side_by_side(&self.exporter, batches.into_iter().map(|batch| self.refer_one(batch))).await;
        self.progress.counts.references += referred.iter().map(|one| one.done.len() as u64).sum::<u64>();
        let failed = referred.iter().filter(|one| matches!(one.failed, Some(Ending::Failed { .. })));
        self.progress.tally.failed_references += failed.count() as u64;
        self.ledger.record_references(referred, self.context.clock.now()).await?;
        self.observer.progress(self.progress);
        fatal.map_or(Ok(()), Err)
    }

    /// Leaves out the removal of members that waits for a person, or was rejected.
    async fn without_kept_members(
        &self,
        page: Vec<DueReference>,
        kept: Kept,
    ) -> Result<Vec<DueReference>, Error> {
        let is_loss = |one: &DueReference| {
            let group = object_type(&one.reference.owner_type) == ObjectType::Group;
            group && matches!(one.due, Due::Remove(_))
        };
        let groups: BTreeSet<String> =
            page.iter().filter(|one| is_loss(one)).map(|one| one.reference.owner.clone()).collect();
        if groups.is_empty() {
            return Ok(page);
        }
        let kept = self.ledger.kept_members(groups.into_iter().collect(), kept).await?;
        let goes = |one: &DueReference| !is_loss(one) || !kept.contains(&member_key(&one.reference));
        Ok(page.into_iter().filter(goes).collect())
    }

    /// Leaves out those whose references failed not long ago.
    async fn without_waiting(&self, batches: Vec<Batch>) -> Result<Vec<Batch>, Error> {
        let mut due = Vec::new();
        for object_type in [ObjectType::User, ObjectType::Group] {
            let of_type: Vec<Batch> =
                batches.iter().filter(|batch| batch.owner_type == object_type).cloned().collect();
            let owners = of_type.iter().map(|batch| batch.owner.clone()).collect();
            let escrows = self.ledger.reference_escrows(object_type, owners).await?;
            due.extend(of_type.into_iter().filter(|batch| {
                self.looks_at_everybody()
                    || escrows.get(&batch.owner).is_none_or(|escrow| escrow.next_attempt <= self.now)
            }));
        }
        Ok(due)
    }

    async fn refer_one(&self, batch: Batch) -> Result<Referred, Error> {
        let began = self.context.clock.now();
        let Batch { owner_type, owner, display, owner_target, due } = batch;
        let mut referred = Referred {
            owner_type,
            owner,
            display,
            owner_target,
            done: Vec::new(),
            failed: None,
            duration: jiff::SignedDuration::ZERO,
        };
        let mut chunks: Vec<Vec<DueReference>> = due.chunks(REFERENCES_AT_ONCE).map(<[_]>::to_vec).collect();
        chunks.reverse();
        while let Some(chunk) = chunks.pop() {
            match self.send_references(&referred, &chunk).await {
                Ok(()) => referred.done.extend(chunk),
                // One of them is refused: the others need not suffer. Halves, until it is alone.
                Err(connector::Error::Rejected { .. }) if chunk.len() > 1 => {
                    let (first, second) = chunk.split_at(chunk.len() / 2);
                    chunks.extend([second.to_vec(), first.to_vec()]);
                }
                Err(error) => {
                    self.exporter.observe(Some(&error));
                    let lasting = matches!(error, connector::Error::Rejected { .. });
                    if self.exporter.is_broken() {
                        return Err(Error::Target(error));
                    }
                    let error = ObjectError::Connector(error);
                    referred.failed = Some(Ending::failed(&error));
                    if let Some(error) = fatal(error) {
                        return Err(error);
                    }
                    if !lasting {
                        break;
                    }
                }
            }
        }
        referred.duration = self.context.clock.now().duration_since(began);
        Ok(referred)
    }

    async fn send_references(&self, owner: &Referred, due: &[DueReference]) -> Result<(), connector::Error> {
        let changes = changes_of(&self.job.definition, owner.owner_type, due);
        if changes.is_empty() {
            return Ok(());
        }
        export(&self.exporter, owner.owner_type, &owner.owner_target, changes).await
    }
}

/// The changes that set and remove what is due of one object.
pub(crate) fn changes_of(job: &Job, owner_type: ObjectType, due: &[DueReference]) -> Vec<Change> {
    let of = |name: &str| {
        let path = references::path(job, owner_type, name)?;
        let own = || due.iter().filter(|one| one.reference.attribute == name);
        let set: Vec<&str> = own().filter_map(|one| set_id(&one.due)).collect();
        let removed: Vec<&str> = own().filter_map(|one| removed_id(&one.due)).collect();
        Some(changes(path, name, &set, &removed))
    };
    [references::MANAGER, references::MEMBERS].into_iter().filter_map(of).flatten().collect()
}

/// Writes changed references of one object.
pub(crate) async fn export(
    exporter: &Exporter<'_>,
    object_type: ObjectType,
    id: &str,
    changes: Vec<Change>,
) -> Result<(), connector::Error> {
    let operation = Operation::Update { object_type, id: id.to_owned(), changes };
    exporter.export(&operation).await?;
    exporter.observe(None);
    Ok(())
}

/// The changes that set and remove references: each member by itself, the one manager as a whole.
pub(crate) fn changes(path: &scim::path::Path, name: &str, set: &[&str], removed: &[&str]) -> Vec<Change> {
    let change = |before: Option<Value>, after: Option<Value>| Change::new(path.clone(), before, after);
    let list = |ids: &[&str]| Value::from(ids.to_vec());
    let mut changes = Vec::new();
    if name == references::MANAGER {
        let (before, after) = (removed.last(), set.last());
        if before.is_some() || after.is_some() {
            changes.push(change(before.map(|id| Value::from(*id)), after.map(|id| Value::from(*id))));
        }
        return changes;
    }
    if !set.is_empty() {
        changes.push(change(None, Some(list(set))));
    }
    if !removed.is_empty() {
        changes.push(change(Some(list(removed)), None));
    }
    changes
}

/// A reference that comes before all of an object's.
fn before_all(owner_type: String, owner: String) -> Reference {
    Reference { owner_type, owner, attribute: String::new(), to_type: String::new(), to: String::new() }
}

/// What is due of one object.
#[derive(Clone)]
struct Batch {
    owner_type: ObjectType,
    owner: String,
    display: String,
    owner_target: String,
    due: Vec<DueReference>,
}

fn by_owner(due: impl Iterator<Item = DueReference>) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    for one in due {
        let owner_type = object_type(&one.reference.owner_type);
        match batches.last_mut() {
            Some(last) if last.owner == one.reference.owner && last.owner_type == owner_type => {
                last.due.push(one);
            }
            _ => batches.push(Batch {
                owner_type,
                owner: one.reference.owner.clone(),
                display: one.display.clone(),
                owner_target: one.owner_target.clone(),
                due: vec![one],
            }),
        }
    }
    batches
}

/// The kind of object that a stored text means.
pub(crate) fn object_type(text: &str) -> ObjectType {
    if text == ObjectType::Group.to_string() { ObjectType::Group } else { ObjectType::User }
}

/// A full page without its last owner, whose references may go on in the next page; unless all are of one owner.
fn whole_owners(mut page: Vec<DueReference>, full: usize) -> Vec<DueReference> {
    let (Some(first), Some(last)) = (page.first(), page.last()) else { return page };
    let owner = |one: &DueReference| (one.reference.owner_type.clone(), one.reference.owner.clone());
    let (first, last) = (owner(first), owner(last));
    if page.len() >= full && first != last {
        page.retain(|one| owner(one) != last);
    }
    page
}

/// A member as it is staged.
pub(crate) fn member_key(reference: &Reference) -> StagedMemberKey {
    (reference.owner.clone(), reference.to_type.clone(), reference.to.clone())
}

fn set_id(due: &Due) -> Option<&str> {
    if let Due::Set(id) = due { Some(id) } else { None }
}

fn removed_id(due: &Due) -> Option<&str> {
    if let Due::Remove(id) = due { Some(id) } else { None }
}
