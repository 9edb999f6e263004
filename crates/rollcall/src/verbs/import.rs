//! `rollcall import`: whom the accounts of an application belong to.

use std::io::{self, Write};

use anyhow::Result;
use provisioning::import::{self, Account, Confirm, Match, Report};
use serde::Serialize;
use serde_json::json;

use crate::cli::deciding::{Confirmed, Import, Shown};
use crate::installation::{Installation, record};
use crate::output::{Answer, Output, number, table, write_table};

#[derive(Serialize)]
struct Told {
    job: String,
    #[serde(flatten)]
    report: Report,
}

impl Answer for Told {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let (job, report) = (&self.job, &self.report);
        let table = table(["ACCOUNT", "ID", "MATCH", "BY", "BELONGS TO"], report.accounts.iter().map(row));
        write_table(out, &table, "No account to show.")?;
        let count = |matched| report.matches.get(&matched).copied().unwrap_or_default();
        writeln!(
            out,
            "{}: {} linked, {} exact, {} partial, {} ambiguous, {} of nobody in scope.",
            number(report.scanned, "account", "accounts"),
            count(Match::Linked),
            count(Match::Exact),
            count(Match::Partial),
            count(Match::Ambiguous),
            count(Match::None),
        )?;
        if report.unreadable > 0 {
            let people = number(report.unreadable, "person", "people");
            writeln!(
                out,
                "{people} could not be matched: their mapping fails; `rollcall plan {job}` tells why."
            )?;
        }
        if report.confirmed > 0 {
            let linked = number(report.confirmed, "account was linked", "accounts were linked");
            writeln!(
                out,
                "{linked}. The next cycle looks at everybody: `rollcall plan {job}` shows what it would do."
            )?;
        } else if count(Match::Partial) > 0 {
            writeln!(
                out,
                "hint: `rollcall import {job} --confirm partial --account ID` links one that is right"
            )?;
        }
        Ok(())
    }
}

fn row(account: &Account) -> [String; 5] {
    let matched = match account.matched {
        Match::Linked => "linked",
        Match::Exact => "exact",
        Match::Partial => "partial",
        Match::Ambiguous => "ambiguous",
        Match::None => "none",
    };
    let state = if account.confirmed { ", linked now" } else { "" };
    let inactive = if account.active { "" } else { " (inactive)" };
    [
        format!("{}{inactive}", account.display),
        account.target_id.clone(),
        format!("{matched}{state}"),
        account.attribute.clone().unwrap_or_default(),
        account.person.clone().unwrap_or_default(),
    ]
}

/// Lists the accounts, and links what is confirmed.
pub async fn run(on: &Installation, arguments: &Import, output: Output) -> Result<()> {
    let (instance, ends) = on.connected(&arguments.job).await?;
    let matches = arguments.confirm.iter().map(|confirmed| match confirmed {
        Confirmed::Exact => Match::Exact,
        Confirmed::Partial => Match::Partial,
    });
    let confirm =
        Confirm { matches: matches.collect(), accounts: arguments.account.iter().cloned().collect() };
    let mut report = import::run(&on.engine(), &instance, &ends, &confirm).await?;
    if report.confirmed > 0 {
        let entry = on.audit("job.import", &arguments.job, json!({ "linked": report.confirmed }));
        on.store.write(move |tx| record(tx, None, &entry)).await?;
    }
    if !arguments.only.is_empty() {
        let shown: Vec<Match> = arguments.only.iter().map(|shown| matched(*shown)).collect();
        report.accounts.retain(|account| shown.contains(&account.matched));
    }
    output.answer(&Told { job: arguments.job.clone(), report })
}

fn matched(shown: Shown) -> Match {
    match shown {
        Shown::Exact => Match::Exact,
        Shown::Partial => Match::Partial,
        Shown::Ambiguous => Match::Ambiguous,
        Shown::None => Match::None,
    }
}
