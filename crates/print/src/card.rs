//! Giving a card to a user. That is a change of the user like any other: with a version, a place in the change feed, an
//! entry in the audit log, and 409 for a card that somebody has.

use application::resources::{self, Error, Modification, Operation, is_active};
use model::{ResourceId, TenantId};
use serde_json::{Value, json};
use store::{Tx, params};

use crate::limits::MAX_CODE_GUESSES;
use crate::{Identity, guess};

/// Whose guesses of registration codes are counted: everybody's of a tenant together.
const ALL_CODES: &str = "registration code";

/// Gives a user this card in place of the one it had.
///
/// # Errors
/// 404 for an unknown user; 409 `uniqueness` for a card that somebody has; the store's.
pub fn swap(tx: &mut Tx<'_>, on: &Operation, user: ResourceId, card: &str) -> Result<(), Error> {
    change(tx, on, user, json!([set(card)]))
}

/// Gives a card to the active user who has this registration code, and takes the code away. `None`: the code is nobody's,
/// or was used before, although the directory may have sent it again.
///
/// # Errors
/// 429 after [`MAX_CODE_GUESSES`] wrong ones; 409 `uniqueness` for a card that somebody has, and the code stays good; the
/// store's.
pub fn register(
    tx: &mut Tx<'_>,
    on: &Operation,
    code: &str,
    card: &str,
) -> Result<Option<ResourceId>, Error> {
    guess::count(tx, on.tenant, ALL_CODES, MAX_CODE_GUESSES, on.at)?;
    let Some(row) = Identity::RegistrationCode.row(&on.kind, code) else { return Ok(None) };
    let Some(user) = Identity::RegistrationCode.owner(tx, on, code)? else { return Ok(None) };
    // Of two who use a code at once, the second one waits here, and finds it gone.
    let document = on.lock(tx, user)?.document;
    let is_right = on.kind.proves(&Identity::RegistrationCode.key(), &document, code);
    if !is_right || !is_active(&document) || is_spent(tx, on.tenant, user, row.value())? {
        return Ok(None);
    }
    let forget = json!({ "op": "remove", "path": Identity::RegistrationCode.path() });
    change(tx, on, user, json!([set(card), forget]))?;
    spend(tx, on.tenant, user, row.value())?;
    guess::was_right(tx, on.tenant, ALL_CODES)?;
    Ok(Some(user))
}

fn set(card: &str) -> Value {
    json!({ "op": "replace", "path": Identity::Card.path(), "value": card })
}

fn change(tx: &mut Tx<'_>, on: &Operation, user: ResourceId, operations: Value) -> Result<(), Error> {
    let body =
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
    let modification = Modification::new(&on.kind, &body, &on.tolerance)?;
    resources::patch(tx, on, user, &modification).map(drop)
}

fn is_spent(tx: &mut Tx<'_>, tenant: TenantId, user: ResourceId, digest: &str) -> Result<bool, store::Error> {
    let known = tx.query_opt(
        "SELECT 1 FROM print_spent_code WHERE tenant_id = $1 AND resource_id = $2 AND digest = $3",
        params![tenant, user, digest],
        |_| Ok(()),
    )?;
    Ok(known.is_some())
}

fn spend(tx: &mut Tx<'_>, tenant: TenantId, user: ResourceId, digest: &str) -> Result<(), store::Error> {
    tx.execute(
        "INSERT INTO print_spent_code (tenant_id, resource_id, digest) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id, resource_id, digest) DO NOTHING",
        params![tenant, user, digest],
    )?;
    Ok(())
}

/// Forgets which codes users had who can't come back.
pub(crate) fn forget(tx: &mut Tx<'_>, tenant: TenantId, users: &[ResourceId]) -> Result<(), store::Error> {
    for user in users {
        tx.execute(
            "DELETE FROM print_spent_code WHERE tenant_id = $1 AND resource_id = $2",
            params![tenant, *user],
        )?;
    }
    Ok(())
}
