//! `rollcall workplace seats|import-seats`: whose seats are, as a list and from a CSV file.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result};
use model::TenantId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Tx;
use workplace::limits::MAX_IMPORTED;
use workplace::location::{self, Location};
use workplace::seating::{self, Place, Seat};

use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::output::{Answer, number, table, write_table};
use crate::verbs::location::workplace_tenant;
use crate::verbs::user;
use crate::verbs::workplace::explained;

/// Mistakes of a file that are told at once.
const TOLD: usize = 20;

/// The seats of a tenant.
#[derive(Serialize)]
pub struct Seats {
    seats: Vec<Seat>,
}

impl Answer for Seats {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.seats.iter().map(|seat| {
            let user = seat.display.clone().unwrap_or_else(|| "-".to_owned());
            [seat.location.clone(), seat.floor.clone(), seat.name.clone(), user]
        });
        write_table(out, &table(["LOCATION", "FLOOR", "SEAT", "USER"], rows), "There is no seat yet.")
    }
}

/// All seats of a tenant, or of one location.
///
/// # Errors
/// When the tenant has no such location, or no locations at all.
pub async fn list(on: &Installation, tenant: &str, location: Option<String>) -> Result<Seats> {
    let owner = workplace_tenant(on, tenant).await?;
    let mut all = on.store.read(move |tx| location::list(tx, owner)).await?;
    if let Some(wanted) = &location {
        all.retain(|one| one.name == *wanted);
        if all.is_empty() {
            return Err(refusal(
                format!("tenant {tenant} has no location {wanted:?}"),
                format!("see `rollcall location list --tenant {tenant}`"),
            ));
        }
    }
    let mut seats = Vec::new();
    for Location { id, .. } in all {
        seats.extend(on.store.read(move |tx| seating::of_location(tx, owner, id)).await?);
    }
    Ok(Seats { seats })
}

/// A row of a file.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    location: String,
    floor: String,
    seat: String,
    #[serde(default)]
    user: String,
}

/// What an import did.
#[derive(Clone, Default, Serialize)]
pub struct Imported {
    rows: u64,
    floors_made: u64,
    seats_made: u64,
    seats_given: u64,
}

impl Answer for Imported {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { rows, floors_made, seats_made, seats_given } = self.clone();
        let given = number(seats_given, "seat was", "seats were");
        let (floors, seats) = (number(floors_made, "floor", "floors"), number(seats_made, "seat", "seats"));
        writeln!(
            out,
            "{}: {given} given to users; {floors} and {seats} were made.",
            number(rows, "row", "rows")
        )
    }
}

/// Why an import did nothing.
enum Failed {
    /// What is wrong with rows.
    Mistakes(Vec<String>),
    /// The store failed.
    Store(store::Error),
}

impl From<store::Error> for Failed {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

/// Does what a file says, all of it or nothing.
///
/// # Errors
/// When the file can't be read, or a row can't be done: the first such rows are told.
pub async fn import(on: &Installation, tenant: &str, file: &Path) -> Result<Imported> {
    let owner = workplace_tenant(on, tenant).await?;
    let rows = read(file)?;
    let (ids, now) = (on.ids.clone(), on.now());
    let entry = on.audit("seats.import", &owner.to_string(), json!({ "rows": rows.len() }));
    let done = on.store.write(move |tx| {
        let (mut done, mut mistakes) = (Imported::default(), Vec::new());
        for (number, row) in (2..).zip(&rows) {
            let placed = place(tx, owner, row).map(|place| seating::seat(tx, owner, &place, &*ids, now));
            match placed.and_then(|placed| placed) {
                Ok(placed) => {
                    done.rows += 1;
                    done.floors_made += u64::from(placed.floor_made);
                    done.seats_made += u64::from(placed.seat_made);
                    done.seats_given += u64::from(placed.given);
                }
                Err(workplace::Error::Store(error)) => return Err(Failed::Store(error)),
                Err(refused) => mistakes.push(format!("line {number}: {refused}")),
            }
        }
        if !mistakes.is_empty() {
            return Err(Failed::Mistakes(mistakes));
        }
        record(tx, Some(owner), &entry)?;
        Ok(done)
    });
    done.await.map_err(|failed| match failed {
        Failed::Store(error) => explained(error.into()),
        Failed::Mistakes(mistakes) => {
            let told: Vec<&str> = mistakes.iter().take(TOLD).map(String::as_str).collect();
            let count = number(mistakes.len() as u64, "row", "rows");
            refusal(
                format!("{count} of {} can't be done:\n  {}", file.display(), told.join("\n  ")),
                "nothing was imported; put these rows right and import the file again",
            )
        }
    })
}

fn read(file: &Path) -> Result<Vec<Row>> {
    let opened = File::open(file).with_context(|| format!("{} can't be read", file.display()))?;
    let mut rows = Vec::new();
    for row in csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(opened).deserialize() {
        let row: Row = row.map_err(|error| {
            refusal(
                format!("{}: {error}", file.display()),
                "the first line is location,floor,seat,user; each other line a seat",
            )
        })?;
        rows.push(row);
        if rows.len() > MAX_IMPORTED {
            return Err(refusal(
                format!("{} has more than {MAX_IMPORTED} rows", file.display()),
                "import it in several files",
            ));
        }
    }
    Ok(rows)
}

fn place<'r>(tx: &mut Tx<'_>, tenant: TenantId, row: &'r Row) -> Result<Place<'r>, workplace::Error> {
    let user = if row.user.is_empty() { None } else { Some(user::called(tx, tenant, &row.user)?) };
    if user == Some(None) {
        return Err(workplace::Error::Invalid(format!("no user is called {:?}", row.user)));
    }
    let Row { location, floor, seat, .. } = row;
    Ok(Place { location, floor, seat, user: user.flatten() })
}
