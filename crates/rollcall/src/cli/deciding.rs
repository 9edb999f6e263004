//! Verbs of plans, staged deletions, rollback and drift.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use model::{CycleId, PlanId};

use super::JobName;

/// `plan`
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Plan {
    /// Which one
    #[command(subcommand)]
    pub verb: Option<StoredPlan>,
    /// A new one
    #[command(flatten)]
    pub new: Option<NewPlan>,
}

/// A plan that is made.
#[derive(Args, Debug)]
pub struct NewPlan {
    /// The job's name
    pub job: String,
    /// Write the whole plan, with its requests, to this file as JSON
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write the whole plan to this file as a page to read and print
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// `plan list` and `plan show`
#[derive(Debug, Subcommand)]
pub enum StoredPlan {
    /// List the plans of a job, the latest first
    List(JobName),
    /// Show a plan that was made earlier
    Show {
        /// Its id
        id: PlanId,
        /// Write the whole plan, with its requests, to this file as JSON
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Write the whole plan to this file as a page to read and print
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
    },
}

/// `staged …`
#[derive(Debug, Subcommand)]
pub enum Staged {
    /// List what is staged, and what was decided about it
    List(JobName),
    /// Let the next cycle do it, if the reason still holds
    Allow {
        /// Which
        #[command(flatten)]
        which: Which,
        /// Run that cycle at once
        #[arg(long)]
        now: bool,
    },
    /// Leave the objects alone until the reason changes
    Reject {
        /// Which
        #[command(flatten)]
        which: Which,
    },
    /// Take a decision back: it waits again
    Withdraw {
        /// Which
        #[command(flatten)]
        which: Which,
    },
}

/// Which staged deletions are meant.
#[derive(Args, Debug)]
pub struct Which {
    /// The job's name
    pub job: String,
    /// What `staged list` shows under OBJECT, or an object id; GROUP/MEMBER for a membership
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub object: Vec<String>,
    /// Everything that waits; to withdraw, everything that was decided
    #[arg(long)]
    pub all: bool,
}

/// `rollback`
#[derive(Args, Debug)]
pub struct Rollback {
    /// The cycle's id, as `job show` and `log` tell it
    pub cycle: CycleId,
    /// The job it was a cycle of [default: found by the id]
    #[arg(long, value_name = "NAME")]
    pub job: Option<String>,
    /// Write the whole plan, with its requests, to this file as JSON
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write the whole plan to this file as a page to read and print
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// `drift`
#[derive(Args, Debug)]
pub struct Drift {
    /// The job's name
    pub job: String,
    /// Send what the mapping wants, now
    #[arg(long)]
    pub repair: bool,
    /// Tell these differences not again until either side changes
    #[arg(long, conflicts_with = "repair")]
    pub accept: bool,
}

/// `import`
#[derive(Args, Debug)]
pub struct Import {
    /// The job's name
    pub job: String,
    /// Link the accounts that were matched so; may be repeated
    #[arg(long, value_enum, value_name = "MATCH")]
    pub confirm: Vec<Confirmed>,
    /// Of these, only this account, by its id in the application; may be repeated
    #[arg(long, value_name = "ID", requires = "confirm")]
    pub account: Vec<String>,
    /// Show only accounts that were matched so; may be repeated
    #[arg(long, value_enum, value_name = "MATCH")]
    pub only: Vec<Shown>,
}

/// A match that can be confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Confirmed {
    /// A matching attribute names the person
    Exact,
    /// First and last name are the person's
    Partial,
}

/// How an account was matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shown {
    /// A matching attribute names the person
    Exact,
    /// First and last name are the person's
    Partial,
    /// Several people, or several accounts of one person
    Ambiguous,
    /// Nobody in scope
    None,
}
