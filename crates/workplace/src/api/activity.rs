//! How many users a tenant pays for.

use application::api::{Call, Method, Operation};
use application::resources::Error;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Tx;

use crate::activity;
use crate::presence::day_of;

pub(super) fn operations() -> Vec<Operation> {
    vec![Operation::new(
        (Method::Get, "/active-users"),
        "countActiveUsers",
        "How many users were active at the end of a day, UTC; of today, how many are.",
        count,
    )]
}

/// Of which day.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Day {
    /// The day, such as 2026-03-31; today unless it is given.
    day: Option<Date>,
}

/// How many.
#[derive(Serialize, JsonSchema)]
struct ActiveUsers {
    /// The day.
    day: Date,
    /// How many users were active.
    active: i64,
}

fn count(tx: &mut Tx<'_>, call: &Call, of: Day, (): ()) -> Result<ActiveUsers, Error> {
    let day = of.day.unwrap_or_else(|| day_of(call.at));
    Ok(ActiveUsers { day, active: activity::count(tx, call.tenant, day, call.at)? })
}
