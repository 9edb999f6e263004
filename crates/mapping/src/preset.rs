//! Mappings that come with Rollcall.

use crate::attribute_mapping::AttributeMapping;
use crate::mappings::Mappings;
use crate::source::Source;
use crate::target_path::TargetPath;

/// Target, source and matching precedence of one line.
type Line = (&'static str, &'static str, Option<u32>);

/// A user as a workplace application wants it.
const WORKPLACE: &[Line] = &[
    ("userName", "[userPrincipalName]", Some(1)),
    ("emails[type eq \"work\"].value", "[mail]", None),
    ("active", "Switch([IsSoftDeleted], , \"False\", \"True\", \"True\", \"False\")", None),
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

/// A group with its members, found by its name (Entra's default).
const GROUPS: &[Line] = &[
    ("displayName", "[displayName]", Some(1)),
    ("externalId", "[objectId]", None),
    ("members", "[members]", None),
];

/// The names of the presets.
pub const PRESETS: &[&str] = &["workplace", "groups"];

/// The mappings of a preset by name, see [`PRESETS`].
pub fn preset(name: &str) -> Option<Mappings> {
    match name {
        "workplace" => mappings(WORKPLACE),
        "groups" => mappings(GROUPS),
        _ => None,
    }
}

fn mappings(lines: &[Line]) -> Option<Mappings> {
    lines.iter().map(mapping).collect::<Option<Vec<_>>>().map(Mappings::new)
}

fn mapping((target, source, matching): &Line) -> Option<AttributeMapping> {
    let target = TargetPath::parse(target).ok()?;
    let source = Source::parse(source).ok()?;
    Some(AttributeMapping { matching: *matching, ..AttributeMapping::new(target, source) })
}
