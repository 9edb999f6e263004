//! What a client is told about a value that another resource has: the attribute, the state that the other one is in, and
//! what to do next. Never the value itself, which is personal data of somebody else.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::resource::StoredResource;
use scim::Object;
use serde_json::Value;
use store::{Tx, attr, resource};

use super::{Error, Operation};
use crate::USER;

/// In which state a user is that stands in somebody's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// There, and active.
    Active,
    /// There, and not active.
    Inactive,
    /// Deleted at that instant.
    Deleted(Timestamp),
}

impl Standing {
    /// That of a user who is there.
    pub(super) fn of(document: &Object) -> Self {
        if is_active(document) { Self::Active } else { Self::Inactive }
    }

    /// As a sentence says it.
    pub(super) fn in_words(self) -> String {
        match self {
            Self::Active => "an active user".to_owned(),
            Self::Inactive => "an inactive user".to_owned(),
            Self::Deleted(at) => format!("a user deleted on {}", at.to_zoned(TimeZone::UTC).date()),
        }
    }
}

/// Whether a user is active. RFC 7643 §4.1.1 leaves a missing `active` open; a client that does not manage it creates
/// users in order to have them.
#[must_use]
pub fn is_active(document: &Object) -> bool {
    document.get("active") != Some(&Value::Bool(false))
}

/// 409 for a value that is somebody's.
pub(super) fn taken(attribute: &str, standing: Standing) -> scim::Error {
    let next = match standing {
        Standing::Active => "change that user, or use another value",
        Standing::Inactive | Standing::Deleted(_) => {
            "reactivate, rename or delete that user first, or use another value"
        }
    };
    scim::Error::conflict(format!("{} has the same value of {attribute}; {next}", standing.in_words()))
}

impl Operation {
    /// What to answer when rows of a resource could not be stored: a value that another resource has is the client's
    /// mistake (RFC 7644 §3.3.1); anything else is not.
    pub(super) fn refusal_of_rows(
        &self,
        tx: &mut Tx<'_>,
        after: &StoredResource,
        error: store::Error,
    ) -> Error {
        let store::Error::Uniqueness { attribute } = &error else { return error.into() };
        let name = self.kind.attribute_name(attribute);
        match self.standing_of_owner(tx, after, attribute) {
            Ok(Some(standing)) => taken(&name, standing).into(),
            Ok(None) => scim::Error::uniqueness(&name).into(),
            Err(failure) => failure.into(),
        }
    }

    /// The state of the user who has one of the resource's values of a unique attribute.
    fn standing_of_owner(
        &self,
        tx: &mut Tx<'_>,
        after: &StoredResource,
        attribute: &str,
    ) -> Result<Option<Standing>, store::Error> {
        if self.kind.id() != USER {
            return Ok(None);
        }
        let rows = self.kind.rows(&after.document);
        for row in rows.iter().filter(|row| row.is_unique() && row.attribute() == attribute) {
            let owner = attr::owner(tx, self.tenant, USER, row)?.filter(|owner| *owner != after.id);
            if let Some(owner) = owner {
                let owner = resource::get(tx, self.tenant, USER, owner)?;
                return Ok(owner.map(|owner| Standing::of(&owner.document)));
            }
        }
        Ok(None)
    }
}
