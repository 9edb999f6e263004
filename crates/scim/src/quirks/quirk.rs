//! The quirks by name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Writes the enum, and [`Quirk::ALL`], [`Quirk::name`] and [`Quirk::explanation`] with it, so that no quirk lacks any.
macro_rules! quirks {
    ($($(#[$doc:meta])* $quirk:ident, $name:literal, $explanation:literal;)*) => {
        /// Something that deployed clients do and the RFCs do not foresee, or forbid.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Quirk {
            $($(#[$doc])* $quirk,)*
        }

        impl Quirk {
            /// All of them, in the order in which lists show them.
            pub const ALL: &[Self] = &[$(Self::$quirk),*];

            /// The name of the switch, in lower case with underscores.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$quirk => $name,)*
                }
            }

            /// One sentence for people: what the client does, and what is made of it.
            #[must_use]
            pub fn explanation(self) -> &'static str {
                match self {
                    $(Self::$quirk => $explanation,)*
                }
            }
        }
    };
}

quirks! {
    /// RFC 7643 §2.3.2 knows `true` and `false` alone. Off: 400 `invalidValue`, in a filter `invalidFilter`.
    StringBooleans, "string_booleans",
    "Sends \"True\" or \"False\" as text where a boolean belongs; read as that boolean.";

    /// RFC 7644 §3.5.2 spells `add`, `remove` and `replace`. Off: 400 `invalidSyntax`.
    CapitalizedOps, "capitalized_ops",
    "Writes PATCH operations as Add, Replace or Remove; read in any letter case.";

    /// RFC 7644 §3.5.2.1 wants one operation or more. Off: 400 `invalidSyntax`.
    EmptyOperations, "empty_operations",
    "Sends a PATCH without operations; answered with the unchanged resource.";

    /// RFC 7644 §3.5.2.2 knows no `value` of a `remove`, and would have all values removed. Off: 400 `invalidValue`.
    RemovalByValueList, "removal_by_value_list",
    "Removes members with a list in value instead of a filter in path; only those in the list are removed.";

    /// RFC 7644 §3.5.2: without a path, `value` holds attributes by their names. Off: such names are unknown
    /// attributes, 400 `invalidPath`.
    PathsAsNames, "paths_as_names",
    "Uses whole paths such as name.givenName as names in a PATCH value without path; read as these paths.";

    /// RFC 7644 §3.5.2.3: a `replace` whose value path matches nothing fails. Off: 400 `noTarget`.
    ReplaceCreates, "replace_creates",
    "Replaces a value that is not there, such as emails[type eq \"work\"].value; the value is created.";

    /// RFC 7643 §4.3: `manager` is an object. Off: 400 `invalidValue`.
    PlainManager, "plain_manager",
    "Sends manager as text or as a list of one; read as the manager with this id.";

    /// RFC 7643 §2.4: the values of a multi-valued attribute are a list, and have the shape of its schema. Off: 400
    /// `invalidValue`.
    LooseValues, "loose_values",
    "Sends one value where a list belongs, or the other way round, or text for an object with value; read as meant.";

    /// RFC 7643 §2.5: `null` is how an attribute is unassigned. Off: 400 `invalidValue`.
    EmptyManager, "empty_manager",
    "Removes the manager by an empty text; the manager is removed.";

    /// RFC 7643 §3: `schemas` names the extensions that are in the body. Off: 400 `invalidSyntax`.
    MissingExtensionUrns, "missing_extension_urns",
    "Leaves the URN of an extension out of schemas while its attributes are there; they are read.";

    /// RFC 7643 §4.3 has a colon before `User`. Off: 400 `invalidSyntax`.
    MisspeltEnterpriseUrn, "misspelt_enterprise_urn",
    "Spells the enterprise URN …:enterprise:2.0User; read as …:enterprise:2.0:User.";

    /// Passwords are not kept, since no application of a tenant knows how to use one. Off: 400 `invalidValue`.
    PlaceholderPassword, "placeholder_password",
    "Sends a throw-away password with each new user; it is dropped unread.";

    /// RFC 7644 §3.3 and §3.5.1 ignore read-only attributes too. Off, for testing a client: 400 `mutability`.
    ReadOnlyEcho, "read_only_echo",
    "Sends back read-only attributes such as id, meta and groups; they are ignored.";

    /// RFC 7644 §3.5.1 lets a service provider clear what a PUT leaves out. Off: it is cleared.
    AbsentKeeps, "absent_keeps",
    "Leaves out of a PUT what it does not know or was never shown; active and write-only attributes keep their values.";

    /// RFC 7643 §2.4: `type` is a label such as `work`. Off: 400 `invalidValue`.
    EmptyType, "empty_type",
    "Sends an empty type with an e-mail address or telephone number; read as no type.";

    /// RFC 6750 §2.1 has a scheme in front of the token. Off: 401.
    RawToken, "raw_token",
    "Sends the token without a scheme in Authorization; read as Bearer.";

    /// RFC 7617, with the token as the password. Off: 401.
    BasicToken, "basic_token",
    "Sends the token as the password of Basic authentication; read as Bearer.";

    /// RFC 6750 §2.1 has one scheme. Off: 401.
    RepeatedBearer, "repeated_bearer",
    "Sends Bearer twice, because somebody pasted it with the token; the second is dropped.";

    /// RFC 3986 §3.4 has no `+` for a space. Off: `+` is a plus sign, and the filter 400 `invalidFilter`.
    PlusAsSpace, "plus_as_space",
    "Writes the spaces of a filter as +; read as spaces.";

    /// RFC 7644 §3.1 and §8.1: `application/scim+json`, or `application/json`. Off: 415.
    AnyJsonMediaType, "any_json_media_type",
    "Names no media type, or another one for JSON, in Content-Type; read as SCIM JSON.";

    /// RFC 9110 §10.1.5: a user agent should say what it is. Off: 400.
    NoUserAgent, "no_user_agent",
    "Sends no User-Agent; answered all the same.";

    /// RFC 7643 §4.2 does not say what becomes of a member that refers to nothing. Off: 400 `invalidValue`, so that the
    /// client tries again.
    UnknownMembers, "unknown_members",
    "Adds members to a group that do not exist here; they are left out.";
}

impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no quirk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no quirk {0:?}")]
pub struct UnknownQuirk(String);

impl FromStr for Quirk {
    type Err = UnknownQuirk;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().copied().find(|quirk| quirk.name() == text);
        found.ok_or_else(|| UnknownQuirk(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quirk_has_one_name_everywhere() {
        for quirk in Quirk::ALL {
            assert_eq!(quirk.name().parse(), Ok(*quirk));
            assert_eq!(serde_json::to_value(quirk).unwrap(), quirk.name());
        }
        assert!("string booleans".parse::<Quirk>().is_err());
    }

    #[test]
    fn an_explanation_is_one_sentence_about_both_sides() {
        for quirk in Quirk::ALL {
            let sentence = quirk.explanation();
            assert!(sentence.ends_with('.') && sentence.contains("; "), "{quirk}: {sentence}");
        }
    }
}
