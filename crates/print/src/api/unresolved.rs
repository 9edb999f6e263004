//! Who could not be resolved.

use application::api::{Call, Method, Operation};
use application::resources::Error;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Tx;

use crate::limits::MAX_UNRESOLVED;
use crate::unresolved::{self, Unresolved};

/// How many are listed unless the caller says.
const LISTED: u32 = 100;

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![Operation::new(
        (Method::Get, "/unresolved"),
        "listUnresolved",
        "Names and cards that belonged to nobody in the last 30 days, the latest first.",
        list,
    )]
}

/// How many.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Limit {
    /// How many at most: 1 to 1,000.
    #[serde(default = "listed")]
    #[schemars(range(min = 1, max = 1000))]
    limit: u32,
}

fn listed() -> u32 {
    LISTED
}

/// Those that belonged to nobody.
#[derive(Serialize, JsonSchema)]
struct All {
    /// The latest first.
    unresolved: Vec<One>,
}

/// A name or card.
#[derive(Serialize, JsonSchema)]
struct One {
    /// The name; none for a card, whose number is a secret.
    name: Option<String>,
    /// How often it was asked for.
    attempts: i64,
    /// When first.
    #[schemars(with = "String", extend("format" = "date-time"))]
    first: Timestamp,
    /// When last.
    #[schemars(with = "String", extend("format" = "date-time"))]
    last: Timestamp,
}

fn list(tx: &mut Tx<'_>, call: &Call, wanted: Limit, (): ()) -> Result<All, Error> {
    let limit = i64::from(wanted.limit);
    if !(1..=MAX_UNRESOLVED).contains(&limit) {
        return Err(scim::Error::new(400, format!("limit is 1 to {MAX_UNRESOLVED}")).into());
    }
    let found = unresolved::list(tx, call.tenant, call.at, limit)?.into_iter();
    let told = |one: Unresolved| {
        let Unresolved { name, attempts, first, last } = one;
        One { name, attempts, first, last }
    };
    Ok(All { unresolved: found.map(told).collect() })
}
