//! Those who left: found, and taken away as far as the guard lets them go; and those who waited for their names.

use std::collections::HashSet;
use std::mem;

use connector::ObjectType;
use jiff::SignedDuration;
use model::link::{Link, LinkState};

use crate::Error;
use crate::decide::{Intent, Presence, decide};
use crate::guard::Held;
use crate::ledger::{Ending, Outcome};
use crate::limits::{LINK_PAGE, RECORD_BATCH};
use crate::search::{Fates, ResourceKey};
use crate::staging::would_lose;
use crate::step::{Decision, LinkAfter, Reason, Step};
use crate::steps;
use crate::subject::{leaving, rules};
use crate::walk::{Evaluated, Mode, Waiting, Walk, Work};

impl Walk<'_> {
    /// An object that the source holds no more.
    pub(crate) async fn gone(
        &mut self,
        object_type: ObjectType,
        anchor: &str,
        link: Option<Link>,
    ) -> Result<(), Error> {
        self.meet(object_type, anchor);
        let Some(link) = link else { return self.forget_escrow(object_type, anchor.to_owned()).await };
        let step = self.gone_step(object_type, &link);
        if step.decision.is_leaver() || self.mode == Mode::Collect {
            self.collect(step);
            return Ok(());
        }
        let duration = SignedDuration::ZERO;
        self.record(vec![Outcome { step, ending: Ending::Done { target_id: None }, duration }]).await
    }

    fn gone_step(&self, object_type: ObjectType, link: &Link) -> Step {
        let job = &self.job.definition;
        match decide(Presence::Gone, false, Some(link.state), leaving(job, object_type)) {
            Intent::Delete if rules(job, object_type).is_some_and(|rules| rules.actions.delete) => {
                steps::delete(object_type, link)
            }
            Intent::Delete => {
                let text = "deleted for good in the directory, and the job's action delete is off";
                steps::forget(object_type, link, Reason::new("DeleteIsOff", text))
            }
            Intent::Forget | Intent::Leave(_) | Intent::Release | Intent::Disable(_) | Intent::Provision => {
                let text =
                    "left the scope earlier and is gone now; what the application has of it is left alone";
                steps::forget(object_type, link, Reason::new("NotInScope", text))
            }
        }
    }

    async fn forget_escrow(&self, object_type: ObjectType, anchor: String) -> Result<(), Error> {
        match self.mode {
            Mode::Collect => Ok(()),
            Mode::Execute { .. } => self.ledger.forget_escrow(object_type, anchor).await,
        }
    }

    /// After a full read: what is linked or in escrow, and was not seen, is gone.
    pub(crate) async fn find_the_gone(&mut self) -> Result<(), Error> {
        for object_type in self.object_types() {
            let (mut after, mut linked, mut absent) = (String::new(), 0, 0);
            loop {
                let page = self.ledger.links_after(object_type, after.clone(), LINK_PAGE).await?;
                let Some(last) = page.last() else { break };
                after.clone_from(&last.source_id);
                for link in page {
                    linked += u64::from(would_lose(link.state));
                    if !self.has_seen(object_type, &link.source_id) {
                        absent += u64::from(would_lose(link.state));
                        self.gone(object_type, &link.source_id.clone(), Some(link)).await?;
                    }
                }
            }
            self.judge_read(object_type, absent, linked).await?;
            for anchor in self.ledger.escrowed(object_type).await? {
                if !self.has_seen(object_type, &anchor) {
                    self.forget_escrow(object_type, anchor).await?;
                }
            }
        }
        Ok(())
    }

    /// Disables and deletes those who left, as far as the guard and people let it, and serves those who waited for them.
    ///
    /// A leaver whose resource somebody waits for comes last: if it is taken over, the person has returned under a new
    /// account, and nothing is to be taken away. But who is deleted for good without having been disabled before goes
    /// first, and the name is free for a new user, as in Entra. Whose removal is staged has not left yet: who waits for
    /// them goes to escrow.
    pub(crate) async fn leave(&mut self) -> Result<Option<Held>, Error> {
        let leavers = mem::take(&mut self.leavers);
        let (leavers, held) = self.stage(leavers).await?;
        let wanted: HashSet<ResourceKey> = self
            .waiting
            .iter()
            .filter_map(|w| Some((w.subject.object.object_type, w.wants.clone()?)))
            .collect();
        let comes_last = |step: &Step| {
            let freed = step.decision == Decision::Delete && step.before.state == Some(LinkState::Managed);
            let key = |id: &str| (step.object_type, id.to_owned());
            !freed && step.target_id().is_some_and(|id| wanted.contains(&key(id)))
        };
        let (last, first): (Vec<Step>, Vec<Step>) = leavers.into_iter().partition(comes_last);
        let fates = self.fates(&first, &last);
        self.take_away(first).await?;
        self.serve_the_waiting(&fates).await?;
        let last = last.into_iter().filter(|step| !self.is_taken(step)).collect();
        self.take_away(last).await?;
        Ok(held)
    }

    /// What was decided, for those who waited: `first` leaves before them, `last` after.
    fn fates(&self, first: &[Step], last: &[Step]) -> Fates {
        let ids = |steps: &[Step], of: fn(&Step) -> bool| -> HashSet<ResourceKey> {
            let resources = steps.iter().filter(|s| of(s));
            resources.filter_map(|s| Some((s.object_type, s.target_id()?.to_owned()))).collect()
        };
        let mut free = ids(first, |s| s.decision == Decision::Disable);
        free.extend(ids(last, |_| true));
        let stays = |s: &Step| matches!(s.after, LinkAfter::Set { state: LinkState::Managed, .. });
        Fates { deleted: ids(first, |s| s.decision == Decision::Delete), free, kept: ids(&self.steps, stays) }
    }

    async fn take_away(&mut self, steps: Vec<Step>) -> Result<(), Error> {
        if self.mode != Mode::Collect {
            return self.send_all(steps).await;
        }
        for step in steps {
            self.progress.counts += step.decision.counts();
            self.steps.push(step);
        }
        Ok(())
    }

    async fn send_all(&mut self, steps: Vec<Step>) -> Result<(), Error> {
        let mut steps = steps.into_iter().peekable();
        while steps.peek().is_some() {
            let batch: Vec<Step> = steps.by_ref().take(RECORD_BATCH).collect();
            self.send_batch(batch.into_iter().map(|step| (step, SignedDuration::ZERO)).collect()).await?;
            self.observer.progress(self.progress);
        }
        Ok(())
    }

    /// Who waited for a leaver is evaluated again, now that the leavers are gone, one after the other: two who want
    /// the same resource must not both get it.
    async fn serve_the_waiting(&mut self, fates: &Fates) -> Result<(), Error> {
        for Waiting { subject, .. } in mem::take(&mut self.waiting) {
            let link = self.ledger.link(subject.object.object_type, &subject.object.anchor).await?;
            let evaluator = self.evaluator(Some(fates));
            match self.one(&evaluator, Work { subject, link }).await? {
                Evaluated::Collected(step) => self.collect(step),
                Evaluated::Decided(step, took) => self.send_batch(vec![(step, took)]).await?,
                Evaluated::Failed(outcome) => self.record(vec![outcome]).await?,
                Evaluated::Waits(_) => {}
            }
        }
        Ok(())
    }
}
