//! Staged removals: when the guard trips, what a cycle would take away waits for a person, one by one or together. It is
//! kept, so that the watermark can move: what is allowed later is looked up again, judged afresh, and done if the reason
//! still holds.

use std::collections::HashSet;
use std::mem;

use connector::{Coverage, ObjectType};
use model::link::LinkState;
use model::staged::{Staged, StagedState};

use crate::Error;
use crate::guard::{self, Held, Losses, Why};
use crate::ledger::{Ending, Outcome};
use crate::limits::LINK_PAGE;
use crate::staged_ledger::{StagedObjects, removal};
use crate::step::Step;
use crate::subject::Subject;
use crate::walk::{Mode, Walk};

/// Who allows deletions with a cycle.
const BY_THE_CYCLE: &str = "cycle --allow-deletions";

/// What is staged, and what of it this walk has come by.
#[derive(Default)]
pub(crate) struct Staging {
    objects: StagedObjects,
    met: HashSet<(ObjectType, String)>,
    /// Why the source's read is not believed.
    short: Option<Held>,
}

/// The leavers of a walk, by what a person has said of them.
#[derive(Default)]
struct Parted {
    /// Allowed, or nobody had to be asked.
    go: Vec<Step>,
    /// Nobody was asked yet.
    new: Vec<Step>,
    /// They wait for a person, and are known as they are.
    waiting: Vec<Step>,
    /// They are staged, but for another reason: a person is asked again.
    changed: Vec<Step>,
    rejected: u64,
}

impl Walk<'_> {
    pub(crate) async fn read_staged(&mut self) -> Result<(), Error> {
        self.staging.objects = self.ledger.staged().await?;
        if matches!(self.mode, Mode::Execute { allow_deletions: true, .. }) {
            let waiting = self.staging.objects.values_mut().filter(|s| s.state == StagedState::Pending);
            waiting.for_each(|staged| staged.state = StagedState::Allowed);
        }
        Ok(())
    }

    /// Whether what is staged of an object makes it worth a look. `None`: nothing is staged.
    pub(crate) fn staged_news(&mut self, subject: &Subject) -> Option<bool> {
        let key = (subject.object.object_type, subject.object.anchor.clone());
        let staged = self.staging.objects.get(&key)?;
        let same = staged.fingerprint == subject.fingerprint;
        match staged.state {
            StagedState::Allowed => Some(true),
            StagedState::Pending => Some(!same || self.mode == Mode::Collect),
            StagedState::Rejected => {
                self.progress.counts.skipped += u64::from(same);
                Some(!same)
            }
        }
    }

    /// Notes that the walk knows how an object stands in the source.
    pub(crate) fn meet(&mut self, object_type: ObjectType, anchor: &str) {
        let key = (object_type, anchor.to_owned());
        if self.staging.objects.contains_key(&key) {
            self.staging.met.insert(key);
        }
    }

    /// Whom a person has allowed to be taken away, and the source did not bring: they are looked up and judged afresh.
    pub(crate) async fn look_at_the_allowed(&mut self) -> Result<(), Error> {
        for object_type in self.object_types() {
            let is_allowed = |(key, staged): &(&(ObjectType, String), &Staged)| {
                key.0 == object_type
                    && staged.state == StagedState::Allowed
                    && !self.staging.met.contains(*key)
            };
            let allowed = self.staging.objects.iter().filter(is_allowed);
            let anchors: Vec<String> = allowed.map(|(key, _)| key.1.clone()).collect();
            for some in anchors.chunks(LINK_PAGE as usize) {
                let page = self.ends.source.get(object_type, some).await.map_err(Error::Source)?;
                self.take_page(page).await?;
            }
        }
        self.work_off().await
    }

    /// Judges a full read of a type by those that are linked and were not in it.
    pub(crate) async fn judge_read(
        &mut self,
        object_type: ObjectType,
        absent: u64,
        linked: u64,
    ) -> Result<(), Error> {
        let read = self.held(object_type);
        if guard::is_short(read, absent, linked) {
            let managed = self.ledger.managed().await?;
            let why = Why::ShortRead { object_type, absent, linked };
            self.staging.short = Some(Held { losses: absent, managed, why });
        }
        Ok(())
    }

    /// Judges a full read by the memberships that were not in it.
    pub(crate) async fn judge_memberships(&mut self, coverage: Coverage) -> Result<(), Error> {
        if coverage == Coverage::Changes || self.staging.short.is_some() {
            return Ok(());
        }
        let (sent, lost) = self.ledger.memberships().await?;
        let lost = lost + self.planned_membership_losses();
        if guard::are_most(lost, sent) {
            let managed = self.ledger.managed().await?;
            self.staging.short = Some(Held { losses: lost, managed, why: Why::FewMembers { lost, sent } });
        }
        Ok(())
    }

    /// Asks the guard and what people have said. Answers who may be taken away, and what is held back. In a plan
    /// everybody is, but those whom a person has rejected.
    pub(crate) async fn stage(&mut self, leavers: Vec<Step>) -> Result<(Vec<Step>, Option<Held>), Error> {
        let now = self.context.clock.now();
        if self.mode != Mode::Collect {
            self.ledger.tidy_staged(now).await?;
        }
        let Parted { mut go, new, waiting, changed, rejected } = self.part(leavers);
        self.progress.counts.skipped += rejected;
        let mut losses = self.ledger.losses(now).await?;
        losses.new += new.len() as u64 + self.planned_membership_losses();
        let tripped = self.trips(losses);
        if self.mode == Mode::Collect {
            go.extend(new.into_iter().chain(waiting).chain(changed));
            return Ok((go, tripped.or_else(|| waits(losses.waiting, losses.managed))));
        }
        if matches!(self.mode, Mode::Execute { allow_deletions: true, .. }) {
            go.extend(changed);
            go.extend(new);
            if tripped.is_some() || losses.waiting > 0 {
                self.ledger.allow(&go, BY_THE_CYCLE, now).await?;
            }
            return Ok((go, None));
        }
        let mut asked = changed;
        match &tripped {
            Some(_) => asked.extend(new),
            None => go.extend(new),
        }
        let duration = jiff::SignedDuration::ZERO;
        let outcome = |step| Outcome { step, ending: Ending::Held, duration };
        self.record(asked.into_iter().map(outcome).collect()).await?;
        if tripped.is_some() {
            self.ledger.stage_memberships(now).await?;
        }
        let pending = self.ledger.pending().await?;
        self.progress.counts.held = pending;
        Ok((go, tripped.or_else(|| waits(pending, losses.managed))))
    }

    fn trips(&mut self, losses: Losses) -> Option<Held> {
        let job = &self.job.definition;
        let short = self.staging.short.take().filter(|_| losses.new > 0);
        short.or_else(|| guard::judge(losses, job.deletions, job.deletions_per_day).err())
    }

    fn part(&mut self, leavers: Vec<Step>) -> Parted {
        let staged = mem::take(&mut self.staging.objects);
        let mut parted = Parted::default();
        for step in leavers {
            let Some(known) = staged.get(&(step.object_type, step.source_id.clone())) else {
                parted.new.push(step);
                continue;
            };
            let same_removal = known.removal == removal(&step);
            let same = same_removal && known.fingerprint == step.fingerprint;
            match known.state {
                StagedState::Allowed if same_removal => parted.go.push(step),
                StagedState::Pending if same => parted.waiting.push(step),
                StagedState::Rejected if same => parted.rejected += 1,
                StagedState::Allowed | StagedState::Pending | StagedState::Rejected => {
                    parted.changed.push(step);
                }
            }
        }
        parted
    }

    /// Memberships that a plan takes away, and that a cycle would only learn of now.
    fn planned_membership_losses(&self) -> u64 {
        let group = ObjectType::Group.to_string();
        let lost = self.news.removed.iter().filter(|k| k.reference.owner_type == group && k.sent.is_some());
        lost.count() as u64
    }
}

/// Whether absence from a full read would take something away from the object of a link.
pub(crate) fn would_lose(state: LinkState) -> bool {
    state != LinkState::Released
}

fn waits(pending: u64, managed: u64) -> Option<Held> {
    (pending > 0).then_some(Held { losses: pending, managed, why: Why::Waiting })
}
