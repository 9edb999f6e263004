//! Where PostgreSQL's programs are, and how they come onto a machine without them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::packages::{can_install, install, on_path};

/// Debian keeps each version's programs apart, in `VERSION/bin`.
const DEBIAN_VERSIONS: &str = "/usr/lib/postgresql";

/// The folder with `initdb`, `postgres`, `pg_ctl` and `pg_isready`; installs Debian's package when there is none and
/// root asks.
///
/// # Errors
/// When there is none, with what to do.
pub fn folder() -> Result<PathBuf> {
    if let Some(folder) = find() {
        return Ok(folder);
    }
    if can_install()? {
        install("postgresql")?;
        return find().context("the package postgresql was installed, but brought no initdb");
    }
    bail!(
        "PostgreSQL is needed and there is no initdb in PATH or {DEBIAN_VERSIONS}\n\
         hint: install it (Debian: sudo apt-get install postgresql, macOS: brew install postgresql), \
         or name a server in ROLLCALL_TEST_POSTGRES=postgres://USER:PASSWORD@HOST/DATABASE"
    )
}

/// As [`folder`], but never installs anything.
pub fn find() -> Option<PathBuf> {
    let initdb = on_path("initdb").or_else(newest_of_debian)?;
    // A link in PATH often stands alone; its target has the other programs beside it.
    let initdb = fs::canonicalize(initdb).ok()?;
    initdb.parent().map(Path::to_owned)
}

fn newest_of_debian() -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIAN_VERSIONS).ok()?;
    versions
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .map(|version| (version, Path::new(DEBIAN_VERSIONS).join(version.to_string()).join("bin/initdb")))
        .filter(|(_, initdb)| initdb.is_file())
        .max_by_key(|(version, _)| *version)
        .map(|(_, initdb)| initdb)
}
