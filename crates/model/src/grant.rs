//! What a token opens: which requests, from where, and on whose behalf.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::ids::{ClientId, ResourceId};

/// What a token opens besides its tenant. The default is everything, from anywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// The requests it is good for.
    pub scope: Scope,
    /// Where it is accepted from.
    pub networks: Networks,
    /// The OAuth client that it was issued to. `None`: a person made it.
    pub client: Option<ClientId>,
    /// The user that `/Me` means with it (RFC 7644 §3.11).
    pub subject: Option<ResourceId>,
}

/// The requests that a token is good for: all, less what each limit takes away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only those that change nothing.
    pub read_only: bool,
    /// Only those about users, besides discovery.
    pub users_only: bool,
}

const READ_ONLY: &str = "read_only";
const USERS_ONLY: &str = "users_only";

impl Scope {
    /// The names of its limits.
    pub fn limits(self) -> impl Iterator<Item = &'static str> {
        [(self.read_only, READ_ONLY), (self.users_only, USERS_ONLY)]
            .into_iter()
            .filter_map(|(is_set, name)| is_set.then_some(name))
    }

    /// What both allow.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { read_only: self.read_only || other.read_only, users_only: self.users_only || other.users_only }
    }

    /// The limits that an OAuth client asks to be held to (RFC 6749 §3.3). Names that are no limits of ours ask for
    /// everything, which is what there is besides: `scim`, or Entra's `api://…/.default`.
    #[must_use]
    pub fn requested(text: &str) -> Self {
        let names = |limit: &str| text.split_ascii_whitespace().any(|name| name == limit);
        Self { read_only: names(READ_ONLY), users_only: names(USERS_ONLY) }
    }
}

/// The names of the limits with spaces between them; empty if there is none.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.limits().collect::<Vec<_>>().join(" "))
    }
}

impl FromStr for Scope {
    type Err = UnknownLimit;

    /// Limits with spaces or commas between them.
    fn from_str(text: &str) -> Result<Self, UnknownLimit> {
        let mut scope = Self::default();
        for name in text.split([' ', ',']).filter(|name| !name.is_empty()) {
            match name {
                READ_ONLY => scope.read_only = true,
                USERS_ONLY => scope.users_only = true,
                _ => return Err(UnknownLimit(name.to_owned())),
            }
        }
        Ok(scope)
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.limits())
    }
}

/// The text names no limit of a token's use.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is no scope; a token is good for everything unless it is read_only, users_only or both")]
pub struct UnknownLimit(String);

/// Networks a token has at most: each is looked at with every request.
pub const MAX_NETWORKS: usize = 64;

/// The networks that a token is accepted from; none means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Whether a client at this address is inside. One whose address is not known is inside only if any is.
    #[must_use]
    pub fn contain(&self, address: Option<IpAddr>) -> bool {
        self.0.is_empty()
            || address.is_some_and(|address| {
                // The same machine, whichever of the two forms the socket or a proxy gives (RFC 4291 §2.5.5.2).
                let address = address.to_canonical();
                self.0.iter().any(|network| network.contains(&address))
            })
    }
}

/// The networks with commas between them; empty for any.
impl fmt::Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
    }
}

impl FromStr for Networks {
    type Err = BadNetwork;

    /// Networks as CIDR (`203.0.113.0/24`) or single addresses, with commas between them.
    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let bad = |text: &str| BadNetwork(text.to_owned());
        let one = |text: &str| {
            let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            network.map(|network| network.trunc()).map_err(|_| bad(text))
        };
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let networks = names.map(one).collect::<Result<Vec<_>, _>>()?;
        if networks.len() > MAX_NETWORKS { Err(bad(text)) } else { Ok(Self(networks)) }
    }
}

impl FromIterator<IpNet> for Networks {
    fn from_iter<I: IntoIterator<Item = IpNet>>(networks: I) -> Self {
        Self(networks.into_iter().collect())
    }
}

impl Serialize for Networks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(ToString::to_string))
    }
}

/// The text is no list of networks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is no network; write up to 64 like 203.0.113.0/24 or 2001:db8::/32, with commas between them")]
pub struct BadNetwork(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_and_read() {
        for (text, read_only, users_only, written) in [
            ("", false, false, ""),
            ("read_only", true, false, "read_only"),
            ("users_only,read_only", true, true, "read_only users_only"),
        ] {
            let scope: Scope = text.parse().unwrap();
            assert_eq!((scope.read_only, scope.users_only), (read_only, users_only), "{text}");
            assert_eq!(scope.to_string(), written);
        }
        assert!("Read_Only".parse::<Scope>().unwrap_err().to_string().contains("read_only"));
        assert_eq!(Scope::requested("scim read_only").to_string(), "read_only");
        assert_eq!(Scope::requested("api://x/.default"), Scope::default());
    }

    #[test]
    fn scopes_narrow_each_other() {
        let (reads, users) = (Scope::requested("read_only"), Scope::requested("users_only"));
        assert_eq!(reads.and(users).to_string(), "read_only users_only");
        assert_eq!(reads.and(Scope::default()), reads);
    }

    #[test]
    fn an_address_is_inside_or_not() {
        for (networks, address, inside) in [
            ("", "198.51.100.7", true),
            ("203.0.113.0/24", "203.0.113.255", true),
            ("203.0.113.0/24", "203.0.114.0", false),
            ("203.0.113.77/24", "203.0.113.1", true),
            ("203.0.113.7", "203.0.113.7", true),
            ("203.0.113.7", "203.0.113.8", false),
            ("203.0.113.7", "::ffff:203.0.113.7", true),
            ("10.0.0.0/8, 2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("0.0.0.0/0", "2001:db8::1", false),
        ] {
            let parsed: Networks = networks.parse().unwrap();
            assert_eq!(parsed.contain(Some(address.parse().unwrap())), inside, "{networks} {address}");
            assert_eq!(parsed.to_string().parse::<Networks>().unwrap(), parsed);
        }
    }

    #[test]
    fn an_unknown_address_is_inside_only_if_any_is() {
        assert!(Networks::default().contain(None));
        assert!(!"0.0.0.0/0".parse::<Networks>().unwrap().contain(None));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["x", "10.0.0.0/33", "10.0.0", "::1%eth0", "10.0.0.0/8;::/0"] {
            assert!(text.parse::<Networks>().is_err(), "{text}");
        }
        let networks = |number: usize| vec!["10.0.0.0/8"; number].join(",").parse::<Networks>();
        assert!(networks(MAX_NETWORKS).is_ok());
        assert!(networks(MAX_NETWORKS + 1).is_err());
    }
}
