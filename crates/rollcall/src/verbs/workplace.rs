//! `rollcall workplace policy|set-policy|active-users`: what a workplace tenant chose, and whom it pays for.

use std::io::{self, Write};

use anyhow::{Error, Result};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::json;
use workplace::activity;
use workplace::policy::{self, Policy, Reservations, Seats};

use crate::cli;
use crate::cli::workplace::{SetPolicy, Workplace};
use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::output::{Answer, Output, number};
use crate::verbs::location::workplace_tenant;
use crate::verbs::seats;

/// Does what the command line says.
///
/// # Errors
/// Why it can't be done.
pub async fn run(on: &Installation, verb: Workplace, output: Output) -> Result<()> {
    match verb {
        Workplace::Policy { of } => output.answer(&show(on, &of.tenant).await?),
        Workplace::SetPolicy(wanted) => output.answer(&set(on, wanted).await?),
        Workplace::ActiveUsers { of, day } => output.answer(&active_users(on, &of.tenant, day).await?),
        Workplace::Seats { of, location } => output.answer(&seats::list(on, &of.tenant, location).await?),
        Workplace::ImportSeats { of, file } => output.answer(&seats::import(on, &of.tenant, &file).await?),
    }
}

/// What a tenant chose.
#[derive(Serialize)]
#[serde(transparent)]
struct Chosen(Policy);

impl Answer for Chosen {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Policy { match_by, seats, reservations } = &self.0;
        writeln!(out, "Users are matched to locations by  {}", String::from(match_by.clone()))?;
        let seats = match seats {
            Seats::Keep => "stay the user's",
            Seats::Release => "are free for others",
        };
        writeln!(out, "Seats of a deactivated user        {seats}")?;
        let reservations = match reservations {
            Reservations::Keep => "stay",
            Reservations::Cancel => "are cancelled",
        };
        writeln!(out, "Reservations of a deactivated user {reservations}")
    }
}

async fn show(on: &Installation, tenant: &str) -> Result<Chosen> {
    let tenant = workplace_tenant(on, tenant).await?;
    Ok(Chosen(on.store.read(move |tx| policy::get(tx, tenant)).await?))
}

async fn set(on: &Installation, wanted: SetPolicy) -> Result<Chosen> {
    let SetPolicy { of, match_by, seats, reservations } = wanted;
    let tenant = workplace_tenant(on, &of.tenant).await?;
    let seats = seats.map(|choice| match choice {
        cli::workplace::Seats::Keep => Seats::Keep,
        cli::workplace::Seats::Release => Seats::Release,
    });
    let reservations = reservations.map(|choice| match choice {
        cli::workplace::Reservations::Keep => Reservations::Keep,
        cli::workplace::Reservations::Cancel => Reservations::Cancel,
    });
    let entry = on.audit("policy.set", &tenant.to_string(), json!({}));
    let chosen = on.store.write(move |tx| {
        let before = policy::get(tx, tenant)?;
        let chosen = Policy {
            match_by: match_by.clone().unwrap_or(before.match_by),
            seats: seats.unwrap_or(before.seats),
            reservations: reservations.unwrap_or(before.reservations),
        };
        let chosen = policy::set(tx, tenant, &chosen)?;
        let mut entry = entry.clone();
        entry.detail = json!(chosen);
        record(tx, Some(tenant), &entry)?;
        Ok(Chosen(chosen))
    });
    chosen.await.map_err(|error| match error {
        workplace::Error::Invalid(text) => refusal(
            text,
            format!(
                "`rollcall schema show --tenant {}` shows what the tenant adds to the User schema of RFC 7643; docs/workplace.md \
                 has examples",
                of.tenant
            ),
        ),
        other => explained(other),
    })
}

/// How many users counted.
#[derive(Serialize)]
struct ActiveUsers {
    day: Date,
    active: i64,
}

impl Answer for ActiveUsers {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let count = number(self.active.unsigned_abs(), "user was", "users were");
        writeln!(out, "{count} active on {}.", self.day)
    }
}

async fn active_users(on: &Installation, tenant: &str, day: Option<Date>) -> Result<ActiveUsers> {
    let (tenant, now) = (workplace_tenant(on, tenant).await?, on.now());
    let day = day.unwrap_or_else(|| now.to_zoned(TimeZone::UTC).date());
    let active = on.store.read(move |tx| activity::count(tx, tenant, day, now)).await;
    Ok(ActiveUsers { day, active: active.map_err(explained)? })
}

/// What a person is told of a refusal.
pub fn explained(error: workplace::Error) -> Error {
    match error {
        workplace::Error::Store(error) => error.into(),
        other => refusal(other.to_string(), "docs/workplace.md has the rules"),
    }
}
