//! `rollcall requests`: the request log of a tenant.

use std::io::{self, Write};

use anyhow::Result;
use jiff::Timestamp;
use model::request_log::RequestEntry;
use model::{RequestId, TenantId};
use serde::Serialize;
use serde_json::Value;
use store::request_log::{self, Wanted};

use crate::cli::seeing::{OneRequest, Requests, Statuses, WantedRequests};
use crate::clock::shown;
use crate::failure::refusal;
use crate::installation::Installation;
use crate::output::{Answer, Output, plain, table, write_table};

/// Entries that are looked through at once.
const PAGE: i64 = 1_000;

/// Entries, the latest first.
#[derive(Serialize)]
struct Listed {
    requests: Vec<RequestEntry>,
}

impl Answer for Listed {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.requests.iter().map(|entry| {
            [
                shown(entry.at),
                entry.method.clone(),
                entry.path.clone(),
                result(entry),
                entry.client_kind.clone().unwrap_or_default(),
                milliseconds(entry.duration_us),
                entry.id.to_string(),
            ]
        });
        let table = table(["WHEN", "METHOD", "PATH", "ANSWER", "CLIENT", "TIME", "ID"], rows);
        write_table(out, &table, "The log has no such request.")
    }
}

/// One entry.
#[derive(Serialize)]
#[serde(transparent)]
struct Shown(RequestEntry);

impl Answer for Shown {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let entry = &self.0;
        writeln!(out, "{} {}", entry.method, plain(&entry.path))?;
        let quirks = entry.quirks.join(", ");
        let sizes = format!("{} bytes in, {} bytes out", entry.request_bytes, entry.response_bytes);
        for (name, value) in [
            ("when", shown(entry.at)),
            ("answer", result(entry)),
            ("time", milliseconds(entry.duration_us)),
            ("size", sizes),
            ("client", entry.client_kind.clone().unwrap_or_default()),
            ("connection", entry.connection.clone().unwrap_or_default()),
            ("token", entry.token.clone()),
            ("user agent", entry.user_agent.clone().unwrap_or_default()),
            ("quirks", quirks),
        ] {
            if !value.is_empty() {
                writeln!(out, "{name:<11} {}", plain(&value))?;
            }
        }
        for (name, body) in [("request", &entry.request), ("response", &entry.response)] {
            if let Some(body) = body {
                writeln!(out, "\n{name}:\n{}", indented(body))?;
            }
        }
        Ok(())
    }
}

/// The status with its keyword.
fn result(entry: &RequestEntry) -> String {
    match &entry.scim_type {
        Some(keyword) => format!("{} {keyword}", entry.status),
        None => entry.status.to_string(),
    }
}

fn milliseconds(duration_us: i64) -> String {
    format!("{}.{:01} ms", duration_us / 1_000, duration_us % 1_000 / 100)
}

/// JSON with a line a member; what is none as it is.
fn indented(body: &str) -> String {
    let value = serde_json::from_str::<Value>(body);
    let text = value.ok().and_then(|value| serde_json::to_string_pretty(&value).ok());
    text.unwrap_or_else(|| body.to_owned()).lines().map(plain).collect::<Vec<_>>().join("\n")
}

/// Lists or shows.
pub async fn run(on: &Installation, arguments: Requests, output: Output) -> Result<()> {
    match (arguments.verb, arguments.wanted) {
        (Some(OneRequest::Show { of, id }), _) => {
            let tenant = on.tenant(&of.tenant).await?.id;
            output.answer(&Shown(one(on, tenant, id).await?))
        }
        (None, Some(wanted)) => {
            let tenant = on.tenant(&wanted.tenant).await?.id;
            output.answer(&Listed { requests: list(on, tenant, wanted).await? })
        }
        // The command line lets nobody through without either.
        (None, None) => Err(refusal("it is not said whose requests", "name a tenant with --tenant")),
    }
}

async fn one(on: &Installation, tenant: TenantId, id: RequestId) -> Result<RequestEntry> {
    let found = on.store.read(move |tx| request_log::get(tx, tenant, id)).await?;
    found.ok_or_else(|| {
        refusal(
            format!("the request log has no request {id} of this tenant"),
            "it is written a second after the answer, and kept for request_log_days; see `rollcall tenant show`",
        )
    })
}

async fn list(on: &Installation, tenant: TenantId, asked: WantedRequests) -> Result<Vec<RequestEntry>> {
    let Statuses(lowest, highest) = asked.status.unwrap_or(Statuses(0, 999));
    let since = asked.since.map_or(Timestamp::MIN, |since| since.instant(on.now()));
    let wanted = Wanted { since, lowest, highest };
    let limit = usize::try_from(asked.limit).unwrap_or(usize::MAX);
    let found = on.store.read(move |tx| {
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let page = request_log::latest(tx, tenant, &wanted, before, PAGE)?;
            before = page.last().map(|entry| entry.id);
            found.extend(page.into_iter().filter(|entry| matches(&asked, entry)));
            if before.is_none() || found.len() >= limit {
                found.truncate(limit);
                return Ok::<_, store::Error>(found);
            }
        }
    });
    Ok(found.await?)
}

fn matches(asked: &WantedRequests, entry: &RequestEntry) -> bool {
    let is = |asked: &Option<String>, test: &dyn Fn(&str) -> bool| asked.as_deref().is_none_or(test);
    is(&asked.method, &|method| entry.method.eq_ignore_ascii_case(method))
        && is(&asked.path, &|path| entry.path.contains(path))
        && is(&asked.kind, &|kind| entry.client_kind.as_deref() == Some(kind))
        && is(&asked.quirk, &|quirk| entry.quirks.iter().any(|fired| fired == quirk))
}
