//! Names and cards that belonged to nobody when they were asked for: what the directory has to provide, or the mapping
//! of the local user name to get right.

use application::TypeProfile;
use application::resources::{Operation, is_active};
use jiff::Timestamp;
use model::TenantId;
use model::resource::StoredResource;
use serde_json::json;
use store::{Error, Tx, params};

use crate::Identity;
use crate::limits::{MAX_UNRESOLVED, UNRESOLVED_LIFETIME};

/// What a name is called in a row: whichever identity it is meant to be.
const NAME: &str = "name";
/// What a card is called in a row.
const CARD: &str = "card";

/// A name or card that belonged to nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// The name as it was asked for last. `None`: it was a card, whose number nobody is told.
    pub name: Option<String>,
    /// How often it was asked for.
    pub attempts: i64,
    /// When first.
    pub first: Timestamp,
    /// When last.
    pub last: Timestamp,
}

/// Those that belonged to nobody, the latest first: `limit` at most.
///
/// # Errors
/// The store's.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId, at: Timestamp, limit: i64) -> Result<Vec<Unresolved>, Error> {
    tx.query(
        "SELECT name, attempts, first_at, last_at FROM print_unresolved
         WHERE tenant_id = $1 AND last_at > $2 ORDER BY last_at DESC, kind, identity LIMIT $3",
        params![tenant, forgotten_before(at), limit],
        |row| {
            Ok(Unresolved { name: row.get(0)?, attempts: row.get(1)?, first: row.get(2)?, last: row.get(3)? })
        },
    )
}

/// Notes that nobody was found by a name.
///
/// # Errors
/// The store's.
pub fn note_name(tx: &mut Tx<'_>, on: &Operation, name: &str) -> Result<(), Error> {
    let name = name.trim();
    // All names are folded in the same way, whichever identity they are meant to be.
    let row = Identity::LocalUserName.row(&on.kind, name);
    row.map_or(Ok(()), |row| note(tx, on, [NAME, row.value()], Some(name)))
}

/// Notes that nobody was found by a card.
///
/// # Errors
/// The store's.
pub fn note_card(tx: &mut Tx<'_>, on: &Operation, card: &str) -> Result<(), Error> {
    let row = Identity::Card.row(&on.kind, card);
    row.map_or(Ok(()), |row| note(tx, on, [CARD, row.value()], None))
}

fn note(
    tx: &mut Tx<'_>,
    on: &Operation,
    [kind, identity]: [&str; 2],
    name: Option<&str>,
) -> Result<(), Error> {
    let attempts = tx.query_one(
        "INSERT INTO print_unresolved (tenant_id, kind, identity, name, attempts, first_at, last_at)
         VALUES ($1, $2, $3, $4, 1, $5, $5)
         ON CONFLICT (tenant_id, kind, identity) DO UPDATE SET
         name = excluded.name, attempts = print_unresolved.attempts + 1, last_at = excluded.last_at
         RETURNING attempts",
        params![on.tenant, kind, identity, name, on.at],
        |row| row.get::<i64>(0),
    )?;
    if attempts > 1 { Ok(()) } else { make_room(tx, on.tenant) }
}

/// Forgets the oldest beyond [`MAX_UNRESOLVED`].
fn make_room(tx: &mut Tx<'_>, tenant: TenantId) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM print_unresolved WHERE tenant_id = $1 AND last_at <
         (SELECT r.last_at FROM print_unresolved AS r WHERE r.tenant_id = $1
          ORDER BY r.last_at DESC LIMIT 1 OFFSET $2)",
        params![tenant, MAX_UNRESOLVED - 1],
    )?;
    Ok(())
}

/// Takes from the list what an active user has from now on. What is asked for in vain by a transaction that does not see
/// the user yet stays until it is forgotten.
pub(crate) fn settle(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    users: &TypeProfile,
    before: Option<&StoredResource>,
    after: &StoredResource,
) -> Result<(), Error> {
    let of = |resource: &StoredResource| match is_active(&resource.document) {
        true => identities(users, resource),
        false => Vec::new(),
    };
    let (old, mut new) = (before.map(of).unwrap_or_default(), of(after));
    new.retain(|identity| !old.contains(identity));
    if new.is_empty() {
        return Ok(());
    }
    tx.execute(
        "DELETE FROM print_unresolved WHERE tenant_id = $1 AND (kind, identity) IN
         (SELECT value->>0, value->>1 FROM json_array_elements($2::text::json))",
        params![tenant, &json!(new).to_string()],
    )?;
    Ok(())
}

/// What a user is asked for by, as rows of the list have it.
fn identities(users: &TypeProfile, user: &StoredResource) -> Vec<[String; 2]> {
    let names = Identity::NAMES.map(Identity::key);
    let card = Identity::Card.key();
    let kind = |key: &str| {
        let is_name = names.iter().any(|name| name == key);
        if is_name { Some(NAME) } else { (key == card).then_some(CARD) }
    };
    let rows = users.rows(&user.document);
    rows.iter().filter_map(|row| Some([kind(row.attribute())?.to_owned(), row.value().to_owned()])).collect()
}

/// Forgets those that nobody asked for within [`UNRESOLVED_LIFETIME`].
pub(crate) fn purge(tx: &mut Tx<'_>, tenant: TenantId, at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM print_unresolved WHERE tenant_id = $1 AND last_at <= $2",
        params![tenant, forgotten_before(at)],
    )?;
    Ok(())
}

fn forgotten_before(at: Timestamp) -> Timestamp {
    at.checked_sub(UNRESOLVED_LIFETIME).unwrap_or(Timestamp::MIN)
}
