//! Giving cards to users.

use application::api::{Call, Method, Operation};
use application::resources::Error;
use model::ResourceId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Tx;
use uuid::Uuid;

use super::Nothing;
use super::secret::Secret;
use crate::card;

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            (Method::Put, "/users/{id}/card"),
            "swapCard",
            "Gives a user this card in place of the one it had.",
            swap,
        ),
        Operation::new(
            (Method::Post, "/cards/register"),
            "registerCard",
            "Gives a card to the active user who has this registration code. A code is good for one card.",
            register,
        ),
    ]
}

/// Whose card.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Whose {
    /// The SCIM id of the user.
    id: Uuid,
}

/// A card.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Card {
    /// Its number.
    card: Secret,
}

fn swap(tx: &mut Tx<'_>, call: &Call, whose: Whose, new: Card) -> Result<(), Error> {
    card::swap(tx, &call.on_users()?, ResourceId(whose.id), new.card.reveal())?;
    Ok(call.audit(tx, "card.swap", &whose.id.to_string(), json!({}))?)
}

/// A card, and what proves whose it is to be.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Registration {
    /// The registration code that the user was given.
    code: Secret,
    /// The number of the card.
    card: Secret,
}

/// Whose card it is now.
#[derive(Serialize, JsonSchema)]
struct Registered {
    /// The SCIM id of the user; none if the code is nobody's, or was used before.
    user: Option<Uuid>,
}

fn register(tx: &mut Tx<'_>, call: &Call, _: Nothing, new: Registration) -> Result<Registered, Error> {
    let user = card::register(tx, &call.on_users()?, new.code.reveal(), new.card.reveal())?;
    if let Some(user) = user {
        call.audit(tx, "card.register", &user.to_string(), json!({}))?;
    }
    Ok(Registered { user: user.map(|user| user.0) })
}
