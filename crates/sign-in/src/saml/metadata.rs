//! A provider's metadata, read again: on a schedule, so that a new key is known before it signs, and when a signature is by
//! none of the keys that are known.

use std::future::Future;
use std::sync::Arc;

use egress::Client;
use jiff::Timestamp;
use model::audit::AuditEntry;
use model::{AuditId, Clock, IdSource, TenantId};
use saml::IdentityProvider;
use serde_json::json;
use store::{Error, Store, Tx};
use tokio::time::{MissedTickBehavior, interval};

use crate::Door;
use crate::limits::{MAX_METADATA_BYTES, METADATA_FRESH, METADATA_INTERVAL, METADATA_REFRESH};
use crate::provider::{self, Provider, Saml};

/// What reads metadata.
#[derive(Clone)]
pub struct Reader {
    /// Where they are kept.
    pub store: Store,
    /// What asks for them.
    pub egress: Client,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids of entries in the audit log.
    pub ids: Arc<dyn IdSource>,
}

/// Why metadata are not used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// They can't be had.
    #[error("the metadata can't be read")]
    Egress(#[from] egress::Error),
    /// They are none.
    #[error("the metadata are no text")]
    Encoding(#[from] std::string::FromUtf8Error),
    /// They are none of a SAML 2.0 provider.
    #[error(transparent)]
    Metadata(#[from] saml::MetadataError),
    /// They are another provider's than before.
    #[error("the metadata are of another provider, {0}; if that is meant, set the provider again")]
    OtherProvider(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Reader {
    /// Reads what is due, now and then, until `stop` is done.
    pub async fn keep_fresh(self, stop: impl Future<Output = ()> + Send) {
        let mut ticks = interval(METADATA_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return,
                _ = ticks.tick() => {}
            }
            for door in [Door::Saml, Door::EntraSaml] {
                if let Err(error) = self.read_due(door).await {
                    tracing::warn!(%error, "metadata of SAML providers were not looked at");
                }
            }
        }
    }

    /// Reads those at a door that are older than [`METADATA_FRESH`].
    ///
    /// # Errors
    /// The store's. What can't be read is logged, and read the next time.
    pub async fn read_due(&self, door: Door) -> Result<(), Error> {
        for tenant in self.store.read(move |tx| provider::tenants_with(tx, door)).await? {
            let known = self.store.read(move |tx| provider::get(tx, tenant, door)).await?;
            let Some(Provider::Saml(known)) = known else { continue };
            if self.clock.now().duration_since(known.asked) >= METADATA_FRESH {
                self.read_again(tenant, door).await;
            }
        }
        Ok(())
    }

    /// Reads the metadata of a tenant's provider again, though not more than once a minute, whoever asks. Answers the
    /// provider if they are new.
    pub async fn read_again(&self, tenant: TenantId, door: Door) -> Option<Saml> {
        match self.try_again(tenant, door).await {
            Ok(read) => read,
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%tenant, %door, %error, cause, "the metadata of a SAML provider were not read again");
                None
            }
        }
    }

    async fn try_again(&self, tenant: TenantId, door: Door) -> Result<Option<Saml>, Unusable> {
        let now = self.clock.now();
        let store = self.store.of_tenant(tenant);
        // Of several who come with an unknown key, one asks.
        let Some((known, url)) = store.write(move |tx| claim(tx, tenant, door, now)).await? else {
            return Ok(None);
        };
        let text = fetch(&self.egress, &url).await?;
        let (old, new) =
            (IdentityProvider::from_metadata(&known.metadata)?, IdentityProvider::from_metadata(&text)?);
        if old.entity_id != new.entity_id {
            return Err(Unusable::OtherProvider(new.entity_id));
        }
        let read = Saml { metadata: text, read: now, ..known.clone() };
        let keys_changed = old.signing_certificates != new.signing_certificates;
        let entry = AuditEntry {
            id: AuditId(self.ids.next()),
            at: now,
            actor: "sign-in".to_owned(),
            action: "sign-in.metadata".to_owned(),
            subject: door.to_string(),
            detail: json!({ "certificates": new.signing_certificates.len() }),
        };
        let kept = read.clone();
        let stored = store.write(move |tx| {
            // Somebody may have set another provider meanwhile.
            if provider::get(tx, tenant, door)? != Some(Provider::Saml(known.clone())) {
                return Ok(false);
            }
            provider::put(tx, tenant, door, &Provider::Saml(kept.clone()))?;
            if keys_changed {
                store::audit::append(tx, Some(tenant), &entry)?;
            }
            Ok::<_, Error>(true)
        });
        Ok(stored.await?.then_some(read))
    }
}

/// Notes that the metadata are asked for now, unless they were a moment ago. Answers them, and where they are.
fn claim(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    door: Door,
    now: Timestamp,
) -> Result<Option<(Saml, String)>, Error> {
    let Some(Provider::Saml(mut known)) = provider::get_for_update(tx, tenant, door)? else {
        return Ok(None);
    };
    let Some(url) = known.metadata_url.clone() else { return Ok(None) };
    let since = now.duration_since(known.asked);
    if !since.is_negative() && since < METADATA_REFRESH {
        return Ok(None);
    }
    known.asked = now;
    provider::put(tx, tenant, door, &Provider::Saml(known.clone()))?;
    Ok(Some((known, url)))
}

/// The metadata at an address.
///
/// # Errors
/// When there are none.
pub async fn fetch(egress: &Client, url: &str) -> Result<String, Unusable> {
    Ok(String::from_utf8(egress.get(url, MAX_METADATA_BYTES).await?)?)
}
