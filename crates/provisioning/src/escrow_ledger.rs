//! What the engine remembers of objects whose last operation failed.

use std::collections::HashMap;

use connector::ObjectType;
use jiff::Timestamp;
use model::escrow::{Escrow, back_off};
use store::Tx;

use crate::Error;
use crate::ledger::{Ending, Ledger, Outcome, borrow, shortened};

impl Ledger {
    /// What these objects have in escrow, by anchor.
    pub async fn escrows(
        &self,
        object_type: ObjectType,
        anchors: Vec<String>,
    ) -> Result<HashMap<String, Escrow>, store::Error> {
        self.escrows_of_kind(object_type.to_string(), anchors).await
    }

    /// As [`Ledger::escrows`], of any kind.
    pub(crate) async fn escrows_of_kind(
        &self,
        kind: String,
        anchors: Vec<String>,
    ) -> Result<HashMap<String, Escrow>, store::Error> {
        let job = self.job;
        let rows =
            self.store.read(move |tx| store::escrow::of_sources(tx, job, &kind, &borrow(&anchors))).await?;
        Ok(rows.into_iter().map(|escrow| (escrow.source_id.clone(), escrow)).collect())
    }

    /// Anchors of objects in escrow whose next try is due.
    pub async fn escrow_due(
        &self,
        object_type: ObjectType,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<String>, store::Error> {
        let job = self.job;
        let due = self.store.read(move |tx| store::escrow::due(tx, job, now, i64::from(limit))).await?;
        let kind = object_type.to_string();
        Ok(due.into_iter().filter(|e| e.object_type == kind).map(|e| e.source_id).collect())
    }

    /// Anchors of all objects in escrow.
    pub async fn escrowed(&self, object_type: ObjectType) -> Result<Vec<String>, store::Error> {
        self.escrow_due(object_type, Timestamp::MAX, u32::MAX).await
    }

    /// Takes an object that is gone out of escrow.
    pub async fn forget_escrow(&self, object_type: ObjectType, anchor: String) -> Result<(), Error> {
        let (job, kind) = (self.job, object_type.to_string());
        self.store
            .write(move |tx| store::escrow::delete(tx, job, &kind, &[&anchor]).map(|_| ()))
            .await
            .map_err(Error::Store)
    }

    /// Puts into escrow what failed, and takes out what is done.
    pub(crate) fn record_escrow(
        &self,
        tx: &mut Tx<'_>,
        object_type: ObjectType,
        outcomes: &[&Outcome],
        now: Timestamp,
    ) -> Result<(), store::Error> {
        let mut done = Vec::new();
        for outcome in outcomes {
            match &outcome.ending {
                Ending::Done { .. } => done.push(outcome.step.source_id.as_str()),
                Ending::Failed { code, text, .. } => {
                    let step = &outcome.step;
                    let kind = object_type.to_string();
                    self.put_into_escrow(tx, kind, &step.source_id, &step.fingerprint, (code, text), now)?;
                }
                Ending::Held => {}
            }
        }
        if done.is_empty() {
            return Ok(());
        }
        store::escrow::delete(tx, self.job, &object_type.to_string(), &done).map(|_| ())
    }

    pub(crate) fn put_into_escrow(
        &self,
        tx: &mut Tx<'_>,
        kind: String,
        source_id: &str,
        fingerprint: &str,
        (code, text): (&str, &str),
        now: Timestamp,
    ) -> Result<(), store::Error> {
        let known = store::escrow::of_sources(tx, self.job, &kind, &[source_id])?.into_iter().next();
        let attempts = known.as_ref().map_or(0, |e| e.attempts).saturating_add(1);
        let escrow = Escrow {
            object_type: kind,
            source_id: source_id.to_owned(),
            attempts,
            next_attempt: now.saturating_add(back_off(attempts)).unwrap_or(Timestamp::MAX),
            code: code.to_owned(),
            detail: shortened(text),
            fingerprint: fingerprint.to_owned(),
            began: known.map_or(now, |e| e.began),
        };
        store::escrow::put(tx, self.job, &escrow)
    }
}
