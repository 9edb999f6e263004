//! What `rollcall webhook` and `rollcall stream` have in common: both are places in a tenant's change feed.

use std::io::{self, Write};

use anyhow::Result;
use events::limits::{MAX_STREAMS, MAX_URL_BYTES};
use events::stream::{self, Disabled, Method};
use events::{Stream, StreamId};
use jiff::Timestamp;
use model::TenantId;
use serde::Serialize;
use serde_json::{Value, json};
use store::feed::{self, Backlog};
use store::{Tx, audit};
use url::Url;

use crate::clock::shown;
use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::output::{Answer, table, write_table};

/// Which of the two verbs is spoken.
#[derive(Clone, Copy)]
pub struct Verb<'a> {
    /// The installation.
    pub on: &'a Installation,
    /// `webhook` or `stream`.
    pub noun: &'static str,
    /// The tenant's name.
    pub tenant: &'a str,
}

/// One webhook or stream.
#[derive(Serialize)]
pub struct Row {
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<StreamId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<StreamId>,
    method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<String>,
    label: String,
    created: Timestamp,
    /// `enabled`, or why nothing is told.
    state: &'static str,
    delivered: i64,
    /// How many events are still to be told.
    behind: i64,
    last_delivery: Option<Timestamp>,
    failures: i64,
    last_failure: Option<String>,
    /// The event that attempts fail with.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_at: Option<i64>,
    next_attempt: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_secret_until: Option<Timestamp>,
}

impl Row {
    fn of(stream: Stream, backlog: Backlog) -> Self {
        let is_webhook = stream.method.noun() == "webhook";
        let waits = stream.failures > 0 && stream.disabled.is_none();
        Self {
            webhook: is_webhook.then_some(stream.id),
            stream: (!is_webhook).then_some(stream.id),
            method: stream.method.as_str(),
            url: stream.method.url().map(without_query),
            audience: stream.method.audience().map(str::to_owned),
            label: stream.label,
            created: stream.created,
            state: stream.disabled.map_or("enabled", Disabled::as_str),
            delivered: stream.delivered,
            behind: backlog.changes,
            last_delivery: stream.last_delivery,
            failures: stream.failures,
            last_failure: stream.last_failure,
            stopped_at: stream.stopped_at,
            next_attempt: waits.then_some(stream.due),
            old_secret_until: stream.old_secret_until,
        }
    }

    fn id(&self) -> String {
        self.webhook.or(self.stream).map(|id| id.to_string()).unwrap_or_default()
    }

    /// Where or to whom.
    fn receiver(&self) -> String {
        self.url.clone().or_else(|| self.audience.clone()).unwrap_or_default()
    }

    /// Whether it is told anything, in words.
    fn in_words(&self) -> String {
        let failure = self.last_failure.as_deref().unwrap_or_default();
        match (self.state, self.next_attempt) {
            ("enabled", Some(at)) => format!("{failure}; tried again {}", shown(at)),
            ("enabled", None) => "enabled".to_owned(),
            ("failing", _) => format!("disabled: {failure}, {} times in a row", self.failures),
            ("gone", _) => "disabled: the receiver wants no more".to_owned(),
            ("idle", _) => {
                "disabled: the receiver has not polled, or confirmed nothing, for a week".to_owned()
            }
            ("forgotten", _) => {
                "disabled: the next event is forgotten; replay from one that is not".to_owned()
            }
            _ => "disabled".to_owned(),
        }
    }
}

impl Answer for Row {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let noun = if self.webhook.is_some() { "Webhook  " } else { "Stream   " };
        writeln!(out, "{noun}  {}\nMethod     {}", self.id(), self.method)?;
        if let Some(url) = &self.url {
            writeln!(out, "URL        {url}")?;
        }
        if let Some(audience) = &self.audience {
            writeln!(out, "Audience   {audience}")?;
        }
        writeln!(out, "State      {}", self.in_words())?;
        if let Some(event) = self.stopped_at {
            writeln!(out, "Stops at   event {event}")?;
        }
        writeln!(out, "Delivered  up to event {}, {} behind", self.delivered, self.behind)
    }
}

/// Webhooks, or streams.
#[derive(Serialize)]
pub struct Rows {
    #[serde(skip_serializing_if = "Option::is_none")]
    webhooks: Option<Vec<Row>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    streams: Option<Vec<Row>>,
}

impl Answer for Rows {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let (id, nothing) = match &self.webhooks {
            Some(_) => {
                ("WEBHOOK", "The tenant has no webhook: rollcall webhook create --tenant NAME --url URL")
            }
            None => (
                "STREAM",
                "The tenant has no stream: rollcall stream create --tenant NAME --audience AUDIENCE --poll",
            ),
        };
        let rows = self.webhooks.iter().chain(&self.streams).flatten().map(|row| {
            [row.id(), row.receiver(), row.label.clone(), row.delivered.to_string(), row.in_words()]
        });
        let table = table([id, "RECEIVER", "LABEL", "DELIVERED", "STATE"], rows);
        write_table(out, &table, nothing)
    }
}

#[derive(Serialize)]
struct Deleted {
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<StreamId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<StreamId>,
    deleted: bool,
}

impl Answer for Deleted {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        match (self.webhook, self.stream) {
            (Some(id), _) => writeln!(out, "Webhook {id} is deleted."),
            (None, Some(id)) => writeln!(out, "Stream {id} is deleted."),
            (None, None) => Ok(()),
        }
    }
}

/// A query may hold something that only the receiver should know.
fn without_query(url: &str) -> String {
    match url.split_once('?') {
        Some((address, _)) => format!("{address}?…"),
        None => url.to_owned(),
    }
}

/// Refuses a receiver that the server would not send to.
///
/// # Errors
/// Why not.
pub fn check_url(on: &Installation, option: &str, url: &str) -> Result<()> {
    let hint = "give an https URL on the public Internet, or allow a network of your own with --own-networks";
    if url.len() > MAX_URL_BYTES {
        return Err(refusal(format!("{option} is longer than {MAX_URL_BYTES} bytes"), hint));
    }
    let checked = on.egress()?.check(url);
    checked.map_err(|error| refusal(format!("{option} {}: {error}", without_query(url)), hint))
}

impl Verb<'_> {
    /// Makes one that is told what happens from now on.
    ///
    /// # Errors
    /// When the tenant has too many, or is none.
    pub async fn create(self, method: Method, label: String) -> Result<Stream> {
        let Self { on, noun, tenant } = self;
        let (owner, id, at) = (on.tenant(tenant).await?.id, StreamId(on.ids.next()), on.now());
        let host = method.url().and_then(|url| Url::parse(url).ok()?.host_str().map(str::to_owned));
        let detail = json!({ "host": host, "audience": method.audience(), "label": label });
        let entry = on.audit(&format!("{noun}.create"), &id.to_string(), detail);
        let added = on.store.write(move |tx| {
            let end = feed::end(tx, owner)?;
            let new = Stream::new(id, owner, (method.clone(), label.clone()), end, at);
            if !stream::insert(tx, &new)? {
                return Ok(None);
            }
            record(tx, Some(owner), &entry)?;
            Ok::<_, store::Error>(Some(new))
        });
        added.await?.ok_or_else(|| {
            refusal(
                format!("tenant {tenant} has {MAX_STREAMS} webhooks and streams, and no more can be made"),
                format!("see `rollcall {noun} list --tenant {tenant}`, and remove one with `rollcall {noun} delete`"),
            )
        })
    }

    /// All of the tenant.
    ///
    /// # Errors
    /// When there is no such tenant.
    pub async fn list(self) -> Result<Rows> {
        let (noun, owner) = (self.noun, self.on.tenant(self.tenant).await?.id);
        let read = move |tx: &mut Tx<'_>| {
            let all = stream::list(tx, owner)?.into_iter().filter(|stream| stream.method.noun() == noun);
            all.map(|stream| row(tx, stream)).collect::<Result<Vec<_>, store::Error>>()
        };
        let rows = Some(self.on.store.read(read).await?);
        Ok(if noun == "webhook" {
            Rows { webhooks: rows, streams: None }
        } else {
            Rows { webhooks: None, streams: rows }
        })
    }

    /// One of the tenant.
    ///
    /// # Errors
    /// When there is none.
    pub async fn show(self, id: StreamId) -> Result<Row> {
        let (owner, noun) = (self.on.tenant(self.tenant).await?.id, self.noun);
        let found = self.on.store.read(move |tx| {
            let found = stream::get(tx, owner, id)?.filter(|stream| stream.method.noun() == noun);
            found.map(|stream| row(tx, stream)).transpose()
        });
        found.await?.ok_or_else(|| self.unknown(id))
    }

    /// Tells again, from where it stopped.
    ///
    /// # Errors
    /// When there is none, or what comes next is forgotten.
    pub async fn enable(self, id: StreamId) -> Result<Row> {
        let at = self.on.now();
        let (owner, known) = self.find(id).await?;
        let first = self.on.store.read(move |tx| feed::first(tx, owner)).await?;
        if known.delivered < first - 1 {
            return Err(self.forgotten(id, first));
        }
        self.change(id, ("enable", json!({})), move |tx, owner| stream::enable(tx, owner, id, at)).await
    }

    /// Tells nothing until it is enabled.
    ///
    /// # Errors
    /// When there is none.
    pub async fn disable(self, id: StreamId) -> Result<Row> {
        let why = Disabled::OnRequest;
        let disable = move |tx: &mut Tx<'_>, owner| stream::disable(tx, owner, id, why);
        self.change(id, ("disable", json!({ "why": why.as_str() })), disable).await
    }

    /// Tells everything from an event on, again.
    ///
    /// # Errors
    /// When there is no such event yet, or no more.
    pub async fn replay(self, id: StreamId, from: i64) -> Result<Row> {
        let owner = self.on.tenant(self.tenant).await?.id;
        let ends =
            move |tx: &mut Tx<'_>| Ok::<_, store::Error>((feed::first(tx, owner)?, feed::end(tx, owner)?));
        let (first, end) = self.on.store.write(ends).await?;
        // Where all are forgotten, it goes on with what is still to happen.
        if from > end && from != first {
            // Else what is still to happen would not be told.
            return Err(refusal(
                format!("tenant {} has no event {from} yet; the last one is {end}", self.tenant),
                format!("`rollcall {} show` tells how far it has come", self.noun),
            ));
        }
        if from < first {
            return Err(self.forgotten(id, first));
        }
        let at = self.on.now();
        let replay = move |tx: &mut Tx<'_>, owner| stream::replay(tx, owner, id, from - 1, at);
        self.change(id, ("replay", json!({ "from": from })), replay).await
    }

    /// Goes past the event that it stops at.
    ///
    /// # Errors
    /// When it does not stop there.
    pub async fn skip(self, id: StreamId, event: i64) -> Result<Row> {
        let Self { on, noun, .. } = self;
        let ((owner, _), at) = (self.find(id).await?, on.now());
        let entry = on.audit(&format!("{noun}.skip"), &id.to_string(), json!({ "event": event }));
        let skipped = on.store.write(move |tx| {
            let skipped = stream::skip(tx, owner, id, event, at)?;
            if skipped {
                audit::append(tx, Some(owner), &entry)?;
            }
            Ok::<_, store::Error>(skipped)
        });
        if skipped.await? {
            return self.show(id).await;
        }
        Err(refusal(
            format!("{noun} {id} does not stop at event {event}"),
            format!("`rollcall {noun} show` tells which event it stops at, if it does"),
        ))
    }

    /// Removes it.
    ///
    /// # Errors
    /// When there is none.
    pub async fn delete(self, id: StreamId) -> Result<impl Answer + use<>> {
        let Self { on, noun, .. } = self;
        let (owner, known) = self.find(id).await?;
        let entry = on.audit(&format!("{noun}.delete"), &id.to_string(), json!({ "label": known.label }));
        on.store
            .write(move |tx| {
                stream::delete(tx, owner, id)?;
                record(tx, Some(owner), &entry)
            })
            .await?;
        let is_webhook = noun == "webhook";
        Ok(Deleted { webhook: is_webhook.then_some(id), stream: (!is_webhook).then_some(id), deleted: true })
    }

    /// The tenant, and its webhook or stream of this id.
    ///
    /// # Errors
    /// When there is none.
    pub async fn find(self, id: StreamId) -> Result<(TenantId, Stream)> {
        let owner = self.on.tenant(self.tenant).await?.id;
        let found = self.on.store.read(move |tx| stream::get(tx, owner, id)).await?;
        let found = found.filter(|stream| stream.method.noun() == self.noun);
        Ok((owner, found.ok_or_else(|| self.unknown(id))?))
    }

    /// Changes it, and answers it as it is then.
    async fn change(
        self,
        id: StreamId,
        (action, detail): (&str, Value),
        run: impl Fn(&mut Tx<'_>, TenantId) -> Result<bool, store::Error> + Send + 'static,
    ) -> Result<Row> {
        let (owner, _) = self.find(id).await?;
        let entry = self.on.audit(&format!("{}.{action}", self.noun), &id.to_string(), detail);
        self.on
            .store
            .write(move |tx| {
                run(tx, owner)?;
                record(tx, Some(owner), &entry)
            })
            .await?;
        self.show(id).await
    }

    /// That there is none.
    pub fn unknown(self, id: StreamId) -> anyhow::Error {
        let Self { noun, tenant, .. } = self;
        refusal(
            format!("tenant {tenant} has no {noun} {id}"),
            format!("see `rollcall {noun} list --tenant {tenant}`"),
        )
    }

    fn forgotten(self, id: StreamId, first: i64) -> anyhow::Error {
        let Self { noun, tenant, .. } = self;
        refusal(
            format!("tenant {tenant} has forgotten the events before {first}"),
            format!(
                "let the application read all users and groups by SCIM, and go on with `rollcall {noun} replay --tenant \
                 {tenant} {id} --from {first}`"
            ),
        )
    }
}

fn row(tx: &mut Tx<'_>, stream: Stream) -> Result<Row, store::Error> {
    let backlog = feed::backlog(tx, stream.tenant, stream.delivered)?;
    Ok(Row::of(stream, backlog))
}
