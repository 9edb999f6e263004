//! A tenant's providers.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::json;
use sign_in::provider::{self, Provider, secret_place};
use sign_in::{Addresses, Door, addresses};

use crate::cli::sign_in::Oidc;
use crate::failure::refusal;
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
        writeln!(out, "Type this there as redirect URI:\n{}", self.addresses.oidc_redirect_uri)
    }
}

/// Sets the OpenID Provider.
pub async fn oidc(on: &Installation, new: Oidc) -> Result<Put> {
    let (name, id) = (new.of.tenant.clone(), on.tenant(&new.of.tenant).await?.id);
    let hint = "give the issuer as the provider's own discovery document has it, beginning with https://";
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
