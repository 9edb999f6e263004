//! What a tenant chose: by what users are matched to locations, and what happens to what a user has who leaves.

use std::str::FromStr;

use application::USER;
use model::TenantId;
use model::resource::StoredResource;
use schemars::JsonSchema;
use scim::{Object, Path};
use serde::{Deserialize, Serialize};
use store::{Tx, params, resource};

use crate::limits::MATCH_CHUNK;
use crate::place::{Place, city};
use crate::{Error, occupant};

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
}

impl FromStr for MatchBy {
    type Err = scim::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "city" { Ok(Self::City) } else { Path::parse(text).map(Self::Attribute) }
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
            MatchBy::City => "city".to_owned(),
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

/// Sets what a tenant chooses. If users are matched by something else now, all are matched anew.
///
/// # Errors
/// The store's.
pub fn set(tx: &mut Tx<'_>, tenant: TenantId, policy: &Policy) -> Result<(), Error> {
    occupant::lock_all(tx, tenant)?;
    let before = get(tx, tenant)?;
    let by = String::from(policy.match_by.clone());
    tx.execute(
        "INSERT INTO workplace_policy (tenant_id, match_by, seats, reservations) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id) DO UPDATE SET
         match_by = excluded.match_by, seats = excluded.seats, reservations = excluded.reservations",
        params![tenant, &by, policy.seats.name(), policy.reservations.name()],
    )?;
    if before.match_by == policy.match_by { Ok(()) } else { Ok(match_anew(tx, tenant, &policy.match_by)?) }
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
