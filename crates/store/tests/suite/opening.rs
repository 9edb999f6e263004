//! Opening a database.

use store::{DatabaseUrl, Error, Store, Tree, params, setting};
use testkit::{Database, TestStore};

use crate::samples::{at_once, read, write};

const NOTES: Tree = Tree {
    name: "notes",
    migrations: &[(
        "V1000__note",
        "CREATE TABLE note (tenant_id TEXT COLLATE \"C\" NOT NULL, text TEXT NOT NULL);",
    )],
};

pub fn several_may_open_an_empty_database_at_once(store: &TestStore) {
    let fresh = if store.database().url().is_postgres() { Database::postgres() } else { Database::sqlite() };
    let url = fresh.url();
    let results = at_once(6, |number| {
        let store = Store::open_with(&url, &[NOTES])?;
        write(&store, move |tx| setting::set(tx, &number.to_string(), ""))
    });
    assert!(results.iter().all(Result::is_ok), "{results:?}");
}

pub fn applications_bring_their_tables(store: &TestStore) {
    let url = store.database().url();
    let with_notes = Store::open_with(&url, &[NOTES]).unwrap();
    write(&with_notes, |tx| {
        tx.execute("INSERT INTO note (tenant_id, text) VALUES ($1, $2)", params!["t", "n"]).map(drop)
    })
    .unwrap();
    // A process that knows nothing of the application opens the same database.
    let without = Store::open(&url).unwrap();
    let notes = read(&without, |tx| tx.query("SELECT text FROM note", &[], |row| row.get::<String>(0)));
    assert_eq!(notes.unwrap(), ["n"]);
}

pub fn a_database_that_was_put_back_is_seen(store: &TestStore) {
    assert!(read(store, store::is_migrated).unwrap());
    write(store, |tx| tx.execute("DELETE FROM migration_store WHERE version > 3", &[])).unwrap();
    assert!(!read(store, store::is_migrated).unwrap());
}

pub fn a_changed_migration_is_refused(store: &TestStore) {
    let url = store.database().url();
    Store::open_with(&url, &[NOTES]).unwrap();
    let changed = Tree {
        name: "notes",
        migrations: &[("V1000__note", "CREATE TABLE note (tenant_id TEXT NOT NULL);")],
    };
    let error = Store::open_with(&url, &[changed]).err().unwrap();
    assert!(matches!(error, Error::Migration(_)) && error.hint().is_some(), "{error:?}");
}

#[test]
fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::sqlite(folder.path().join("missing").join("rollcall.db"));
    let error = Store::open(&url).err().unwrap();
    assert!(matches!(error, Error::NoFolder { .. }));
    assert!(error.to_string().contains("missing") && error.hint().is_some());
}

#[test]
fn a_file_that_is_no_database_is_corrupt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rollcall.db");
    std::fs::write(&path, "this is a text, and a rather long one; it holds no tables at all".repeat(100))
        .unwrap();
    let error = Store::open(&DatabaseUrl::sqlite(&path)).err().unwrap();
    assert!(matches!(error, Error::Corrupt { .. }) && error.hint().is_some(), "{error:?}");
}

#[cfg(unix)]
#[test]
fn the_file_is_closed_to_other_users() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rollcall.db");
    let store = Store::open(&DatabaseUrl::sqlite(&path)).unwrap();
    write(&store, |tx| setting::set(tx, "name", "value")).unwrap();
    for file in folder.path().read_dir().unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", file.path());
    }
}

#[test]
fn a_server_that_is_not_there_is_unavailable() {
    let url = DatabaseUrl::parse("postgres://rollcall:s3cret@127.0.0.1:1/rollcall?sslmode=disable").unwrap();
    let error = Store::open(&url).err().unwrap();
    assert!(matches!(error, Error::Unavailable(_)) && error.hint().is_some(), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("s3cret"));
}
