//! Bounds on what a tenant can keep, each with its reason.

use store::{Param, Tx};

use crate::Error;

/// The longest name of anything, in characters. Directories' attributes hold 128 to 256.
pub const MAX_NAME: usize = 200;
/// Locations of a tenant, which are listed at once. The largest companies have some thousand offices.
pub const MAX_LOCATIONS: i64 = 10_000;
/// What a location can be called, its name among them; they are listed at once.
pub const MAX_ALIASES: i64 = 200;
/// Ranges of addresses of a tenant, which are listed at once.
pub const MAX_RANGES: i64 = 10_000;
/// Departments of a tenant, which are listed at once.
pub const MAX_DEPARTMENTS: i64 = 10_000;
/// Floors of a location, which are listed at once. The tallest building has 163.
pub const MAX_FLOORS: i64 = 200;
/// Seats and rooms of a floor, which are listed at once.
pub const MAX_SPACES: i64 = 5_000;
/// Seats that are imported at once, in one transaction: those of a large building.
pub const MAX_IMPORTED: usize = 10_000;
/// Permission groups of a tenant, which are listed at once.
pub const MAX_PERMISSION_GROUPS: i64 = 1_000;
/// SCIM groups that feed one permission group; all of a tenant are read at once.
pub const MAX_SOURCES: i64 = 100;
/// Reservations of one user that are not over. Somebody who books every hour of three months has fewer.
pub const MAX_OPEN_RESERVATIONS: i64 = 1_000;
/// Who may act for one user.
pub const MAX_DELEGATES: usize = 100;
/// The most rows of a page.
pub const MAX_PAGE: u32 = 1_000;
/// How long a reservation can last, in days.
pub const MAX_RESERVATION_DAYS: i64 = 31;
/// How many days ahead it can begin.
pub const MAX_DAYS_AHEAD: i64 = 400;
/// How far the time of a presence may lie ahead, in seconds: clocks of others differ.
pub const MAX_CLOCK_SKEW_SECONDS: i64 = 300;
/// How far the time of a presence may lie back, in days: a log of sign-ins is read every month at least.
pub const MAX_PRESENCE_AGE_DAYS: i64 = 31;
/// How many days of presence are kept: those of a year, and of the month that it is compared with. Where somebody was
/// longer ago is nobody's business.
pub const PRESENCE_DAYS: i64 = 400;
/// How many users are matched anew at once, when a tenant changes what they are matched by.
pub(crate) const MATCH_CHUNK: i64 = 500;

/// Refuses one more of something that there are enough of.
pub(crate) fn at_most(
    tx: &mut Tx<'_>,
    count: &'static str,
    of: &[Param<'_>],
    (most, what): (i64, &'static str),
) -> Result<(), Error> {
    let there_are: i64 = tx.query_one(count, of, |row| row.get(0))?;
    if there_are < most {
        return Ok(());
    }
    Err(Error::Conflict(format!("there are {most} {what} already, which is the most there can be")))
}
