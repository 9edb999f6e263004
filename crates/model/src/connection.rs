//! Connections: the clients that provision into a tenant, each with what is tolerated from it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use scim::quirks::{ClientKind, Quirk, Quirks};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ids::TenantId;
use crate::tenant::{BadName, dns_label};

/// The connection that every tenant has from the beginning.
const DEFAULT: &str = "default";

/// A client of a tenant: an Entra or Okta tenant, or a program. Each token belongs to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Whose client.
    pub tenant: TenantId,
    /// Its name, one of its tenant's.
    pub name: ConnectionName,
    /// What kind of client it is.
    pub kind: Kind,
    /// The quirks that somebody switched on or off; the others are as the kind has them.
    pub choices: BTreeMap<Quirk, bool>,
    /// When it was made.
    pub created: Timestamp,
}

impl Connection {
    /// The connection that a tenant has from the beginning.
    #[must_use]
    pub fn first(tenant: TenantId, created: Timestamp) -> Self {
        let name = ConnectionName::default();
        Self { tenant, name, kind: Kind::Auto, choices: BTreeMap::new(), created }
    }

    /// What is tolerated from a request of this kind of client.
    #[must_use]
    pub fn quirks(&self, client: ClientKind) -> Quirks {
        Quirks::defaults(client).with_all(&self.choices)
    }

    /// Changes one thing by its name: `kind`, or a quirk to `on`, `off` or `default`.
    ///
    /// # Errors
    /// If there is no such thing, or it can't be that.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), BadChange> {
        let bad = |reason: String| BadChange { name: name.to_owned(), value: value.to_owned(), reason };
        if name == "kind" {
            self.kind = value.parse().map_err(|error: UnknownKind| bad(error.to_string()))?;
            return Ok(());
        }
        let quirk: Quirk =
            name.parse().map_err(|_| bad("it is neither kind nor the name of a quirk".to_owned()))?;
        match value {
            "on" | "true" => self.choices.insert(quirk, true),
            "off" | "false" => self.choices.insert(quirk, false),
            "default" => self.choices.remove(&quirk),
            _ => return Err(bad("a quirk is on, off or default".to_owned())),
        };
        Ok(())
    }
}

/// A change of a connection that can't be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{name} can't be set to {value:?}: {reason}")]
pub struct BadChange {
    name: String,
    value: String,
    reason: String,
}

/// What kind of client a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Each request is judged by what it looks like.
    #[default]
    Auto,
    /// The Microsoft Entra provisioning service.
    Entra,
    /// Okta.
    Okta,
    /// A client that keeps to the RFCs.
    Rfc,
    /// The application's own backend: its tokens open what the application does itself, and not SCIM.
    Application,
}

impl Kind {
    /// Every kind, in the order in which help texts name them.
    pub const ALL: [Self; 5] = [Self::Auto, Self::Entra, Self::Okta, Self::Rfc, Self::Application];

    /// The name on the command line and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Entra => "entra",
            Self::Okta => "okta",
            Self::Rfc => "rfc",
            Self::Application => "application",
        }
    }

    /// The kind of client that is meant; `None` if each request tells.
    #[must_use]
    pub fn client(self) -> Option<ClientKind> {
        match self {
            Self::Auto => None,
            Self::Entra => Some(ClientKind::Entra),
            Self::Okta => Some(ClientKind::Okta),
            Self::Rfc | Self::Application => Some(ClientKind::Rfc),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

/// The text names no kind of client.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown kind {0:?}; the kinds are auto, entra, okta, rfc and application")]
pub struct UnknownKind(String);

/// A connection's name: 1 to 63 characters of `a`-`z`, `0`-`9` and `-`, with a letter or digit at both ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ConnectionName(String);

impl ConnectionName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the connection that every tenant has.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.0 == DEFAULT
    }
}

impl Default for ConnectionName {
    fn default() -> Self {
        Self(DEFAULT.to_owned())
    }
}

impl fmt::Display for ConnectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ConnectionName {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        dns_label(text).map(|()| Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection() -> Connection {
        Connection::first(TenantId(uuid::Uuid::nil()), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_choice_outweighs_the_kind_until_it_is_taken_back() {
        let mut connection = connection();
        let creates =
            |connection: &Connection, client| connection.quirks(client).contains(Quirk::ReplaceCreates);
        assert!(creates(&connection, ClientKind::Entra) && !creates(&connection, ClientKind::Rfc));
        connection.set("replace_creates", "off").unwrap();
        assert!(!creates(&connection, ClientKind::Entra));
        connection.set("replace_creates", "on").unwrap();
        assert!(creates(&connection, ClientKind::Rfc));
        connection.set("replace_creates", "default").unwrap();
        assert_eq!(connection, self::connection());
    }

    #[test]
    fn a_change_that_can_not_be_says_what_can() {
        for (name, value, hint) in [
            ("kind", "azure", "the kinds are auto, entra, okta, rfc and application"),
            ("replace_creates", "perhaps", "on, off or default"),
            ("colour", "on", "neither kind nor the name of a quirk"),
        ] {
            let error = connection().set(name, value).unwrap_err().to_string();
            assert!(error.contains(hint) && error.contains(name), "{error}");
        }
    }

    #[test]
    fn kinds_have_names() {
        for kind in Kind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
    }
}
