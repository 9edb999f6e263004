//! `rollcall log`: the provisioning log of a job.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anyhow::{Result, bail};
use connector::ObjectType;
use model::log_entry::LogEntry;
use model::{CycleId, EntryId, JobId};
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
    // Of a user: of their present account, and of earlier ones of the same name.
    let sources = match &arguments.user {
        None => Vec::new(),
        Some(user) => anchors(on, &arguments.job, stored.id, user).await?.into_iter().collect(),
    };
    let wanted = Wanted {
        action: arguments.action,
        status: arguments.status,
        code: arguments.code.clone(),
        cycle: arguments.cycle.map(CycleId),
        sources,
        since: arguments.since,
        until: arguments.until,
    };
    let mut reading = Reading { on, job: stored.id, wanted, before: None };
    match arguments.format {
        LogFormat::Table => {
            let entries = reading.page(arguments.limit.map_or(DEFAULT_ENTRIES, i64::from)).await?;
            output.answer(&Entries { entries, systems })
        }
        format => {
            let mut writer = log_export::Writer::new(format, arguments.out.as_deref(), &output)?;
            let limit = arguments.limit.map_or(i64::MAX, i64::from);
            reading.each(limit, |entry| writer.write(entry, &systems)).await?;
            writer.end()
        }
    }
}

/// How many entries are shown where nobody says.
const DEFAULT_ENTRIES: i64 = 50;

/// A read of the wanted entries, the latest first.
struct Reading<'a> {
    on: &'a Installation,
    job: JobId,
    wanted: Wanted,
    /// The last entry that was read.
    before: Option<EntryId>,
}

impl Reading<'_> {
    /// The next ones, so many at most.
    async fn page(&mut self, limit: i64) -> Result<Vec<LogEntry>> {
        let (job, wanted, before) = (self.job, self.wanted.clone(), self.before);
        let page = self.on.store.read(move |tx| store::log::find(tx, job, &wanted, before, limit)).await?;
        self.before = page.last().map(|entry| entry.id).or(before);
        Ok(page)
    }

    /// Hands over the next ones one by one, so many at most.
    async fn each(&mut self, limit: i64, mut hand: impl FnMut(&LogEntry) -> Result<()>) -> Result<()> {
        let mut left = limit;
        while left > 0 {
            let page = self.page(left.min(PAGE)).await?;
            if page.is_empty() {
                break;
            }
            left -= i64::try_from(page.len())?;
            page.iter().try_for_each(&mut hand)?;
        }
        Ok(())
    }
}

/// The anchors of everybody who is or was called so.
async fn anchors(on: &Installation, name: &str, job: JobId, user: &str) -> Result<BTreeSet<String>> {
    let mut anchors = linked(on, job, user).await?;
    let itself = user.to_owned();
    if !on.store.read(move |tx| store::log::of_source(tx, job, &itself, 1)).await?.is_empty() {
        anchors.insert(user.to_owned());
    }
    if anchors.is_empty() {
        // Somebody who never was provisioned is known to the source alone.
        let (_, ends) = on.connected(name).await?;
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
