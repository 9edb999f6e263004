//! `rollcall webhook create|list|show|rotate|enable|disable|replay|delete`

use std::io::{self, Write};

use anyhow::{Context, Result};
use events::limits::{MAX_URL_BYTES, MAX_WEBHOOKS};
use events::webhook::{self, Disabled};
use events::{Webhook, WebhookId};
use jiff::{SignedDuration, Timestamp};
use model::TenantId;
use serde::Serialize;
use serde_json::json;
use store::Tx;
use url::Url;

use crate::cli::webhook::Webhook as Verb;
use crate::clock::shown;
use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::output::{Answer, Output, table, write_table};

/// Does what the command line says.
pub async fn run(on: &Installation, verb: Verb, output: Output) -> Result<()> {
    match verb {
        Verb::Create { of, url, label } => output.answer(&create(on, &of.tenant, url, label).await?),
        Verb::List { of } => output.answer(&list(on, &of.tenant).await?),
        Verb::Show { of, id } => output.answer(&Row::of(find(on, &of.tenant, id).await?.1)),
        Verb::Rotate { of, id, overlap } => output.answer(&rotate(on, &of.tenant, id, overlap).await?),
        Verb::Enable { of, id } => {
            let at = on.now();
            let enable = move |tx: &mut Tx<'_>, tenant| webhook::enable(tx, tenant, id, at);
            output.answer(&change(on, &of.tenant, id, ("webhook.enable", json!({})), enable).await?)
        }
        Verb::Disable { of, id } => {
            let why = Disabled::OnRequest;
            let disable = move |tx: &mut Tx<'_>, tenant| webhook::disable(tx, tenant, id, why);
            let detail = json!({ "why": why.as_str() });
            output.answer(&change(on, &of.tenant, id, ("webhook.disable", detail), disable).await?)
        }
        Verb::Replay { of, id, from } => output.answer(&replay(on, &of.tenant, id, from).await?),
        Verb::Delete { of, id } => output.answer(&delete(on, &of.tenant, id).await?),
    }
}

/// A secret that was made. The only answers of all that hold one.
#[derive(Serialize)]
struct Created {
    webhook: WebhookId,
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

async fn create(on: &Installation, tenant: &str, url: String, label: String) -> Result<Created> {
    let owner = on.tenant(tenant).await?.id;
    check(on, &url)?;
    let (id, at) = (WebhookId(on.ids.next()), on.now());
    let host = Url::parse(&url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let entry = on.audit("webhook.create", &id.to_string(), json!({ "host": host, "label": label }));
    let added = on.store.write(move |tx| {
        let end = store::feed::end(tx, owner)?;
        let new = Webhook::new(id, owner, (url.clone(), label.clone()), end, at);
        let added = webhook::insert(tx, &new)?;
        if added {
            record(tx, Some(owner), &entry)?;
        }
        Ok::<_, store::Error>(added)
    });
    if !added.await? {
        return Err(refusal(
            format!("tenant {tenant} has {MAX_WEBHOOKS} webhooks, and no more can be made"),
            format!(
                "see `rollcall webhook list --tenant {tenant}`, and remove one with `rollcall webhook delete`"
            ),
        ));
    }
    let secret = on.keys.webhook_key().secret(id, 1).reveal();
    Ok(Created { webhook: id, secret, old_secret_until: None })
}

/// Whether the server would send to this address.
fn check(on: &Installation, url: &str) -> Result<()> {
    let hint = "give an https URL on the public Internet, or allow a network of your own with --own-networks";
    if url.len() > MAX_URL_BYTES {
        return Err(refusal(format!("--url is longer than {MAX_URL_BYTES} bytes"), hint));
    }
    on.egress()?.check(url).map_err(|error| refusal(format!("--url {}: {error}", without_query(url)), hint))
}

/// A query may hold something that only the receiver should know.
fn without_query(url: &str) -> String {
    match url.split_once('?') {
        Some((address, _)) => format!("{address}?…"),
        None => url.to_owned(),
    }
}

#[derive(Serialize)]
struct Webhooks {
    webhooks: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    webhook: WebhookId,
    url: String,
    label: String,
    created: Timestamp,
    /// `enabled`, or why nothing is delivered.
    state: &'static str,
    delivered: i64,
    last_delivery: Option<Timestamp>,
    failures: i64,
    last_failure: Option<String>,
    next_attempt: Option<Timestamp>,
    old_secret_until: Option<Timestamp>,
}

impl Row {
    fn of(webhook: Webhook) -> Self {
        let waits = webhook.failures > 0 && webhook.disabled.is_none();
        Self {
            webhook: webhook.id,
            url: without_query(&webhook.url),
            label: webhook.label,
            created: webhook.created,
            state: webhook.disabled.map_or("enabled", Disabled::as_str),
            delivered: webhook.delivered,
            last_delivery: webhook.last_delivery,
            failures: webhook.failures,
            last_failure: webhook.last_failure,
            next_attempt: waits.then_some(webhook.due),
            old_secret_until: webhook.old_secret_until,
        }
    }

    /// Whether it is delivered to, in words.
    fn in_words(&self) -> String {
        let failure = self.last_failure.as_deref().unwrap_or_default();
        match (self.state, self.next_attempt) {
            ("enabled", Some(at)) => format!("{failure}; tried again {}", shown(at)),
            ("enabled", None) => "enabled".to_owned(),
            ("failing", _) => format!("disabled: {failure}, {} times in a row", self.failures),
            ("gone", _) => "disabled: the receiver wants no more".to_owned(),
            _ => "disabled".to_owned(),
        }
    }
}

impl Answer for Row {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Webhook    {}\nURL        {}", self.webhook, self.url)?;
        writeln!(out, "State      {}\nDelivered  up to event {}", self.in_words(), self.delivered)
    }
}

impl Answer for Webhooks {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.webhooks.iter().map(|row| {
            [
                row.webhook.to_string(),
                row.url.clone(),
                row.label.clone(),
                row.delivered.to_string(),
                row.in_words(),
            ]
        });
        let table = table(["WEBHOOK", "URL", "LABEL", "DELIVERED", "STATE"], rows);
        write_table(out, &table, "The tenant has no webhook: rollcall webhook create --tenant NAME --url URL")
    }
}

async fn list(on: &Installation, tenant: &str) -> Result<Webhooks> {
    let owner = on.tenant(tenant).await?.id;
    let all = on.store.read(move |tx| webhook::list(tx, owner)).await?;
    Ok(Webhooks { webhooks: all.into_iter().map(Row::of).collect() })
}

async fn rotate(on: &Installation, tenant: &str, id: WebhookId, overlap: SignedDuration) -> Result<Created> {
    let (owner, _) = find(on, tenant, id).await?;
    let end = on.now().checked_add(overlap).context("that is beyond all time")?;
    let entry = on.audit("webhook.rotate", &id.to_string(), json!({ "old_secret_until": end }));
    let rotated = on.store.write(move |tx| {
        let number = webhook::rotate(tx, owner, id, end)?;
        record(tx, Some(owner), &entry)?;
        Ok::<_, store::Error>(number)
    });
    let number = rotated.await?.ok_or_else(|| unknown(tenant, id))?;
    let secret = on.keys.webhook_key().secret(id, number).reveal();
    Ok(Created { webhook: id, secret, old_secret_until: Some(end) })
}

/// Changes a webhook, and answers it as it is then.
async fn change(
    on: &Installation,
    tenant: &str,
    id: WebhookId,
    (action, detail): (&str, serde_json::Value),
    run: impl Fn(&mut Tx<'_>, TenantId) -> Result<bool, store::Error> + Send + 'static,
) -> Result<Row> {
    let (owner, _) = find(on, tenant, id).await?;
    let entry = on.audit(action, &id.to_string(), detail);
    on.store
        .write(move |tx| {
            run(tx, owner)?;
            record(tx, Some(owner), &entry)
        })
        .await?;
    Ok(Row::of(find(on, tenant, id).await?.1))
}

async fn replay(on: &Installation, tenant: &str, id: WebhookId, from: i64) -> Result<Row> {
    let owner = on.tenant(tenant).await?.id;
    let end = on.store.write(move |tx| store::feed::end(tx, owner)).await?;
    if from > end {
        // Else what is still to happen would not be delivered.
        return Err(refusal(
            format!("tenant {tenant} has no event {from} yet; the last one is {end}"),
            "`rollcall webhook show` tells how far a webhook has come",
        ));
    }
    let at = on.now();
    let replay = move |tx: &mut Tx<'_>, tenant| webhook::replay(tx, tenant, id, from - 1, at);
    change(on, tenant, id, ("webhook.replay", json!({ "from": from })), replay).await
}

#[derive(Serialize)]
struct Deleted {
    webhook: WebhookId,
    deleted: bool,
}

impl Answer for Deleted {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Webhook {} is deleted.", self.webhook)
    }
}

async fn delete(on: &Installation, tenant: &str, id: WebhookId) -> Result<Deleted> {
    let (owner, known) = find(on, tenant, id).await?;
    let entry = on.audit("webhook.delete", &id.to_string(), json!({ "label": known.label }));
    on.store
        .write(move |tx| {
            webhook::delete(tx, owner, id)?;
            record(tx, Some(owner), &entry)
        })
        .await?;
    Ok(Deleted { webhook: id, deleted: true })
}

/// The tenant, and its webhook of this id.
async fn find(on: &Installation, tenant: &str, id: WebhookId) -> Result<(TenantId, Webhook)> {
    let owner = on.tenant(tenant).await?.id;
    let found = on.store.read(move |tx| webhook::get(tx, owner, id)).await?;
    Ok((owner, found.ok_or_else(|| unknown(tenant, id))?))
}

fn unknown(tenant: &str, id: WebhookId) -> anyhow::Error {
    refusal(
        format!("tenant {tenant} has no webhook {id}"),
        format!("see `rollcall webhook list --tenant {tenant}`"),
    )
}
