//! `rollcall sign-in …`: how a tenant's users sign in.

mod people;
mod providers;

use std::io::{self, Write};

use anyhow::Result;
use jiff::SignedDuration;
use serde::Serialize;
use serde_json::json;
use sign_in::provider::Provider;
use sign_in::{Addresses, Door, Settings, addresses, break_glass, provider};

use crate::cli::sign_in::{Set, SignIn};
use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::output::{Answer, Output};

/// Does what the command line says.
pub async fn run(on: &Installation, verb: SignIn, output: Output) -> Result<()> {
    match verb {
        SignIn::Show { of } => output.answer(&show(on, &of.tenant).await?),
        SignIn::Set(change) => output.answer(&set(on, change).await?),
        SignIn::Oidc(new) => output.answer(&providers::oidc(on, new).await?),
        SignIn::Saml(new) => output.answer(&providers::saml(on, new).await?),
        SignIn::Remove { of, provider } => output.answer(&providers::remove(on, &of.tenant, provider).await?),
        SignIn::BreakGlass { of, remove: false } => output.answer(&people::make_key(on, &of.tenant).await?),
        SignIn::BreakGlass { of, remove: true } => output.answer(&people::remove_key(on, &of.tenant).await?),
        SignIn::Link { of, user } => output.answer(&people::link(on, &of.tenant, user).await?),
        SignIn::Unlink { of, user } => output.answer(&people::unlink(on, &of.tenant, user).await?),
        SignIn::Log { of, limit } => output.answer(&people::log(on, &of.tenant, limit).await?),
    }
}

/// How users sign in.
#[derive(Serialize)]
struct Shown {
    tenant: String,
    addresses: Addresses,
    settings: Settings,
    providers: Vec<Shape>,
    /// Whether there is a break-glass key.
    break_glass: bool,
}

/// A provider.
#[derive(Serialize)]
struct Shape {
    provider: Door,
    /// What it calls itself, or where it does.
    is: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<String>,
}

impl Shape {
    fn of((door, provider): (Door, Provider)) -> Self {
        let (is, claim) = match provider {
            Provider::Oidc(oidc) => (format!("{} (client {})", oidc.issuer, oidc.client_id), oidc.claim),
            Provider::Saml(saml) => {
                (saml.metadata_url.unwrap_or_else(|| "metadata from a file".to_owned()), saml.claim)
            }
        };
        Self { provider: door, is, claim }
    }
}

impl Answer for Shown {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let (at, chosen) = (&self.addresses, &self.settings);
        writeln!(out, "Sign-in page        {}", at.sign_in)?;
        for shape in &self.providers {
            writeln!(out, "Provider            {}: {}", shape.provider, shape.is)?;
        }
        if self.providers.is_empty() {
            writeln!(out, "Provider            none yet")?;
        }
        writeln!(out, "Users are found by  {}", chosen.match_key)?;
        let domains = if chosen.domains.is_empty() { "none".to_owned() } else { chosen.domains.join(", ") };
        writeln!(out, "E-mail domains      {domains}")?;
        let switch = |on: bool| if on { "on" } else { "off" };
        writeln!(out, "SSO only            {}", switch(chosen.sso_only))?;
        writeln!(out, "Just in time        {}", chosen.just_in_time.as_str())?;
        let (idle, life) = (chosen.idle_minutes, chosen.lifetime_minutes);
        writeln!(out, "Sessions            end after {idle} min without use, {life} min in any case")?;
        writeln!(out, "Break-glass key     {}", if self.break_glass { "there" } else { "none" })?;
        writeln!(out, "Begun at provider   {}", switch(chosen.provider_initiated))?;
        writeln!(out, "\nType this at the provider:")?;
        for (what, address) in [
            ("SAML (Okta and others): entity id and ACS URL", &at.saml),
            ("SAML (Okta and others): our metadata", &at.saml_metadata),
            ("SAML (Entra): identifier and reply URL", &at.entra_saml),
            ("SAML (Entra): our metadata", &at.entra_saml_metadata),
            ("OpenID Connect: redirect URI", &at.oidc_redirect_uri),
        ] {
            writeln!(out, "  {what:<46} {address}")?;
        }
        Ok(())
    }
}

async fn show(on: &Installation, name: &str) -> Result<Shown> {
    let tenant = on.tenant(name).await?;
    let id = tenant.id;
    let read = on.store.read(move |tx| {
        let (settings, key) = (sign_in::settings(tx, id)?, break_glass::get(tx, id)?);
        Ok::<_, store::Error>((settings, provider::list(tx, id)?, key))
    });
    let (settings, providers, key) = read.await?;
    Ok(Shown {
        tenant: name.to_owned(),
        addresses: addresses(&on.public_url().await?, name),
        settings,
        providers: providers.into_iter().map(Shape::of).collect(),
        break_glass: key.is_some(),
    })
}

async fn set(on: &Installation, change: Set) -> Result<Shown> {
    let name = change.of.tenant.clone();
    let id = on.tenant(&name).await?.id;
    let before = on.store.read(move |tx| sign_in::settings(tx, id)).await?;
    let after =
        changed(before, change).checked().map_err(|bad| refusal(bad.to_string(), "nothing was changed"))?;
    let entry = on.audit("sign-in.set", &name, json!(after));
    on.store
        .write(move |tx| {
            sign_in::set_settings(tx, id, &after)?;
            record(tx, Some(id), &entry)
        })
        .await?;
    show(on, &name).await
}

fn changed(before: Settings, change: Set) -> Settings {
    let minutes = |time: SignedDuration| u32::try_from(time.as_mins()).unwrap_or(u32::MAX);
    let domains = match change.domain.as_slice() {
        [] => before.domains,
        [none] if none == "none" => Vec::new(),
        [..] => change.domain,
    };
    Settings {
        match_key: change.match_key.unwrap_or(before.match_key),
        domains,
        sso_only: change.sso_only.unwrap_or(before.sso_only),
        provider_initiated: change.provider_initiated.unwrap_or(before.provider_initiated),
        just_in_time: change.just_in_time.unwrap_or(before.just_in_time),
        idle_minutes: change.idle.map_or(before.idle_minutes, minutes),
        lifetime_minutes: change.lifetime.map_or(before.lifetime_minutes, minutes),
    }
}
