//! Verbs of a workplace tenant, besides those of its locations.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use workplace::policy::MatchBy;

use super::OfTenant;

/// `workplace …`
#[derive(Debug, Subcommand)]
pub enum Workplace {
    /// Show what users are matched by, and what a deactivated user keeps
    Policy {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
    },
    /// Change that; what is not given stays as it is
    SetPolicy(SetPolicy),
    /// Tell how many users were active at the end of a day, UTC
    ActiveUsers {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// The day, for example 2026-03-31 [default: today, as it is now]
        #[arg(long, value_name = "DATE")]
        day: Option<Date>,
    },
    /// List the seats, and whose they are
    Seats {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Of this location only
        #[arg(long, value_name = "NAME")]
        location: Option<String>,
    },
    /// Give seats to users as a CSV file says, all of it or nothing; floors and seats that are missing are made
    ImportSeats {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// The file, with the columns location, floor, seat and user (its userName, or nothing)
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// `workplace set-policy`
#[derive(Args, Debug)]
pub struct SetPolicy {
    /// Whose
    #[command(flatten)]
    pub of: OfTenant,
    /// `city`, or the path of the attribute that names a user's location; if it changes, all users are matched anew
    #[arg(long, value_name = "PATH")]
    pub match_by: Option<MatchBy>,
    /// What happens to the seats of a user who is deactivated
    #[arg(long, value_enum)]
    pub seats: Option<Seats>,
    /// What happens to reservations of a user who is deactivated, as far as they are not over
    #[arg(long, value_enum)]
    pub reservations: Option<Reservations>,
}

/// What happens to the seats of a user who is deactivated.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Seats {
    /// They stay the user's
    Keep,
    /// Others can have them
    Release,
}

/// What happens to the reservations of a user who is deactivated.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Reservations {
    /// They stay
    Keep,
    /// They are free for others
    Cancel,
}
