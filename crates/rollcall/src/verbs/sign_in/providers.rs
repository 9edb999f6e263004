//! A tenant's providers.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result};
use saml::IdentityProvider;
use serde::Serialize;
use serde_json::json;
use sign_in::limits::MAX_METADATA_BYTES;
use sign_in::provider::{self, Provider, secret_place};
use sign_in::{Addresses, Door, addresses, fetch_metadata};

use crate::cli::sign_in::{Oidc, Saml};
use crate::failure::{message, refusal};
use crate::installation::{Installation, record};
use crate::output::Answer;

/// The longest client secret, in bytes. Entra's have 40.
const MAX_SECRET_BYTES: usize = 1024;

/// A provider was set.
#[derive(Serialize)]
pub struct Put {
    tenant: String,
    provider: Door,
    addresses: Addresses,
}

impl Answer for Put {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Users of tenant {} sign in with the provider {}.", self.tenant, self.provider)?;
        let at = &self.addresses;
        match self.provider {
            Door::Saml => {
                writeln!(out, "Type this there as entity id (audience) and as ACS URL:\n{}", at.saml)
            }
            Door::EntraSaml => {
                writeln!(out, "Type this there as identifier and as reply URL:\n{}", at.entra_saml)
            }
            Door::Oidc => writeln!(out, "Type this there as redirect URI:\n{}", at.oidc_redirect_uri),
            Door::Link | Door::BreakGlass => Ok(()),
        }
    }
}

/// Sets the OpenID Provider.
pub async fn oidc(on: &Installation, new: Oidc) -> Result<Put> {
    let (name, id) = (new.of.tenant.clone(), on.tenant(&new.of.tenant).await?.id);
    let hint = "give the issuer as the provider's own discovery document has it, beginning with https://; \
                in a network of your own, allow that with --own-networks";
    let unusable = |error| refusal(format!("--issuer {}: {error}", new.issuer), hint);
    on.egress()?.check(&new.issuer).map_err(unusable)?;
    let secret = read_secret(&new.client_secret)?;
    let client_secret = on.keys.sealer().seal(&secret_place(id), &secret)?;
    let detail = json!({ "provider": Door::Oidc, "issuer": new.issuer, "client_id": new.client_id, "claim": new.claim });
    let provider = provider::Oidc {
        issuer: new.issuer,
        client_id: new.client_id,
        client_secret,
        scopes: new.scope.into_iter().filter(|scope| scope != "openid").collect(),
        claim: new.claim,
    };
    put(on, &name, Door::Oidc, Provider::Oidc(provider), detail).await
}

/// Sets a SAML 2.0 provider.
pub async fn saml(on: &Installation, new: Saml) -> Result<Put> {
    let name = new.of.tenant.clone();
    let hint = "give the metadata of the provider's application, as a URL or as a file; a URL is https, or in a \
                network that --own-networks allows";
    let metadata = match (&new.metadata_url, &new.metadata) {
        (Some(url), _) => fetch_metadata(&on.egress()?, url)
            .await
            .map_err(|error| refusal(format!("--metadata-url {url}: {}", message(&error.into())), hint))?,
        (None, Some(path)) => read_metadata(path)?,
        (None, None) => return Err(refusal("there are no metadata", hint)),
    };
    let provider =
        IdentityProvider::from_metadata(&metadata).map_err(|error| refusal(error.to_string(), hint))?;
    let door = if new.entra { Door::EntraSaml } else { Door::Saml };
    let detail = json!({
        "provider": door, "entity_id": provider.entity_id, "metadata_url": new.metadata_url, "claim": new.claim,
    });
    let now = on.now();
    let saml =
        provider::Saml { metadata, metadata_url: new.metadata_url, read: now, asked: now, claim: new.claim };
    put(on, &name, door, Provider::Saml(saml), detail).await
}

fn read_metadata(path: &Path) -> Result<String> {
    let unreadable = || format!("the metadata {} can't be read", path.display());
    let size = fs::metadata(path).with_context(unreadable)?.len();
    if size > MAX_METADATA_BYTES as u64 {
        let hint = "give the metadata of one provider alone";
        return Err(refusal(
            format!("{} has {size} bytes, and {MAX_METADATA_BYTES} is the limit", path.display()),
            hint,
        ));
    }
    fs::read_to_string(path).with_context(unreadable)
}

async fn put(
    on: &Installation,
    name: &str,
    door: Door,
    provider: Provider,
    detail: serde_json::Value,
) -> Result<Put> {
    let id = on.tenant(name).await?.id;
    let entry = on.audit("sign-in.provider", name, detail);
    on.store
        .write(move |tx| {
            provider::put(tx, id, door, &provider)?;
            record(tx, Some(id), &entry)
        })
        .await?;
    let addresses = addresses(&on.public_url().await?, name);
    Ok(Put { tenant: name.to_owned(), provider: door, addresses })
}

fn read_secret(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path);
    let text = text.with_context(|| format!("the client secret {} can't be read", path.display()))?;
    let secret = text.trim();
    if (1..=MAX_SECRET_BYTES).contains(&secret.len()) {
        return Ok(secret.to_owned());
    }
    let hint = "put the secret, and nothing else, into the file";
    Err(refusal(format!("{} has no secret of 1 to {MAX_SECRET_BYTES} bytes", path.display()), hint))
}

/// A provider was removed.
#[derive(Serialize)]
pub struct Removed {
    tenant: String,
    provider: Door,
    removed: bool,
}

impl Answer for Removed {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "The provider {} of tenant {} is removed; its sessions have ended.",
            self.provider, self.tenant
        )
    }
}

/// Removes a provider.
pub async fn remove(on: &Installation, name: &str, door: Door) -> Result<Removed> {
    let id = on.tenant(name).await?.id;
    let entry = on.audit("sign-in.remove", name, json!({ "provider": door }));
    let removed = on.store.write(move |tx| {
        let removed = provider::delete(tx, id, door)?;
        if removed {
            record(tx, Some(id), &entry)?;
        }
        Ok::<_, store::Error>(removed)
    });
    if removed.await? {
        return Ok(Removed { tenant: name.to_owned(), provider: door, removed: true });
    }
    Err(refusal(
        format!("tenant {name} has no provider {door}"),
        format!("see `rollcall sign-in show --tenant {name}`"),
    ))
}
