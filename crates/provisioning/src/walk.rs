//! The way of the directory's objects through one cycle or plan:
//! import → scope → match → map → decide → export, then those who left, then those who waited for them.

use std::collections::{HashMap, HashSet};
use std::mem;

use connector::{Completed, Coverage, Entry, ObjectType, Target, Watermark};
use jiff::Timestamp;
use model::cycle::Counts;
use model::escrow::Escrow;
use model::link::{Link, LinkState};

use crate::Error;
use crate::context::{Context, Ends, JobInstance};
use crate::decide::{Intent, Presence, decide};
use crate::evaluate::{self, Claims, Evaluator, Fates, ObjectError, Verdict};
use crate::export::Exporter;
use crate::guard::{self, Held};
use crate::ledger::{Ending, Ledger, Outcome};
use crate::limits::{ESCROW_RETRIES, LINK_PAGE, RECORD_BATCH};
use crate::progress::{Observer, Progress};
use crate::side_by_side::side_by_side;
use crate::step::{Decision, LinkAfter, Step};
use crate::subject::Subject;

/// Whether steps are sent as they are decided, or collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A cycle: send and record.
    Execute {
        /// A person has looked at the deletions and allows them.
        allow_deletions: bool,
        /// Look at everybody, also at those who have nothing new.
        everybody: bool,
    },
    /// A plan: collect, change nothing.
    Collect,
}

/// What a walk came to.
pub struct Walked {
    /// The proof that the source was read to its end.
    pub completed: Completed,
    /// Why the leavers are held back, if they are.
    pub held: Option<Held>,
    /// The steps of a plan, in the order in which they are to be done.
    pub steps: Vec<Step>,
}

/// One walk.
pub struct Walk<'a> {
    context: &'a Context,
    job: &'a JobInstance,
    ends: &'a Ends,
    ledger: &'a Ledger,
    observer: &'a dyn Observer,
    exporter: Exporter<'a>,
    mode: Mode,
    now: Timestamp,
    /// Anchors of the objects that the source holds.
    seen: HashSet<String>,
    progress: Progress,
    steps: Vec<Step>,
    /// Disables and deletions: they wait until all of them are known.
    leavers: Vec<Step>,
    /// Objects whose resource belongs to somebody who may be leaving in this very cycle.
    waiting: Vec<Waiting>,
    /// Leavers, by their anchors, whose resource somebody has taken over: it is not theirs to lose any more.
    taken: HashSet<String>,
    claims: Claims,
}

/// An object that is to be evaluated.
struct Work {
    subject: Subject,
    link: Option<Link>,
}

/// An object that waits until everybody else was looked at.
struct Waiting {
    subject: Subject,
    /// The resource it wants, where there is one already.
    wants: Option<String>,
}

/// What came of one object.
enum Evaluated {
    Collected(Step),
    Waits(Waiting),
    Ended(Outcome),
}

impl<'a> Walk<'a> {
    /// A walk that has not begun.
    pub fn new(
        context: &'a Context,
        job: &'a JobInstance,
        ends: &'a Ends,
        ledger: &'a Ledger,
        observer: &'a dyn Observer,
        mode: Mode,
    ) -> Self {
        Self {
            context,
            job,
            ends,
            ledger,
            observer,
            exporter: Exporter::new(ends.target.as_ref()),
            mode,
            now: context.clock.now(),
            seen: HashSet::new(),
            progress: Progress::default(),
            steps: Vec::new(),
            leavers: Vec::new(),
            waiting: Vec::new(),
            taken: HashSet::new(),
            claims: Claims::default(),
        }
    }

    /// Walks the whole way.
    ///
    /// # Errors
    /// What concerns every object. What was done until then is recorded.
    pub async fn run(&mut self, since: Option<&Watermark>) -> Result<Walked, Error> {
        let nobody = self.context.ids.next().to_string();
        self.ends.target.test(&nobody).await.map_err(Error::Target)?;
        let completed = self.read(since).await?;
        match completed.coverage {
            Coverage::Full => self.find_the_gone().await?,
            Coverage::Changes => self.retry_escrow().await?,
        }
        let held = self.leave().await?;
        self.observer.progress(self.progress);
        Ok(Walked { completed, held, steps: mem::take(&mut self.steps) })
    }

    /// What was done so far, or would be; also after an error.
    pub fn counts(&self) -> Counts {
        self.progress.counts
    }

    async fn read(&mut self, since: Option<&Watermark>) -> Result<Completed, Error> {
        let reading = match self.ends.source.read(since).await {
            Err(connector::Error::WatermarkExpired) => self.ends.source.read(None).await,
            other => other,
        };
        let mut reading = reading.map_err(Error::Source)?;
        self.progress.expected = reading.expected();
        self.observer.progress(self.progress);
        while let Some(page) = reading.next_page().await.map_err(Error::Source)? {
            self.take_page(page).await?;
            self.observer.progress(self.progress);
        }
        reading.finish().map_err(Error::Source)
    }

    async fn take_page(&mut self, page: Vec<Entry>) -> Result<(), Error> {
        self.progress.read += page.len() as u64;
        let anchors: Vec<String> = users(&page).map(|e| e.anchor().to_owned()).collect();
        let links = self.ledger.links(ObjectType::User, anchors.clone()).await?;
        let escrows = self.ledger.escrows(ObjectType::User, anchors).await?;
        let work = self.import(page, links, &escrows).await?;
        self.process(work).await
    }

    /// Judges the users of a page and leaves out those who need no evaluation.
    async fn import(
        &mut self,
        page: Vec<Entry>,
        mut links: HashMap<String, Link>,
        escrows: &HashMap<String, Escrow>,
    ) -> Result<Vec<Work>, Error> {
        let mut work = Vec::new();
        for entry in page {
            let link = links.remove(entry.anchor());
            match entry {
                Entry::Removed { anchor, object_type: ObjectType::User } => self.gone(&anchor, link).await?,
                Entry::Present(object) if object.object_type == ObjectType::User => {
                    let subject = Subject::judge(object, &self.job.definition, &self.job.digest);
                    self.seen.insert(subject.object.anchor.clone());
                    if self.has_news(&subject, link.as_ref(), escrows.get(&subject.object.anchor)) {
                        work.push(Work { subject, link });
                    }
                }
                Entry::Unchanged { anchor, object_type: ObjectType::User } => {
                    self.seen.insert(anchor);
                }
                Entry::Removed { .. } | Entry::Unchanged { .. } | Entry::Present(_) => {}
            }
        }
        Ok(work)
    }

    /// Whether the object differs from what was decided on last; one in escrow also when it is due.
    fn has_news(&mut self, subject: &Subject, link: Option<&Link>, escrow: Option<&Escrow>) -> bool {
        if matches!(self.mode, Mode::Execute { everybody: true, .. }) {
            return true;
        }
        if let Some(escrow) = escrow {
            let waits = escrow.fingerprint == subject.fingerprint && escrow.next_attempt > self.now;
            self.progress.counts.escrowed += u64::from(waits);
            return !waits;
        }
        let known = link.is_some_and(|link| link.fingerprint == subject.fingerprint);
        self.progress.counts.skipped += u64::from(known);
        !known
    }

    /// Evaluates objects side by side, sends what can be sent now, and records all of it in one transaction.
    async fn process(&mut self, work: Vec<Work>) -> Result<(), Error> {
        let evaluator = self.evaluator(None);
        let evaluating = work.into_iter().map(|work| self.one(&evaluator, work));
        let (evaluated, fatal) = side_by_side(evaluating).await;
        let mut outcomes = Vec::new();
        for one in evaluated {
            match one {
                Evaluated::Collected(step) => self.collect(step),
                Evaluated::Waits(waiting) => self.waiting.push(waiting),
                Evaluated::Ended(outcome) => outcomes.push(outcome),
            }
        }
        self.record(outcomes).await?;
        fatal.map_or(Ok(()), Err)
    }

    fn evaluator<'e>(&'e self, fates: Option<&'e Fates>) -> Evaluator<'e> {
        Evaluator {
            job: &self.job.definition,
            target: &self.exporter,
            ledger: self.ledger,
            now: self.now,
            fates,
            claims: &self.claims,
        }
    }

    async fn one(&self, evaluator: &Evaluator<'_>, work: Work) -> Result<Evaluated, Error> {
        let began = self.context.clock.now();
        let Work { subject, link } = work;
        let error = match evaluator.evaluate(&subject, link.as_ref()).await {
            Ok(Verdict::Step(step)) if self.mode == Mode::Collect || step.decision.is_leaver() => {
                self.exporter.observe(None);
                return Ok(Evaluated::Collected(*step));
            }
            Ok(Verdict::Step(step)) => return self.send(*step, began).await.map(Evaluated::Ended),
            Ok(Verdict::Waits { wants, .. }) if evaluator.fates.is_none() => {
                return Ok(Evaluated::Waits(Waiting { subject, wants }));
            }
            Ok(Verdict::Waits { error, .. }) | Err(error) => error,
        };
        let step = evaluate::unevaluated(&subject, link.as_ref(), &error);
        if self.mode == Mode::Collect {
            return fatal(error).map_or(Ok(Evaluated::Collected(step)), Err);
        }
        let ending = self.failed(error)?;
        Ok(Evaluated::Ended(Outcome {
            step,
            ending,
            duration: self.context.clock.now().duration_since(began),
        }))
    }

    async fn send(&self, mut step: Step, began: Timestamp) -> Result<Outcome, Error> {
        if step.decision.is_leaver() && Box::pin(self.ledger.is_anothers(&step)).await? {
            step.pass_on();
        }
        let ending = match &step.operation {
            None => Ok(Ending::Done { target_id: None }),
            Some(operation) => self.exporter.export(operation).await.map(|o| Ending::written(operation, o)),
        };
        let ending = match ending {
            Ok(ending) => {
                self.exporter.observe(None);
                ending
            }
            Err(error) => self.failed(error.into())?,
        };
        Ok(Outcome { step, ending, duration: self.context.clock.now().duration_since(began) })
    }

    /// An object's failure sends it to escrow, unless it tells that every other would fail too.
    fn failed(&self, error: ObjectError) -> Result<Ending, Error> {
        if let ObjectError::Connector(error) = &error {
            self.exporter.observe(Some(error));
        }
        match error {
            ObjectError::Connector(error) if self.exporter.is_broken() => Err(Error::Target(error)),
            error => {
                let ending = Ending::failed(&error);
                fatal(error).map_or(Ok(ending), Err)
            }
        }
    }

    fn collect(&mut self, step: Step) {
        self.taken.extend(step.takes_over.clone());
        if step.decision.is_leaver() {
            self.leavers.push(step);
        } else {
            self.progress.counts += step.decision.counts();
            self.steps.push(step);
        }
    }

    async fn record(&mut self, outcomes: Vec<Outcome>) -> Result<(), Error> {
        for outcome in &outcomes {
            self.progress.counts += outcome.counts();
            if matches!(outcome.ending, Ending::Done { .. }) {
                self.taken.extend(outcome.step.takes_over.clone());
            }
        }
        self.ledger.record(outcomes, self.context.clock.now()).await
    }

    /// An object that the source holds no more.
    async fn gone(&mut self, anchor: &str, link: Option<Link>) -> Result<(), Error> {
        let Some(link) = link else { return self.forget_escrow(anchor.to_owned()).await };
        let step = match decide(Presence::Gone, false, Some(link.state)) {
            Intent::Delete => evaluate::delete(&link),
            Intent::Forget | Intent::Leave(_) | Intent::Disable(_) | Intent::Provision => {
                evaluate::forget(&link)
            }
        };
        if step.decision.is_leaver() || self.mode == Mode::Collect {
            self.collect(step);
            return Ok(());
        }
        let duration = jiff::SignedDuration::ZERO;
        self.record(vec![Outcome { step, ending: Ending::Done { target_id: None }, duration }]).await
    }

    async fn forget_escrow(&self, anchor: String) -> Result<(), Error> {
        match self.mode {
            Mode::Collect => Ok(()),
            Mode::Execute { .. } => self.ledger.forget_escrow(ObjectType::User, anchor).await,
        }
    }

    /// After a full read: what is linked or in escrow, and was not seen, is gone.
    async fn find_the_gone(&mut self) -> Result<(), Error> {
        let mut after = String::new();
        loop {
            let page = self.ledger.links_after(ObjectType::User, after.clone(), LINK_PAGE).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.source_id);
            for link in page {
                if !self.seen.contains(&link.source_id) {
                    self.gone(&link.source_id.clone(), Some(link)).await?;
                }
            }
        }
        for anchor in self.ledger.escrowed(ObjectType::User).await? {
            if !self.seen.contains(&anchor) {
                self.forget_escrow(anchor).await?;
            }
        }
        Ok(())
    }

    /// After a read of changes: objects in escrow whose time has come are looked at again.
    async fn retry_escrow(&mut self) -> Result<(), Error> {
        let due = self.ledger.escrow_due(ObjectType::User, self.now, ESCROW_RETRIES).await?;
        if due.is_empty() {
            return Ok(());
        }
        let page = self.ends.source.get(ObjectType::User, &due).await.map_err(Error::Source)?;
        self.take_page(page).await
    }

    /// Disables and deletes those who left, unless there are too many of them, and serves those who waited for them.
    ///
    /// A leaver whose resource somebody waits for comes last: if it is taken over, the person has returned under a new
    /// account, and nothing is to be taken away. But who is deleted for good without having been disabled before goes
    /// first, and the name is free for a new user, as in Entra.
    async fn leave(&mut self) -> Result<Option<Held>, Error> {
        let leavers = mem::take(&mut self.leavers);
        let managed = self.ledger.managed(ObjectType::User).await?;
        let held = guard::judge(leavers.len() as u64, managed, self.job.definition.deletions).err();
        if held.is_some() && matches!(self.mode, Mode::Execute { allow_deletions: false, .. }) {
            let duration = jiff::SignedDuration::ZERO;
            let outcome = |step| Outcome { step, ending: Ending::Held, duration };
            self.record(leavers.into_iter().map(outcome).collect()).await?;
            self.serve_the_waiting(&self.fates(&[], &[])).await?;
            return Ok(held);
        }
        let wanted: HashSet<String> = self.waiting.iter().filter_map(|w| w.wants.clone()).collect();
        let comes_last = |step: &Step| {
            let freed = step.decision == Decision::Delete && step.before.state == Some(LinkState::Managed);
            !freed && step.target_id().is_some_and(|id| wanted.contains(id))
        };
        let (last, first): (Vec<Step>, Vec<Step>) = leavers.into_iter().partition(comes_last);
        let fates = self.fates(&first, &last);
        self.take_away(first).await?;
        self.serve_the_waiting(&fates).await?;
        let last = last.into_iter().filter(|step| !self.taken.contains(&step.source_id)).collect();
        self.take_away(last).await?;
        Ok(held.filter(|_| self.mode == Mode::Collect))
    }

    /// What was decided, for those who waited: `first` leaves before them, `last` after.
    fn fates(&self, first: &[Step], last: &[Step]) -> Fates {
        let ids = |steps: &[Step], of: fn(&Step) -> bool| -> HashSet<String> {
            steps.iter().filter(|s| of(s)).filter_map(|s| s.target_id().map(str::to_owned)).collect()
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
            let began = self.context.clock.now();
            let (outcomes, fatal) = side_by_side(batch.into_iter().map(|step| self.send(step, began))).await;
            self.record(outcomes).await?;
            if let Some(error) = fatal {
                return Err(error);
            }
            self.observer.progress(self.progress);
        }
        Ok(())
    }

    /// Who waited for a leaver is evaluated again, now that the leavers are gone, one after the other: two who want
    /// the same resource must not both get it.
    async fn serve_the_waiting(&mut self, fates: &Fates) -> Result<(), Error> {
        for Waiting { subject, .. } in mem::take(&mut self.waiting) {
            let link = self.ledger.link(ObjectType::User, &subject.object.anchor).await?;
            let evaluator = self.evaluator(Some(fates));
            match self.one(&evaluator, Work { subject, link }).await? {
                Evaluated::Collected(step) => self.collect(step),
                Evaluated::Ended(outcome) => self.record(vec![outcome]).await?,
                Evaluated::Waits(_) => {}
            }
        }
        Ok(())
    }
}

fn users(page: &[Entry]) -> impl Iterator<Item = &Entry> {
    page.iter().filter(|entry| entry.object_type() == ObjectType::User)
}

/// The errors that concern every object: no further request would succeed, or nothing could be recorded.
fn fatal(error: ObjectError) -> Option<Error> {
    match error {
        ObjectError::Connector(error @ connector::Error::Credential { .. }) => Some(Error::Target(error)),
        ObjectError::Store(error) => Some(Error::Store(error)),
        ObjectError::Connector(_) | ObjectError::Mapping(_) | ObjectError::DuplicateSource { .. } => None,
    }
}
