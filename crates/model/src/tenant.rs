//! Tenants of the service provider.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ids::TenantId;
use crate::settings::Settings;

/// One customer of the service provider: its users and groups are strangers to every other tenant's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name, which is part of its Tenant URL.
    pub name: TenantName,
    /// What stands behind it.
    pub application: Application,
    /// When it was made.
    pub created: Timestamp,
    /// What its administrator chose.
    pub settings: Settings,
    /// The version of its schemas: grows with each definition that is applied. 0: those of the application.
    pub schema_version: i64,
}

/// The application that stands behind a tenant and decides its schemas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Application {
    /// Locations, departments, seats and reservations.
    Workplace,
    /// Printing: the identities by which a print job finds its owner.
    Print,
    /// Everybody else's application: users and groups as the core schemas say.
    Plain,
}

impl Application {
    /// Every application, in the order in which help texts name them.
    pub const ALL: [Self; 3] = [Self::Workplace, Self::Print, Self::Plain];

    /// The name on the command line and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Workplace => "workplace",
            Self::Print => "print",
            Self::Plain => "plain",
        }
    }
}

impl fmt::Display for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Application {
    type Err = UnknownApplication;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|a| a.as_str() == text).ok_or_else(|| UnknownApplication(text.to_owned()))
    }
}

/// The text names no application.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown application {0:?}; the applications are workplace, print and plain")]
pub struct UnknownApplication(String);

/// A tenant's name: a DNS label (RFC 1123 §2.1), because it is the first label of the tenant's host name.
/// 1 to 63 characters of `a`-`z`, `0`-`9` and `-`, with a letter or digit at both ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct TenantName(String);

impl TenantName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TenantName {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        dns_label(text).map(|()| Self(text.to_owned()))
    }
}

/// The text can't be a name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} can't be a name: use 1 to 63 of a-z, 0-9 and -, with a letter or digit at both ends")]
pub struct BadName(pub(crate) String);

/// Checks that a text is a lower-case DNS label.
pub(crate) fn dns_label(text: &str) -> Result<(), BadName> {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let inside = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if inside && text.len() <= 63 && edge(text.chars().next()) && edge(text.chars().last()) {
        Ok(())
    } else {
        Err(BadName(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_name_is_a_dns_label() {
        for (text, good) in [
            ("contoso", true),
            ("a", true),
            ("7eleven", true),
            ("conf1-4711", true),
            ("", false),
            ("-a", false),
            ("a-", false),
            ("Contoso", false),
            ("a.b", false),
            ("a_b", false),
            ("münchen", false),
            (&"a".repeat(63), true),
            (&"a".repeat(64), false),
        ] {
            assert_eq!(text.parse::<TenantName>().is_ok(), good, "{text:?}");
        }
    }
}
