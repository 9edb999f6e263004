//! Under which account the server runs: PostgreSQL refuses to run as root.

use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::packages::is_root;

/// The account of the server.
pub enum Account {
    /// The one that runs this program.
    Own,
    /// Another one, because this program is run by root.
    Other {
        /// Its user id.
        user: u32,
        /// The id of its group.
        group: u32,
    },
}

impl Account {
    /// The account to use: `postgres`, else `nobody`, when root asks.
    ///
    /// # Errors
    /// When root asks and the machine has neither.
    pub fn choose() -> Result<Self> {
        if is_root()? { Self::named("postgres").or_else(|_| Self::named("nobody")) } else { Ok(Self::Own) }
    }

    fn named(name: &str) -> Result<Self> {
        let other = Self::Other { user: command::id(&["-u", name])?, group: command::id(&["-g", name])? };
        if matches!(other, Self::Other { user: 0, .. }) { bail!("{name} is root") } else { Ok(other) }
    }

    /// Gives a folder to the account.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn own(&self, folder: &Path) -> Result<()> {
        match *self {
            Self::Own => Ok(()),
            Self::Other { user, group } => chown(folder, Some(user), Some(group))
                .with_context(|| format!("giving {} to user {user}", folder.display())),
        }
    }

    /// A command that will run under the account. `setpriv` becomes the program, so the child's id is the program's.
    pub fn command(&self, program: &Path) -> Command {
        match self {
            Self::Own => Command::new(program),
            Self::Other { user, group } => {
                let mut command = Command::new("setpriv");
                command
                    .arg(format!("--reuid={user}"))
                    .arg(format!("--regid={group}"))
                    .args(["--clear-groups", "--pdeathsig=INT", "--"])
                    .arg(program);
                command
            }
        }
    }
}
