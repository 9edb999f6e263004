//! `rollcall drift`: what somebody has changed in a target behind a job's back.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use provisioning::drift::{self, Difference, Finding, Kind, Report, Then};
use serde::Serialize;
use serde_json::Value;

use crate::cli::deciding::Drift;
use crate::installation::Installation;
use crate::output::{Answer, Output, number, table, write_table};

/// The exit code when something differs.
const DRIFT: u8 = 2;

#[derive(Serialize)]
struct Told {
    job: String,
    drift: bool,
    #[serde(flatten)]
    report: Report,
}

impl Answer for Told {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Report { compared, not_sent_yet, untold, accepted, findings, held } = &self.report;
        let rows = findings.iter().flat_map(rows);
        let table = table(["OBJECT", "WHAT", "ATTRIBUTE", "WANTED", "FOUND"], rows);
        write_table(out, &table, "The target is as the mapping wants it.")?;
        let job = &self.job;
        writeln!(out, "{} compared.", number(*compared, "object was", "objects were"))?;
        if *untold > 0 {
            let groups = number(*untold, "group", "groups");
            writeln!(out, "The target does not tell the members of {groups}: they are not compared.")?;
        }
        if *not_sent_yet > 0 {
            let objects = number(*not_sent_yet, "object has", "objects have");
            writeln!(
                out,
                "{objects} changed in the directory since it was sent: that is `rollcall cycle {job}`'s."
            )?;
        }
        if *accepted > 0 {
            writeln!(out, "{} accepted.", number(*accepted, "difference is", "differences are"))?;
        }
        if let Some(held) = held {
            writeln!(out, "Held back: {held}.\nhint: look at `rollcall staged list {job}`")?;
        } else if self.drift {
            writeln!(
                out,
                "hint: `rollcall drift {job} --repair` sends what is wanted, `--accept` leaves it so"
            )?;
        }
        Ok(())
    }
}

fn rows(finding: &Finding) -> Vec<[String; 5]> {
    let what = match (finding.kind, &finding.error) {
        (_, Some(error)) => format!("failed: {error}"),
        (_, None) if finding.repaired => "repaired".to_owned(),
        (Kind::Changed, None) => "changed".to_owned(),
        (Kind::Gone, None) => "not in the target any more".to_owned(),
        (Kind::Reactivated, None) => "active again".to_owned(),
        (Kind::References, None) => "refers to others".to_owned(),
        (Kind::Failed, None) => "failed".to_owned(),
    };
    let row = |difference: Option<&Difference>| {
        let text = |of: fn(&Difference) -> &Option<Value>| difference.map(|d| text(of(d).as_ref()));
        [
            finding.display.clone(),
            what.clone(),
            difference.map(|d| d.attribute.clone()).unwrap_or_default(),
            text(|d| &d.wanted).unwrap_or_default(),
            text(|d| &d.found).unwrap_or_default(),
        ]
    };
    if finding.differences.is_empty() {
        return vec![row(None)];
    }
    finding.differences.iter().map(|difference| row(Some(difference))).collect()
}

fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "(nothing)".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Compares. Exit code 2 if something differs that is neither repaired nor accepted.
pub async fn run(on: &Installation, arguments: &Drift, output: Output) -> Result<ExitCode> {
    let (instance, ends) = on.connected(&arguments.job).await?;
    let then = match (arguments.repair, arguments.accept) {
        (true, _) => Then::Repair,
        (_, true) => Then::Accept,
        (false, false) => Then::Report,
    };
    let report = drift::run(&on.engine(), &instance, &ends, then).await?;
    let drift = report.has_drift();
    output.answer(&Told { job: arguments.job.clone(), drift, report })?;
    Ok(if drift { ExitCode::from(DRIFT) } else { ExitCode::SUCCESS })
}
