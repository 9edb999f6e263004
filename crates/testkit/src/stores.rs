//! Stores for tests: a fresh, empty database each.

use std::ops::Deref;

use jiff::Timestamp;
use model::job::{Job, JobFile};
use model::settings::Settings;
use model::tenant::{Application, Tenant};
use model::{JobId, TenantId};
use store::job::{JobState, StoredJob};
use store::{DatabaseUrl, Store, Tree, Tx};
use tempfile::TempDir;
use uuid::Uuid;

use crate::server;

/// An empty database, gone when this is dropped. Keep it as long as a store is open on it.
pub struct Database {
    url: String,
    _place: Place,
}

enum Place {
    Folder { _folder: TempDir },
    Server { _database: server::Database },
}

impl Database {
    /// A file that does not exist yet.
    #[must_use]
    pub fn sqlite() -> Self {
        let folder = TempDir::with_prefix("rollcall-sqlite-").expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("rollcall.db").display());
        Self { url, _place: Place::Folder { _folder: folder } }
    }

    /// A database of the process's PostgreSQL server.
    ///
    /// # Panics
    /// If there is no PostgreSQL; the message says how to get one.
    #[must_use]
    pub fn postgres() -> Self {
        let database = server::database();
        Self { url: database.url.clone(), _place: Place::Server { _database: database } }
    }

    /// Where it is, as text for a command line.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.url
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> DatabaseUrl {
        DatabaseUrl::parse(&self.url).expect("a URL made here")
    }
}

/// An open store and its database.
pub struct TestStore {
    store: Store,
    database: Database,
}

impl TestStore {
    /// Opens a store on a database, with the tables of applications.
    #[must_use]
    pub fn open(database: Database, applications: &[Tree]) -> Self {
        let store = Store::open_with(&database.url(), applications).expect("the store opens");
        Self { store, database }
    }

    /// Stores the job of a job file, off and never run. Tells its row, and what it says.
    ///
    /// # Panics
    /// If the text is no job file, or the store has a job already.
    pub async fn job(&self, file: &str, created: Timestamp) -> (StoredJob, Job) {
        let definition = JobFile::parse(file).expect("a job file").resolve().expect("a job");
        let job = StoredJob {
            id: JobId(Uuid::from_u128(1)),
            name: definition.name.clone(),
            definition: file.to_owned(),
            digest: "digest-1".to_owned(),
            state: JobState::Off,
            watermark: None,
            created,
            modified: created,
        };
        let stored = job.clone();
        self.store.write(move |tx| store::job::create(tx, &stored)).await.expect("a new job");
        (job, definition)
    }

    /// Makes the tenant `contoso`.
    ///
    /// # Panics
    /// If the store has it already.
    #[must_use]
    pub fn tenant(&self, application: Application) -> TenantId {
        let id = TenantId(Uuid::now_v7());
        let tenant = Tenant {
            id,
            name: "contoso".parse().expect("a name of a tenant"),
            application,
            created: Timestamp::UNIX_EPOCH,
            settings: Settings::default(),
            schema_version: 0,
        };
        let create = move |tx: &mut Tx<'_>| store::tenant::create(tx, &tenant);
        self.store.write_blocking(create).expect("a new tenant");
        id
    }

    /// Its database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }
}

impl Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl Drop for TestStore {
    /// Ends the threads before the database goes.
    fn drop(&mut self) {
        self.store.close();
    }
}

/// An empty store on SQLite.
#[must_use]
pub fn sqlite() -> TestStore {
    TestStore::open(Database::sqlite(), &[])
}

/// An empty store on PostgreSQL.
///
/// # Panics
/// If there is no PostgreSQL; the message says how to get one.
#[must_use]
pub fn postgres() -> TestStore {
    TestStore::open(Database::postgres(), &[])
}

/// An empty store on each engine.
///
/// # Panics
/// If there is no PostgreSQL; the message says how to get one.
#[must_use]
pub fn stores() -> [TestStore; 2] {
    [sqlite(), postgres()]
}
