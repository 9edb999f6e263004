//! Secrets of a job file.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A secret in a job file: written out, in an environment variable, or in a file. A secret that is written out is
/// sealed when the job is applied, so that the database never holds it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SecretText {
    /// `token = "…"`
    Plain(String),
    /// `token = { env = "NAME" }`: read whenever the job runs.
    Env {
        /// The variable's name.
        env: String,
    },
    /// `token = { file = "PATH" }`: read whenever the job runs, white space at its end left out.
    File {
        /// The file.
        file: PathBuf,
    },
    /// What `Plain` becomes in the database.
    Sealed {
        /// The sealed text; only the installation's key opens it.
        sealed: String,
    },
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(_) | Self::Sealed { .. } => f.write_str("SecretText(…)"),
            Self::Env { env } => write!(f, "SecretText(env {env})"),
            Self::File { file } => write!(f, "SecretText(file {})", file.display()),
        }
    }
}

/// A secret with its place in the job file, for example `target.token`; it is sealed for that place.
pub type Placed<'a> = (&'static str, &'a mut SecretText);
