//! Programs on Node.js with their packages from npm, under `target`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::{command, packages, workspace};

/// The lock file of packages.
const LOCK: &str = "package-lock.json";

/// Installed programs.
pub struct Node {
    folder: PathBuf,
}

impl Node {
    /// Installs the packages that the lock file of `xtask/{name}` names, unless they are there, and copies its programs.
    ///
    /// # Errors
    /// When there is no Node.js with npm, or the registry can't be reached.
    pub fn install(name: &str, programs: &[&str]) -> Result<Self> {
        packages::need_node()?;
        let folder = workspace::target()?.join(format!("{name}-node"));
        let source = workspace::root()?.join("xtask").join(name);
        let installed = folder.join("installed.json");
        let lock = fs::read_to_string(source.join(LOCK))?;
        fs::create_dir_all(&folder)?;
        for file in programs.iter().chain(&["package.json", LOCK]) {
            fs::copy(source.join(file), folder.join(file))?;
        }
        if !fs::read_to_string(&installed).is_ok_and(|installed| installed == lock) {
            let mut npm = Command::new("npm");
            npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
            command::run(npm.current_dir(&folder))?;
            fs::write(installed, lock)?;
        }
        Ok(Self { folder })
    }

    /// One of its programs, to be run.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new("node");
        command.arg(self.folder.join(name));
        command
    }
}
