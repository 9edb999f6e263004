//! Brings the tables to the form this version works with.

use std::sync::Arc;

use refinery_core::traits::sync::Migrate;
use refinery_core::{Migration, Runner};

use crate::error::Error;
use crate::tx::Tx;
use crate::{params, translate};

/// A list of migrations that belong together, in PostgreSQL's words, with a history of its own: the store's, or an
/// application's.
#[derive(Clone, Copy, Debug)]
pub struct Tree {
    /// The end of the name of the table that remembers which were applied: `migration_<name>`.
    pub name: &'static str,
    /// Name and text of each, for example `("V0001__tenants", include_str!(…))`. Once released, neither changes.
    pub migrations: &'static [(&'static str, &'static str)],
}

/// The store's own tables.
pub(crate) const STORE: Tree = Tree {
    name: "store",
    migrations: &[
        ("V0001__service_provider", include_str!("../migrations/V0001__service_provider.sql")),
        ("V0002__provisioning", include_str!("../migrations/V0002__provisioning.sql")),
        ("V0003__settings", include_str!("../migrations/V0003__settings.sql")),
        ("V0010__positions", include_str!("../migrations/V0010__positions.sql")),
        ("V0011__nested_groups", include_str!("../migrations/V0011__nested_groups.sql")),
        ("V0012__connections", include_str!("../migrations/V0012__connections.sql")),
        ("V0013__leaving", include_str!("../migrations/V0013__leaving.sql")),
        ("V0014__grants_and_clients", include_str!("../migrations/V0014__grants_and_clients.sql")),
        ("V0015__seeing", include_str!("../migrations/V0015__seeing.sql")),
        ("V0016__schema_definition", include_str!("../migrations/V0016__schema_definition.sql")),
        ("V0017__admin_tokens", include_str!("../migrations/V0017__admin_tokens.sql")),
        ("V0018__assertions", include_str!("../migrations/V0018__assertions.sql")),
        ("V0019__members_without_display", include_str!("../migrations/V0019__members_without_display.sql")),
        ("V0020__references", include_str!("../migrations/V0020__references.sql")),
        ("V0021__quarantine", include_str!("../migrations/V0021__quarantine.sql")),
        ("V0022__staged", include_str!("../migrations/V0022__staged.sql")),
        ("V0023__known_target", include_str!("../migrations/V0023__known_target.sql")),
        ("V0024__creations", include_str!("../migrations/V0024__creations.sql")),
    ],
};

/// Whether the database has the tables of this version: it may have been put back to an earlier state. One of a later
/// version fits as well, so that replicas can be renewed one after the other.
///
/// # Errors
/// A statement's.
pub fn is_migrated(tx: &mut Tx<'_>) -> Result<bool, Error> {
    let wanted = i64::try_from(STORE.migrations.len()).unwrap_or(i64::MAX);
    let applied: i64 = tx.query_one("SELECT count(*) FROM migration_store", params![], |row| row.get(0))?;
    Ok(applied >= wanted)
}

/// Migrates a file. The caller holds the turn, so that no other process does the same.
pub(crate) fn sqlite(connection: &mut rusqlite::Connection, trees: &[Tree]) -> Result<(), Error> {
    trees.iter().try_for_each(|tree| run(tree, connection, translate::to_sqlite))
}

/// Any number that nobody else in this database uses for an advisory lock: "rollcall" in ASCII.
const LOCK: i64 = 0x726f_6c6c_6361_6c6c;

/// Migrates a server's database, while others that start at the same time wait.
pub(crate) fn postgres(client: &mut postgres::Client, trees: &[Tree]) -> Result<(), Error> {
    client.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).map_err(Error::unavailable)?;
    let result = trees.iter().try_for_each(|tree| run(tree, client, str::to_owned));
    client.execute("SELECT pg_advisory_unlock($1)", &[&LOCK]).map_err(Error::unavailable)?;
    result
}

fn run<C: Migrate>(tree: &Tree, connection: &mut C, translate: fn(&str) -> String) -> Result<(), Error> {
    let migrations = tree
        .migrations
        .iter()
        .map(|(name, sql)| Migration::unapplied(name, &translate(sql)))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Error::Migration(Arc::new(error)))?;
    let mut runner = Runner::new(&migrations).set_grouped(true);
    runner.set_migration_table_name(format!("migration_{}", tree.name));
    runner.run(connection).map_err(|error| Error::Migration(Arc::new(error)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database as it was before a migration.
    fn before(migration: &str) -> rusqlite::Connection {
        let position = STORE.migrations.iter().position(|(name, _)| *name == migration).unwrap();
        let mut connection = rusqlite::Connection::open_in_memory().unwrap();
        let earlier = Tree { name: STORE.name, migrations: &STORE.migrations[..position] };
        sqlite(&mut connection, &[earlier]).unwrap();
        connection
    }

    #[test]
    fn members_stay_when_their_display_goes() {
        let mut connection = before("V0019__members_without_display");
        let insert = "INSERT INTO member (tenant_id, group_id, member_id, member_type, display)
                      VALUES ('t', 'g', 'a', 'User', 'Anna'), ('t', 'g', 'b', 'Group', NULL)";
        connection.execute(insert, []).unwrap();
        sqlite(&mut connection, &[STORE]).unwrap();
        let mut select = connection.prepare("SELECT * FROM member ORDER BY member_id").unwrap();
        let row = |row: &rusqlite::Row<'_>| {
            (0..row.as_ref().column_count()).map(|column| row.get(column)).collect::<Result<Vec<String>, _>>()
        };
        let members: Vec<_> = select.query_map([], row).unwrap().map(Result::unwrap).collect();
        assert_eq!(members, [["t", "g", "a", "User"], ["t", "g", "b", "Group"]]);
    }
}
