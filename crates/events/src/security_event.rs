//! Events as security event tokens: the SCIM profile (RFC 9967) of RFC 8417.

use std::collections::BTreeMap;

use application::resources::entity_tag;
use jiff::Timestamp;
use model::TenantId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::feed::ChangeKind;
use store::{Error, Tx};
use uuid::Uuid;

use crate::event::{Shown, Told};
use crate::signing_key::{Numbers, SigningKey, SigningKeys};
use crate::stream::{self, Method};

const CREATE_FULL: &str = "urn:ietf:params:scim:event:prov:create:full";
const CREATE_NOTICE: &str = "urn:ietf:params:scim:event:prov:create:notice";
const PUT_FULL: &str = "urn:ietf:params:scim:event:prov:put:full";
const PUT_NOTICE: &str = "urn:ietf:params:scim:event:prov:put:notice";
const DELETE: &str = "urn:ietf:params:scim:event:prov:delete";
const ACTIVATE: &str = "urn:ietf:params:scim:event:prov:activate";
const DEACTIVATE: &str = "urn:ietf:params:scim:event:prov:deactivate";

/// What security event tokens tell.
const EVENT_URIS: &[&str] = &[CREATE_FULL, CREATE_NOTICE, PUT_FULL, PUT_NOTICE, DELETE, ACTIVATE, DEACTIVATE];

/// What a tenant is told as security event tokens: `eventUris` of the service provider configuration (RFC 9967 §4).
/// Nothing without a stream of such tokens.
///
/// # Errors
/// A statement's.
pub fn announced(tx: &mut Tx<'_>, tenant: TenantId) -> Result<&'static [&'static str], Error> {
    let streams = stream::list(tx, tenant)?;
    let tells = streams.iter().any(|stream| !matches!(stream.method, Method::Webhook { .. }));
    Ok(if tells { EVENT_URIS } else { &[] })
}

/// The error codes that a receiver may answer (RFC 8935 §2.4). Others are not repeated: they are a stranger's text.
const ERRORS: [&str; 6] = [
    "invalid_request",
    "invalid_key",
    "invalid_issuer",
    "invalid_audience",
    "authentication_failed",
    "access_denied",
];

/// The code of a receiver's error, if it is one of those that there are.
pub(crate) fn known_error(code: &str) -> Option<&'static str> {
    ERRORS.into_iter().find(|known| *known == code)
}

/// What issues security event tokens.
#[derive(Clone, Debug)]
pub struct Issuer {
    keys: SigningKeys,
    public_url: String,
}

impl Issuer {
    /// `public_url` is what clients call the server, without a slash at the end.
    #[must_use]
    pub fn new(keys: SigningKeys, public_url: String) -> Self {
        Self { keys, public_url }
    }

    /// The Tenant URL, which is also `iss`: what `uri` of a subject is relative to.
    #[must_use]
    pub fn tenant_url(&self, tenant: &str) -> String {
        format!("{}/t/{tenant}/scim/v2", self.public_url)
    }

    /// What signs tokens of a tenant for an audience, with the newest key.
    ///
    /// # Errors
    /// The store's.
    pub(crate) fn signer(&self, tx: &mut Tx<'_>, tenant: &str, audience: &str) -> Result<Signer, Error> {
        let key = self.keys.key(Numbers::get(tx)?.newest)?;
        Ok(Signer { key, issuer: self.tenant_url(tenant), audience: audience.to_owned() })
    }
}

/// What signs tokens of a tenant for an audience.
pub(crate) struct Signer {
    key: SigningKey,
    issuer: String,
    audience: String,
}

impl Signer {
    /// The token that tells an event.
    ///
    /// # Errors
    /// [`Error::Corrupt`], if it can't be written.
    pub(crate) fn sign(&self, told: &Told, at: Timestamp) -> Result<String, Error> {
        let change = &told.change;
        let external_id = told.shown.as_ref().and_then(external_id);
        self.key.sign(&Claims {
            iss: &self.issuer,
            aud: &self.audience,
            iat: at.as_second(),
            jti: change.id.0,
            txn: change.id.0,
            toe: change.at.as_second(),
            sub_id: Subject {
                format: "scim",
                uri: format!("{}/{}", told.endpoint, change.resource),
                external_id,
            },
            events: events(told),
        })
    }
}

/// RFC 8417 §2.2, without `sub` (RFC 9967 §2.1).
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: i64,
    /// The event's id: the same however often it is told, and unique among those of a stream.
    jti: Uuid,
    txn: Uuid,
    toe: i64,
    sub_id: Subject,
    events: BTreeMap<&'static str, Payload<'a>>,
}

/// RFC 9967 §2.1.
#[derive(Serialize)]
struct Subject {
    format: &'static str,
    uri: String,
    #[serde(rename = "externalId", skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
}

/// RFC 9967 §2.2: exactly one of `data` and `attributes`, or nothing.
#[derive(Serialize)]
#[serde(untagged)]
enum Payload<'a> {
    Full { version: String, data: &'a RawValue },
    Notice { version: String, attributes: Vec<String> },
    Nothing {},
}

/// An update is told as `put`, since what is shown is the resource as it is and not what a PATCH asked for. Several URIs in
/// one token are of one change (RFC 9967 §2.1).
fn events(told: &Told) -> BTreeMap<&'static str, Payload<'_>> {
    let update = || content(told, PUT_FULL, PUT_NOTICE);
    let nothing = |uri| (uri, Payload::Nothing {});
    match told.change.kind {
        ChangeKind::Created => BTreeMap::from([content(told, CREATE_FULL, CREATE_NOTICE)]),
        ChangeKind::Updated => BTreeMap::from([update()]),
        ChangeKind::Deactivated => BTreeMap::from([update(), nothing(DEACTIVATE)]),
        ChangeKind::Reactivated => BTreeMap::from([update(), nothing(ACTIVATE)]),
        ChangeKind::Deleted => BTreeMap::from([nothing(DELETE)]),
    }
}

/// The resource where it is shown whole. A replica must not take a large group without members for one that has none, nor
/// miss that there was something that is gone by now; so such are told as a notice. The version is the entity tag of what is
/// shown, which is what a SCIM client gets for it (RFC 9967 §2.2).
fn content<'a>(told: &'a Told, full: &'static str, notice: &'static str) -> (&'static str, Payload<'a>) {
    let Some(shown) = &told.shown else {
        let version = entity_tag(told.change.version);
        return (notice, Payload::Notice { version, attributes: vec!["meta".to_owned()] });
    };
    let version = shown.version.clone();
    if shown.is_whole {
        (full, Payload::Full { version, data: &shown.body })
    } else {
        (notice, Payload::Notice { version, attributes: attributes(shown) })
    }
}

/// Every attribute that may have changed; which of them did is not kept.
fn attributes(shown: &Shown) -> Vec<String> {
    let object: BTreeMap<String, &RawValue> = serde_json::from_str(shown.body.get()).unwrap_or_default();
    let named = object.into_keys().filter(|name| name != "schemas" && name != "id");
    named.chain(["members".to_owned()]).collect()
}

fn external_id(shown: &Shown) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(rename = "externalId")]
        external_id: Option<String>,
    }
    serde_json::from_str::<Named>(shown.body.get()).ok()?.external_id
}
