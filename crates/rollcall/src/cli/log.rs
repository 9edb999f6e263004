//! Verbs about what the engine did and shall do.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use model::log_entry::{Action, Status};
use uuid::Uuid;

/// `log`
#[derive(Args, Debug)]
pub struct Log {
    /// The job's name
    pub job: String,
    /// Only this user or group: userPrincipalName, mail, group name or object id
    #[arg(long)]
    pub user: Option<String>,
    /// Only this action: create, update, disable, delete, stageddelete or other
    #[arg(long, value_parser = action)]
    pub action: Option<Action>,
    /// Only this status: success, failure, skipped or warning
    #[arg(long, value_parser = status)]
    pub status: Option<Status>,
    /// Only this code, for example EntryConflict
    #[arg(long)]
    pub code: Option<String>,
    /// Only this cycle
    #[arg(long, value_name = "ID")]
    pub cycle: Option<Uuid>,
    /// Not before this instant, for example 2026-11-22T08:00:00Z
    #[arg(long, value_name = "INSTANT")]
    pub since: Option<Timestamp>,
    /// Before this instant
    #[arg(long, value_name = "INSTANT")]
    pub until: Option<Timestamp>,
    /// How many entries at most, the latest first [default: 50 in a table, else all]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// The form
    #[arg(long, value_enum, default_value = "table")]
    pub format: LogFormat,
    /// Where an export goes: a file for jsonl, a folder for csv
    #[arg(long, value_name = "PATH")]
    pub out: Option<PathBuf>,
}

/// How the log is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people; with --json one object
    Table,
    /// One JSON object a line
    Jsonl,
    /// Three tables, joined by the change's id
    Csv,
}

/// `nudge`
#[derive(Args, Debug)]
pub struct Nudge {
    /// The job's name
    pub job: String,
    /// Who has changed: userPrincipalName, mail, group name or object id
    #[arg(required = true)]
    pub objects: Vec<String>,
}

fn action(text: &str) -> Result<Action, String> {
    Action::parse(text)
        .ok_or_else(|| "write create, update, disable, delete, stageddelete or other".to_owned())
}

fn status(text: &str) -> Result<Status, String> {
    Status::parse(text).ok_or_else(|| "write success, failure, skipped or warning".to_owned())
}
