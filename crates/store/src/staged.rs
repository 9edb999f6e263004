//! Staged deletions, and what was taken away lately.

use jiff::Timestamp;
use model::JobId;
use model::staged::{Removal, Staged, StagedMember, StagedState};
use serde_json::Value;

use crate::{Error, Row, Tx, list, params};

/// All that a job has staged, members of groups behind their groups.
///
/// # Errors
/// A statement's.
pub fn all(tx: &mut Tx<'_>, job: JobId) -> Result<Vec<Staged>, Error> {
    tx.query(
        "SELECT object_type, source_id, member_type, member_id, display, member_display, removal, reason, target_id,
         fingerprint, since, state, decided_by, decided FROM staged
         WHERE job_id = $1 ORDER BY object_type, source_id, member_type, member_id",
        params![job],
        read,
    )
}

/// As [`all`], without members of groups.
///
/// # Errors
/// A statement's.
pub fn objects(tx: &mut Tx<'_>, job: JobId) -> Result<Vec<Staged>, Error> {
    tx.query(
        "SELECT object_type, source_id, member_type, member_id, display, member_display, removal, reason, target_id,
         fingerprint, since, state, decided_by, decided FROM staged
         WHERE job_id = $1 AND member_id = '' ORDER BY object_type, source_id",
        params![job],
        read,
    )
}

/// What is staged of one object, without its members.
///
/// # Errors
/// A statement's.
pub fn of_object(
    tx: &mut Tx<'_>,
    job: JobId,
    object_type: &str,
    source_id: &str,
) -> Result<Option<Staged>, Error> {
    tx.query_opt(
        "SELECT object_type, source_id, member_type, member_id, display, member_display, removal, reason, target_id,
         fingerprint, since, state, decided_by, decided FROM staged
         WHERE job_id = $1 AND object_type = $2 AND source_id = $3 AND member_type = '' AND member_id = ''",
        params![job, object_type, source_id],
        read,
    )
}

/// How many removals of a job wait for a person.
///
/// # Errors
/// A statement's.
pub fn pending(tx: &mut Tx<'_>, job: JobId) -> Result<i64, Error> {
    tx.query_one("SELECT count(*) FROM staged WHERE job_id = $1 AND state = 'pending'", params![job], |row| {
        row.get(0)
    })
}

/// Stages removals, or stages them anew: with what is known now, and what a person has said now. Since when stays.
///
/// # Errors
/// A statement's. None may be named twice.
pub fn put(tx: &mut Tx<'_>, job: JobId, staged: &[Staged]) -> Result<(), Error> {
    for chunk in staged.chunks(CHUNK) {
        tx.execute(
            "INSERT INTO staged (job_id, object_type, source_id, member_type, member_id, display, member_display,
             removal, reason, target_id, fingerprint, since, state, decided_by, decided)
             SELECT $1, value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7,
             value->>8, value->>9, CAST(value->>10 AS BIGINT), value->>11, value->>12, CAST(value->>13 AS BIGINT)
             FROM json_array_elements($2::text::json) WHERE 1 = 1
             ON CONFLICT (job_id, object_type, source_id, member_type, member_id) DO UPDATE SET
             display = excluded.display, member_display = excluded.member_display, removal = excluded.removal,
             reason = excluded.reason, target_id = excluded.target_id, fingerprint = excluded.fingerprint,
             state = excluded.state, decided_by = excluded.decided_by, decided = excluded.decided",
            params![job, &list::rows(chunk.iter().map(cells))],
        )?;
    }
    Ok(())
}

/// Stages the memberships that groups are to lose and that are not staged. Answers how many there were.
///
/// # Errors
/// A statement's.
pub fn put_losses(
    tx: &mut Tx<'_>,
    job: JobId,
    since: Timestamp,
    state: StagedState,
    by: Option<&str>,
) -> Result<u64, Error> {
    tx.execute(
        "INSERT INTO staged (job_id, object_type, source_id, member_type, member_id, display, member_display,
         removal, reason, target_id, fingerprint, since, state, decided_by, decided)
         SELECT r.job_id, r.owner_type, r.owner_id, r.to_type, r.to_id, o.display, coalesce(t.display, r.to_id),
         'leave', 'no member of it in the directory any more', o.target_id, '', $2, $3, $4, $5 FROM reference r
         JOIN link o ON o.job_id = r.job_id AND o.object_type = r.owner_type AND o.source_id = r.owner_id
         LEFT JOIN link t ON t.job_id = r.job_id AND t.object_type = r.to_type AND t.source_id = r.to_id
         WHERE r.job_id = $1 AND r.owner_type = 'Group' AND (r.wanted = 0 OR r.sent IS NULL) AND r.wanted = 0
         AND o.state = 'managed'
         ON CONFLICT (job_id, object_type, source_id, member_type, member_id) DO NOTHING",
        params![job, since, state.as_str(), by, by.map(|_| since)],
    )
}

/// How many memberships groups are to lose that are not staged. SQLite knows by the words of the partial index, which
/// add nothing, that it can be used.
///
/// # Errors
/// A statement's.
pub fn new_losses(tx: &mut Tx<'_>, job: JobId) -> Result<i64, Error> {
    tx.query_one(
        "SELECT count(*) FROM reference r
         JOIN link o ON o.job_id = r.job_id AND o.object_type = r.owner_type AND o.source_id = r.owner_id
         WHERE r.job_id = $1 AND r.owner_type = 'Group' AND (r.wanted = 0 OR r.sent IS NULL) AND r.wanted = 0
         AND o.state = 'managed'
         AND NOT EXISTS (SELECT 1 FROM staged s WHERE s.job_id = r.job_id AND s.object_type = r.owner_type
         AND s.source_id = r.owner_id AND s.member_type = r.to_type AND s.member_id = r.to_id)",
        params![job],
        |row| row.get(0),
    )
}

/// The staged members of these groups.
///
/// # Errors
/// A statement's.
pub fn members(tx: &mut Tx<'_>, job: JobId, groups: &[&str]) -> Result<Vec<Staged>, Error> {
    tx.query(
        "SELECT object_type, source_id, member_type, member_id, display, member_display, removal, reason, target_id,
         fingerprint, since, state, decided_by, decided FROM staged
         WHERE job_id = $1 AND object_type = 'Group' AND member_id <> ''
         AND source_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($2::text::json)))
         ORDER BY source_id, member_type, member_id",
        params![job, &list::of(groups)],
        read,
    )
}

/// Forgets what there is nothing to decide on any more: objects without a link, members who are back.
///
/// # Errors
/// A statement's.
pub fn tidy(tx: &mut Tx<'_>, job: JobId) -> Result<(), Error> {
    for sql in TIDY {
        tx.execute(sql, params![job])?;
    }
    Ok(())
}

const TIDY: &[&str] = &[
    "DELETE FROM staged WHERE job_id = $1 AND member_id = '' AND NOT EXISTS (SELECT 1 FROM link l
     WHERE l.job_id = staged.job_id AND l.object_type = staged.object_type AND l.source_id = staged.source_id)",
    "DELETE FROM staged WHERE job_id = $1 AND member_id <> '' AND NOT EXISTS (SELECT 1 FROM reference r
     WHERE r.job_id = staged.job_id AND r.owner_type = staged.object_type AND r.owner_id = staged.source_id
     AND r.to_type = staged.member_type AND r.to_id = staged.member_id AND r.wanted = 0)",
];

/// A person allows all that waits. Answers how many there were.
///
/// # Errors
/// A statement's.
pub fn allow_all(tx: &mut Tx<'_>, job: JobId, by: &str, at: Timestamp) -> Result<u64, Error> {
    tx.execute(
        "UPDATE staged SET state = 'allowed', decided_by = $2, decided = $3 WHERE job_id = $1 AND state = 'pending'",
        params![job, by, at],
    )
}

/// Unstages objects, without their members. Answers what a person had said of them, by source id.
///
/// # Errors
/// A statement's.
pub fn remove(
    tx: &mut Tx<'_>,
    job: JobId,
    object_type: &str,
    source_ids: &[&str],
) -> Result<Vec<(String, StagedState)>, Error> {
    tx.query(
        "DELETE FROM staged WHERE job_id = $1 AND object_type = $2 AND member_id = ''
         AND source_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($3::text::json)))
         RETURNING source_id, state",
        params![job, object_type, &list::of(source_ids)],
        |row| Ok((row.get(0)?, row.parse(1, "staged.state", StagedState::parse)?)),
    )
}

/// Unstages members of a group, by type and source id. Answers how many of them a person had allowed.
///
/// # Errors
/// A statement's.
pub fn remove_members(
    tx: &mut Tx<'_>,
    job: JobId,
    group: &str,
    members: &[(&str, &str)],
) -> Result<u64, Error> {
    let rows = list::rows(members.iter().map(|(kind, id)| [Value::from(*kind), Value::from(*id)]));
    let states = tx.query(
        "DELETE FROM staged WHERE job_id = $1 AND object_type = 'Group' AND source_id = $2
         AND (member_type, member_id) IN (SELECT value->>0, value->>1 FROM json_array_elements($3::text::json))
         RETURNING state",
        params![job, group, &rows],
        |row| row.parse(0, "staged.state", StagedState::parse),
    )?;
    Ok(states.into_iter().filter(|state| *state == StagedState::Allowed).count() as u64)
}

/// Forgets all that a job has staged: its objects are linked anew.
///
/// # Errors
/// A statement's.
pub fn clear(tx: &mut Tx<'_>, job: JobId) -> Result<u64, Error> {
    tx.execute("DELETE FROM staged WHERE job_id = $1", params![job])
}

/// Rows in one statement.
const CHUNK: usize = 1_000;

fn cells(staged: &Staged) -> [Value; 14] {
    let member = staged.member.as_ref();
    let text = |of: fn(&StagedMember) -> &String| member.map_or("", |m| of(m).as_str());
    [
        Value::from(staged.object_type.as_str()),
        Value::from(staged.source_id.as_str()),
        Value::from(text(|m| &m.object_type)),
        Value::from(text(|m| &m.source_id)),
        Value::from(staged.display.as_str()),
        Value::from(text(|m| &m.display)),
        Value::from(staged.removal.as_str()),
        Value::from(staged.reason.as_str()),
        Value::from(staged.target_id.as_str()),
        Value::from(staged.fingerprint.as_str()),
        Value::from(staged.since.as_microsecond()),
        Value::from(staged.state.as_str()),
        Value::from(staged.decided.as_ref().map(|(by, _)| by.as_str())),
        Value::from(staged.decided.as_ref().map(|(_, at)| at.as_microsecond())),
    ]
}

fn read(row: &Row<'_>) -> Result<Staged, Error> {
    let (member_type, member_id): (String, String) = (row.get(2)?, row.get(3)?);
    let (by, at): (Option<String>, Option<Timestamp>) = (row.get(12)?, row.get(13)?);
    Ok(Staged {
        object_type: row.get(0)?,
        source_id: row.get(1)?,
        member: if member_id.is_empty() {
            None
        } else {
            Some(StagedMember { object_type: member_type, source_id: member_id, display: row.get(5)? })
        },
        display: row.get(4)?,
        removal: row.parse(6, "staged.removal", Removal::parse)?,
        reason: row.get(7)?,
        target_id: row.get(8)?,
        fingerprint: row.get(9)?,
        since: row.get(10)?,
        state: row.parse(11, "staged.state", StagedState::parse)?,
        decided: by.zip(at),
    })
}
