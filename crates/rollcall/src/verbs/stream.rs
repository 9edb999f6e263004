//! `rollcall stream create|list|show|enable|disable|replay|skip|delete|rotate-key`

use std::io::{self, Write};

use anyhow::{Context, Result};
use events::limits::MAX_URL_BYTES;
use events::stream::Method;
use events::{Numbers, StreamId};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;

use super::streams::{self, check_url};
use crate::cli::stream::Stream as Verb;
use crate::clock::shown;
use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::key_set;
use crate::output::{Answer, Output};

/// Does what the command line says.
pub async fn run(on: &Installation, verb: Verb, output: Output) -> Result<()> {
    match verb {
        Verb::Create { of, audience, push, poll: _, label } => {
            output.answer(&create(of_tenant(on, &of.tenant), audience, push, label).await?)
        }
        Verb::List { of } => output.answer(&of_tenant(on, &of.tenant).list().await?),
        Verb::Show { of, id } => output.answer(&of_tenant(on, &of.tenant).show(id).await?),
        Verb::Enable { of, id } => output.answer(&of_tenant(on, &of.tenant).enable(id).await?),
        Verb::Disable { of, id } => output.answer(&of_tenant(on, &of.tenant).disable(id).await?),
        Verb::Replay { of, id, from } => output.answer(&of_tenant(on, &of.tenant).replay(id, from).await?),
        Verb::Skip { of, id, event } => output.answer(&of_tenant(on, &of.tenant).skip(id, event).await?),
        Verb::Delete { of, id } => output.answer(&of_tenant(on, &of.tenant).delete(id).await?),
        Verb::RotateKey { overlap } => output.answer(&rotate_key(on, overlap).await?),
    }
}

fn of_tenant<'a>(on: &'a Installation, tenant: &'a str) -> streams::Verb<'a> {
    streams::Verb { on, noun: "stream", tenant }
}

/// A stream that was made, and what its receiver has to know.
#[derive(Serialize)]
struct Created {
    stream: StreamId,
    issuer: String,
    audience: String,
    jwks_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    poll_url: Option<String>,
}

impl Answer for Created {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Stream    {}\nIssuer    {}", self.stream, self.issuer)?;
        writeln!(out, "Audience  {}\nKeys      {}", self.audience, self.jwks_url)?;
        match &self.poll_url {
            Some(url) => writeln!(out, "Poll      {url}"),
            None => Ok(()),
        }
    }
}

async fn create(
    verb: streams::Verb<'_>,
    audience: String,
    push: Option<String>,
    label: String,
) -> Result<Created> {
    let on = verb.on;
    if audience.is_empty() || audience.len() > MAX_URL_BYTES {
        return Err(refusal(
            format!("--audience is 1 to {MAX_URL_BYTES} bytes long"),
            "give what the receiver expects as `aud`, for example its own URL",
        ));
    }
    let method = match push {
        Some(url) => {
            check_url(on, "--push", &url)?;
            Method::Push { url, audience: audience.clone() }
        }
        None => Method::Poll { audience: audience.clone() },
    };
    let (is_polled, public_url) = (method.url().is_none(), on.public_url().await?);
    let stream = verb.create(method, label).await?.id;
    Ok(Created {
        stream,
        issuer: on.issuer(&public_url).tenant_url(verb.tenant),
        audience,
        jwks_url: format!("{public_url}{}", key_set::PATH),
        poll_url: is_polled.then(|| format!("{public_url}/t/{}/api/v1/streams/{stream}/poll", verb.tenant)),
    })
}

#[derive(Serialize)]
struct Rotated {
    old_key_until: Timestamp,
}

impl Answer for Rotated {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "The next key signs. The one before it is published until {}.",
            shown(self.old_key_until)
        )
    }
}

async fn rotate_key(on: &Installation, overlap: SignedDuration) -> Result<Rotated> {
    let end = on.now().checked_add(overlap).context("that is beyond all time")?;
    let entry = on.audit("stream.rotate_key", "installation", json!({ "old_key_until": end }));
    on.store
        .write(move |tx| {
            Numbers::rotate(tx, end)?;
            record(tx, None, &entry)
        })
        .await?;
    Ok(Rotated { old_key_until: end })
}
