//! One webhook's turn: takes events from the feed, sends them, and notes how far that came.

use application::schemas;
use jiff::Timestamp;
use model::audit::AuditEntry;
use model::{AuditId, TenantId};
use serde_json::json;
use store::{Tx, audit, tenant};

use crate::event::View;
use crate::limits::{BATCH, BATCHES_IN_TURN};
use crate::sending::{Batch, Failure, Outgoing, Sender, Sent};
use crate::webhook::{self, Disabled, Webhook};
use crate::{Deliverer, WebhookId, pause};

/// Who acts, as the audit log names it.
const ACTOR: &str = "webhooks";

/// What follows from a batch.
enum Next {
    /// There may be more to send.
    More,
    /// The webhook has to wait.
    Pause,
    /// Nothing is delivered any more.
    End(Disabled),
}

impl Deliverer {
    /// Delivers what a webhook has not been told yet, until there is nothing left, an attempt fails, or it is time for
    /// others. Whoever calls this holds the lease, so that nobody else delivers the same.
    ///
    /// # Errors
    /// The store's, or that the tenant's schemas can't be used. What was noted before stays.
    pub async fn deliver(&self, tenant: TenantId, id: WebhookId) -> Result<(), schemas::Error> {
        for _ in 0..BATCHES_IN_TURN {
            let Some(batch) = self.take(tenant, id).await? else { return Ok(()) };
            let sender = Sender { egress: &self.egress, clock: &*self.clock, key: &self.key };
            let sent = sender.send(&batch).await;
            match self.note(batch.webhook, sent).await? {
                Next::More => {}
                Next::Pause => return Ok(()),
                Next::End(why) => {
                    let why = why.as_str();
                    tracing::warn!(%tenant, webhook = %id, why, "a webhook is disabled; see `rollcall webhook show`");
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The next events of a webhook; one alone after a failed attempt, so that a receiver that is down is not sent a
    /// whole batch each time. `None` if there is nothing to send, or not now.
    async fn take(&self, tenant: TenantId, id: WebhookId) -> Result<Option<Batch>, schemas::Error> {
        let (at, applications) = (self.clock.now(), self.applications.clone());
        let public_url = self.public_url.clone();
        let take = move |tx: &mut Tx<'_>| {
            let webhook = webhook::get(tx, tenant, id)?.filter(|w| w.disabled.is_none() && w.due <= at);
            let (Some(webhook), Some(owner)) = (webhook, tenant::by_id(tx, tenant)?) else { return Ok(None) };
            let Some(application) = applications.get(owner.application) else { return Ok(None) };
            let profile = schemas::in_force(tx, &owner, &**application, None)?;
            let tenant_url = format!("{public_url}/t/{}/scim/v2", owner.name);
            let limit = if webhook.failures > 0 { 1 } else { BATCH };
            let events = View { tenant, profile, tenant_url }.after(tx, webhook.delivered, limit)?;
            let events: Result<Vec<_>, _> = events.iter().map(Outgoing::new).collect();
            let events = events.map_err(|_| store::Error::corrupt("an event"))?;
            Ok((!events.is_empty()).then_some(Batch { webhook, events }))
        };
        self.store.of_tenant(tenant).write(take).await
    }

    /// Notes how far a batch came. If somebody has sent the webhook elsewhere in the feed meanwhile, that counts.
    async fn note(&self, webhook: Webhook, sent: Sent) -> Result<Next, store::Error> {
        let (at, ids) = (self.clock.now(), self.ids.clone());
        let store = self.store.of_tenant(webhook.tenant);
        let note = move |tx: &mut Tx<'_>| {
            let mut webhook = webhook.clone();
            if sent.delivered > webhook.delivered {
                if !webhook::progress(tx, &webhook, sent.delivered, at)? {
                    return Ok(Next::More);
                }
                (webhook.delivered, webhook.failures) = (sent.delivered, 0);
            }
            let Some(failure) = &sent.failure else { return Ok(Next::More) };
            let Some(why) = put_off(tx, &webhook, failure, at)? else { return Ok(Next::Pause) };
            webhook::disable(tx, webhook.tenant, webhook.id, why)?;
            let entry = AuditEntry {
                id: AuditId(ids.next()),
                at,
                actor: ACTOR.to_owned(),
                action: "webhook.disable".to_owned(),
                subject: webhook.id.to_string(),
                detail: json!({ "why": why.as_str(), "failure": failure.text() }),
            };
            audit::append(tx, Some(webhook.tenant), &entry)?;
            Ok(Next::End(why))
        };
        store.write(note).await
    }
}

/// Lets a webhook wait after a failed attempt. Answers why no further attempt is to be made, if that is so.
fn put_off(
    tx: &mut Tx<'_>,
    webhook: &Webhook,
    failure: &Failure,
    at: Timestamp,
) -> Result<Option<Disabled>, store::Error> {
    let failures = webhook.failures + 1;
    let due = at.saturating_add(pause::after(failures, webhook.id)).unwrap_or(Timestamp::MAX);
    let noted = webhook::failed(tx, webhook, &failure.text(), failures, due)?;
    Ok(failure.ends(failures).filter(|_| noted))
}
