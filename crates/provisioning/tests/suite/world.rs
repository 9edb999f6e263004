//! A company, an application, and the engine between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use connector::ObjectType;
use jiff::{SignedDuration, Timestamp};
use model::Clock;
use model::cycle::Counts;
use model::escrow::Escrow;
use model::job_status::JobStatus;
use model::link::Link;
use model::log_entry::LogEntry;
use model::quarantine::Quarantine;
use model::staged::{Staged, StagedState};
use provisioning::cycle::{self, Options, Report};
use provisioning::pacing::Paces;
use provisioning::progress::Unwatched;
use provisioning::{Context, Ends, Error, JobInstance};
use serde_json::Value;
use store::job::{JobState, StoredJob};
use testkit::{FakeSource, FakeTarget, Numbers, TestStore};

/// A clock that a test sets forward.
#[derive(Clone)]
pub struct Hands(Arc<AtomicI64>);

impl Hands {
    pub fn pass(&self, time: SignedDuration) {
        self.0.fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

pub struct World {
    pub store: TestStore,
    pub source: FakeSource,
    pub target: FakeTarget,
    pub hands: Hands,
    pub context: Context,
    pub job: JobInstance,
}

pub const JOB: &str = r#"
name = "contoso"
source = { kind = "file", path = "unused" }
target = { kind = "scim", url = "http://127.0.0.1/", token = "t", dialect = "entra" }
scope = { assigned_only = true }
users = { preset = "workplace" }
"#;

/// [`JOB`] with groups.
pub fn with_groups() -> String {
    format!("{JOB}groups = {{}}\n")
}

/// [`JOB`] with groups and managers.
pub fn with_references() -> String {
    let manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
    let mapping = format!("mappings = [{{ target = \"{manager}\", source = \"[manager]\" }}]");
    with_groups().replace("\"workplace\"", &format!("\"workplace\", {mapping}"))
}

impl World {
    pub async fn new() -> Self {
        Self::with(JOB).await
    }

    /// A world in which this job file is applied.
    pub async fn with(job_file: &str) -> Self {
        let store = testkit::sqlite();
        let hands = Hands(Arc::new(AtomicI64::new(1_767_225_600_000_000)));
        let context = Context {
            store: (*store).clone(),
            clock: Arc::new(hands.clone()),
            ids: Arc::new(Numbers::default()),
            paces: Paces::default(),
        };
        let (stored, definition) = store.job(job_file, hands.now()).await;
        let job = JobInstance { id: stored.id, definition, digest: stored.digest };
        let (source, target) = (FakeSource::default(), FakeTarget::new());
        Self { store, source, target, hands, context, job }
    }

    pub fn ends(&self) -> Ends {
        Ends { source: Box::new(self.source.clone()), target: Box::new(self.target.clone()) }
    }

    pub async fn try_cycle(&self, options: Options) -> Result<Report, Error> {
        cycle::run(&self.context, &self.job, &self.ends(), options, &Unwatched).await
    }

    pub async fn cycle(&self) -> Report {
        self.try_cycle(Options::default()).await.unwrap()
    }

    /// Runs a cycle and compares what it did: created, updated, disabled, deleted, skipped, escrowed, held.
    pub async fn expect(&self, counts: [u64; 7]) -> Report {
        let report = self.cycle().await;
        assert_eq!(report.cycle.counts, counts_of(counts));
        report
    }

    pub async fn link(&self, anchor: &str) -> Option<Link> {
        let (job, anchor) = (self.job.id, anchor.to_owned());
        let links = self.store.read(move |tx| store::link::of_sources(tx, job, "User", &[&anchor])).await;
        links.unwrap().pop()
    }

    pub async fn escrow(&self, anchor: &str) -> Option<Escrow> {
        let (job, anchor) = (self.job.id, anchor.to_owned());
        let rows = self.store.read(move |tx| store::escrow::of_sources(tx, job, "User", &[&anchor])).await;
        rows.unwrap().pop()
    }

    /// The log, the latest entry first.
    pub async fn log(&self) -> Vec<LogEntry> {
        let job = self.job.id;
        self.store.read(move |tx| store::log::latest(tx, job, None, 100)).await.unwrap()
    }

    /// What is staged, in the order of types and anchors.
    pub async fn staged(&self) -> Vec<Staged> {
        let job = self.job.id;
        self.store.read(move |tx| store::staged::all(tx, job)).await.unwrap()
    }

    /// A person decides on all that is staged of an object, and of its members.
    pub async fn decide(&self, anchor: &str, state: StagedState) {
        let (job, at) = (self.job.id, self.hands.now());
        let mut rows = self.staged().await;
        rows.retain(|row| row.source_id == anchor);
        assert!(!rows.is_empty(), "nothing of {anchor} is staged");
        for row in &mut rows {
            row.state = state;
            row.decided = Some(("ana".to_owned(), at));
        }
        self.store.write(move |tx| store::staged::put(tx, job, &rows)).await.unwrap();
    }

    pub async fn watermark(&self) -> Option<String> {
        let job = self.job.id;
        self.store.read(move |tx| store::job::by_id(tx, job)).await.unwrap().unwrap().watermark
    }

    pub async fn stored(&self) -> StoredJob {
        let job = self.job.id;
        self.store.read(move |tx| store::job::by_id(tx, job)).await.unwrap().unwrap()
    }

    pub async fn turn(&self, state: JobState) {
        let (job, now) = (self.job.id, self.now());
        assert!(self.store.write(move |tx| store::job::set_state(tx, job, state, now)).await.unwrap());
    }

    pub async fn quarantine(&self) -> Option<Quarantine> {
        let job = self.job.id;
        self.store.read(move |tx| store::quarantine::get(tx, job)).await.unwrap()
    }

    pub async fn status(&self) -> JobStatus {
        let job = self.job.id;
        self.store.read(move |tx| store::job_status::get(tx, job)).await.unwrap()
    }

    pub fn now(&self) -> Timestamp {
        self.hands.now()
    }

    /// The application's users as `(userName, active)`, by name.
    pub fn users(&self) -> Vec<(String, bool)> {
        let user = |user: Value| (user["userName"].as_str().unwrap().to_owned(), user["active"] == true);
        let mut users: Vec<_> = self.target.objects(ObjectType::User).into_iter().map(user).collect();
        users.sort();
        users
    }

    pub fn id_of(&self, name: &str) -> String {
        self.target.user(name).unwrap()["id"].as_str().unwrap().to_owned()
    }
}

pub fn counts_of([created, updated, disabled, deleted, skipped, escrowed, held]: [u64; 7]) -> Counts {
    Counts { created, updated, disabled, deleted, skipped, escrowed, held, references: 0 }
}

/// The expected users, for comparison with [`World::users`].
pub fn users(expected: &[(&str, bool)]) -> Vec<(String, bool)> {
    expected.iter().map(|(name, active)| ((*name).to_owned(), *active)).collect()
}
