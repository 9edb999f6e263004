//! One stream's turn: takes events from the feed, sends them, and notes how far that came.

use application::schemas;
use jiff::{SignedDuration, Timestamp};
use model::audit::AuditEntry;
use model::{AuditId, TenantId};
use serde_json::json;
use store::{Tx, audit, feed, tenant};
use uuid::Uuid;

use crate::event::{Told, View};
use crate::limits::{BATCH, BATCH_TIME, BATCHES_IN_TURN, TURN_TIME};
use crate::security_event::Signer;
use crate::sending::{Batch, Failure, Outgoing, Sender, Sent};
use crate::stream::{self, Disabled, Stream};
use crate::{ACTOR, Deliverer, Hold, StreamId, pause};

/// What a stream is to be told next.
struct Next {
    stream: Stream,
    url: String,
    told: Vec<Told>,
    signer: Option<Signer>,
}

/// What follows from a batch.
enum Then {
    /// There may be more to send.
    More,
    /// The stream has to wait.
    Pause,
    /// Nothing is delivered any more.
    End(Disabled),
}

impl Deliverer {
    /// Delivers what a stream has not been told yet, until there is nothing left, an attempt fails, or it is time for
    /// others. Whoever calls this has the lease, so that nobody else delivers the same.
    ///
    /// # Errors
    /// The store's, or that the tenant's schemas can't be used. What was noted before stays.
    pub async fn deliver(
        &self,
        (tenant, id): (TenantId, StreamId),
        hold: &Hold,
    ) -> Result<(), schemas::Error> {
        let end = self.after(TURN_TIME);
        for _ in 0..BATCHES_IN_TURN {
            let now = self.clock.now();
            if now >= end || !hold.covers(now) {
                return Ok(());
            }
            let Some(batch) = self.take(tenant, id).await? else { return Ok(()) };
            let until = self.after(BATCH_TIME);
            let sender = Sender { egress: &self.egress, clock: &*self.clock, key: &self.key, hold, until };
            let sent = sender.send(&batch).await;
            match self.note(batch.stream, sent).await? {
                Then::More => {}
                Then::Pause => return Ok(()),
                Then::End(why) => {
                    let why = why.as_str();
                    tracing::warn!(%tenant, stream = %id, why, "a webhook or stream is disabled; see `rollcall webhook show` or `stream show`");
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn after(&self, time: SignedDuration) -> Timestamp {
        self.clock.now().saturating_add(time).unwrap_or(Timestamp::MAX)
    }

    /// The next events of a stream; one alone after a failed attempt, so that a receiver that is down is not sent a
    /// whole batch each time. `None` if there is nothing to send, or not now.
    async fn take(&self, tenant: TenantId, id: StreamId) -> Result<Option<Batch>, schemas::Error> {
        let (at, deliverer) = (self.clock.now(), self.clone());
        let take = move |tx: &mut Tx<'_>| deliverer.next(tx, (tenant, id), at);
        let Some(Next { stream, url, told, signer }) = self.store.of_tenant(tenant).write(take).await? else {
            return Ok(None);
        };
        let write = |told| Outgoing::new(told, signer.as_ref(), at);
        let events: Result<Vec<_>, store::Error> = told.into_iter().map(write).collect();
        Ok(Some(Batch { stream, url, events: events? }))
    }

    fn next(
        &self,
        tx: &mut Tx<'_>,
        (tenant, id): (TenantId, StreamId),
        at: Timestamp,
    ) -> Result<Option<Next>, schemas::Error> {
        let stream = stream::get(tx, tenant, id)?.filter(|s| s.disabled.is_none() && s.due <= at);
        let (Some(stream), Some(owner)) = (stream, tenant::by_id(tx, tenant)?) else { return Ok(None) };
        let Some(url) = stream.method.url().map(str::to_owned) else { return Ok(None) };
        let Some(application) = self.applications.get(owner.application) else { return Ok(None) };
        let profile = schemas::in_force(tx, &owner, &**application, None)?;
        let name = owner.name.as_str();
        let tenant_url = self.issuer.tenant_url(name);
        let limit = if stream.failures > 0 { 1 } else { BATCH };
        let mut changes = feed::read(tx, tenant, stream.delivered, limit)?;
        // After the read, which lets nobody forget any until the transaction ends.
        if stream.delivered < feed::first(tx, tenant)? - 1 {
            disable(tx, &stream, Disabled::Forgotten, None, (self.ids.next(), at))?;
            return Ok(None);
        }
        changes.retain(|change| !stream.is_past(change.sequence));
        let told = View { tenant, profile, tenant_url }.tell(tx, changes)?;
        let signer = match stream.method.audience() {
            Some(audience) => Some(self.issuer.signer(tx, name, audience)?),
            None => None,
        };
        Ok((!told.is_empty()).then_some(Next { stream, url, told, signer }))
    }

    /// Notes how far a batch came that was taken for a stream. If somebody has sent the stream elsewhere in the feed
    /// meanwhile, removed it, or skipped what failed, that counts.
    async fn note(&self, taken: Stream, sent: Sent) -> Result<Then, store::Error> {
        let (at, ids) = (self.clock.now(), self.ids.clone());
        let store = self.store.of_tenant(taken.tenant);
        let note = move |tx: &mut Tx<'_>| {
            let found = stream::lock(tx, taken.tenant, taken.id)?;
            let Some(mut stream) = found.filter(|found| found.delivered == taken.delivered) else {
                return Ok(Then::More);
            };
            if sent.delivered > stream.delivered {
                let confirmed =
                    (stream.delivered + 1..=sent.delivered).filter(|event| !stream.is_past(*event));
                let confirmed = i64::try_from(confirmed.count()).unwrap_or(i64::MAX);
                stream.advance(sent.delivered);
                stream::progress(tx, &stream, confirmed, at)?;
                stream.failures = 0;
            }
            let failure = sent.failure.as_ref().filter(|(event, _)| !stream.is_past(*event));
            let Some((event, failure)) = failure else { return Ok(Then::More) };
            let Some(why) = put_off(tx, &stream, (*event, failure), at)? else { return Ok(Then::Pause) };
            disable(tx, &stream, why, Some(failure), (ids.next(), at))?;
            Ok(Then::End(why))
        };
        store.write(note).await
    }
}

/// Ends the deliveries of a stream until somebody enables it.
fn disable(
    tx: &mut Tx<'_>,
    stream: &Stream,
    why: Disabled,
    failure: Option<&Failure>,
    (id, at): (Uuid, Timestamp),
) -> Result<(), store::Error> {
    stream::disable(tx, stream.tenant, stream.id, why)?;
    let entry = AuditEntry {
        id: AuditId(id),
        at,
        actor: ACTOR.to_owned(),
        action: format!("{}.disable", stream.method.noun()),
        subject: stream.id.to_string(),
        detail: json!({ "why": why.as_str(), "failure": failure.map(Failure::text) }),
    };
    audit::append(tx, Some(stream.tenant), &entry)
}

/// Lets a stream wait after a failed attempt. Answers why no further attempt is to be made, if that is so.
fn put_off(
    tx: &mut Tx<'_>,
    stream: &Stream,
    (event, failure): (i64, &Failure),
    at: Timestamp,
) -> Result<Option<Disabled>, store::Error> {
    let failures = stream.failures + 1;
    let due = pause::until(at, failures, stream.id);
    stream::failed(tx, stream, (event, &failure.text()), failures, due)?;
    Ok(failure.ends(failures))
}
