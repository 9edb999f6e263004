//! Who comes back: a POST for somebody who is inactive or was deleted brings the same user back (decision 0014).
//!
//! A user is recognised by `userName`, or by the `externalId` that the same connection gave. Nobody who is active is
//! ever taken over, nobody whom a client did not make, and two people are never merged into one.

use jiff::{SignedDuration, Timestamp};
use model::ResourceId;
use model::resource::{Origin, StoredResource};
use model::settings::Relink;
use scim::Object;
use serde_json::Value;
use store::namesake::{self, Namesake};
use store::tombstone::{self, Tombstone};
use store::{Tx, attr, resource};

use super::conflict::{Standing, is_active, taken};
use super::record::Event;
use super::{Error, Operation};
use crate::USER;

/// Whose the values of a new user are already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    /// Nobody's.
    Nobody,
    /// One user's.
    One(Namesake),
    /// `userName` is the first one's, `externalId` the second one's.
    Two(Namesake, Namesake),
}

/// Judges whose the values are. `found` has those who are there first, then the latest deleted.
fn claim(found: &[Namesake]) -> Claim {
    let external: Vec<&Namesake> = found.iter().filter(|one| !one.by_name).collect();
    let shares_external = |one: &Namesake| external.iter().any(|other| other.id == one.id);
    let names = || found.iter().filter(|one| one.by_name);
    let there = names().find(|one| one.deleted.is_none());
    let name = there.or_else(|| names().find(|one| shares_external(one))).or_else(|| names().next());
    match (name, external.as_slice()) {
        (None, []) => Claim::Nobody,
        // An external id that several have tells nobody apart.
        (None, [first, second, ..]) if first.deleted.is_none() && second.deleted.is_none() => Claim::Nobody,
        (None, [first, ..]) => Claim::One(**first),
        (Some(name), []) => Claim::One(*name),
        (Some(name), _) if shares_external(name) => Claim::One(*name),
        (Some(name), [first, ..]) => Claim::Two(*name, **first),
    }
}

impl Operation {
    /// Brings back the user whom a new one's values belong to. `None`: the new user is somebody new.
    ///
    /// # Errors
    /// 409 `uniqueness` for somebody who is active, who may not come back, or who would be two; the store's.
    pub(super) fn bring_back(
        &self,
        tx: &mut Tx<'_>,
        draft: &Object,
    ) -> Result<Option<StoredResource>, Error> {
        if self.kind.id() != USER {
            return Ok(None);
        }
        match claim(&self.namesakes(tx, draft)?) {
            Claim::Nobody => Ok(None),
            Claim::One(Namesake { id, by_name, deleted: None }) => self.reactivate(tx, id, by_name, draft),
            Claim::One(Namesake { id, .. }) => self.undelete(tx, id, draft),
            Claim::Two(name, other) => Err(self.two_people(tx, name, other)?.into()),
        }
    }

    /// Who is or was called so, as far as that counts.
    fn namesakes(&self, tx: &mut Tx<'_>, draft: &Object) -> Result<Vec<Namesake>, Error> {
        let retention = SignedDuration::from_hours(i64::from(self.settings.retention_days) * 24);
        let since = self.at.checked_sub(retention).unwrap_or(Timestamp::MIN);
        let mut counting = Vec::new();
        for one in namesake::find(tx, self.tenant, USER, &self.kind.rows(draft), since)? {
            let counts = match (one.deleted, one.by_name) {
                (None, true) => true,
                (Some(_), _) if self.settings.relink == Relink::Reject => false,
                (Some(_), true) => self.origin_of(tx, one)?.is_some_and(|origin| origin.is_scim()),
                // An externalId is its client's own (RFC 7643 §3.1): another one's may be the same by chance.
                (_, false) => self.origin_of(tx, one)?.is_some_and(|origin| origin == self.origin),
            };
            if counts {
                counting.push(one);
            }
        }
        Ok(counting)
    }

    fn origin_of(&self, tx: &mut Tx<'_>, one: Namesake) -> Result<Option<Origin>, Error> {
        Ok(match one.deleted {
            None => resource::origin(tx, self.tenant, USER, one.id)?,
            Some(_) => tombstone::get(tx, self.tenant, USER, one.id)?.map(|stone| stone.origin),
        })
    }

    /// Brings back somebody who is there and inactive.
    fn reactivate(
        &self,
        tx: &mut Tx<'_>,
        id: ResourceId,
        by_name: bool,
        draft: &Object,
    ) -> Result<Option<StoredResource>, Error> {
        // Who is gone by now stands in nobody's way.
        let Some(before) = resource::get_for_update(tx, self.tenant, USER, id)? else { return Ok(None) };
        let standing = Standing::of(&before.document);
        match (standing, by_name) {
            (Standing::Inactive | Standing::Deleted(_), _) => {}
            (Standing::Active, true) => return Err(taken("userName", standing).into()),
            // RFC 7643 §3.1 does not ask for an externalId to be unique.
            (Standing::Active, false) => return Ok(None),
        }
        if !resource::origin(tx, self.tenant, USER, id)?.is_some_and(|origin| origin.is_scim()) {
            return Err(not_made_by_a_client().into());
        }
        if self.settings.relink == Relink::Reject {
            return Err(taken(if by_name { "userName" } else { "externalId" }, standing).into());
        }
        let document = self.again(tx, &before, draft)?;
        if document == before.document {
            return Ok(Some(before));
        }
        let after = self.next_version(&before, document);
        resource::update(tx, self.tenant, USER, &after, before.version)?;
        // The externalId is this client's from now on.
        resource::set_origin(tx, self.tenant, USER, id, &self.origin)?;
        self.record(tx, Event::Returned(Some(&before), &after), 0)?;
        Ok(Some(after))
    }

    /// Brings back somebody who was deleted, under the same id.
    fn undelete(
        &self,
        tx: &mut Tx<'_>,
        id: ResourceId,
        draft: &Object,
    ) -> Result<Option<StoredResource>, Error> {
        // Whoever was faster has the name by now, so that there will be no second user of it.
        let Some(stone) = tombstone::lift(tx, self.tenant, USER, id)? else { return Ok(None) };
        let Tombstone { mut document, version, created, deleted, .. } = stone;
        self.kind.adopt(&mut document);
        self.leave_to_others(tx, &mut document)?;
        let before = StoredResource { id, document, version, created, modified: deleted };
        let document = self.again(tx, &before, draft)?;
        let after = self.next_version(&before, document);
        resource::insert(tx, self.tenant, USER, &after, &self.origin)?;
        self.record(tx, Event::Returned(None, &after), 0)?;
        Ok(Some(after))
    }

    /// Takes from a deleted user the secrets that others were given since, such as a card: the client that brings the user
    /// back sends none of them, and could not correct a 409.
    fn leave_to_others(&self, tx: &mut Tx<'_>, document: &mut Object) -> Result<(), Error> {
        for row in self.kind.secret_rows(document) {
            if attr::owner(tx, self.tenant, USER, &row)?.is_some() {
                self.kind.forget_secret(row.attribute(), document);
            }
        }
        Ok(())
    }

    /// What a returning user is like: as the POST says, active unless it says otherwise, and with what no client can
    /// set as it was.
    fn again(&self, tx: &mut Tx<'_>, before: &StoredResource, draft: &Object) -> Result<Object, Error> {
        let body = Value::Object(draft.clone());
        let mut document =
            scim::resource::replace(self.kind.resource_type(), &before.document, body, &self.tolerance)?;
        document.insert("active".to_owned(), Value::Bool(is_active(draft)));
        self.keep_clean_names(tx, before, &mut document)?;
        Ok(document)
    }

    fn two_people(&self, tx: &mut Tx<'_>, name: Namesake, other: Namesake) -> Result<scim::Error, Error> {
        let (name, other) = (self.standing(tx, name)?.in_words(), self.standing(tx, other)?.in_words());
        Ok(scim::Error::conflict(format!(
            "{name} has the same value of userName, and {other} that of externalId; two people are not made one: \
             rename or delete the one that is not meant, or let the tenant's administrator set relink=reject"
        )))
    }

    fn standing(&self, tx: &mut Tx<'_>, one: Namesake) -> Result<Standing, Error> {
        if let Some(at) = one.deleted {
            return Ok(Standing::Deleted(at));
        }
        let found = resource::get(tx, self.tenant, USER, one.id)?;
        Ok(found.map_or(Standing::Inactive, |found| Standing::of(&found.document)))
    }
}

fn not_made_by_a_client() -> scim::Error {
    scim::Error::conflict(
        "an inactive user whom no SCIM client made has the same value of userName; the application's administrator \
         decides about that user",
    )
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// Somebody by number, deleted if it is negative.
    fn one(number: i32, by_name: bool) -> Namesake {
        Namesake {
            id: ResourceId(Uuid::from_u128(number.unsigned_abs().into())),
            by_name,
            deleted: (number < 0).then_some(Timestamp::UNIX_EPOCH),
        }
    }

    #[test]
    fn a_user_is_recognised_by_name_or_external_id_and_two_are_never_one() {
        for (names, external, expected) in [
            (&[][..], &[][..], Claim::Nobody),
            (&[1], &[], Claim::One(one(1, true))),
            (&[1], &[1], Claim::One(one(1, true))),
            (&[1], &[-2, 1], Claim::One(one(1, true))),
            (&[1, -2], &[-2], Claim::Two(one(1, true), one(-2, false))),
            (&[1], &[2], Claim::Two(one(1, true), one(2, false))),
            (&[-1, -2], &[], Claim::One(one(-1, true))),
            (&[-1, -2], &[-2], Claim::One(one(-2, true))),
            (&[-1], &[-2], Claim::Two(one(-1, true), one(-2, false))),
            (&[-1], &[2], Claim::Two(one(-1, true), one(2, false))),
            (&[], &[1], Claim::One(one(1, false))),
            (&[], &[1, -2], Claim::One(one(1, false))),
            (&[], &[1, 2], Claim::Nobody),
            (&[], &[-1, -2], Claim::One(one(-1, false))),
        ] {
            let found: Vec<Namesake> = names
                .iter()
                .map(|number| one(*number, true))
                .chain(external.iter().map(|number| one(*number, false)))
                .collect();
            assert_eq!(claim(&found), expected, "{names:?} {external:?}");
        }
    }
}
