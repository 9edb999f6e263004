//! What tells one kind of server from another.

use crate::entry::RawEntry;
use std::fmt::Write as _;
use uuid::Uuid;

/// The kinds of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// OpenLDAP, and others with `entryUUID` (RFC 4530).
    OpenLdap,
    /// Active Directory.
    ActiveDirectory,
}

/// What a server with Active Directory's capabilities says in its root entry ([MS-ADTS] 3.1.1.3.4.3.1).
const ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";

/// The bit of `userAccountControl` that disables an account ([MS-ADTS] 2.2.16).
const ACCOUNT_DISABLE: i64 = 2;

impl Dialect {
    /// Judges by the server's root entry.
    pub(crate) fn of(root: &RawEntry) -> Self {
        let is_ad = root.texts("supportedCapabilities").any(|capability| capability == ACTIVE_DIRECTORY);
        if is_ad { Self::ActiveDirectory } else { Self::OpenLdap }
    }

    /// The attribute that identifies an entry for ever.
    pub(crate) fn anchor_attribute(self) -> &'static str {
        match self {
            Self::OpenLdap => "entryUUID",
            Self::ActiveDirectory => "objectGUID",
        }
    }

    /// The attribute that moves with every change of an entry.
    pub(crate) fn stamp_attribute(self) -> &'static str {
        match self {
            Self::OpenLdap => "entryCSN",
            Self::ActiveDirectory => "uSNChanged",
        }
    }

    /// An entry's anchor.
    pub(crate) fn anchor(self, entry: &RawEntry) -> Option<Uuid> {
        match self {
            Self::OpenLdap => entry.text("entryUUID")?.parse().ok(),
            // Windows stores and shows the first three fields of a GUID with their bytes the other way round.
            Self::ActiveDirectory => {
                Some(Uuid::from_bytes_le(entry.values("objectGUID").first()?.as_slice().try_into().ok()?))
            }
        }
    }

    /// A filter (RFC 4515) for the entry with this anchor.
    pub(crate) fn anchor_filter(self, anchor: Uuid) -> String {
        match self {
            Self::OpenLdap => format!("(entryUUID={anchor})"),
            Self::ActiveDirectory => {
                let octets = anchor.to_bytes_le().iter().fold(String::new(), |mut text, byte| {
                    // Writing to a String does not fail.
                    let _ = write!(text, "\\{byte:02x}");
                    text
                });
                format!("(objectGUID={octets})")
            }
        }
    }

    /// Who is a user, unless the job says otherwise.
    pub(crate) fn users_filter(self) -> &'static str {
        match self {
            Self::OpenLdap => "(objectClass=inetOrgPerson)",
            // Computers are of the class user, but not of this category.
            Self::ActiveDirectory => "(&(objectCategory=person)(objectClass=user))",
        }
    }

    /// What is a group, unless the job says otherwise.
    pub(crate) fn groups_filter(self) -> &'static str {
        match self {
            Self::OpenLdap => {
                "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))"
            }
            Self::ActiveDirectory => "(objectClass=group)",
        }
    }

    /// Where a group's members are, unless the job says otherwise.
    pub(crate) fn member_attributes(self) -> &'static [&'static str] {
        match self {
            Self::OpenLdap => &["member", "uniqueMember", "memberUid"],
            Self::ActiveDirectory => &["member"],
        }
    }

    /// Whether the server's own rules let the account sign in.
    pub(crate) fn is_enabled(self, entry: &RawEntry) -> bool {
        match self {
            Self::OpenLdap => true,
            Self::ActiveDirectory => {
                let control =
                    entry.text("userAccountControl").and_then(|control| control.parse::<i64>().ok());
                control.is_none_or(|control| control & ACCOUNT_DISABLE == 0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::entry;

    #[test]
    fn a_guid_is_shown_as_windows_shows_it() {
        let octets =
            [0x06, 0x67, 0x74, 0x38, 0x93, 0x0a, 0x41, 0x4d, 0x8c, 0x1a, 0x79, 0x3c, 0x5e, 0x5c, 0x0f, 0x2b];
        let mut ana = entry("cn=ana", &[]);
        ana.attributes.push(("objectGUID".into(), vec![octets.to_vec()]));
        let anchor = Dialect::ActiveDirectory.anchor(&ana).unwrap();
        assert_eq!(anchor.to_string(), "38746706-0a93-4d41-8c1a-793c5e5c0f2b");
        let filter = r"(objectGUID=\06\67\74\38\93\0a\41\4d\8c\1a\79\3c\5e\5c\0f\2b)";
        assert_eq!(Dialect::ActiveDirectory.anchor_filter(anchor), filter);
    }

    #[test]
    fn an_anchor_of_the_wrong_size_is_none() {
        let ana = entry("cn=ana", &[("objectGUID", &["short"]), ("entryUUID", &["no uuid"])]);
        assert_eq!(Dialect::ActiveDirectory.anchor(&ana), None);
        assert_eq!(Dialect::OpenLdap.anchor(&ana), None);
    }

    #[test]
    fn the_second_bit_disables_an_account() {
        for (control, enabled) in [("512", true), ("514", false), ("66050", false), ("66048", true)] {
            let ana = entry("cn=ana", &[("userAccountControl", &[control])]);
            assert_eq!(Dialect::ActiveDirectory.is_enabled(&ana), enabled, "{control}");
            assert!(Dialect::OpenLdap.is_enabled(&ana));
        }
    }

    #[test]
    fn the_root_entry_tells_the_kind() {
        let root = entry("", &[("supportedCapabilities", &["1.2.840.113556.1.4.1670", ACTIVE_DIRECTORY])]);
        assert_eq!(Dialect::of(&root), Dialect::ActiveDirectory);
        assert_eq!(Dialect::of(&entry("", &[])), Dialect::OpenLdap);
    }
}
