//! `rollcall log`: the provisioning log of a job.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anyhow::{Result, bail};
use connector::ObjectType;
use model::log_entry::LogEntry;
use model::{CycleId, JobId};
use provisioning::Error;
use provisioning::object_summary::{Systems, summary};
use serde::{Serialize, Serializer};
use serde_json::Value;
use store::log::Wanted;

use crate::cli::log::{Log, LogFormat};
use crate::clock::shown;
use crate::connect::understood;
use crate::installation::Installation;
use crate::log_export;
use crate::output::{Answer, Output, table, write_table};

/// Links that are looked through at once for a name.
const LINKS: i64 = 1_000;
/// Entries that are read at once for an export.
const PAGE: i64 = 1_000;

/// Entries of the log, the latest first.
struct Entries {
    entries: Vec<LogEntry>,
    systems: Systems,
}

impl Serialize for Entries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries: Vec<Value> = self.entries.iter().map(|entry| summary(entry, &self.systems)).collect();
        serializer.collect_map([("entries", entries)])
    }
}

impl Answer for Entries {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.entries.iter().map(|entry| {
            [
                shown(entry.at),
                entry.action.as_str().to_owned(),
                entry.status.as_str().to_owned(),
                entry.display.clone(),
                entry.code.clone().unwrap_or_default(),
                entry.detail.get("reason").and_then(Value::as_str).unwrap_or_default().to_owned(),
            ]
        });
        let table = table(["WHEN", "ACTION", "STATUS", "OBJECT", "CODE", "REASON"], rows);
        write_table(out, &table, "The log has nothing about that yet.")
    }
}

/// Shows the log, or exports it.
pub async fn run(on: &Installation, arguments: &Log, output: Output) -> Result<()> {
    let stored = on.job(&arguments.job).await?;
    let systems = Systems::of(&understood(&stored)?);
    let wanted = Wanted {
        action: arguments.action,
        status: arguments.status,
        code: arguments.code.clone(),
        cycle: arguments.cycle.map(CycleId),
        sources: Vec::new(),
        since: arguments.since,
        until: arguments.until,
    };
    let limit = arguments.limit.map_or(DEFAULT_ENTRIES, i64::from);
    match (&arguments.user, arguments.format) {
        (user, LogFormat::Table) => {
            let entries = match user {
                None => find(on, stored.id, wanted, limit).await?,
                Some(user) => of_user(on, arguments, stored.id, wanted, user, limit).await?,
            };
            output.answer(&Entries { entries, systems })
        }
        (user, format) => {
            let sources = match user {
                None => Vec::new(),
                Some(user) => anchors(on, arguments, stored.id, user).await?.into_iter().collect(),
            };
            let wanted = Wanted { sources, ..wanted };
            let limit = arguments.limit.map_or(i64::MAX, i64::from);
            export(on, stored.id, &wanted, &systems, format, limit, arguments, &output).await
        }
    }
}

/// How many entries are shown where nobody says.
const DEFAULT_ENTRIES: i64 = 50;

async fn find(on: &Installation, job: JobId, wanted: Wanted, limit: i64) -> Result<Vec<LogEntry>> {
    Ok(on.store.read(move |tx| store::log::find(tx, job, &wanted, None, limit)).await?)
}

/// Writes all wanted entries, the latest first, page by page.
#[allow(clippy::too_many_arguments, reason = "each is one thing an export needs to know")]
async fn export(
    on: &Installation,
    job: JobId,
    wanted: &Wanted,
    systems: &Systems,
    format: LogFormat,
    limit: i64,
    arguments: &Log,
    output: &Output,
) -> Result<()> {
    let mut writer = log_export::Writer::new(format, arguments.out.as_deref(), output)?;
    let (mut before, mut left) = (None, limit);
    while left > 0 {
        let (wanted, count) = (wanted.clone(), left.min(PAGE));
        let page = on.store.read(move |tx| store::log::find(tx, job, &wanted, before, count)).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        left -= i64::try_from(page.len()).unwrap_or(left);
        page.iter().try_for_each(|entry| writer.write(entry, systems))?;
    }
    writer.end()
}

/// What the log has about a user: of their present account, and of earlier ones of the same name.
async fn of_user(
    on: &Installation,
    arguments: &Log,
    job: JobId,
    wanted: Wanted,
    user: &str,
    limit: i64,
) -> Result<Vec<LogEntry>> {
    let sources = anchors(on, arguments, job, user).await?.into_iter().collect();
    find(on, job, Wanted { sources, ..wanted }, limit).await
}

/// The anchors of everybody who is or was called so.
async fn anchors(on: &Installation, arguments: &Log, job: JobId, user: &str) -> Result<BTreeSet<String>> {
    let mut anchors = linked(on, job, user).await?;
    let itself = user.to_owned();
    if !on.store.read(move |tx| store::log::of_source(tx, job, &itself, 1)).await?.is_empty() {
        anchors.insert(user.to_owned());
    }
    if anchors.is_empty() {
        // Somebody who never was provisioned is known to the source alone.
        let (_, ends) = on.connected(&arguments.job).await?;
        let found = ends.source.find(user).await?;
        if found.is_empty() {
            bail!(Error::Nobody { who: user.to_owned() });
        }
        anchors.extend(found.into_iter().map(|object| object.anchor));
    }
    Ok(anchors)
}

/// Anchors of the objects that are called so and have a link.
async fn linked(on: &Installation, job: JobId, name: &str) -> Result<BTreeSet<String>> {
    let name = name.to_owned();
    let found = on.store.read(move |tx| {
        let mut anchors = BTreeSet::new();
        for kind in [ObjectType::User, ObjectType::Group].map(|kind| kind.to_string()) {
            let mut last = String::new();
            loop {
                let page = store::link::after(tx, job, &kind, &last, LINKS)?;
                let Some(end) = page.last() else { break };
                last.clone_from(&end.source_id);
                let named = page.into_iter().filter(|link| scim::fold::fold_eq(&link.display, &name));
                anchors.extend(named.map(|link| link.source_id));
            }
        }
        Ok::<_, store::Error>(anchors)
    });
    Ok(found.await?)
}
