//! The way of the directory's objects through one cycle or plan:
//! import → scope → match → map → decide → export, then those who left, then those who waited for them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::mem;

use connector::{Completed, Coverage, Entry, ObjectType, Peer, Reading, Target, Watermark};
use futures::future::join;
use jiff::{SignedDuration, Timestamp};
use model::cycle::Counts;
use model::escrow::Escrow;
use model::link::Link;

use crate::Error;
use crate::context::{Context, Ends, JobInstance};
use crate::evaluate::{Evaluator, ObjectError, Verdict};
use crate::export::Exporter;
use crate::guard::Held;
use crate::key::Key;
use crate::ledger::{Ending, Ledger, Outcome};
use crate::limits::{ESCROW_RETRIES, WORK_BATCH};
use crate::lost_creates;
use crate::progress::{Observer, Progress};
use crate::references::{self, News, Told};
use crate::search::{Claims, Fates};
use crate::side_by_side::side_by_side;
use crate::staging::Staging;
use crate::step::Step;
use crate::steps;
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
    /// Why deletions, disables and lost memberships are held back, if any are.
    pub held: Option<Held>,
    /// The steps of a plan, in the order in which they are to be done.
    pub steps: Vec<Step>,
}

/// One walk. Its ways through a page are here; those of `leavers`, `second_pass` and `planned_references` beside it.
pub struct Walk<'a> {
    pub(crate) context: &'a Context,
    pub(crate) job: &'a JobInstance,
    pub(crate) ends: &'a Ends,
    pub(crate) ledger: &'a Ledger,
    pub(crate) observer: &'a dyn Observer,
    pub(crate) exporter: Exporter<'a>,
    pub(crate) mode: Mode,
    pub(crate) now: Timestamp,
    /// Objects that the source has told of.
    seen: HashSet<Key>,
    /// How many objects the source holds, by type, as far as it was read.
    held: HashMap<ObjectType, u64>,
    /// Objects of which there is news: they are evaluated together with those of the next pages.
    news_of: Vec<Work>,
    pub(crate) progress: Progress,
    pub(crate) steps: Vec<Step>,
    pub(crate) staging: Staging,
    /// Disables and deletions: they wait until all of them are known.
    pub(crate) leavers: Vec<Step>,
    /// Objects whose resource belongs to somebody who may be leaving in this very cycle.
    pub(crate) waiting: Vec<Waiting>,
    /// Leavers whose resource somebody has taken over: it is not theirs to lose any more.
    taken: HashSet<(ObjectType, String)>,
    claims: Claims,
    /// What a plan found out about references; a cycle stores it at once.
    pub(crate) news: News,
    tested: bool,
}

/// An object that is to be evaluated.
pub(crate) struct Work {
    pub(crate) subject: Subject,
    pub(crate) link: Option<Link>,
}

/// An object that waits until everybody else was looked at.
pub(crate) struct Waiting {
    pub(crate) subject: Subject,
    /// The resource it wants, where there is one already.
    pub(crate) wants: Option<String>,
}

/// What came of one object.
pub(crate) enum Evaluated {
    /// It is sent later, or is part of a plan.
    Collected(Step),
    /// It is looked at again when everybody else was.
    Waits(Waiting),
    /// It is sent now. Evaluating it has taken so long.
    Decided(Step, SignedDuration),
    /// It has failed.
    Failed(Outcome),
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
            exporter: Exporter::new(context, job, ends),
            mode,
            now: context.clock.now(),
            seen: HashSet::new(),
            held: HashMap::new(),
            news_of: Vec::new(),
            progress: Progress::default(),
            steps: Vec::new(),
            staging: Staging::default(),
            leavers: Vec::new(),
            waiting: Vec::new(),
            taken: HashSet::new(),
            claims: Claims::default(),
            news: News::default(),
            tested: false,
        }
    }

    /// Walks the whole way.
    ///
    /// # Errors
    /// What concerns every object. What was done until then is recorded.
    pub async fn run(&mut self, since: Option<&Watermark>) -> Result<Walked, Error> {
        let nobody = self.context.ids.next().to_string();
        self.exporter.test(&nobody).await.map_err(Error::Target)?;
        self.tested = true;
        if self.mode != Mode::Collect {
            lost_creates::settle(self.context, self.ledger, &self.exporter, None).await?;
        }
        self.read_staged().await?;
        let completed = self.read(since).await?;
        match completed.coverage {
            Coverage::Full => self.find_the_gone().await?,
            Coverage::Changes => self.retry_escrow().await?,
        }
        self.look_at_the_allowed().await?;
        self.judge_memberships(completed.coverage).await?;
        let held = Box::pin(self.leave()).await?;
        match self.mode {
            Mode::Execute { .. } => Box::pin(self.refer()).await?,
            Mode::Collect => Box::pin(self.plan_references()).await?,
        }
        self.observer.progress(self.progress);
        Ok(Walked { completed, held, steps: mem::take(&mut self.steps) })
    }

    /// Walks the way of some objects only, as the source has them now.
    ///
    /// # Errors
    /// As [`Walk::run`].
    pub async fn run_some(
        &mut self,
        objects: &BTreeSet<(ObjectType, String)>,
    ) -> Result<Option<Held>, Error> {
        lost_creates::settle(self.context, self.ledger, &self.exporter, Some(objects)).await?;
        self.read_staged().await?;
        for object_type in self.object_types() {
            let of_type = objects.iter().filter(|(kind, _)| *kind == object_type);
            let anchors: Vec<String> = of_type.map(|(_, anchor)| anchor.clone()).collect();
            if !anchors.is_empty() {
                let page = self.ends.source.get(object_type, &anchors).await.map_err(Error::Source)?;
                self.take_page(page).await?;
            }
        }
        self.work_off().await?;
        let held = Box::pin(self.leave()).await?;
        Box::pin(self.refer()).await?;
        Ok(held)
    }

    /// What was done so far, or would be; also after an error.
    pub fn counts(&self) -> Counts {
        self.progress.counts
    }

    /// How far it has come; also after an error.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// Whether the target's test call has succeeded.
    pub fn has_tested(&self) -> bool {
        self.tested
    }

    async fn read(&mut self, since: Option<&Watermark>) -> Result<Completed, Error> {
        let reading = match self.ends.source.read(since).await {
            Err(connector::Error::WatermarkExpired) => self.ends.source.read(None).await,
            other => other,
        };
        let mut reading = reading.map_err(Error::Source)?;
        self.progress.expected = reading.expected();
        self.observer.progress(self.progress);
        let read = self.take_pages(reading.as_mut()).await;
        if matches!(read, Ok(()) | Err(Error::Source(_))) {
            // What a source said before it failed is no less true.
            self.work_off().await?;
        }
        read?;
        reading.finish().map_err(Error::Source)
    }

    async fn take_pages(&mut self, reading: &mut dyn Reading) -> Result<(), Error> {
        let mut page = reading.next_page().await;
        while let Some(entries) = page.map_err(Error::Source)? {
            // The next page comes while the objects of this one are sent.
            let (taken, next) = join(Box::pin(self.take_page(entries)), reading.next_page()).await;
            taken?;
            page = next;
            self.observer.progress(self.progress);
        }
        Ok(())
    }

    /// The types that the job provisions, in the order in which they are.
    pub(crate) fn object_types(&self) -> impl Iterator<Item = ObjectType> + use<> {
        let groups = self.job.definition.groups.is_some();
        [ObjectType::User, ObjectType::Group].into_iter().filter(move |t| groups || *t == ObjectType::User)
    }

    /// Takes in what a page says, and works off what there is to do when that is enough.
    pub(crate) async fn take_page(&mut self, page: Vec<Entry>) -> Result<(), Error> {
        self.progress.read += page.len() as u64;
        let mut page = last_words(page);
        self.take_back(&page).await?;
        for object_type in self.object_types() {
            let entries: Vec<Entry> =
                page.extract_if(.., |entry| entry.object_type() == object_type).collect();
            let anchors: Vec<String> = entries.iter().map(|e| e.anchor().to_owned()).collect();
            if anchors.is_empty() {
                continue;
            }
            let links = self.ledger.links(object_type, anchors.clone()).await?;
            let escrows = self.ledger.escrows(object_type, anchors).await?;
            self.import(entries, links, &escrows).await?;
        }
        if self.news_of.len() >= WORK_BATCH { self.work_off().await } else { Ok(()) }
    }

    /// A source must not tell of an object twice in one read. If it does, what it says last counts: nothing is done of
    /// what was intended for it until now.
    async fn take_back(&mut self, page: &[Entry]) -> Result<(), Error> {
        let keys = page.iter().map(|entry| Key::of_object(entry.object_type(), entry.anchor()));
        let repeated: HashSet<Key> = keys.filter(|key| !self.seen.insert(*key)).collect();
        if repeated.is_empty() {
            return Ok(());
        }
        self.work_off().await?;
        let is_kept = |step: &Step| !repeated.contains(&Key::of_object(step.object_type, &step.source_id));
        self.leavers.retain(is_kept);
        self.steps.retain(is_kept);
        self.waiting.retain(|waiting| !repeated.contains(&waiting.subject.key()));
        Ok(())
    }

    /// Does what there is to do about the objects of which there is news.
    pub(crate) async fn work_off(&mut self) -> Result<(), Error> {
        let work = mem::take(&mut self.news_of);
        if self.mode != Mode::Collect {
            let linked = work.iter().filter(|work| work.link.is_some());
            let key = |work: &Work| (work.subject.object.object_type, work.subject.object.anchor.clone());
            self.ledger.doubt(linked.map(key).collect(), self.context.clock.now()).await?;
        }
        Box::pin(self.note_references(&work)).await?;
        self.process(work).await
    }

    /// Judges the objects of a page and leaves out those who need no evaluation.
    async fn import(
        &mut self,
        page: Vec<Entry>,
        mut links: HashMap<String, Link>,
        escrows: &HashMap<String, Escrow>,
    ) -> Result<(), Error> {
        for entry in page {
            let link = links.remove(entry.anchor());
            match entry {
                Entry::Removed { anchor, object_type } => self.gone(object_type, &anchor, link).await?,
                Entry::Unchanged { object_type, .. } => *self.held.entry(object_type).or_default() += 1,
                Entry::Present(object) => {
                    *self.held.entry(object.object_type).or_default() += 1;
                    let subject = Subject::judge(object, &self.job.definition, &self.job.digest);
                    self.meet(subject.object.object_type, &subject.object.anchor);
                    self.progress.tally.entitled += u64::from(subject.in_scope);
                    if self.has_news(&subject, link.as_ref(), escrows.get(&subject.object.anchor)) {
                        self.news_of.push(Work { subject, link });
                    }
                }
            }
        }
        Ok(())
    }

    /// How many objects of a type the source holds, as far as it was read.
    pub(crate) fn held(&self, object_type: ObjectType) -> u64 {
        self.held.get(&object_type).copied().unwrap_or(0)
    }

    /// Whether the source has told of the object in this walk.
    pub(crate) fn has_seen(&self, object_type: ObjectType, anchor: &str) -> bool {
        self.seen.contains(&Key::of_object(object_type, anchor))
    }

    /// What the source says of references is kept before anything is sent: a crash must not lose it.
    async fn note_references(&mut self, work: &[Work]) -> Result<(), Error> {
        let job = &self.job.definition;
        let told: Vec<Told> =
            work.iter().flat_map(|work| references::told(&work.subject, job, self.now)).collect();
        match self.mode {
            Mode::Execute { .. } => self.ledger.tell(told, self.context.clock.now()).await,
            Mode::Collect => {
                let news = self.ledger.news(told).await?;
                self.news.added.extend(news.added);
                self.news.removed.extend(news.removed);
                Ok(())
            }
        }
    }

    /// Whether the object differs from what was decided on last; one in escrow also when it is due, and one that is
    /// staged as [`Walk::staged_news`] says.
    fn has_news(&mut self, subject: &Subject, link: Option<&Link>, escrow: Option<&Escrow>) -> bool {
        if self.looks_at_everybody() || subject.has_changed_members() {
            return true;
        }
        if let Some(escrow) = escrow {
            let waits = escrow.fingerprint == subject.fingerprint && escrow.next_attempt > self.now;
            self.progress.counts.escrowed += u64::from(waits);
            return !waits;
        }
        if let Some(news) = self.staged_news(subject) {
            return news;
        }
        let known = link.is_some_and(|link| link.fingerprint == subject.fingerprint);
        self.progress.counts.skipped += u64::from(known);
        !known
    }

    /// Whether everybody is looked at, also those who have nothing new or wait for another try.
    pub(crate) fn looks_at_everybody(&self) -> bool {
        matches!(self.mode, Mode::Execute { everybody: true, .. })
    }

    /// Evaluates objects side by side, and sends what can be sent now.
    async fn process(&mut self, work: Vec<Work>) -> Result<(), Error> {
        let evaluator = self.evaluator(None);
        let evaluating = work.into_iter().map(|work| self.one(&evaluator, work));
        let (evaluated, fatal) = side_by_side(&self.exporter, evaluating).await;
        let (mut decided, mut failed) = (Vec::new(), Vec::new());
        for one in evaluated {
            match one {
                Evaluated::Collected(step) => self.collect(step),
                Evaluated::Waits(waiting) => self.waiting.push(waiting),
                Evaluated::Decided(step, took) => decided.push((step, took)),
                Evaluated::Failed(outcome) => failed.push(outcome),
            }
        }
        self.record(failed).await?;
        fatal.map_or(Ok(()), Err)?;
        self.send_batch(decided).await
    }

    /// Sends steps side by side, and records what came of them in one transaction. That they are about to be sent is
    /// noted before, also in one: should nobody hear the answer, the next cycle finds out what became of it.
    pub(crate) async fn send_batch(&mut self, steps: Vec<(Step, SignedDuration)>) -> Result<(), Error> {
        let (job, now) = (&self.job.definition, self.context.clock.now());
        let unheard = self.ledger.begin(job, steps.iter().map(|(step, _)| step), now).await?;
        let sending = steps.into_iter().map(|(step, took)| self.send(step, took, &unheard));
        let (outcomes, fatal) = side_by_side(&self.exporter, sending).await;
        self.record(outcomes).await?;
        fatal.map_or(Ok(()), Err)
    }

    pub(crate) fn evaluator<'e>(&'e self, fates: Option<&'e Fates>) -> Evaluator<'e> {
        Evaluator {
            job: &self.job.definition,
            target: &self.exporter,
            ledger: self.ledger,
            now: self.now,
            fates,
            claims: &self.claims,
        }
    }

    pub(crate) async fn one(&self, evaluator: &Evaluator<'_>, work: Work) -> Result<Evaluated, Error> {
        let began = self.context.clock.now();
        let Work { subject, link } = work;
        let error = match evaluator.evaluate(&subject, link.as_ref()).await {
            Ok(Verdict::Step(step)) if self.mode == Mode::Collect || step.decision.is_leaver() => {
                self.exporter.observe(None);
                return Ok(Evaluated::Collected(*step));
            }
            Ok(Verdict::Step(step)) => {
                return Ok(Evaluated::Decided(*step, self.context.clock.now().duration_since(began)));
            }
            Ok(Verdict::Waits { wants, .. }) if evaluator.fates.is_none() => {
                return Ok(Evaluated::Waits(Waiting { subject, wants }));
            }
            Ok(Verdict::Waits { error, .. }) | Err(error) => error,
        };
        let step = steps::unevaluated(&subject, link.as_ref(), &error);
        if self.mode == Mode::Collect {
            return fatal(error).map_or(Ok(Evaluated::Collected(step)), Err);
        }
        let ending = self.failed(error)?;
        Ok(Evaluated::Failed(Outcome {
            step,
            ending,
            duration: self.context.clock.now().duration_since(began),
        }))
    }

    /// Sends one step, unless it is a create of which another one is `unheard`. Evaluating it `took` so long.
    async fn send(
        &self,
        mut step: Step,
        took: SignedDuration,
        unheard: &HashSet<(ObjectType, String)>,
    ) -> Result<Outcome, Error> {
        let began = self.context.clock.now();
        if step.decision.is_leaver() && Box::pin(self.ledger.is_anothers(&step)).await? {
            step.pass_on();
        }
        let mut sent = match unheard.contains(&(step.object_type, step.source_id.clone())) {
            true => Err(ObjectError::CreationUnheard),
            false => self.export(&step).await,
        };
        // Nobody stays active because the application refuses another attribute of theirs, such as a name that somebody
        // else has by now.
        if sent.as_ref().is_err_and(ObjectError::is_refusal) && step.deactivate_only() {
            sent = self.export(&step).await;
        }
        let ending = match sent {
            Ok(ending) => {
                self.exporter.observe(None);
                ending
            }
            Err(error) => self.failed(error)?,
        };
        let duration = took.saturating_add(self.context.clock.now().duration_since(began));
        Ok(Outcome { step, ending, duration })
    }

    async fn export(&self, step: &Step) -> Result<Ending, ObjectError> {
        let Some(operation) = &step.operation else { return Ok(Ending::Done { target_id: None }) };
        Ok(Ending::written(operation, self.exporter.export(operation).await?))
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

    pub(crate) fn collect(&mut self, step: Step) {
        self.take_over(&step);
        if step.decision.is_leaver() {
            self.leavers.push(step);
        } else {
            self.progress.counts += step.decision.counts();
            self.steps.push(step);
        }
    }

    pub(crate) async fn record(&mut self, outcomes: Vec<Outcome>) -> Result<(), Error> {
        for outcome in &outcomes {
            self.progress.counts += outcome.counts();
            self.progress.tally += outcome.tally();
            if matches!(outcome.ending, Ending::Done { .. }) {
                self.take_over(&outcome.step);
            }
        }
        self.ledger.record(outcomes, self.context.clock.now()).await
    }

    fn take_over(&mut self, step: &Step) {
        self.taken.extend(step.takes_over.clone().map(|leaver| (step.object_type, leaver)));
    }

    /// Whether somebody has taken over what this leaver had.
    pub(crate) fn is_taken(&self, leaver: &Step) -> bool {
        self.taken.contains(&(leaver.object_type, leaver.source_id.clone()))
    }

    /// After a read of changes: objects in escrow whose time has come are looked at again.
    async fn retry_escrow(&mut self) -> Result<(), Error> {
        for object_type in self.object_types() {
            let due = self.ledger.escrow_due(object_type, self.now, ESCROW_RETRIES).await?;
            if due.is_empty() {
                continue;
            }
            let page = self.ends.source.get(object_type, &due).await.map_err(Error::Source)?;
            self.take_page(page).await?;
        }
        self.work_off().await
    }
}

/// What is said last of each object counts: a source must not repeat one, and if it does, nobody is to be made twice.
fn last_words(page: Vec<Entry>) -> Vec<Entry> {
    let mut met = HashSet::new();
    let mut page: Vec<Entry> =
        page.into_iter().rev().filter(|e| met.insert((e.object_type(), e.anchor().to_owned()))).collect();
    page.reverse();
    page
}

/// The errors that concern every object: no further request would succeed, or nothing could be recorded.
pub(crate) fn fatal(error: ObjectError) -> Option<Error> {
    match error {
        ObjectError::Connector(
            error @ (connector::Error::Credential { .. }
            | connector::Error::Protocol { peer: Peer::Target, .. }),
        ) => Some(Error::Target(error)),
        ObjectError::Store(error) => Some(Error::Store(error)),
        ObjectError::Connector(_)
        | ObjectError::Mapping(_)
        | ObjectError::DuplicateSource { .. }
        | ObjectError::WrongMatch { .. }
        | ObjectError::CreationUnheard => None,
    }
}
