//! Records to begin with.

use jiff::{SignedDuration, Timestamp};
use model::connection::ConnectionName;
use model::resource::{Origin, StoredResource};
use model::tenant::{Application, Tenant};
use model::{ResourceId, TenantId};
use serde_json::Value;
use store::{Error, Store, Tx, resource, tenant};
use uuid::Uuid;

/// The id with this number; a greater number is a later id.
pub fn id(number: u64) -> Uuid {
    Uuid::from_u128(number.into())
}

/// An instant this many seconds after the beginning.
pub fn at(seconds: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

/// A tenant that is stored.
pub fn tenant(store: &Store, number: u64) -> TenantId {
    let tenant = Tenant {
        id: TenantId(id(number)),
        name: format!("tenant-{number}").parse().unwrap(),
        application: Application::Workplace,
        created: at(0),
        settings: model::settings::Settings::default(),
        schema_version: 0,
    };
    let id = tenant.id;
    write(store, move |tx| tenant::create(tx, &tenant)).unwrap();
    id
}

/// Who made the samples.
pub fn origin() -> Origin {
    Origin::Scim { connection: ConnectionName::default() }
}

/// A resource that is not stored.
pub fn unstored(number: u64, document: &Value) -> StoredResource {
    StoredResource {
        id: ResourceId(id(number)),
        document: document.as_object().unwrap().clone(),
        version: 1,
        created: at(1),
        modified: at(1),
    }
}

/// A resource that is stored.
pub fn resource(
    store: &Store,
    tenant: TenantId,
    kind: &'static str,
    number: u64,
    document: &Value,
) -> ResourceId {
    let resource = unstored(number, document);
    let id = resource.id;
    write(store, move |tx| resource::insert(tx, tenant, kind, &resource, &origin())).unwrap();
    id
}

/// A write from a test's thread.
pub fn write<T: Send + 'static>(
    store: &Store,
    run: impl Fn(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    store.write_blocking(run)
}

/// A read from a test's thread.
pub fn read<T: Send + 'static>(
    store: &Store,
    run: impl Fn(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    store.read_blocking(run)
}

/// Runs a function on so many threads at once, each with its number, and collects what they answer.
pub fn at_once<T: Send>(threads: u64, run: impl Fn(u64) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads)
            .map(|number| {
                scope.spawn({
                    let run = &run;
                    move || run(number)
                })
            })
            .collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    })
}

/// How many rows each table with this column has.
pub fn rows_of_tables_with(
    store: &Store,
    url: &store::DatabaseUrl,
    column: &'static str,
) -> Vec<(String, i64)> {
    let tables = if url.is_postgres() {
        "SELECT table_name::text FROM information_schema.columns
         WHERE table_schema = 'public' AND column_name = $1 ORDER BY 1"
    } else {
        "SELECT m.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c
         WHERE m.type = 'table' AND c.name = $1 ORDER BY 1"
    };
    read(store, move |tx| {
        let tables: Vec<String> = tx.query(tables, store::params![column], |row| row.get(0))?;
        tables
            .into_iter()
            .map(|table| {
                let sql: &'static str = format!("SELECT count(*) FROM {table}").leak();
                Ok((table, tx.query_one(sql, &[], |row| row.get(0))?))
            })
            .collect()
    })
    .unwrap()
}
