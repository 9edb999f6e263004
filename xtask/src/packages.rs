//! Programs that tests need, and how they come onto a machine without them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::command;

/// Where slapd is kept, outside the `PATH` of people.
const SLAPD_FOLDERS: [&str; 3] = ["/usr/sbin", "/usr/local/libexec", "/usr/libexec"];

/// OpenLDAP's server, which tests start for themselves; installs Debian's package when there is none and root asks.
///
/// # Errors
/// When there is none, with what to do.
pub fn need_slapd() -> Result<()> {
    let kept = SLAPD_FOLDERS.iter().any(|folder| Path::new(folder).join("slapd").is_file());
    if kept { Ok(()) } else { need("slapd") }
}

/// curl, which the pages of `docs/how-to` ask with.
///
/// # Errors
/// When there is none, with what to do.
pub fn need_curl() -> Result<()> {
    need("curl")
}

/// A program that Debian has in a package of its name.
fn need(program: &str) -> Result<()> {
    if on_path(program).is_some() {
        return Ok(());
    }
    if can_install()? {
        return install(program);
    }
    bail!("{program} is needed\nhint: install it (Debian: sudo apt-get install {program})")
}

/// Node.js with npm, for the providers that somebody signs in with; installs Debian's packages when there is none and root
/// asks.
///
/// # Errors
/// When there is none, with what to do.
pub fn need_node() -> Result<()> {
    for program in ["node", "npm"] {
        if on_path(program).is_some() {
            continue;
        }
        if !can_install()? {
            bail!("Node.js with npm is needed\nhint: install it (Debian: sudo apt-get install nodejs npm)");
        }
        install(if program == "node" { "nodejs" } else { program })?;
    }
    Ok(())
}

/// Where a program is.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Whether packages can be installed here: on Debian, by root.
///
/// # Errors
/// When the machine has no `id`.
pub fn can_install() -> Result<bool> {
    Ok(is_root()? && on_path("apt-get").is_some())
}

/// Installs a package of Debian.
///
/// # Errors
/// Those of `apt-get`.
pub fn install(package: &str) -> Result<()> {
    println!("no {package} here: installing Debian's package");
    let apt_get = |arguments: &[&str]| {
        command::run(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt_get(&["update"])?;
    apt_get(&["install", "--yes", "--no-install-recommends", package])
}

/// Whether root runs this program.
///
/// # Errors
/// When the machine has no `id`.
pub fn is_root() -> Result<bool> {
    Ok(command::id(&["-u"])? == 0)
}
