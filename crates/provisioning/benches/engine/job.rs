//! A job and its store.

use std::sync::Arc;

use connector::{Source, Target};
use jiff::Timestamp;
use model::{Clock, IdSource};
use provisioning::cycle::{self, Options, Report};
use provisioning::pacing::Paces;
use provisioning::progress::Unwatched;
use provisioning::{Context, Ends, JobInstance};
use testkit::TestStore;
use uuid::Uuid;

struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

struct Ids;

impl IdSource for Ids {
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

pub struct Job {
    context: Context,
    instance: JobInstance,
    _store: TestStore,
}

impl Job {
    /// A job in a new database. `target` is added to its `[target]`.
    pub async fn new(target: &str) -> Self {
        let file = format!(
            r#"
            name = "bench"
            source = {{ kind = "file", path = "unused" }}
            [target]
            kind = "scim"
            url = "http://127.0.0.1/"
            token = "t"
            {target}
            [users]
            mappings = [
                {{ target = "userName", source = "[userPrincipalName]", matching = 1 }},
                {{ target = "active", source = "Switch([IsSoftDeleted], , \"False\", \"True\", \"True\", \"False\")" }},
                {{ target = "displayName", source = "[displayName]" }},
                {{ target = "title", source = "[jobTitle]" }},
            ]
            "#
        );
        let store = testkit::sqlite();
        let (stored, definition) = store.job(&file, Now.now()).await;
        let instance = JobInstance { id: stored.id, definition, digest: stored.digest };
        let context = Context {
            store: (*store).clone(),
            clock: Arc::new(Now),
            ids: Arc::new(Ids),
            paces: Paces::default(),
        };
        Self { context, instance, _store: store }
    }

    /// Runs a cycle.
    pub async fn cycle(&self, source: impl Source + 'static, target: impl Target + 'static) -> Report {
        let ends = Ends { source: Box::new(source), target: Box::new(target) };
        Box::pin(cycle::run(&self.context, &self.instance, &ends, Options::default(), &Unwatched))
            .await
            .unwrap()
    }
}
