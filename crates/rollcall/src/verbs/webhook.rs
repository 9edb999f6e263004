//! `rollcall webhook create|list|show|rotate|enable|disable|replay|skip|delete`

use std::io::{self, Write};

use anyhow::{Context, Result};
use events::StreamId;
use events::stream::{self, Method};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;

use super::streams::{self, check_url};
use crate::cli::webhook::Webhook as Verb;
use crate::clock::shown;
use crate::installation::{Installation, record};
use crate::output::{Answer, Output};

/// Does what the command line says.
pub async fn run(on: &Installation, verb: Verb, output: Output) -> Result<()> {
    match verb {
        Verb::Create { of, url, label } => {
            output.answer(&create(of_tenant(on, &of.tenant), url, label).await?)
        }
        Verb::List { of } => output.answer(&of_tenant(on, &of.tenant).list().await?),
        Verb::Show { of, id } => output.answer(&of_tenant(on, &of.tenant).show(id).await?),
        Verb::Rotate { of, id, overlap } => {
            output.answer(&rotate(of_tenant(on, &of.tenant), id, overlap).await?)
        }
        Verb::Enable { of, id } => output.answer(&of_tenant(on, &of.tenant).enable(id).await?),
        Verb::Disable { of, id } => output.answer(&of_tenant(on, &of.tenant).disable(id).await?),
        Verb::Replay { of, id, from } => output.answer(&of_tenant(on, &of.tenant).replay(id, from).await?),
        Verb::Skip { of, id, event } => output.answer(&of_tenant(on, &of.tenant).skip(id, event).await?),
        Verb::Delete { of, id } => output.answer(&of_tenant(on, &of.tenant).delete(id).await?),
    }
}

fn of_tenant<'a>(on: &'a Installation, tenant: &'a str) -> streams::Verb<'a> {
    streams::Verb { on, noun: "webhook", tenant }
}

/// A secret that was made. The only answers of all that hold one.
#[derive(Serialize)]
struct Created {
    webhook: StreamId,
    secret: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_secret_until: Option<Timestamp>,
}

impl Answer for Created {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Webhook  {}", self.webhook)?;
        if let Some(end) = self.old_secret_until {
            writeln!(out, "The secret before this one signs as well until {}.", shown(end))?;
        }
        writeln!(out, "Keep its secret now; it is not shown again:\n{}", self.secret)
    }
}

async fn create(verb: streams::Verb<'_>, url: String, label: String) -> Result<Created> {
    check_url(verb.on, "--url", &url)?;
    let webhook = verb.create(Method::Webhook { url }, label).await?.id;
    let secret = verb.on.keys.webhook_key().secret(webhook, 1).reveal();
    Ok(Created { webhook, secret, old_secret_until: None })
}

async fn rotate(verb: streams::Verb<'_>, id: StreamId, overlap: SignedDuration) -> Result<Created> {
    let on = verb.on;
    let (owner, _) = verb.find(id).await?;
    let end = on.now().checked_add(overlap).context("that is beyond all time")?;
    let entry = on.audit("webhook.rotate", &id.to_string(), json!({ "old_secret_until": end }));
    let rotated = on.store.write(move |tx| {
        let number = stream::rotate(tx, owner, id, end)?;
        record(tx, Some(owner), &entry)?;
        Ok::<_, store::Error>(number)
    });
    let number = rotated.await?.ok_or_else(|| verb.unknown(id))?;
    let secret = on.keys.webhook_key().secret(id, number).reveal();
    Ok(Created { webhook: id, secret, old_secret_until: Some(end) })
}
