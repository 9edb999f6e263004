//! Whose a name or a card is.

use application::USER;
use application::resources::{Operation, is_active};
use model::ResourceId;
use scim::{Object, builtin};
use serde_json::Value;
use store::{Error, Tx, resource};

use crate::Identity;

/// An active user, and by what it was found.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The user.
    pub user: ResourceId,
    /// Which of its identities was asked for.
    pub matched: Identity,
    pub(crate) document: Object,
}

impl Owner {
    /// `userName`.
    #[must_use]
    pub fn user_name(&self) -> &str {
        self.text("userName").unwrap_or_default()
    }

    /// `displayName`.
    #[must_use]
    pub fn display_name(&self) -> Option<&str> {
        self.text("displayName")
    }

    /// `department` of the enterprise extension (RFC 7643 §4.3).
    #[must_use]
    pub fn department(&self) -> Option<&str> {
        self.enterprise("department")
    }

    /// `costCenter` of the enterprise extension (RFC 7643 §4.3).
    #[must_use]
    pub fn cost_center(&self) -> Option<&str> {
        self.enterprise("costCenter")
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.document.get(name)?.as_str()
    }

    fn enterprise(&self, name: &str) -> Option<&str> {
        self.document.get(builtin::ENTERPRISE_USER_URN)?.get(name).and_then(Value::as_str)
    }
}

/// The active user whom a name means: as local user name, else as `userName`, else as e-mail address. White space around
/// what is asked for does not count.
///
/// # Errors
/// The store's.
pub fn by_name(tx: &mut Tx<'_>, on: &Operation, name: &str) -> Result<Option<Owner>, Error> {
    for identity in Identity::NAMES {
        if let Some(owner) = active(tx, on, identity, name.trim())? {
            return Ok(Some(owner));
        }
    }
    Ok(None)
}

/// The active user whose card it is.
///
/// # Errors
/// The store's.
pub fn by_card(tx: &mut Tx<'_>, on: &Operation, card: &str) -> Result<Option<Owner>, Error> {
    active(tx, on, Identity::Card, card)
}

fn active(tx: &mut Tx<'_>, on: &Operation, matched: Identity, value: &str) -> Result<Option<Owner>, Error> {
    let Some(user) = matched.owner(tx, on, value)? else { return Ok(None) };
    let found = resource::get(tx, on.tenant, USER, user)?;
    let owner = found.map(|found| Owner { user, matched, document: found.document });
    Ok(owner.filter(|owner| is_active(&owner.document)))
}
