//! The application on SCIMMY with its packages from npm, under `target`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::{command, packages, workspace};

/// What the application is made of, in `xtask/peers`.
const FILES: [&str; 3] = ["package.json", "package-lock.json", "scimmy.mjs"];

/// The installed application.
pub struct Node {
    folder: PathBuf,
}

impl Node {
    /// Installs the packages that the lock file names, unless they are there.
    ///
    /// # Errors
    /// When there is no Node.js with npm, or the registry can't be reached.
    pub fn install() -> Result<Self> {
        if packages::on_path("node").is_none() || packages::on_path("npm").is_none() {
            bail!("Node.js with npm is needed\nhint: install it (Debian: apt-get install nodejs npm)");
        }
        let folder = workspace::target()?.join("peers-node");
        let installed = folder.join("installed.json");
        let lock = fs::read_to_string(workspace::root()?.join("xtask/peers/package-lock.json"))?;
        fs::create_dir_all(&folder)?;
        for file in FILES {
            fs::copy(workspace::root()?.join("xtask/peers").join(file), folder.join(file))?;
        }
        if !fs::read_to_string(&installed).is_ok_and(|installed| installed == lock) {
            let mut npm = Command::new("npm");
            npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
            command::run(npm.current_dir(&folder))?;
            fs::write(installed, lock)?;
        }
        Ok(Self { folder })
    }

    /// The application, to listen on a port for a token.
    pub fn application(&self, port: u16, token: &str) -> Command {
        let mut command = Command::new("node");
        command.arg(self.folder.join("scimmy.mjs")).args([&port.to_string(), token]);
        command
    }
}
