//! `rollcall audit`: the audit log, and whether it is what was written.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use model::TenantId;
use model::audit::AuditEntry;
use model::audit::chain::SignedHead;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::audit::verify::{Report, verify};
use store::audit::{latest, seal};

use crate::audit_key::AuditKey;
use crate::cli::seeing::Audit;
use crate::clock::shown;
use crate::failure::refusal;
use crate::installation::Installation;
use crate::output::{Answer, Output, number, table, write_table};

/// What the log of no tenant is called.
const INSTALLATION: &str = "(installation)";

/// One log.
struct Log {
    tenant: Option<TenantId>,
    name: String,
}

/// Entries, the latest first.
struct Entries(Vec<AuditEntry>);

impl Serialize for Entries {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.0.iter().map(|entry| {
            json!({
                "id": entry.id, "at": entry.at, "actor": entry.actor, "action": entry.action,
                "subject": entry.subject, "detail": entry.detail,
            })
        });
        serializer.collect_map([("entries", entries.collect::<Vec<Value>>())])
    }
}

impl Answer for Entries {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.0.iter().map(|entry| {
            let detail = entry.detail.to_string();
            [shown(entry.at), entry.actor.clone(), entry.action.clone(), entry.subject.clone(), detail]
        });
        let table = table(["WHEN", "WHO", "WHAT", "TO WHOM", "DETAIL"], rows);
        write_table(out, &table, "The audit log is empty.")
    }
}

/// What was found in one log.
#[derive(Serialize)]
struct Verified {
    log: String,
    sound: i64,
    unsealed: i64,
    fault: Option<String>,
}

/// What was found in all that were asked for.
#[derive(Serialize)]
struct Findings {
    sound: bool,
    logs: Vec<Verified>,
}

impl Answer for Findings {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        for Verified { log, sound, unsealed, fault } in &self.logs {
            let rows = number(sound.unsigned_abs(), "row", "rows");
            match fault {
                Some(fault) => writeln!(out, "{log}: NOT SOUND after {rows}: {fault}")?,
                None => writeln!(out, "{log}: {rows} sound")?,
            }
            if *unsealed > 0 {
                let waiting = number(unsealed.unsigned_abs(), "row is", "rows are");
                writeln!(out, "{log}: {waiting} not sealed yet; `rollcall serve` does that each second")?;
            }
        }
        Ok(())
    }
}

/// The signed heads of logs, in the form in which they are kept elsewhere.
#[derive(Serialize, Deserialize)]
struct Checkpoint {
    /// The public key of the signatures.
    key: String,
    heads: Vec<SignedHead>,
}

/// Lists, verifies or exports.
pub async fn run(on: &Installation, verb: Audit, output: Output) -> Result<ExitCode> {
    match verb {
        Audit::List { tenant, limit } => {
            let tenant = match tenant {
                Some(name) => Some(on.tenant(&name).await?.id),
                None => None,
            };
            let limit = i64::from(limit);
            output.answer(&Entries(on.store.read(move |tx| latest(tx, tenant, None, limit)).await?))?;
        }
        Audit::Verify { tenant, checkpoint } => {
            let findings = findings(on, tenant.as_deref(), checkpoint.as_deref()).await?;
            output.answer(&findings)?;
            return Ok(if findings.sound { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Audit::Checkpoint { tenant } => {
            let checkpoint = checkpoint(on, tenant.as_deref()).await?;
            output.line(&serde_json::to_string(&checkpoint)?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The log of one tenant, or all there are.
async fn logs(on: &Installation, tenant: Option<&str>) -> Result<Vec<Log>> {
    if let Some(name) = tenant {
        return Ok(vec![Log { tenant: Some(on.tenant(name).await?.id), name: name.to_owned() }]);
    }
    let tenants = on.store.read(store::tenant::list).await?;
    let tenants = tenants.into_iter().map(|t| Log { tenant: Some(t.id), name: t.name.to_string() });
    Ok([Log { tenant: None, name: INSTALLATION.to_owned() }].into_iter().chain(tenants).collect())
}

async fn findings(on: &Installation, tenant: Option<&str>, file: Option<&Path>) -> Result<Findings> {
    let key = Arc::new(on.keys.audit_key()?);
    let mut heads = file.map(|file| read_checkpoint(file, &key)).transpose()?.unwrap_or_default();
    let mut found = Vec::new();
    for log in logs(on, tenant).await? {
        let of_log = heads.extract_if(.., |head| head.head.tenant == log.tenant).next();
        let report = report(on, log.tenant, of_log, &key).await?;
        let Report { sound, waiting, fault } = report;
        let fault = fault.map(|fault| fault.to_string());
        found.push(Verified { log: log.name, sound, unsealed: waiting, fault });
    }
    if tenant.is_none() {
        found.extend(heads.iter().map(gone));
    }
    Ok(Findings { sound: found.iter().all(|log| log.fault.is_none()), logs: found })
}

async fn report(
    on: &Installation,
    tenant: Option<TenantId>,
    checkpoint: Option<SignedHead>,
    key: &Arc<AuditKey>,
) -> Result<Report> {
    let key = Arc::clone(key);
    let read = on.store.read(move |tx| verify(tx, tenant, checkpoint.as_ref(), |head| key.is_signed(head)));
    Ok(read.await?)
}

/// A log that a checkpoint knows and the database does not.
fn gone(head: &SignedHead) -> Verified {
    let tenant = head.head.tenant.map(|tenant| tenant.to_string()).unwrap_or_default();
    let fault = format!(
        "the tenant with its {} is gone; `rollcall audit list` shows a tenant.delete if it was removed in order",
        number(head.head.sequence.unsigned_abs(), "row", "rows")
    );
    Verified { log: tenant, sound: 0, unsealed: 0, fault: Some(fault) }
}

fn read_checkpoint(file: &Path, key: &AuditKey) -> Result<Vec<SignedHead>> {
    let text = fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))?;
    let checkpoint: Checkpoint = serde_json::from_str(&text).map_err(|error| {
        refusal(
            format!("{} is no checkpoint: {error}", file.display()),
            "name a file that `rollcall audit checkpoint > FILE` wrote",
        )
    })?;
    if !checkpoint.heads.iter().all(|head| key.is_signed(head)) {
        return Err(refusal(
            format!("{} was changed, or is of another installation", file.display()),
            "its signatures are not by the key of this one; name the key file with --key-file if there are several",
        ));
    }
    Ok(checkpoint.heads)
}

async fn checkpoint(on: &Installation, tenant: Option<&str>) -> Result<Checkpoint> {
    let owners: Vec<_> = logs(on, tenant).await?.into_iter().map(|log| log.tenant).collect();
    let heads = on.store.read(move |tx| {
        let heads = owners.iter().map(|owner| seal::head(tx, *owner));
        Ok::<_, store::Error>(heads.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    });
    Ok(Checkpoint { key: on.keys.audit_key()?.public(), heads: heads.await? })
}
