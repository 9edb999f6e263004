//! Whose print job it is, and who stands at a device.

use application::api::{Call, Method, Operation};
use application::resources::{self, Error};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Tx;
use uuid::Uuid;

use super::Nothing;
use super::secret::Secret;
use crate::limits::MAX_NAME_BYTES;
use crate::owner::{self, Owner};
use crate::{misses, pin, unresolved};

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![Operation::new(
        (Method::Post, "/resolve"),
        "resolveOwner",
        "Tells which active user a name or a card belongs to, and with a PIN whether it is that user's.",
        resolve,
    )]
}

/// What somebody is to be found by: a name or a card.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The name that a print job carries: a local user name, a userName or an e-mail address, looked for in this order.
    name: Option<String>,
    /// The number of the card that was shown.
    card: Option<Secret>,
    /// The PIN that was typed, if it is to be checked. Alone it tells nobody apart.
    pin: Option<Secret>,
}

/// Who was found.
#[derive(Serialize, JsonSchema)]
struct Resolved {
    /// The user; none if nobody is called so, is active, and has that PIN.
    owner: Option<Found>,
}

/// An active user.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Found {
    /// The SCIM id.
    user: Uuid,
    /// The attribute that matched: localUsername, userName, emails.value or cardNumber.
    matched: &'static str,
    /// `userName`.
    user_name: String,
    /// What people call the user.
    display_name: Option<String>,
    /// The department that the job is charged to.
    department: Option<String>,
    /// The cost centre that the job is charged to.
    cost_center: Option<String>,
}

impl From<Owner> for Found {
    fn from(owner: Owner) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            user: owner.user.0,
            matched: owner.matched.attribute(),
            user_name: owner.user_name().to_owned(),
            display_name: owned(owner.display_name()),
            department: owned(owner.department()),
            cost_center: owned(owner.cost_center()),
        }
    }
}

fn resolve(tx: &mut Tx<'_>, call: &Call, _: Nothing, asked: Asked) -> Result<Resolved, Error> {
    let on = call.on_users()?;
    let by_secret = asked.card.is_some() || asked.pin.is_some();
    if by_secret {
        misses::check(tx, &on)?;
    }
    let owner = find(tx, &on, &asked)?;
    if by_secret && owner.is_none() {
        misses::count(tx, &on)?;
    }
    Ok(Resolved { owner: owner.map(Found::from) })
}

fn find(tx: &mut Tx<'_>, on: &resources::Operation, asked: &Asked) -> Result<Option<Owner>, Error> {
    let found = match (&asked.name, &asked.card) {
        (Some(name), None) => owner::by_name(tx, on, checked(name)?)?,
        (None, Some(card)) => owner::by_card(tx, on, card.reveal())?,
        (Some(_), Some(_)) | (None, None) => {
            return Err(bad_request("send name or card, and one of them only; a pin goes with either").into());
        }
    };
    Ok(match (found, &asked.pin) {
        (Some(owner), Some(pin)) => pin::is_of(tx, on, &owner, pin.reveal())?.then_some(owner),
        (Some(owner), None) => Some(owner),
        // What a person types at a device as name may be anything, even a PIN: it is not kept.
        (None, Some(_)) => None,
        (None, None) => {
            match (&asked.name, &asked.card) {
                (Some(name), _) => unresolved::note_name(tx, on, name)?,
                (None, Some(card)) => unresolved::note_card(tx, on, card.reveal())?,
                (None, None) => {}
            }
            None
        }
    })
}

fn checked(name: &str) -> Result<&str, scim::Error> {
    if (1..=MAX_NAME_BYTES).contains(&name.trim().len()) {
        return Ok(name);
    }
    Err(bad_request(&format!("a name has 1 to {MAX_NAME_BYTES} bytes")))
}

fn bad_request(detail: &str) -> scim::Error {
    scim::Error::new(400, detail)
}
