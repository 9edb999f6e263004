//! Requests that are refused again and again: a client that repeats what can't be done tells nobody about it, and fills
//! logs for months. What is refused is counted in memory and written now and then, so that no request waits for it and
//! a storm costs one row.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use model::TenantId;
use model::refusal::{Refusal, Refused};
use serde_json::Value;
use store::{Error as StoreError, Store, Tx, refusal};

use crate::error::Error;
use crate::intervals::at_intervals;
use crate::limits::{
    MAX_REFUSALS_OF_A_TENANT, MAX_REFUSALS_PENDING, MAX_SUBJECT_BYTES, REFUSALS_INTERVAL, STORM_COUNT,
    STORM_HOURS,
};
use crate::resource::Collection;
use crate::{Context, now};

/// What was refused since it was last written. A clone counts on.
#[derive(Clone, Debug, Default)]
pub struct Refusals(Arc<Mutex<HashMap<TenantId, Pending>>>);

/// The refusals of one tenant.
type Pending = HashMap<Refused, Refusal>;

impl Context {
    /// Counts the result of a write if it is a refusal, and hands it on. `subject`: whom the write is about.
    pub(crate) fn watch<T>(
        &self,
        target: &Collection,
        method: &Method,
        subject: &str,
        result: Result<T, Error>,
    ) -> Result<T, Error> {
        if let Err(Error::Refused(refusal)) = &result
            && is_counted(refusal.status)
        {
            let refused = Refused {
                connection: target.caller.connection().to_string(),
                method: method.to_string(),
                resource_type: target.kind.id().to_owned(),
                subject: cut(subject).to_owned(),
                status: refusal.status,
                scim_type: refusal.scim_type.map(|keyword| keyword.as_str().to_owned()),
            };
            let at = now(self);
            let detail = refusal.detail.clone();
            let refusal = Refusal { refused, detail, first_seen: at, last_seen: at, count: 1 };
            self.refusals.add(target.caller.tenant().id, refusal);
        }
        result
    }
}

impl Refusals {
    fn add(&self, tenant: TenantId, new: Refusal) {
        let mut tenants = self.lock();
        let pending = tenants.entry(tenant).or_default();
        let has_room = pending.len() < MAX_REFUSALS_PENDING;
        match pending.entry(new.refused.clone()) {
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.count += new.count;
                known.first_seen = known.first_seen.min(new.first_seen);
                known.last_seen = known.last_seen.max(new.last_seen);
                known.detail = new.detail;
            }
            Entry::Vacant(place) if has_room => drop(place.insert(new)),
            Entry::Vacant(_) => {}
        }
    }

    /// Writes what was counted, a transaction a tenant.
    ///
    /// # Errors
    /// The store's. What was not written is kept for the next time.
    pub async fn write(&self, store: &Store) -> Result<(), StoreError> {
        let taken = std::mem::take(&mut *self.lock());
        let mut result = Ok(());
        for (tenant, pending) in taken {
            let pending: Arc<[Refusal]> = pending.into_values().collect();
            let written = Arc::clone(&pending);
            match store.write(move |tx| add_all(tx, tenant, &written)).await {
                Ok(storms) => storms.iter().for_each(|storm| tell(tenant, storm)),
                Err(error) => {
                    pending.iter().for_each(|refusal| self.add(tenant, refusal.clone()));
                    result = Err(error);
                }
            }
        }
        result
    }

    /// Writes what was counted in every [`REFUSALS_INTERVAL`], and the rest when `stop` is done.
    pub async fn keep_written(self, store: Store, stop: impl Future<Output = ()> + Send) {
        let (this, store) = (&self, &store);
        let write = || async move {
            if let Err(error) = this.write(store).await {
                tracing::warn!(%error, "refused requests were not counted; they will be with the next ones");
            }
        };
        at_intervals(REFUSALS_INTERVAL, stop, write).await;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, Pending>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds refusals to those that are known. Answers those that have become storms by that.
fn add_all(tx: &mut Tx<'_>, tenant: TenantId, pending: &[Refusal]) -> Result<Vec<Refused>, StoreError> {
    let mut storms = Vec::new();
    for new in pending {
        let day = SignedDuration::from_hours(STORM_HOURS);
        let forgotten = new.first_seen.checked_sub(day).unwrap_or(Timestamp::MIN);
        let (before, now) = refusal::add(tx, tenant, new, forgotten)?;
        if before < STORM_COUNT && now >= STORM_COUNT {
            storms.push(new.refused.clone());
        }
    }
    if pending.len() == MAX_REFUSALS_PENDING {
        refusal::purge(tx, tenant, Timestamp::MIN, MAX_REFUSALS_OF_A_TENANT)?;
    }
    Ok(storms)
}

/// Says once that something is refused again and again; about whom, only the tenant's administrator is shown.
fn tell(tenant: TenantId, storm: &Refused) {
    tracing::warn!(
        %tenant,
        connection = storm.connection,
        method = storm.method,
        resource_type = storm.resource_type,
        status = storm.status,
        scim_type = storm.scim_type,
        "the same request is refused again and again; `rollcall refusals` says why and what to do"
    );
}

/// Not counted is what a client is meant to repeat (412, 429, 503), and who may not ask at all (401).
fn is_counted(status: u16) -> bool {
    (400..500).contains(&status) && ![401, 408, 412, 429].contains(&status)
}

/// Whom a POST is about: its `userName`, else its `displayName`.
pub(crate) fn subject(body: &Value) -> String {
    let member = |name: &str| {
        let mut members = body.as_object()?.iter();
        let (_, value) = members.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        value.as_str().map(str::to_owned)
    };
    member("userName").or_else(|| member("displayName")).unwrap_or_default()
}

/// A subject of bounded length.
fn cut(subject: &str) -> &str {
    let end = (0..=MAX_SUBJECT_BYTES).rev().find(|end| subject.is_char_boundary(*end)).unwrap_or(0);
    subject.get(..end).unwrap_or(subject)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_subject_is_found_in_any_letter_case_and_bounded() {
        for (body, expected) in [
            (json!({ "USERNAME": "babs", "displayName": "Babs" }), "babs"),
            (json!({ "displayName": "Guides" }), "Guides"),
            (json!({ "userName": 7 }), ""),
            (json!([]), ""),
        ] {
            assert_eq!(subject(&body), expected, "{body}");
        }
        assert_eq!(cut("babs"), "babs");
        assert_eq!(cut(&"ä".repeat(MAX_SUBJECT_BYTES)).len(), MAX_SUBJECT_BYTES / 2 * 2);
    }

    #[test]
    fn what_is_meant_to_be_repeated_is_not_counted() {
        for (status, counted) in
            [(400, true), (404, true), (409, true), (401, false), (412, false), (429, false), (500, false)]
        {
            assert_eq!(is_counted(status), counted, "{status}");
        }
    }
}
