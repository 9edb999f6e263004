//! `rollcall log`: the provisioning log of a job.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anyhow::{Result, bail};
use connector::ObjectType;
use model::JobId;
use model::log_entry::LogEntry;
use provisioning::Error;
use provisioning::explain::entry_json;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::cli::Log;
use crate::clock::shown;
use crate::installation::Installation;
use crate::output::{Answer, Output, table, write_table};

/// Links that are looked through at once for a name.
const LINKS: i64 = 1_000;

/// Entries of the log, the latest first.
struct Entries(Vec<LogEntry>);

impl Serialize for Entries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("entries", self.0.iter().map(entry_json).collect::<Vec<_>>())])
    }
}

impl Answer for Entries {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.0.iter().map(|entry| {
            [
                shown(entry.at),
                entry.action.as_str().to_owned(),
                entry.status.as_str().to_owned(),
                entry.display.clone(),
                entry.code.clone().unwrap_or_default(),
                entry.detail.get("reason").and_then(Value::as_str).unwrap_or_default().to_owned(),
            ]
        });
        let table = table(["WHEN", "ACTION", "STATUS", "USER", "CODE", "REASON"], rows);
        write_table(out, &table, "The log has nothing about that yet.")
    }
}

/// Shows the log.
pub async fn run(on: &Installation, arguments: &Log, output: Output) -> Result<()> {
    let job = on.job(&arguments.job).await?.id;
    let limit = i64::from(arguments.limit);
    let entries = match &arguments.user {
        None => on.store.read(move |tx| store::log::latest(tx, job, None, limit)).await?,
        Some(user) => of_user(on, arguments, job, user, limit).await?,
    };
    output.answer(&Entries(entries))
}

/// What the log has about a user: of their present account, and of earlier ones of the same name.
async fn of_user(
    on: &Installation,
    arguments: &Log,
    job: JobId,
    user: &str,
    limit: i64,
) -> Result<Vec<LogEntry>> {
    let mut anchors = linked(on, job, user).await?;
    anchors.insert(user.to_owned());
    let mut entries = of_anchors(on, job, anchors, limit).await?;
    if entries.is_empty() {
        // Somebody who never was provisioned is known to the source alone.
        let (_, ends) = on.connected(&arguments.job).await?;
        let found = ends.source.find(user).await?;
        if found.is_empty() {
            bail!(Error::Nobody { who: user.to_owned() });
        }
        entries = of_anchors(on, job, found.into_iter().map(|object| object.anchor).collect(), limit).await?;
    }
    Ok(entries)
}

async fn of_anchors(
    on: &Installation,
    job: JobId,
    anchors: BTreeSet<String>,
    limit: i64,
) -> Result<Vec<LogEntry>> {
    let mut entries = on
        .store
        .read(move |tx| {
            let of = anchors.iter().map(|anchor| store::log::of_source(tx, job, anchor, limit));
            of.collect::<Result<Vec<_>, store::Error>>()
        })
        .await?
        .concat();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.id));
    entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(entries)
}

/// Anchors of the objects that are called so and have a link.
async fn linked(on: &Installation, job: JobId, name: &str) -> Result<BTreeSet<String>> {
    let (kind, name) = (ObjectType::User.to_string(), name.to_owned());
    let found = on.store.read(move |tx| {
        let mut anchors = BTreeSet::new();
        let mut last = String::new();
        loop {
            let page = store::link::after(tx, job, &kind, &last, LINKS)?;
            let Some(end) = page.last() else { return Ok::<_, store::Error>(anchors) };
            last.clone_from(&end.source_id);
            let named = page.into_iter().filter(|link| scim::fold::fold_eq(&link.display, &name));
            anchors.extend(named.map(|link| link.source_id));
        }
    });
    Ok(found.await?)
}
