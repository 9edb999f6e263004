//! `rollcall escrow list|retry`

use std::collections::BTreeSet;
use std::io::{self, Write};

use anyhow::Result;
use jiff::Timestamp;
use model::JobId;
use model::escrow::Escrow;
use scim::fold_eq;
use serde::Serialize;
use serde_json::json;
use store::Tx;

use crate::cli::engine;
use crate::clock::shown;
use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::output::{Answer, Output, number, table, write_table};

/// Objects that are looked through at once for a name.
const PAGE: i64 = 1_000;

/// Does what the command line says.
pub async fn run(on: &Installation, verb: engine::Escrow, output: Output) -> Result<()> {
    match verb {
        engine::Escrow::List { job, limit } => output.answer(&list(on, &job, i64::from(limit)).await?),
        engine::Escrow::Retry { job, object } => output.answer(&retry(on, &job, object).await?),
    }
}

/// What a job has in escrow.
#[derive(Serialize)]
struct Listed {
    job: String,
    total: i64,
    escrows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    /// `User` or `Group`, or the references of such.
    object_type: String,
    source_id: String,
    /// Its name for people, where it is known.
    display: Option<String>,
    code: String,
    error: String,
    attempts: i64,
    first_failed: Timestamp,
    next_attempt: Timestamp,
}

impl Answer for Listed {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.escrows.iter().map(|row| {
            [
                row.display.clone().unwrap_or_else(|| row.source_id.clone()),
                row.object_type.clone(),
                row.code.clone(),
                row.attempts.to_string(),
                shown(row.next_attempt),
                row.error.clone(),
            ]
        });
        let table = table(["OBJECT", "KIND", "CODE", "TRIES", "NEXT TRY", "ERROR"], rows);
        write_table(out, &table, "Nobody is in escrow.")?;
        let told = self.escrows.len() as u64;
        if self.total.unsigned_abs() > told {
            writeln!(out, "\n{told} of {}; --limit shows more.", self.total)?;
        }
        Ok(())
    }
}

async fn list(on: &Installation, name: &str, limit: i64) -> Result<Listed> {
    let job = on.job(name).await?.id;
    let read = on.store.read(move |tx| {
        let escrows = store::escrow::after(tx, job, "", "", limit)?;
        let rows = escrows.into_iter().map(|escrow| row(tx, job, escrow)).collect::<Result<Vec<_>, _>>()?;
        Ok::<_, store::Error>((rows, store::escrow::count(tx, job)?))
    });
    let (escrows, total) = read.await?;
    Ok(Listed { job: name.to_owned(), total, escrows })
}

fn row(tx: &mut Tx<'_>, job: JobId, escrow: Escrow) -> Result<Row, store::Error> {
    let display = display(tx, job, &escrow)?;
    let Escrow { object_type, source_id, attempts, next_attempt, code, detail, began, fingerprint: _ } =
        escrow;
    Ok(Row {
        object_type,
        source_id,
        display,
        code,
        error: detail,
        attempts,
        first_failed: began,
        next_attempt,
    })
}

/// The name that the log knows: whoever failed is in it.
fn display(tx: &mut Tx<'_>, job: JobId, escrow: &Escrow) -> Result<Option<String>, store::Error> {
    let last = store::log::of_source(tx, job, &escrow.source_id, 1)?.into_iter().next();
    Ok(last.map(|entry| entry.display))
}

/// Waits that were ended.
#[derive(Serialize)]
struct Retried {
    job: String,
    retried: u64,
}

impl Answer for Retried {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { job, retried } = self;
        let tried = number(*retried, "entry of escrow is", "entries of escrow are");
        writeln!(out, "{tried} tried by the next cycle; `rollcall cycle {job}` runs one now.")
    }
}

async fn retry(on: &Installation, name: &str, object: Option<String>) -> Result<Retried> {
    let (job, now) = (on.job(name).await?.id, on.now());
    let entry = on.audit("escrow.retry", name, json!({ "object": object }));
    let asked = object.clone();
    let retried = on.store.write(move |tx| {
        record(tx, None, &entry)?;
        let Some(object) = &asked else { return store::escrow::retry_all(tx, job, now) };
        let anchors = named(tx, job, object)?;
        anchors.iter().try_fold(0, |sum, anchor| Ok(sum + store::escrow::retry(tx, job, anchor, now)?))
    });
    match (retried.await?, object) {
        (0, Some(object)) => Err(refusal(
            format!("job {name} has no {object:?} in escrow"),
            format!("`rollcall escrow list {name}` shows who is"),
        )),
        (retried, _) => Ok(Retried { job: name.to_owned(), retried }),
    }
}

/// The anchors of the objects in escrow that are meant by an id or a name.
fn named(tx: &mut Tx<'_>, job: JobId, object: &str) -> Result<BTreeSet<String>, store::Error> {
    let (mut named, mut last) = (BTreeSet::new(), (String::new(), String::new()));
    loop {
        let page = store::escrow::after(tx, job, &last.0, &last.1, PAGE)?;
        let Some(end) = page.last() else { return Ok(named) };
        last = (end.object_type.clone(), end.source_id.clone());
        for escrow in page {
            let is_named = escrow.source_id == object
                || display(tx, job, &escrow)?.is_some_and(|name| fold_eq(&name, object));
            if is_named {
                named.insert(escrow.source_id);
            }
        }
    }
}
