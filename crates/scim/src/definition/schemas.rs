//! The schemas of a definition: which ones there may be, and what their attributes may say.

use crate::builtin::USER_URN;
use crate::limits::{
    MAX_CANONICAL_VALUES, MAX_DEFINED_ATTRIBUTES, MAX_DEFINED_SCHEMAS, MAX_DESCRIPTION_LENGTH,
    MAX_NAME_LENGTH, MAX_URN_LENGTH,
};
use crate::message::{RESOURCE_TYPE_URN, SCHEMA_URN, SERVICE_PROVIDER_CONFIG_URN};
use crate::quirks;
use crate::schema::{Attribute, Mutability, Returned, Schema, Type, Uniqueness};

use super::mistake::Mistakes;

/// URNs of the protocol itself (RFC 7643 §8.7.2, RFC 7644 §8.2).
const OF_THE_PROTOCOL: [&str; 3] = [SCHEMA_URN, RESOURCE_TYPE_URN, SERVICE_PROVIDER_CONFIG_URN];
/// What the URNs of messages begin with (RFC 7644 §8.2).
const MESSAGES: &str = "urn:ietf:params:scim:api:";

/// Adds the schemas of a definition to those that the application brings.
pub(super) fn add(defined: &[Schema], known: &mut Vec<Schema>, mistakes: &mut Mistakes) {
    mistakes.check_count("schemas", defined.len(), MAX_DEFINED_SCHEMAS);
    for schema in defined {
        let place = format!("schema {}", schema.id);
        check_urn(&place, schema, known, mistakes);
        for mistake in schema.mistakes() {
            mistakes.add(&place, mistake.to_string(), "RFC 7643 §7 says what a schema may contain");
        }
        let parts = schema.attributes.iter().map(|attribute| 1 + attribute.sub_attributes.len()).sum();
        mistakes.check_count(&format!("{place}, attributes"), parts, MAX_DEFINED_ATTRIBUTES);
        for text in [&schema.name, &schema.description] {
            mistakes.check_length(&place, text, MAX_DESCRIPTION_LENGTH);
        }
        for attribute in &schema.attributes {
            check(&place, attribute, mistakes);
        }
        known.push(schema.clone());
    }
}

fn check_urn(place: &str, schema: &Schema, known: &[Schema], mistakes: &mut Mistakes) {
    let urn = schema.id.as_str();
    mistakes.check_length(place, urn, MAX_URN_LENGTH);
    let begins =
        |prefix: &str| urn.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix));
    if begins(MESSAGES) || OF_THE_PROTOCOL.iter().any(|own| own.eq_ignore_ascii_case(urn)) {
        let hint = "use a URN of your own, such as urn:ietf:params:scim:schemas:extension:NAME:2.0:User";
        mistakes.add(place, "this URN belongs to the protocol", hint);
    }
    // Clients misspell this one and mean the enterprise extension.
    let corrected = quirks::correct_urn(urn);
    if let Some(same) = known.iter().find(|known| known.id.eq_ignore_ascii_case(corrected)) {
        let problem = format!("there is a schema {} already", same.id);
        mistakes.add(
            place,
            problem,
            "change single characteristics of it with [[overrides]], or use another URN",
        );
    }
    for other in known {
        for (short, long) in [(other.id.as_str(), urn), (urn, other.id.as_str())] {
            if is_attribute_of(short, long) {
                let problem = format!("{long} can also be read as an attribute of {short}");
                mistakes.add(place, problem, "use another URN, for example with another last part");
            }
        }
    }
}

/// Whether a URN is another one with something behind it that a path would take for an attribute (RFC 7644 §3.10).
fn is_attribute_of(urn: &str, longer: &str) -> bool {
    let same = longer.get(..urn.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(urn));
    let rest = longer.get(urn.len()..).and_then(|rest| rest.strip_prefix(':'));
    same && rest.is_some_and(|rest| !rest.contains(':'))
}

/// What goes beyond [`Schema::mistakes`]: characteristics that do not go together here.
pub(super) fn check(place: &str, attribute: &Attribute, mistakes: &mut Mistakes) {
    check_one(place, attribute, &attribute.name, mistakes);
    if attribute.is_complex() && attribute.returned == Returned::Never {
        let problem = format!("{} is never returned and complex", attribute.name);
        mistakes.add(place, problem, "a secret is a single string; define one for each part");
    }
    for part in &attribute.sub_attributes {
        let name = format!("{}.{}", attribute.name, part.name);
        check_one(place, part, &name, mistakes);
        if part.returned == Returned::Never {
            let problem = format!("{name} is never returned and a sub-attribute");
            mistakes.add(place, problem, "define the secret as an attribute of its own");
        }
    }
}

fn check_one(place: &str, attribute: &Attribute, name: &str, mistakes: &mut Mistakes) {
    mistakes.check_length(place, &attribute.name, MAX_NAME_LENGTH);
    mistakes.check_length(format_args!("{place}, {name}"), &attribute.description, MAX_DESCRIPTION_LENGTH);
    mistakes.check_count(
        &format!("{place}, canonicalValues of {name}"),
        attribute.canonical_values.len(),
        MAX_CANONICAL_VALUES,
    );
    for value in &attribute.canonical_values {
        mistakes.check_length(format_args!("{place}, {name}"), value, MAX_DESCRIPTION_LENGTH);
    }
    if attribute.required && attribute.mutability == Mutability::ReadOnly {
        let problem = format!("{name} is required and readOnly, so nobody could create a resource");
        mistakes.add(place, problem, "choose one of the two");
    }
    if attribute.uniqueness != Uniqueness::None && !is_indexable(attribute) {
        let problem = format!("{name} can't be unique, because of its type");
        mistakes.add(
            place,
            problem,
            "strings, numbers, dateTimes and references can be; of a complex attribute, a part",
        );
    }
    if !attribute.reference_types.is_empty() && attribute.kind != Type::Reference {
        let problem = format!("{name} has referenceTypes and is no reference");
        mistakes.add(place, problem, "write type = \"reference\", or take them out");
    }
    if attribute.returned == Returned::Never {
        check_secret(place, attribute, name, mistakes);
    }
}

/// What is never returned is kept as a keyed digest, which only a single text has.
fn check_secret(place: &str, attribute: &Attribute, name: &str, mistakes: &mut Mistakes) {
    if attribute.mutability != Mutability::WriteOnly {
        let problem = format!(
            "{name} is never returned and not writeOnly, so a client that sends back what it read \
             would remove it"
        );
        mistakes.add(place, problem, "add mutability = \"writeOnly\"");
    }
    if !attribute.is_complex() && (attribute.kind != Type::String || attribute.multi_valued) {
        let problem = format!("{name} is never returned and not a single string");
        mistakes.add(place, problem, "make it one: only a digest of the text is kept");
    }
}

/// Whether values of the attribute can have rows of their own.
pub(super) fn is_indexable(attribute: &Attribute) -> bool {
    match attribute.kind {
        Type::String | Type::Decimal | Type::Integer | Type::DateTime | Type::Reference => true,
        Type::Boolean | Type::Binary | Type::Complex => false,
    }
}

/// Whether a schema is the core User schema, whose attributes the service provider itself works with.
pub(super) fn is_core_user(urn: &str) -> bool {
    urn.eq_ignore_ascii_case(USER_URN)
}
