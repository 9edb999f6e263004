//! Differences that are expected, because a peer and the client whose dialect is spoken do not agree. The dialect `rfc`
//! has none. What each comes from is told in docs/conformance-peers.md.

use super::peer::Peer;

/// A difference that is not ours.
pub struct Known {
    /// Whose it is.
    pub peer: Peer,
    /// Where it shows.
    pub dialects: &'static [&'static str],
    /// A part of what the provisioning log tells then.
    pub told: &'static str,
    /// What the peer does, for the report.
    pub what: &'static str,
}

/// All of them.
pub const KNOWN: [Known; 4] = [
    Known {
        peer: Peer::Scim2Server,
        dialects: &["entra", "entra-2020"],
        told: "Unknown extension schemas: http://schemas.microsoft.com/",
        what: "refuses the URN with which Entra creates a group",
    },
    Known {
        peer: Peer::Scim2Server,
        dialects: &["entra", "entra-2020"],
        told: "matches the path filter",
        what: "refuses a value path that selects nothing",
    },
    Known {
        peer: Peer::ScimmyRouters,
        dialects: &["entra", "entra-2020"],
        told: "does not match any values for 'add' op",
        what: "refuses a value path that selects nothing",
    },
    Known {
        peer: Peer::ScimmyRouters,
        dialects: &["entra"],
        told: "Attribute 'active' expected value type 'boolean' but found type 'string'",
        what: "refuses \"False\" for active",
    },
];

impl Known {
    /// Those of a peer in a dialect.
    pub fn of(peer: Peer, dialect: &str) -> Vec<&'static Self> {
        KNOWN.iter().filter(|known| known.peer == peer && known.dialects.contains(&dialect)).collect()
    }
}
