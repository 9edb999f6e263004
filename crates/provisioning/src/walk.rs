//! The way of the directory's objects through one cycle or plan:
//! import → scope → match → map → decide → export, then those who left, then those who waited for them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::mem;

use connector::{Completed, Coverage, ObjectType, Peer, Target, Watermark};
use jiff::{SignedDuration, Timestamp};
use model::cycle::Counts;
use model::link::Link;

use crate::Error;
use crate::context::{Context, Ends, JobInstance};
use crate::evaluate::ObjectError;
use crate::export::Exporter;
use crate::guard::Held;
use crate::key::Key;
use crate::ledger::{Ledger, Outcome};
use crate::lost_creates;
use crate::progress::{Observer, Progress};
use crate::references::News;
use crate::search::Claims;
use crate::staging::Staging;
use crate::step::Step;
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

/// One walk. The order of its parts is here; they are in `reading`, `sending`, `leavers`, `second_pass` and
/// `planned_references`.
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
    pub(crate) seen: HashSet<Key>,
    /// How many objects the source holds, by type, as far as it was read.
    pub(crate) held: HashMap<ObjectType, u64>,
    /// Objects of which there is news: they are evaluated together with those of the next pages.
    pub(crate) news_of: Vec<Work>,
    pub(crate) progress: Progress,
    pub(crate) steps: Vec<Step>,
    pub(crate) staging: Staging,
    /// Disables and deletions: they wait until all of them are known.
    pub(crate) leavers: Vec<Step>,
    /// Objects whose resource belongs to somebody who may be leaving in this very cycle.
    pub(crate) waiting: Vec<Waiting>,
    /// Leavers whose resource somebody has taken over: it is not theirs to lose any more.
    pub(crate) taken: HashSet<(ObjectType, String)>,
    pub(crate) claims: Claims,
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

    /// The types that the job provisions, in the order in which they are.
    pub(crate) fn object_types(&self) -> impl Iterator<Item = ObjectType> + use<> {
        let groups = self.job.definition.groups.is_some();
        [ObjectType::User, ObjectType::Group].into_iter().filter(move |t| groups || *t == ObjectType::User)
    }

    /// How many objects of a type the source holds, as far as it was read.
    pub(crate) fn held(&self, object_type: ObjectType) -> u64 {
        self.held.get(&object_type).copied().unwrap_or(0)
    }

    /// Whether the source has told of the object in this walk.
    pub(crate) fn has_seen(&self, object_type: ObjectType, anchor: &str) -> bool {
        self.seen.contains(&Key::of_object(object_type, anchor))
    }

    /// Whether everybody is looked at, also those who have nothing new or wait for another try.
    pub(crate) fn looks_at_everybody(&self) -> bool {
        matches!(self.mode, Mode::Execute { everybody: true, .. })
    }

    /// Whether somebody has taken over what this leaver had.
    pub(crate) fn is_taken(&self, leaver: &Step) -> bool {
        self.taken.contains(&(leaver.object_type, leaver.source_id.clone()))
    }
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
