//! Facts about this installation, such as its public URL.

use crate::{Error, Tx, params};

/// The value of a setting.
///
/// # Errors
/// A statement's.
pub fn get(tx: &mut Tx<'_>, name: &str) -> Result<Option<String>, Error> {
    tx.query_opt("SELECT value FROM setting WHERE name = $1", params![name], |row| row.get(0))
}

/// Sets a setting, or changes it.
///
/// # Errors
/// A statement's.
pub fn set(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![name, value],
    )?;
    Ok(())
}

/// Sets a setting unless it is set, and answers what it is then. For values that must never change, with several
/// processes starting at once.
///
/// # Errors
/// A statement's.
pub fn get_or_set(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<String, Error> {
    tx.execute(
        "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        params![name, value],
    )?;
    tx.query_one("SELECT value FROM setting WHERE name = $1", params![name], |row| row.get(0))
}
