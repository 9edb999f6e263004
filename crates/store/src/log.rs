//! The provisioning log.

use jiff::Timestamp;
use model::log_entry::{Action, LogEntry, Status};
use model::{CycleId, EntryId, JobId};
use serde_json::Value;

use crate::{Error, Param, Row, Tx, list, params};

/// Adds entries of a job.
///
/// # Errors
/// A statement's.
pub fn append(tx: &mut Tx<'_>, job: JobId, entries: &[LogEntry]) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let rows = list::rows(entries.iter().map(|entry| {
        [
            Value::from(entry.id.to_string()),
            Value::from(entry.cycle.map(|cycle| cycle.to_string())),
            Value::from(entry.at.as_microsecond()),
            Value::from(entry.object_type.as_str()),
            Value::from(entry.source_id.as_str()),
            Value::from(entry.display.as_str()),
            Value::from(entry.target_id.as_deref()),
            Value::from(entry.action.as_str()),
            Value::from(entry.status.as_str()),
            Value::from(entry.code.as_deref()),
            Value::from(entry.detail.to_string()),
            Value::from(entry.duration_ms),
        ]
    }));
    tx.execute(
        "INSERT INTO log_entry (job_id, entry_id, cycle_id, at, object_type, source_id, display, target_id,
         action, status, code, detail, duration_ms)
         SELECT $1, value->>0, value->>1, CAST(value->>2 AS BIGINT), value->>3, value->>4, value->>5, value->>6,
         value->>7, value->>8, value->>9, value->>10, CAST(value->>11 AS BIGINT)
         FROM json_array_elements($2::text::json)",
        params![job, &rows],
    )?;
    Ok(())
}

/// Which entries are wanted; what is `None` or empty does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only what was done or tried so.
    pub action: Option<Action>,
    /// Only what ended so.
    pub status: Option<Status>,
    /// Only this code.
    pub code: Option<String>,
    /// Only this cycle.
    pub cycle: Option<CycleId>,
    /// Only these objects of the source, by anchor.
    pub sources: Vec<String>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

/// The text that finds wanted entries: one more condition, and the order.
macro_rules! select {
    ($condition:literal, $order:literal) => {
        concat!(
            "SELECT job_id, entry_id, cycle_id, at, object_type, source_id, display, target_id, action, status, code,
             detail, duration_ms FROM log_entry
             WHERE job_id = $1 AND entry_id < $2 AND ($3 = '' OR action = $3) AND ($4 = '' OR status = $4)
             AND ($5 = '' OR code = $5) AND ($6 = '' OR cycle_id = $6) AND at >= $7 AND at < $8 ",
            $condition,
            " ORDER BY ",
            $order,
            " DESC LIMIT $9"
        )
    };
}

/// Of everybody, in the order of the primary key.
const FIND: &str = select!("", "entry_id");

/// Of some objects, by the index of objects. The order is that of an expression, which no index has: SQLite would rather
/// walk along the primary key, past the entries of everybody else, than sort these few.
const FIND_OF_SOURCES: &str = select!(
    "AND source_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($10::text::json)))",
    "entry_id || ''"
);

/// A job's latest entries, the latest first; those before `before` if it is given.
///
/// # Errors
/// A statement's.
pub fn latest(
    tx: &mut Tx<'_>,
    job: JobId,
    before: Option<EntryId>,
    limit: i64,
) -> Result<Vec<LogEntry>, Error> {
    find(tx, job, &Wanted::default(), before, limit)
}

/// A job's latest entries that are wanted, the latest first; those before `before` if it is given.
///
/// # Errors
/// A statement's.
pub fn find(
    tx: &mut Tx<'_>,
    job: JobId,
    wanted: &Wanted,
    before: Option<EntryId>,
    limit: i64,
) -> Result<Vec<LogEntry>, Error> {
    let cycle = wanted.cycle.map(|cycle| cycle.to_string()).unwrap_or_default();
    let sources = list::of(&wanted.sources);
    let of_everybody: &[Param<'_>] = params![
        job,
        behind(before),
        wanted.action.map_or("", Action::as_str),
        wanted.status.map_or("", Status::as_str),
        wanted.code.as_deref().unwrap_or_default(),
        &cycle,
        wanted.since.unwrap_or(Timestamp::MIN),
        wanted.until.unwrap_or(Timestamp::MAX),
        limit
    ];
    match wanted.sources.is_empty() {
        true => tx.query(FIND, of_everybody, read),
        false => tx.query(FIND_OF_SOURCES, &[of_everybody, params![&sources]].concat(), read),
    }
}

/// What the log has about one object, the latest first.
///
/// # Errors
/// A statement's.
pub fn of_source(tx: &mut Tx<'_>, job: JobId, source_id: &str, limit: i64) -> Result<Vec<LogEntry>, Error> {
    let wanted = Wanted { sources: vec![source_id.to_owned()], ..Wanted::default() };
    find(tx, job, &wanted, None, limit)
}

/// Forgets those from before an instant among a job's `limit` oldest entries, and answers how many they were: as long
/// as it is `limit`, there may be more.
///
/// # Errors
/// A statement's.
pub fn purge(tx: &mut Tx<'_>, job: JobId, before: Timestamp, limit: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM log_entry WHERE job_id = $1 AND at < $2 AND entry_id = ANY (ARRAY(SELECT entry_id
         FROM log_entry WHERE job_id = $1 ORDER BY entry_id LIMIT $3))",
        params![job, before, limit],
    )
}

/// A bound behind every id, if none is given: "~" is behind every digit.
fn behind<'a>(before: Option<EntryId>) -> Param<'a> {
    before.map_or(Param::Text("~"), Param::from)
}

fn read(row: &Row<'_>) -> Result<LogEntry, Error> {
    Ok(LogEntry {
        job: row.get(0)?,
        id: row.get(1)?,
        cycle: row.get(2)?,
        at: row.get(3)?,
        object_type: row.get(4)?,
        source_id: row.get(5)?,
        display: row.get(6)?,
        target_id: row.get(7)?,
        action: row.parse(8, "log_entry.action", Action::parse)?,
        status: row.parse(9, "log_entry.status", Status::parse)?,
        code: row.get(10)?,
        detail: row.get(11)?,
        duration_ms: row.get(12)?,
    })
}
