//! What a tenant chose: by what users are matched to locations, and what happens to what a user has who leaves.

use std::str::FromStr;
use std::sync::Arc;

use application::{TypeProfile, USER, schemas};
use model::TenantId;
use model::resource::StoredResource;
use schemars::JsonSchema;
use scim::path::Target;
use scim::quirks::Tolerance;
use scim::{Attribute, AttributeRef, Object, Path, ResourceType, Returned, Type};
use serde::{Deserialize, Serialize};
use store::{Tx, params, resource};

use crate::limits::MATCH_CHUNK;
use crate::place::{Place, city};
use crate::{Error, Workplace, occupant};

/// How [`MatchBy::City`] is written, in any letter case.
const CITY: &str = "city";

/// A tenant's choices.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// `city`, or the path of the attribute that names a user's location.
    pub match_by: MatchBy,
    /// What happens to the seats of a user who is deactivated.
    pub seats: Seats,
    /// What happens to reservations of a user who is deactivated, as far as they are not over.
    pub reservations: Reservations,
}

/// Where a user's document names its location.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum MatchBy {
    /// In the locality of the work address, which Entra's City is mapped to; else of the primary address, else of the
    /// only one: Okta leaves the type of an address empty.
    #[default]
    City,
    /// Wherever the tenant maps it to, for example Entra's Office location.
    Attribute(Path),
}

/// What happens to a seat whose user is deactivated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Seats {
    /// It stays the user's, who may return.
    #[default]
    Keep,
    /// Somebody else can have it.
    Release,
}

/// What happens to the reservations of a user who is deactivated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reservations {
    /// They stay.
    Keep,
    /// What is booked for somebody who is away is free for others.
    #[default]
    Cancel,
}

impl MatchBy {
    /// What a document says there; more than white space.
    pub(crate) fn read<'d>(&self, document: &'d Object) -> Option<&'d str> {
        match self {
            Self::City => city(document),
            Self::Attribute(path) => {
                let texts = path.read(document).into_iter().filter_map(serde_json::Value::as_str);
                texts.map(str::trim).find(|text| !text.is_empty())
            }
        }
    }

    /// The same as the schemas of users spell it: documents are read without them, and a path that finds nothing there
    /// would leave everybody without a location.
    fn known(&self, users: &ResourceType) -> Result<Self, Error> {
        let Self::Attribute(path) = self else { return Ok(Self::City) };
        let refused = |why: &str| {
            Error::Invalid(format!(
                "matchBy: {why}; GET /Schemas of the tenant lists the attributes of users"
            ))
        };
        let Target::Attribute { attribute, filter } =
            path.resolve(users).map_err(|error| refused(&error.detail))?
        else {
            return Err(refused(&format!("{path} is a schema; name one of its attributes")));
        };
        let is_secret = |one: &Attribute| one.returned == Returned::Never;
        if is_secret(&attribute.attribute) || is_secret(attribute.leaf()) {
            return Err(refused(&format!("{path} is never returned, and lists would show it")));
        }
        match attribute.leaf().kind {
            Type::String | Type::Reference => {}
            Type::Complex => return Err(refused(&format!("{path} has parts; name one of them"))),
            Type::Boolean | Type::Decimal | Type::Integer | Type::DateTime | Type::Binary => {
                return Err(refused(&format!("{path} is no text")));
            }
        }
        if let Some(filter) = filter {
            let resolved = filter.resolve_value(users, attribute, &Tolerance::default());
            resolved.map_err(|error| refused(&error.detail))?;
        }
        let AttributeRef { extension, attribute, sub_attribute, .. } = &**attribute;
        Ok(Self::Attribute(Path {
            urn: extension.as_deref().map(str::to_owned),
            attribute: attribute.name.clone(),
            filter: path.filter.clone(),
            sub: sub_attribute.as_ref().map(|sub| sub.name.clone()),
        }))
    }
}

impl FromStr for MatchBy {
    type Err = scim::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case(CITY) { Ok(Self::City) } else { Path::parse(text).map(Self::Attribute) }
    }
}

impl TryFrom<String> for MatchBy {
    type Error = scim::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<MatchBy> for String {
    fn from(by: MatchBy) -> Self {
        match by {
            MatchBy::City => CITY.to_owned(),
            MatchBy::Attribute(path) => path.to_string(),
        }
    }
}

/// What a tenant chose.
///
/// # Errors
/// The store's.
pub fn get(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Policy, store::Error> {
    let found = tx.query_opt(
        "SELECT match_by, seats, reservations FROM workplace_policy WHERE tenant_id = $1",
        params![tenant],
        |row| {
            Ok(Policy {
                match_by: row.parse(0, "workplace_policy.match_by", |text| text.parse().ok())?,
                seats: row.parse(1, "workplace_policy.seats", named)?,
                reservations: row.parse(2, "workplace_policy.reservations", named)?,
            })
        },
    )?;
    Ok(found.unwrap_or_default())
}

/// Sets what a tenant chooses. If users are matched by something else now, all are matched anew. Answers what is chosen, with
/// attributes as the schemas spell them.
///
/// # Errors
/// [`Error::Invalid`] if users have no such attribute, or none that names a place; the store's.
pub fn set(tx: &mut Tx<'_>, tenant: TenantId, policy: &Policy) -> Result<Policy, Error> {
    // The schemas stay as they are until the transaction ends.
    occupant::lock_all(tx, tenant)?;
    let before = get(tx, tenant)?;
    let mut policy = policy.clone();
    if policy.match_by != before.match_by {
        policy.match_by = policy.match_by.known(users(tx, tenant)?.resource_type())?;
    }
    let by = String::from(policy.match_by.clone());
    tx.execute(
        "INSERT INTO workplace_policy (tenant_id, match_by, seats, reservations) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id) DO UPDATE SET
         match_by = excluded.match_by, seats = excluded.seats, reservations = excluded.reservations",
        params![tenant, &by, policy.seats.name(), policy.reservations.name()],
    )?;
    if policy.match_by != before.match_by {
        match_anew(tx, tenant, &policy.match_by)?;
    }
    Ok(policy)
}

/// What the tenant's users look like now.
fn users(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Arc<TypeProfile>, Error> {
    let none = || Error::Conflict("the tenant's schemas have no users".to_owned());
    let owner = store::tenant::by_id(tx, tenant)?.ok_or_else(none)?;
    let profile =
        schemas::in_force(tx, &owner, &Workplace::default(), None).map_err(|error| match error {
            schemas::Error::Store(error) => error.into(),
            other => Error::Conflict(format!("the tenant's schemas can't be read: {other}")),
        })?;
    profile.by_id(USER).map(Arc::clone).ok_or_else(none)
}

/// Reads all users in chunks, so that the memory it takes is bounded.
fn match_anew(tx: &mut Tx<'_>, tenant: TenantId, by: &MatchBy) -> Result<(), store::Error> {
    let mut last = None;
    loop {
        let users: Vec<StoredResource> = resource::after(tx, tenant, USER, last, MATCH_CHUNK)?;
        let Some(end) = users.last() else { return Ok(()) };
        last = Some(end.id);
        for user in &users {
            occupant::store(tx, tenant, user.id, &Place::of(&user.document, by))?;
        }
    }
}

impl Seats {
    fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Release => "release",
        }
    }
}

impl Reservations {
    fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Cancel => "cancel",
        }
    }
}

/// A choice by its name in JSON.
fn named<T: for<'de> Deserialize<'de>>(name: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::from(name)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_as_it_is_written() {
        let policy = Policy {
            match_by: "addresses[type eq \"work\"].formatted".parse().unwrap(),
            seats: Seats::Release,
            reservations: Reservations::Keep,
        };
        let text = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&text).unwrap(), policy);
        for choice in [Seats::Keep, Seats::Release] {
            assert_eq!(named(choice.name()), Some(choice));
        }
        for choice in [Reservations::Keep, Reservations::Cancel] {
            assert_eq!(named(choice.name()), Some(choice));
        }
        assert!("addresses[".parse::<MatchBy>().is_err());
    }

    #[test]
    fn any_attribute_can_name_the_location() {
        let document = serde_json::json!({
            "userType": "  ",
            "addresses": [{ "type": "home", "formatted": "no" }, { "type": "work", "formatted": " B7 " }],
            "urn:example:2.0:User": { "office": "B9" },
        });
        for (by, expected) in [
            ("addresses[type eq \"work\"].formatted", Some("B7")),
            ("urn:example:2.0:User:office", Some("B9")),
            ("userType", None),
            ("title", None),
        ] {
            assert_eq!(by.parse::<MatchBy>().unwrap().read(document.as_object().unwrap()), expected, "{by}");
        }
    }
}
