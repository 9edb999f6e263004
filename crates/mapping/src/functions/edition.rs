//! Which of Microsoft's products knows a function.

use std::fmt;

use serde::Serialize;

/// An edition of the expression language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Edition {
    /// Application provisioning, and so whatever a schema of Microsoft Graph may hold.
    Provisioning,
    /// Entra cloud sync.
    CloudSync,
    /// Entra Connect.
    Connect,
}

impl fmt::Display for Edition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Edition::Provisioning => "application provisioning",
            Edition::CloudSync => "cloud sync",
            Edition::Connect => "Connect",
        })
    }
}
