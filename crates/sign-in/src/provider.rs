//! Who proves who somebody is: a tenant's provider at each of its doors.

use std::fmt;

use jiff::Timestamp;
use model::TenantId;
use saml::IdentityProvider;
use serde::{Deserialize, Serialize};
use store::{Error, Tx, params};

use crate::{Door, link, session};

/// A provider, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Provider {
    /// A SAML 2.0 identity provider.
    Saml(Saml),
    /// An OpenID Provider.
    Oidc(Oidc),
}

/// A SAML 2.0 identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saml {
    /// What it says of itself (SAML 2.0 metadata §2.4.3), as it was read last.
    pub metadata: String,
    /// Where it says that; `None`: it was given as a file, and nobody reads it again.
    pub metadata_url: Option<String>,
    /// When it was read.
    pub read: Timestamp,
    /// When it was asked for last, whatever came of it.
    pub asked: Timestamp,
    /// The attribute that is compared with the match key; `None`: `NameID`, or the usual one for the key.
    pub claim: Option<String>,
}

impl Provider {
    /// Who it is to the tenant: a link or session of one says nothing about another. `sub` can be another one for each
    /// client id (OpenID Connect Core §8). `None`: metadata that can't be understood.
    fn who(&self) -> Option<(String, &str)> {
        match self {
            Self::Saml(saml) => Some((IdentityProvider::from_metadata(&saml.metadata).ok()?.entity_id, "")),
            Self::Oidc(oidc) => Some((oidc.issuer.clone(), &oidc.client_id)),
        }
    }

    /// Whether it is this issuer, or entity id.
    pub(crate) fn is_issuer(&self, issuer: &str) -> bool {
        self.who().is_some_and(|(own, _)| own == issuer)
    }

    fn is_other_than(&self, other: &Self) -> bool {
        match (self, other) {
            // Nothing has to be understood where nothing changed.
            (Self::Saml(one), Self::Saml(other)) if one.metadata == other.metadata => false,
            _ => self.who() != other.who(),
        }
    }
}

/// An OpenID Provider.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oidc {
    /// Its issuer identifier (OpenID Connect Discovery §3), exactly as it writes it.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// Our secret there, sealed for [`secret_place`].
    pub client_secret: String,
    /// What is asked for besides `openid`.
    pub scopes: Vec<String>,
    /// The claim that is compared with the match key; `None`: the usual one for the key.
    pub claim: Option<String>,
}

impl fmt::Debug for Oidc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Oidc").field("issuer", &self.issuer).field("client_id", &self.client_id).finish()
    }
}

/// For which place the client secret of a tenant is sealed.
#[must_use]
pub fn secret_place(tenant: TenantId) -> String {
    format!("sign-in|{tenant}|oidc.client_secret")
}

/// A tenant's provider at a door.
///
/// # Errors
/// A statement's.
pub fn get(tx: &mut Tx<'_>, tenant: TenantId, door: Door) -> Result<Option<Provider>, Error> {
    tx.query_opt(
        "SELECT settings FROM sign_in_provider WHERE tenant_id = $1 AND door = $2",
        params![tenant, door.as_str()],
        |row| row.parse(0, "sign_in_provider.settings", |text| serde_json::from_str(text).ok()),
    )
}

/// The same, which nobody else changes until the transaction ends.
///
/// # Errors
/// A statement's.
pub fn get_for_update(tx: &mut Tx<'_>, tenant: TenantId, door: Door) -> Result<Option<Provider>, Error> {
    tx.query_opt(
        "SELECT settings FROM sign_in_provider WHERE tenant_id = $1 AND door = $2 FOR UPDATE",
        params![tenant, door.as_str()],
        |row| row.parse(0, "sign_in_provider.settings", |text| serde_json::from_str(text).ok()),
    )
}

/// A tenant's providers with their doors.
///
/// # Errors
/// A statement's.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<(Door, Provider)>, Error> {
    tx.query(
        "SELECT door, settings FROM sign_in_provider WHERE tenant_id = $1 ORDER BY door",
        params![tenant],
        |row| {
            let door = row.parse(0, "sign_in_provider.door", |text| text.parse().ok())?;
            let place = "sign_in_provider.settings";
            Ok((door, row.parse(1, place, |text| serde_json::from_str(text).ok())?))
        },
    )
}

/// Every tenant that has a provider at a door.
///
/// # Errors
/// A statement's.
pub fn tenants_with(tx: &mut Tx<'_>, door: Door) -> Result<Vec<TenantId>, Error> {
    tx.query(
        "SELECT tenant_id FROM sign_in_provider WHERE door = $1 ORDER BY tenant_id",
        params![door.as_str()],
        |row| row.get(0),
    )
}

/// Puts a provider at a door, in place of the one that was there. If that was somebody else - another issuer, entity id or
/// client id -, the sessions that it let in end, and its links are forgotten.
///
/// # Errors
/// A statement's.
pub fn put(tx: &mut Tx<'_>, tenant: TenantId, door: Door, provider: &Provider) -> Result<(), Error> {
    let text = serde_json::to_string(provider).map_err(|_| Error::corrupt("sign_in_provider.settings"))?;
    if get_for_update(tx, tenant, door)?.is_some_and(|before| before.is_other_than(provider)) {
        forget(tx, tenant, door)?;
    }
    tx.execute(
        "INSERT INTO sign_in_provider (tenant_id, door, settings) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id, door) DO UPDATE SET settings = excluded.settings",
        params![tenant, door.as_str(), &text],
    )?;
    Ok(())
}

/// Removes the provider at a door with its links, and ends the sessions that it let in. Answers whether there was one.
///
/// # Errors
/// A statement's.
pub fn delete(tx: &mut Tx<'_>, tenant: TenantId, door: Door) -> Result<bool, Error> {
    // First, so that whoever signs in just now has a session by then, or finds no provider.
    let removed = tx.execute(
        "DELETE FROM sign_in_provider WHERE tenant_id = $1 AND door = $2",
        params![tenant, door.as_str()],
    )?;
    forget(tx, tenant, door)?;
    Ok(removed > 0)
}

fn forget(tx: &mut Tx<'_>, tenant: TenantId, door: Door) -> Result<(), Error> {
    session::end_at(tx, tenant, door)?;
    link::forget_at(tx, tenant, door)
}
