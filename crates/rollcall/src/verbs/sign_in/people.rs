//! Ways in for people without the provider, whom the provider means, and who came and did not get in.

use std::io::{self, Write};

use anyhow::Result;
use application::USER;
use application::resources::is_active;
use jiff::Timestamp;
use model::token::{MINT_BYTES, Secret, SecretKind};
use model::{ResourceId, TenantId};
use serde::Serialize;
use serde_json::json;
use sign_in::attempt::{self, Attempt};
use sign_in::{Door, addresses, break_glass, link, once};

use crate::clock::shown;
use crate::entropy;
use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::output::{Answer, table, write_table};

/// A key that was made. The only answer that holds it.
#[derive(Serialize)]
pub struct Key {
    tenant: String,
    key: String,
}

impl Answer for Key {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "The break-glass key of tenant {}. Whoever has it gets in; the one before is worth nothing now.",
            self.tenant
        )?;
        writeln!(out, "Keep it where you find it in an emergency; it is not shown again:\n{}", self.key)
    }
}

/// Makes the break-glass key.
pub async fn make_key(on: &Installation, name: &str) -> Result<Key> {
    let (id, at) = (on.tenant(name).await?.id, on.now());
    let secret = Secret::mint(SecretKind::BreakGlass, &entropy::bytes::<MINT_BYTES>()?);
    let text = secret.reveal().to_owned();
    let (digest_key, entry) =
        (on.keys.digest_key(), on.audit("sign-in.break-glass.create", secret.public_id(), json!({})));
    on.store
        .write(move |tx| {
            break_glass::make(tx, id, (&secret, &digest_key), at)?;
            record(tx, Some(id), &entry)
        })
        .await?;
    Ok(Key { tenant: name.to_owned(), key: text })
}

/// The key was removed.
#[derive(Serialize)]
pub struct KeyRemoved {
    tenant: String,
    removed: bool,
}

impl Answer for KeyRemoved {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let what = if self.removed { "is removed; its sessions have ended" } else { "was none" };
        writeln!(out, "The break-glass key of tenant {} {what}.", self.tenant)
    }
}

/// Removes the break-glass key.
pub async fn remove_key(on: &Installation, name: &str) -> Result<KeyRemoved> {
    let id = on.tenant(name).await?.id;
    let entry = on.audit("sign-in.break-glass.delete", name, json!({}));
    let removed = on.store.write(move |tx| {
        let removed = break_glass::delete(tx, id)?;
        if removed {
            record(tx, Some(id), &entry)?;
        }
        Ok::<_, store::Error>(removed)
    });
    Ok(KeyRemoved { tenant: name.to_owned(), removed: removed.await? })
}

/// A link that was made. The only answer that holds it.
#[derive(Serialize)]
pub struct Link {
    user: ResourceId,
    link: String,
    expires: Timestamp,
}

impl Answer for Link {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "Signs user {} in, once, until {}; it is not shown again:",
            self.user,
            shown(self.expires)
        )?;
        writeln!(out, "{}", self.link)
    }
}

/// Makes a link for a user.
pub async fn link(on: &Installation, name: &str, user: ResourceId) -> Result<Link> {
    let (id, at) = (on.tenant(name).await?.id, on.now());
    check_user(on, (name, id), user).await?;
    if on.store.read(move |tx| sign_in::settings(tx, id)).await?.sso_only {
        return Err(refusal(
            format!("users of tenant {name} sign in with its provider alone"),
            format!("allow links with `rollcall sign-in set --tenant {name} --sso-only off`"),
        ));
    }
    let secret = Secret::mint(SecretKind::SignInLink, &entropy::bytes::<MINT_BYTES>()?);
    let page = addresses(&on.public_url().await?, name).sign_in;
    let text = format!("{page}/link?token={}", secret.reveal());
    let detail = json!({ "link": secret.public_id() });
    let (key, entry) = (on.keys.digest_key(), on.audit("sign-in.link.create", &user.to_string(), detail));
    let expires = on.store.write(move |tx| {
        let expires = once::make(tx, (id, user), (&secret, &key), at)?;
        record(tx, Some(id), &entry)?;
        Ok::<_, store::Error>(expires)
    });
    Ok(Link { user, link: text, expires: expires.await? })
}

async fn check_user(on: &Installation, (name, id): (&str, TenantId), user: ResourceId) -> Result<()> {
    let found = on.store.read(move |tx| store::resource::get(tx, id, USER, user)).await?;
    match found {
        Some(user) if is_active(&user.document) => Ok(()),
        Some(_) => Err(refusal(format!("user {user} is not active"), "only active users sign in")),
        None => {
            Err(refusal(format!("tenant {name} has no user {user}"), "give the SCIM id, as clients see it"))
        }
    }
}

/// Links were forgotten.
#[derive(Serialize)]
pub struct Unlinked {
    user: ResourceId,
    /// How many.
    links: u64,
}

impl Answer for Unlinked {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Whom the provider means by user {} is found out with the next sign-in.", self.user)
    }
}

/// Forgets whom the provider means.
pub async fn unlink(on: &Installation, name: &str, user: ResourceId) -> Result<Unlinked> {
    let id = on.tenant(name).await?.id;
    let entry = on.audit("sign-in.unlink", &user.to_string(), json!({}));
    let links = on.store.write(move |tx| {
        let links = link::forget(tx, id, user)?;
        if links > 0 {
            record(tx, Some(id), &entry)?;
        }
        Ok::<_, store::Error>(links)
    });
    Ok(Unlinked { user, links: links.await? })
}

/// Attempts.
#[derive(Serialize)]
pub struct Log {
    attempts: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    number: String,
    at: Timestamp,
    door: Door,
    outcome: String,
    detail: String,
    subject: Option<String>,
    address: Option<String>,
}

impl From<Attempt> for Row {
    fn from(attempt: Attempt) -> Self {
        let Attempt { id, at, door, outcome, detail, subject, address } = attempt;
        Self { number: id.to_string(), at, door, outcome, detail, subject, address }
    }
}

impl Answer for Log {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.attempts.iter().map(|row| {
            let what = if row.detail.is_empty() { row.outcome.clone() } else { row.detail.clone() };
            let who = row.subject.clone().unwrap_or_else(|| "-".to_owned());
            [shown(row.at), row.number.clone(), row.door.to_string(), who, what]
        });
        let table = table(["AT", "NUMBER", "DOOR", "WHO", "WHAT"], rows);
        write_table(out, &table, "Nobody has tried to sign in yet.")
    }
}

/// Shows attempts, the latest first.
pub async fn log(on: &Installation, name: &str, limit: u16) -> Result<Log> {
    let id = on.tenant(name).await?.id;
    let attempts = on.store.read(move |tx| attempt::latest(tx, id, i64::from(limit))).await?;
    Ok(Log { attempts: attempts.into_iter().map(Row::from).collect() })
}
