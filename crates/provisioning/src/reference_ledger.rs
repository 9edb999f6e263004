//! What the engine remembers of references: what the source told, what the target has, and what failed.

use std::collections::HashMap;

use connector::ObjectType;
use jiff::{SignedDuration, Timestamp};
use model::EntryId;
use model::escrow::{Escrow, references_of};
use model::log_entry::{Action, LogEntry, Status};
use model::reference::{Due, DueReference, KnownReference, Reference};
use serde_json::{Value, json};
use store::Tx;

use crate::Error;
use crate::ledger::{Ending, Ledger, shortened};
use crate::references::{News, Told};

/// Names in one log entry; of more than these it tells the number.
const NAMES_IN_ENTRY: usize = 100;

/// What sending some references of one object came to.
#[derive(Clone, Debug)]
pub struct Referred {
    /// The kind of the object that refers.
    pub owner_type: ObjectType,
    /// Its anchor.
    pub owner: String,
    /// Its name for people.
    pub display: String,
    /// Its id in the target.
    pub owner_target: String,
    /// What the target has done.
    pub done: Vec<DueReference>,
    /// The last failure, if there was one.
    pub failed: Option<Ending>,
    /// How long it took.
    pub duration: SignedDuration,
}

impl Ledger {
    /// What is new in what the source told; nothing is noted.
    pub async fn news(&self, told: Vec<Told>) -> Result<News, store::Error> {
        let ledger = self.clone();
        self.store.read(move |tx| ledger.compare(tx, &told)).await
    }

    /// Notes what the source told.
    pub async fn tell(&self, told: Vec<Told>, now: Timestamp) -> Result<(), Error> {
        if told.is_empty() {
            return Ok(());
        }
        let note = move |tx: &mut Tx<'_>, ledger: &Self| {
            let news = ledger.compare(tx, &told)?;
            let removed: Vec<Reference> = news.removed.into_iter().map(|k| k.reference).collect();
            store::reference::want(tx, ledger.job, &news.added)?;
            store::reference::unwant(tx, ledger.job, &removed)?;
            // Something else is to be sent than what failed: that ends the wait.
            for reference in news.added.iter().chain(&removed) {
                let kind = references_of(&reference.owner_type);
                store::escrow::delete(tx, ledger.job, &kind, &[&reference.owner])?;
            }
            Ok(())
        };
        self.leased(now, note).await
    }

    fn compare(&self, tx: &mut Tx<'_>, told: &[Told]) -> Result<News, store::Error> {
        let mut news = News::default();
        for object_type in [ObjectType::User, ObjectType::Group] {
            let of_type: Vec<&Told> = told.iter().filter(|t| t.owner_type == object_type).collect();
            let owners: Vec<&str> = of_type.iter().map(|t| t.owner.as_str()).collect();
            if owners.is_empty() {
                continue;
            }
            let rows = store::reference::of_owners(tx, self.job, &object_type.to_string(), &owners)?;
            let mut known: HashMap<String, Vec<KnownReference>> = HashMap::new();
            for row in rows {
                known.entry(row.reference.owner.clone()).or_default().push(row);
            }
            for one in of_type {
                let found = one.compare(known.get(&one.owner).map_or(&[], Vec::as_slice));
                news.added.extend(found.added);
                news.removed.extend(found.removed);
            }
        }
        Ok(news)
    }

    /// The next references that are due after one, in the order of owners.
    pub async fn due_references(
        &self,
        after: Reference,
        limit: u32,
    ) -> Result<Vec<DueReference>, store::Error> {
        let job = self.job;
        self.store.read(move |tx| store::reference::due(tx, job, &after, i64::from(limit))).await
    }

    /// All references that the target has not, or shall not have any more.
    pub async fn pending_references(&self) -> Result<Vec<KnownReference>, store::Error> {
        let job = self.job;
        self.store.read(move |tx| store::reference::pending(tx, job)).await
    }

    /// All references of an object.
    pub async fn all_references_of(
        &self,
        object_type: ObjectType,
        owner: String,
    ) -> Result<Vec<KnownReference>, store::Error> {
        let (job, kind) = (self.job, object_type.to_string());
        self.store.read(move |tx| store::reference::of_owners(tx, job, &kind, &[&owner])).await
    }

    /// Notes that the target has these no more, though the source has them.
    pub(crate) async fn unset_references(
        &self,
        references: Vec<Reference>,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.leased(now, move |tx, ledger| store::reference::unset(tx, ledger.job, &references)).await
    }

    /// The first references of an object, for people to read.
    pub async fn references_of(
        &self,
        object_type: ObjectType,
        owner: String,
    ) -> Result<Vec<KnownReference>, store::Error> {
        let mut known = self.all_references_of(object_type, owner).await?;
        known.sort_by_key(|known| known.wanted && known.sent.is_some());
        known.truncate(NAMES_IN_ENTRY);
        Ok(known)
    }

    /// What these objects' references have in escrow, by anchor.
    pub async fn reference_escrows(
        &self,
        object_type: ObjectType,
        owners: Vec<String>,
    ) -> Result<HashMap<String, Escrow>, store::Error> {
        self.escrows_of_kind(references_of(&object_type.to_string()), owners).await
    }

    /// Records what was done: references, escrow and log entries, all or nothing, and only while the lease is held.
    pub async fn record_references(&self, referred: Vec<Referred>, now: Timestamp) -> Result<(), Error> {
        if referred.is_empty() {
            return Ok(());
        }
        let record = move |tx: &mut Tx<'_>, ledger: &Self| {
            let mut entries = Vec::new();
            for one in &referred {
                ledger.record_one(tx, one, now)?;
                entries.extend(ledger.reference_entry(one, now));
            }
            store::log::append(tx, ledger.job, &entries)
        };
        self.leased(now, record).await
    }

    fn record_one(&self, tx: &mut Tx<'_>, one: &Referred, now: Timestamp) -> Result<(), store::Error> {
        let (mut set, mut forgotten) = (Vec::new(), Vec::new());
        for done in &one.done {
            match &done.due {
                Due::Set(id) => set.push((done.reference.clone(), id.clone())),
                Due::Remove(_) | Due::Forget => forgotten.push(done.reference.clone()),
            }
        }
        store::reference::set(tx, self.job, &set)?;
        store::reference::forget(tx, self.job, &forgotten)?;
        self.settle_members(tx, one, now)?;
        let owner_type = one.owner_type.to_string();
        let kind = references_of(&owner_type);
        let Some(Ending::Failed { code, text, .. }) = &one.failed else {
            return store::escrow::delete(tx, self.job, &kind, &[&one.owner]).map(drop);
        };
        self.put_into_escrow(tx, kind, &one.owner, "", (code, text), now)?;
        if code == "InvalidAnchor" {
            // The object itself is gone from the target: the next cycle looks at it again, and makes it anew.
            self.put_into_escrow(tx, owner_type, &one.owner, "", (code, text), now)?;
        }
        Ok(())
    }

    fn reference_entry(&self, one: &Referred, now: Timestamp) -> Option<LogEntry> {
        let sent = one.done.iter().filter(|done| done.due != Due::Forget).count();
        let (status, code, text, hint) = match &one.failed {
            Some(Ending::Failed { code, text, hint, .. }) => {
                (Status::Failure, code.clone(), shortened(text), Some(hint.clone()))
            }
            Some(Ending::Done { .. } | Ending::Held) | None if sent == 0 => return None,
            Some(Ending::Done { .. } | Ending::Held) | None => {
                (Status::Success, "References".to_owned(), told_count(&one.done), None)
            }
        };
        Some(LogEntry {
            id: EntryId(self.ids.next()),
            job: self.job,
            cycle: self.cycle,
            at: now,
            object_type: one.owner_type.to_string(),
            source_id: one.owner.clone(),
            display: one.display.clone(),
            target_id: Some(one.owner_target.clone()),
            action: Action::Update,
            status,
            code: Some(code),
            detail: json!({
                "reason": text,
                "hint": hint,
                "initiatedBy": self.initiated_by(),
                "modifiedProperties": modified(&one.done),
            }),
            duration_ms: i64::try_from(one.duration.as_millis()).unwrap_or(i64::MAX),
        })
    }
}

fn told_count(done: &[DueReference]) -> String {
    let count = |is: fn(&Due) -> bool| done.iter().filter(|one| is(&one.due)).count();
    let (set, removed) =
        (count(|due| matches!(due, Due::Set(_))), count(|due| matches!(due, Due::Remove(_))));
    format!("{set} set, {removed} removed")
}

/// Entra's `modifiedProperties`: the attribute, with the ids that went and those that came.
fn modified(done: &[DueReference]) -> Vec<Value> {
    let mut attributes: Vec<&str> = done.iter().map(|one| one.reference.attribute.as_str()).collect();
    attributes.dedup();
    let property = |name: &str| {
        let of = |pick: fn(&Due) -> Option<&String>| -> Vec<&String> {
            let own = done.iter().filter(|one| one.reference.attribute == name);
            own.filter_map(|one| pick(&one.due)).take(NAMES_IN_ENTRY).collect()
        };
        let set = of(|due| if let Due::Set(id) = due { Some(id) } else { None });
        let removed = of(|due| if let Due::Remove(id) = due { Some(id) } else { None });
        json!({ "displayName": name, "oldValue": removed, "newValue": set })
    };
    attributes.into_iter().map(property).collect()
}
