//! A Python environment with packages from PyPI, under `target`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{command, workspace};

/// An environment with packages.
pub struct Python {
    folder: PathBuf,
}

impl Python {
    /// Makes the environment with what the chore's `requirements.txt` names, unless it is there with the same versions.
    ///
    /// # Errors
    /// When there is no Python 3 with `venv`, or PyPI can't be reached.
    pub fn install(chore: &str) -> Result<Self> {
        let requirements = workspace::root()?.join("xtask").join(chore).join("requirements.txt");
        let wanted = fs::read_to_string(&requirements)
            .with_context(|| format!("reading {}", requirements.display()))?;
        let folder = workspace::target()?.join(chore);
        let python = Self { folder };
        let installed = python.folder.join("installed.txt");
        if fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
            return Ok(python);
        }
        command::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&python.folder))
            .context("hint: install Python 3 with venv (Debian: apt-get install python3-venv)")?;
        let mut pip = python.program("pip");
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&requirements);
        command::run(&mut pip).context("hint: the packages come from PyPI")?;
        fs::write(installed, wanted)?;
        Ok(python)
    }

    /// A program of the environment.
    pub fn program(&self, name: &str) -> Command {
        Command::new(self.folder.join("bin").join(name))
    }
}
