//! Which quirks are tolerated, and which of them a request needed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Serialize};

use super::Quirk;
use crate::error::Error;

/// A kind of client, by which the defaults of quirks differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientKind {
    /// The Microsoft Entra provisioning service.
    Entra,
    /// Okta.
    Okta,
    /// A client that keeps to the RFCs.
    Rfc,
}

impl ClientKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Entra, Self::Okta, Self::Rfc];

    /// The kind in lower case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Entra => "entra",
            Self::Okta => "okta",
            Self::Rfc => "rfc",
        }
    }
}

impl fmt::Display for ClientKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of quirks.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Quirks(u32);

// One bit each.
const _: () = assert!(Quirk::ALL.len() <= 32);

impl Quirks {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// What is tolerated from this kind of client when nobody chose otherwise.
    ///
    /// What RFC 7644 says must fail does so for [`ClientKind::Rfc`]; whatever does no harm is tolerated from everybody,
    /// because validators and scripts that send what Entra sends do not say so.
    #[must_use]
    pub fn defaults(kind: ClientKind) -> Self {
        let all = Quirk::ALL.iter().fold(Self::NONE, |all, quirk| all.with(*quirk, true));
        let off: &[Quirk] = match kind {
            // It sends a membership once, never reads it back, and repeats what was refused.
            ClientKind::Entra => &[Quirk::UnknownMembers],
            ClientKind::Okta => &[],
            ClientKind::Rfc => &[Quirk::ReplaceCreates, Quirk::EmptyOperations],
        };
        off.iter().fold(all, |on, quirk| on.with(*quirk, false))
    }

    /// The same set with this quirk in it, or without.
    #[must_use]
    pub fn with(self, quirk: Quirk, on: bool) -> Self {
        if on { Self(self.0 | bit(quirk)) } else { Self(self.0 & !bit(quirk)) }
    }

    /// The same set after somebody's choices.
    #[must_use]
    pub fn with_all(self, choices: &BTreeMap<Quirk, bool>) -> Self {
        choices.iter().fold(self, |on, (quirk, choice)| on.with(*quirk, *choice))
    }

    /// Whether the quirk is in the set.
    #[must_use]
    pub fn contains(self, quirk: Quirk) -> bool {
        self.0 & bit(quirk) != 0
    }

    /// What is in this set or the other.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The quirks of the set, in the order of [`Quirk::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Quirk> {
        Quirk::ALL.iter().copied().filter(move |quirk| self.contains(*quirk))
    }
}

impl fmt::Debug for Quirks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Quirk::name)).finish()
    }
}

const fn bit(quirk: Quirk) -> u32 {
    1 << quirk as u32
}

/// What one request meets: the quirks that are tolerated, and a note of those it needed.
///
/// Passed by reference to whatever decides about a quirk. Noting is a plain `or`, so that it does not matter which
/// thread does it, or whether a transaction is repeated.
#[derive(Debug, Default)]
pub struct Tolerance {
    on: Quirks,
    fired: AtomicU32,
}

impl Tolerance {
    /// A request that may need these.
    #[must_use]
    pub fn new(on: Quirks) -> Self {
        Self { on, fired: AtomicU32::new(0) }
    }

    /// A request of this kind of client, by its defaults.
    #[must_use]
    pub fn of(kind: ClientKind) -> Self {
        Self::new(Quirks::defaults(kind))
    }

    /// Whether the client may do this. If so, it is noted that it did: ask only when it does.
    #[must_use]
    pub fn permits(&self, quirk: Quirk) -> bool {
        if !self.on.contains(quirk) {
            return false;
        }
        self.fired.fetch_or(bit(quirk), Ordering::Relaxed);
        true
    }

    /// Notes that the client does this, which `refusal` would be the RFC's answer to.
    ///
    /// # Errors
    /// The refusal, with the name of the switch, if it is off.
    pub fn require(&self, quirk: Quirk, refusal: impl FnOnce() -> Error) -> Result<(), Error> {
        if self.permits(quirk) {
            return Ok(());
        }
        let mut error = refusal();
        error.detail = format!("{} (the quirk {quirk} is off for this connection)", error.detail);
        Err(error)
    }

    /// The quirks that were needed so far.
    #[must_use]
    pub fn fired(&self) -> Quirks {
        Quirks(self.fired.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        let set = Quirks::NONE.with(Quirk::UnknownMembers, true).with(Quirk::StringBooleans, true);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Quirk::StringBooleans, Quirk::UnknownMembers]);
        assert!(!set.with(Quirk::UnknownMembers, false).contains(Quirk::UnknownMembers));
    }

    #[test]
    fn a_tolerance_notes_what_it_let_pass() {
        let tolerance = Tolerance::of(ClientKind::Rfc);
        assert!(tolerance.permits(Quirk::StringBooleans));
        assert!(!tolerance.permits(Quirk::ReplaceCreates));
        assert_eq!(tolerance.fired(), Quirks::NONE.with(Quirk::StringBooleans, true));
    }

    #[test]
    fn a_refusal_names_the_switch() {
        let tolerance = Tolerance::new(Quirks::NONE);
        let error = tolerance.require(Quirk::CapitalizedOps, || Error::invalid_syntax("op must be add"));
        assert_eq!(
            error,
            Err(Error::invalid_syntax(
                "op must be add (the quirk capitalized_ops is off for this connection)"
            ))
        );
        assert_eq!(tolerance.fired(), Quirks::NONE);
    }
}
