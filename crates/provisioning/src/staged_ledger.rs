//! What the engine remembers of staged removals, and of those that were sent lately.

use std::collections::{HashMap, HashSet};

use connector::ObjectType;
use jiff::{SignedDuration, Timestamp};
use model::reference::Due;
use model::staged::{Removal, Staged, StagedState};
use store::Tx;

use crate::Error;
use crate::guard::Losses;
use crate::ledger::{Ending, Ledger, Outcome};
use crate::reference_ledger::Referred;
use crate::references::MEMBERS;
use crate::second_pass::object_type;
use crate::step::{Decision, Step};

/// The time of the threshold of 24 hours.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What is staged of objects, by type and anchor.
pub(crate) type StagedObjects = HashMap<(ObjectType, String), Staged>;

/// A member of a group: the group's anchor, the member's type and anchor.
pub(crate) type StagedMemberKey = (String, String, String);

/// Which staged members stay in their groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Those whose removal a person has rejected.
    Rejected,
    /// Those, and those that wait for a person.
    Undecided,
}

impl Ledger {
    /// What is staged of objects.
    pub(crate) async fn staged(&self) -> Result<StagedObjects, store::Error> {
        let job = self.job;
        let rows = self.store.read(move |tx| store::staged::objects(tx, job)).await?;
        Ok(rows
            .into_iter()
            .map(|row| ((object_type(&row.object_type), row.source_id.clone()), row))
            .collect())
    }

    /// What a person has said of an object's removal, if it is staged.
    pub(crate) async fn staged_state(&self, step: &Step) -> Result<Option<StagedState>, store::Error> {
        let (job, kind, id) = (self.job, step.object_type.to_string(), step.source_id.clone());
        let row = self.store.read(move |tx| store::staged::of_object(tx, job, &kind, &id)).await?;
        Ok(row.map(|row| row.state))
    }

    /// The members of these groups that are not to be removed.
    pub(crate) async fn kept_members(
        &self,
        groups: Vec<String>,
        kept: Kept,
    ) -> Result<HashSet<StagedMemberKey>, store::Error> {
        let job = self.job;
        let rows = self
            .store
            .read(move |tx| {
                let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
                store::staged::members(tx, job, &groups)
            })
            .await?;
        let is_kept = |state| match state {
            StagedState::Allowed => false,
            StagedState::Pending => kept == Kept::Undecided,
            StagedState::Rejected => true,
        };
        let rows = rows.into_iter().filter(|row| is_kept(row.state));
        Ok(rows.filter_map(|row| row.member.map(|m| (row.source_id, m.object_type, m.source_id))).collect())
    }

    /// Forgets what there is nothing to decide on any more.
    pub(crate) async fn tidy_staged(&self, now: Timestamp) -> Result<(), Error> {
        self.leased(now, move |tx, ledger| store::staged::tidy(tx, ledger.job)).await
    }

    /// What the guard needs to know, with the memberships that groups are to lose as the new losses.
    pub(crate) async fn losses(&self, now: Timestamp) -> Result<Losses, store::Error> {
        let job = self.job;
        let from = minute(now.saturating_sub(DAY).unwrap_or(Timestamp::MIN));
        let (new, waiting, today) = self
            .store
            .read(move |tx| {
                let new = store::staged::new_losses(tx, job)?;
                Ok::<_, store::Error>((
                    new,
                    store::staged::pending(tx, job)?,
                    store::loss::since(tx, job, from)?,
                ))
            })
            .await?;
        let count = |count: i64| u64::try_from(count).unwrap_or(0);
        let managed = self.managed().await?;
        Ok(Losses { new: count(new), waiting: count(waiting), today: count(today), managed })
    }

    /// How many memberships the target has, and how many of them the source has no more.
    pub(crate) async fn memberships(&self) -> Result<(u64, u64), store::Error> {
        let job = self.job;
        let (sent, lost) = self
            .store
            .read(move |tx| {
                let groups = ObjectType::Group.to_string();
                let sent = store::reference::sent(tx, job, &groups)?;
                Ok::<_, store::Error>((sent, store::reference::losses(tx, job, &groups)?))
            })
            .await?;
        Ok((u64::try_from(sent).unwrap_or(0), u64::try_from(lost).unwrap_or(0)))
    }

    /// How many removals wait for a person.
    pub(crate) async fn pending(&self) -> Result<u64, store::Error> {
        let job = self.job;
        let pending = self.store.read(move |tx| store::staged::pending(tx, job)).await?;
        Ok(u64::try_from(pending).unwrap_or(0))
    }

    /// Stages the memberships that groups are to lose.
    pub(crate) async fn stage_memberships(&self, now: Timestamp) -> Result<(), Error> {
        let stage = move |tx: &mut Tx<'_>, ledger: &Self| {
            store::staged::put_losses(tx, ledger.job, now, StagedState::Pending, None).map(drop)
        };
        self.leased(now, stage).await
    }

    /// Notes that a person allows all that is staged and waits, and with it these steps and the memberships that groups
    /// are to lose.
    pub(crate) async fn allow(&self, steps: &[Step], by: &'static str, now: Timestamp) -> Result<(), Error> {
        let allowed = |step| Staged {
            state: StagedState::Allowed,
            decided: Some((by.to_owned(), now)),
            ..staged(step, now)
        };
        let rows: Vec<Staged> = steps.iter().map(allowed).collect();
        let allow = move |tx: &mut Tx<'_>, ledger: &Self| {
            store::staged::allow_all(tx, ledger.job, by, now)?;
            store::staged::put(tx, ledger.job, &rows)?;
            store::staged::put_losses(tx, ledger.job, now, StagedState::Allowed, Some(by)).map(drop)
        };
        self.leased(now, allow).await
    }

    /// Stages what is held back, unstages what is done, and counts what was taken away without a person's word.
    pub(crate) fn settle(
        &self,
        tx: &mut Tx<'_>,
        object_type: ObjectType,
        outcomes: &[&Outcome],
        now: Timestamp,
    ) -> Result<(), store::Error> {
        let is_done = |o: &&&Outcome| matches!(o.ending, Ending::Done { .. });
        let held = outcomes.iter().filter(|o| matches!(o.ending, Ending::Held)).map(|o| staged(&o.step, now));
        store::staged::put(tx, self.job, &held.collect::<Vec<_>>())?;
        let done = outcomes.iter().filter(is_done).map(|o| &o.step);
        let ids = done.clone().flat_map(|s| [Some(s.source_id.as_str()), s.takes_over.as_deref()]);
        let ids: Vec<&str> = ids.flatten().collect();
        if ids.is_empty() {
            return Ok(());
        }
        let unstaged = store::staged::remove(tx, self.job, &object_type.to_string(), &ids)?;
        let allowed: HashSet<&str> = unstaged
            .iter()
            .filter(|(_, state)| *state == StagedState::Allowed)
            .map(|(id, _)| id.as_str())
            .collect();
        let lost =
            done.filter(|step| step.decision.is_leaver() && !allowed.contains(step.source_id.as_str()));
        self.count_losses(tx, lost.count() as u64, now)
    }

    /// As [`Ledger::settle`], for references.
    pub(crate) fn settle_members(
        &self,
        tx: &mut Tx<'_>,
        referred: &Referred,
        now: Timestamp,
    ) -> Result<(), store::Error> {
        if referred.owner_type != ObjectType::Group {
            return Ok(());
        }
        let of = |is: fn(&Due) -> bool| {
            let done = referred.done.iter().filter(move |d| d.reference.attribute == MEMBERS && is(&d.due));
            done.map(|d| (d.reference.to_type.as_str(), d.reference.to.as_str())).collect::<Vec<_>>()
        };
        let gone = of(|due| !matches!(due, Due::Set(_)));
        if gone.is_empty() {
            return Ok(());
        }
        let removed = of(|due| matches!(due, Due::Remove(_))).len() as u64;
        let allowed = store::staged::remove_members(tx, self.job, &referred.owner, &gone)?;
        self.count_losses(tx, removed.saturating_sub(allowed), now)
    }

    /// Counts what was taken away while nobody looked on.
    fn count_losses(&self, tx: &mut Tx<'_>, losses: u64, now: Timestamp) -> Result<(), store::Error> {
        if losses == 0 || !self.initiator.is_unattended() {
            return Ok(());
        }
        let oldest = minute(now.saturating_sub(DAY).unwrap_or(Timestamp::MIN));
        let losses = i64::try_from(losses).unwrap_or(i64::MAX);
        store::loss::add(tx, self.job, minute(now), losses, oldest)
    }
}

/// What a step would take away; a disable unless it deletes.
pub(crate) fn removal(step: &Step) -> Removal {
    if step.decision == Decision::Delete { Removal::Delete } else { Removal::Disable }
}

fn staged(step: &Step, now: Timestamp) -> Staged {
    Staged {
        object_type: step.object_type.to_string(),
        source_id: step.source_id.clone(),
        display: step.display.clone(),
        member: None,
        removal: removal(step),
        reason: step.reason.text.clone(),
        target_id: step.target_id().unwrap_or_default().to_owned(),
        fingerprint: step.fingerprint.clone(),
        since: now,
        state: StagedState::Pending,
        decided: None,
    }
}

/// Minutes since 1970.
fn minute(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60)
}
