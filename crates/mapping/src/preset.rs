//! Mappings that come with Rollcall.

use crate::attribute_mapping::AttributeMapping;
use crate::mappings::Mappings;
use crate::source::Source;
use crate::target_path::TargetPath;

/// Target, source and matching precedence of one line.
type Line = (&'static str, &'static str, Option<u32>);

/// Entra's default for `active`.
const ACTIVE: &str = "Switch([IsSoftDeleted], , \"False\", \"True\", \"True\", \"False\")";

/// A user as a workplace application wants it.
const WORKPLACE: &[Line] = &[
    ("userName", "[userPrincipalName]", Some(1)),
    ("emails[type eq \"work\"].value", "[mail]", None),
    ("active", ACTIVE, None),
    ("title", "[jobTitle]", None),
    ("userType", "[userType]", None),
    ("name.givenName", "[givenName]", None),
    ("name.familyName", "[surname]", None),
    ("addresses[type eq \"work\"].locality", "[city]", None),
    ("addresses[type eq \"work\"].region", "[state]", None),
    ("phoneNumbers[type eq \"work\"].value", "[telephoneNumber]", None),
    ("phoneNumbers[type eq \"mobile\"].value", "[mobile]", None),
    ("externalId", "[objectId]", None),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", "[employeeId]", None),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization", "[companyName]", None),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "[department]", None),
];

/// A user as Entra maps it for an application that is not in its gallery.
const ENTRA: &[Line] = &[
    ("userName", "[userPrincipalName]", Some(1)),
    ("active", ACTIVE, None),
    ("displayName", "[displayName]", None),
    ("title", "[jobTitle]", None),
    ("emails[type eq \"work\"].value", "[mail]", None),
    ("preferredLanguage", "[preferredLanguage]", None),
    ("name.givenName", "[givenName]", None),
    ("name.familyName", "[surname]", None),
    ("name.formatted", "Join(\" \", [givenName], [surname])", None),
    ("addresses[type eq \"work\"].formatted", "[physicalDeliveryOfficeName]", None),
    ("addresses[type eq \"work\"].streetAddress", "[streetAddress]", None),
    ("addresses[type eq \"work\"].locality", "[city]", None),
    ("addresses[type eq \"work\"].region", "[state]", None),
    ("addresses[type eq \"work\"].postalCode", "[postalCode]", None),
    ("addresses[type eq \"work\"].country", "[country]", None),
    ("phoneNumbers[type eq \"work\"].value", "[telephoneNumber]", None),
    ("phoneNumbers[type eq \"mobile\"].value", "[mobile]", None),
    ("phoneNumbers[type eq \"fax\"].value", "[facsimileTelephoneNumber]", None),
    ("externalId", "[mailNickname]", None),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", "[employeeId]", None),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "[department]", None),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "[manager]", None),
];

/// A group with its members, found by its name (Entra's default).
const GROUPS: &[Line] = &[
    ("displayName", "[displayName]", Some(1)),
    ("externalId", "[objectId]", None),
    ("members", "[members]", None),
];

/// A user as Okta's SCIM 2.0 app integrations map it, of the attributes of an Okta profile. What has a type has it only
/// together with a value. The manager is a reference to the manager's user; Okta sends its own id and the name, which
/// RFC 7643 §4.3 has as read-only.
const OKTA: &[Line] = &[
    ("userName", "[login]", Some(1)),
    ("active", ACTIVE, None),
    ("name.givenName", "[firstName]", None),
    ("name.familyName", "[lastName]", None),
    ("name.middleName", "[middleName]", None),
    ("name.honorificPrefix", "[honorificPrefix]", None),
    ("name.honorificSuffix", "[honorificSuffix]", None),
    ("emails[primary eq true].value", "[email]", None),
    ("emails[primary eq true].type", "Switch([email], \"work\", \"\", )", None),
    ("title", "[title]", None),
    ("displayName", "[displayName]", None),
    ("nickName", "[nickName]", None),
    ("profileUrl", "[profileUrl]", None),
    ("phoneNumbers[primary eq true].value", "[primaryPhone]", None),
    ("phoneNumbers[primary eq true].type", "Switch([primaryPhone], \"work\", \"\", )", None),
    ("addresses[primary eq true].type", "Switch([streetAddress], \"work\", \"\", )", None),
    ("addresses[primary eq true].streetAddress", "[streetAddress]", None),
    ("addresses[primary eq true].locality", "[city]", None),
    ("addresses[primary eq true].region", "[state]", None),
    ("addresses[primary eq true].postalCode", "[zipCode]", None),
    ("addresses[primary eq true].country", "[countryCode]", None),
    ("preferredLanguage", "[preferredLanguage]", None),
    ("locale", "[locale]", None),
    ("timezone", "[timezone]", None),
    ("userType", "[userType]", None),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", "[employeeNumber]", None),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter", "[costCenter]", None),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization", "[organization]", None),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division", "[division]", None),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "[department]", None),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "[manager]", None),
];

/// A user as a print service wants it: with the name that print jobs carry.
const PRINT: &[Line] = &[
    ("userName", "[userPrincipalName]", Some(1)),
    ("externalId", "[objectId]", None),
    ("active", ACTIVE, None),
    ("displayName", "[displayName]", None),
    ("title", "[jobTitle]", None),
    ("emails[type eq \"work\"].value", "[mail]", None),
    ("addresses[type eq \"work\"].streetAddress", "[streetAddress]", None),
    ("phoneNumbers[type eq \"work\"].value", "[telephoneNumber]", None),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "[department]", None),
    ("urn:ietf:params:scim:schemas:extension:uniFLOWOnline:2.0:User:localUsername", "[mailNickname]", None),
];

/// The presets by name.
const TABLES: &[(&str, &[Line])] = &[
    ("workplace", WORKPLACE),
    ("entra", ENTRA),
    ("okta", OKTA),
    ("print", PRINT),
    ("none", &[]),
    ("groups", GROUPS),
    ("entra-groups", GROUPS),
];

/// The names of the presets.
pub const PRESETS: &[&str] = &["workplace", "entra", "okta", "print", "groups", "entra-groups", "none"];

/// The mappings of a preset by name, see [`PRESETS`].
pub fn preset(name: &str) -> Option<Mappings> {
    let (_, lines) = TABLES.iter().find(|(known, _)| *known == name)?;
    lines.iter().map(mapping).collect::<Option<Vec<_>>>().map(Mappings::new)
}

fn mapping((target, source, matching): &Line) -> Option<AttributeMapping> {
    let target = TargetPath::parse(target).ok()?;
    let source = Source::parse(source).ok()?;
    Some(AttributeMapping { matching: *matching, ..AttributeMapping::new(target, source) })
}
