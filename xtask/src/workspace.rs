//! Where things are in this repository.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;

/// The repository's root.
///
/// # Errors
/// When the program was not started by `cargo xtask`.
pub fn root() -> Result<PathBuf> {
    let manifest = env::var_os("CARGO_MANIFEST_DIR").context("start me with `cargo xtask`")?;
    let root = Path::new(&manifest).parent().context("xtask lies in the repository's root")?;
    Ok(root.to_owned())
}

/// `cargo` with these arguments, to run in the root.
///
/// # Errors
/// As [`root`].
pub fn cargo(arguments: &[&str]) -> Result<Command> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments).current_dir(root()?);
    Ok(cargo)
}

/// Builds the product as it is shipped.
///
/// # Errors
/// When it does not build.
pub fn build_release() -> Result<()> {
    command::run(&mut cargo(&["build", "--quiet", "--release", "--package", "rollcall"])?)
}

/// Where cargo puts what it makes.
///
/// # Errors
/// As [`root`].
pub fn target() -> Result<PathBuf> {
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    Ok(root()?.join(target))
}

/// The binary that [`build_release`] makes.
///
/// # Errors
/// As [`root`].
pub fn binary() -> Result<PathBuf> {
    Ok(target()?.join("release").join("rollcall"))
}
