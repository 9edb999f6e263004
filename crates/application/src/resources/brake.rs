//! The brake: when a connection disabled or deleted more of a tenant's users within an hour than its administrator
//! thinks possible, further ones wait for the administrator (decision 0015).
//!
//! Every write of a user comes through [`Operation::count_removal`], whatever request it is part of. The removal that
//! goes beyond the bound shuts the brake behind it, in its own transaction: so the count is exact, survives a restart
//! and holds for all replicas.

use jiff::Timestamp;
use model::brake::{Brake, BrakeState, Held};
use model::resource::{Origin, StoredResource};
use serde_json::json;
use store::brake::{self, Removals};
use store::{Tx, audit};

use super::{Error, Operation};
use crate::limits::{BRAKE_MIN_USERS, BRAKE_RETRY_SECONDS, BRAKE_WINDOW_MINUTES};

impl Operation {
    /// Counts that a user is disabled or deleted.
    ///
    /// Somebody who was made within the hour does not count: what is taken back is no accident that anybody suffers
    /// from. Nor does what an administrator does.
    ///
    /// # Errors
    /// 429 if the connection's brake is shut; the store's.
    pub(super) fn count_removal(&self, tx: &mut Tx<'_>, user: &StoredResource) -> Result<(), Error> {
        let Origin::Scim { connection } = &self.origin else { return Ok(()) };
        let connection = connection.as_str();
        let (now, made) = (minute(self.at), minute(user.created));
        let oldest = now.saturating_sub(BRAKE_WINDOW_MINUTES);
        if made > oldest || (self.settings.brake_count == 0 && self.settings.brake_percent == 0) {
            return Ok(());
        }
        brake::count(tx, self.tenant, connection, now, oldest)?;
        if let Some(shut) = brake::get(tx, self.tenant, connection)? {
            match shut.pass(self.at).map_err(|held| refusal(&held))? {
                Some(next) => {
                    brake::forget(tx, self.tenant, connection)?;
                    return Ok(brake::put(tx, self.tenant, &next)?);
                }
                None => {
                    brake::release(tx, self.tenant, connection)?;
                    brake::count(tx, self.tenant, connection, now, oldest)?;
                }
            }
        }
        let removals = brake::removals(tx, self.tenant, connection, oldest)?;
        if self.is_too_many(removals) { self.shut(tx, connection, removals) } else { Ok(()) }
    }

    fn is_too_many(&self, Removals { removed, users }: Removals) -> bool {
        let count = i64::from(self.settings.brake_count);
        let percent = i64::from(self.settings.brake_percent);
        let share = percent > 0 && users >= BRAKE_MIN_USERS;
        (count > 0 && removed > count)
            || (share && removed.saturating_mul(100) > users.saturating_mul(percent))
    }

    fn shut(&self, tx: &mut Tx<'_>, connection: &str, removals: Removals) -> Result<(), Error> {
        let Removals { removed, users } = removals;
        let connection = connection.to_owned();
        let detail = json!({ "removed": removed, "users": users });
        let entry = self.audit_of("brake.shut", connection.clone(), detail);
        let shut = Brake { connection, state: BrakeState::Shut, since: self.at, removed, users };
        brake::put(tx, self.tenant, &shut)?;
        Ok(audit::append(tx, Some(self.tenant), &entry)?)
    }
}

/// An instant in whole minutes since 1970.
fn minute(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60)
}

fn refusal(Held(brake): &Held) -> scim::Error {
    let Brake { connection, removed, users, .. } = brake;
    let next = if brake.state == BrakeState::Rejected {
        "the tenant's administrator rejected further ones; `rollcall brake allow` lets them through"
    } else {
        "further ones wait until the tenant's administrator decides: `rollcall brake allow` or `rollcall brake reject`"
    };
    let detail = format!(
        "the connection {connection} disabled or deleted {removed} of {users} users within an hour; {next}"
    );
    scim::Error::new(429, detail).retry_after(BRAKE_RETRY_SECONDS)
}
