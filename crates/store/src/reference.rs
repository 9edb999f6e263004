//! References between objects of a job's source, and how far the target has them.

use model::JobId;
use model::reference::{Due, DueReference, KnownReference, Reference};
use serde_json::Value;

use crate::{Error, Row, Tx, list, params};

/// What is known of these objects' references.
///
/// # Errors
/// A statement's.
pub fn of_owners(
    tx: &mut Tx<'_>,
    job: JobId,
    owner_type: &str,
    owners: &[&str],
) -> Result<Vec<KnownReference>, Error> {
    tx.query(
        "SELECT owner_type, owner_id, attribute, to_type, to_id, wanted, sent FROM reference
         WHERE job_id = $1 AND owner_type = $2
         AND owner_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($3::text::json)))
         ORDER BY owner_id, attribute, to_type, to_id",
        params![job, owner_type, &list::of(owners)],
        read_known,
    )
}

/// Notes that the source has these. One that was to be removed is sent again: its removal may have been done without
/// anybody hearing of it.
///
/// # Errors
/// A statement's. No reference may be named twice.
pub fn want(tx: &mut Tx<'_>, job: JobId, references: &[Reference]) -> Result<(), Error> {
    for chunk in references.chunks(CHUNK) {
        tx.execute(
            "INSERT INTO reference (job_id, owner_type, owner_id, attribute, to_type, to_id, wanted, sent)
             SELECT $1, value->>0, value->>1, value->>2, value->>3, value->>4, 1, NULL
             FROM json_array_elements($2::text::json) WHERE 1 = 1
             ON CONFLICT (job_id, owner_type, owner_id, attribute, to_type, to_id)
             DO UPDATE SET wanted = 1, sent = NULL",
            params![job, &rows(chunk)],
        )?;
    }
    Ok(())
}

/// Notes that the source has these no more. Those that the target has, or may have without anybody having heard of it,
/// are kept until they are removed there.
///
/// # Errors
/// A statement's.
pub fn unwant(tx: &mut Tx<'_>, job: JobId, references: &[Reference]) -> Result<(), Error> {
    for chunk in references.chunks(CHUNK) {
        let rows = rows(chunk);
        for sql in UNWANT {
            tx.execute(sql, params![job, &rows])?;
        }
    }
    Ok(())
}

const UNWANT: &[&str] = &[
    "UPDATE reference SET wanted = 0, sent = COALESCE(sent, (SELECT t.target_id FROM link t
     JOIN link o ON o.job_id = t.job_id AND o.object_type = reference.owner_type
     AND o.source_id = reference.owner_id WHERE t.job_id = reference.job_id
     AND t.object_type = reference.to_type AND t.source_id = reference.to_id)) WHERE job_id = $1
     AND (owner_type, owner_id, attribute, to_type, to_id) IN (SELECT value->>0, value->>1, value->>2,
     value->>3, value->>4 FROM json_array_elements($2::text::json))",
    "DELETE FROM reference WHERE job_id = $1 AND sent IS NULL
     AND (owner_type, owner_id, attribute, to_type, to_id) IN (SELECT value->>0, value->>1, value->>2,
     value->>3, value->>4 FROM json_array_elements($2::text::json))",
];

/// The next references after one of them that are to be set or removed in the target: their owners are managed, and
/// the objects that they are to be set to are linked. In the order of owners.
///
/// # Errors
/// A statement's.
pub fn due(tx: &mut Tx<'_>, job: JobId, after: &Reference, limit: i64) -> Result<Vec<DueReference>, Error> {
    tx.query(
        "SELECT r.owner_type, r.owner_id, r.attribute, r.to_type, r.to_id, o.target_id, o.display, r.wanted, r.sent,
         t.target_id, (SELECT count(*) FROM reference s JOIN link l ON l.job_id = s.job_id
         AND l.object_type = s.to_type AND l.source_id = s.to_id WHERE r.wanted = 0 AND s.job_id = r.job_id
         AND s.owner_type = r.owner_type AND s.owner_id = r.owner_id AND s.attribute = r.attribute AND s.wanted = 1
         AND l.target_id = r.sent)
         FROM reference r
         JOIN link o ON o.job_id = r.job_id AND o.object_type = r.owner_type AND o.source_id = r.owner_id
         LEFT JOIN link t ON t.job_id = r.job_id AND t.object_type = r.to_type AND t.source_id = r.to_id
         WHERE r.job_id = $1 AND (r.wanted = 0 OR r.sent IS NULL)
         AND (r.owner_type, r.owner_id, r.attribute, r.to_type, r.to_id) > ($2, $3, $4, $5, $6)
         AND o.state = 'managed' AND (r.wanted = 0 OR t.state <> 'released')
         ORDER BY r.owner_type, r.owner_id, r.attribute, r.to_type, r.to_id LIMIT $7",
        params![
            job,
            &after.owner_type,
            &after.owner,
            &after.attribute,
            &after.to_type,
            &after.to,
            limit
        ],
        read_due,
    )
}

/// All references that the target has not, or has and shall not have, whether or not their ends are linked.
///
/// # Errors
/// A statement's.
pub fn pending(tx: &mut Tx<'_>, job: JobId) -> Result<Vec<KnownReference>, Error> {
    tx.query(
        "SELECT owner_type, owner_id, attribute, to_type, to_id, wanted, sent FROM reference
         WHERE job_id = $1 AND (wanted = 0 OR sent IS NULL)
         ORDER BY owner_type, owner_id, attribute, to_type, to_id",
        params![job],
        read_known,
    )
}

/// How many references of objects of a type the target has.
///
/// # Errors
/// A statement's.
pub fn sent(tx: &mut Tx<'_>, job: JobId, owner_type: &str) -> Result<i64, Error> {
    tx.query_one(
        "SELECT count(*) FROM reference WHERE job_id = $1 AND owner_type = $2 AND sent IS NOT NULL",
        params![job, owner_type],
        |row| row.get(0),
    )
}

/// How many references of objects of a type are to be removed in the target.
///
/// # Errors
/// A statement's.
pub fn losses(tx: &mut Tx<'_>, job: JobId, owner_type: &str) -> Result<i64, Error> {
    tx.query_one(
        "SELECT count(*) FROM reference r
         JOIN link o ON o.job_id = r.job_id AND o.object_type = r.owner_type AND o.source_id = r.owner_id
         WHERE r.job_id = $1 AND r.owner_type = $2 AND (r.wanted = 0 OR r.sent IS NULL) AND r.wanted = 0
         AND o.state = 'managed'",
        params![job, owner_type],
        |row| row.get(0),
    )
}

/// Notes that the target has these, with the target's id of the object referred to.
///
/// # Errors
/// A statement's.
pub fn set(tx: &mut Tx<'_>, job: JobId, references: &[(Reference, String)]) -> Result<(), Error> {
    for chunk in references.chunks(CHUNK) {
        let rows = list::rows(chunk.iter().map(|(reference, sent)| {
            let [owner_type, owner, attribute, to_type, to] = key(reference);
            [owner_type, owner, attribute, to_type, to, Value::from(sent.as_str())]
        }));
        tx.execute(
            "INSERT INTO reference (job_id, owner_type, owner_id, attribute, to_type, to_id, wanted, sent)
             SELECT $1, value->>0, value->>1, value->>2, value->>3, value->>4, 1, value->>5
             FROM json_array_elements($2::text::json) WHERE 1 = 1
             ON CONFLICT (job_id, owner_type, owner_id, attribute, to_type, to_id) DO UPDATE SET sent = excluded.sent",
            params![job, &rows],
        )?;
    }
    Ok(())
}

/// Notes that the target has these no more, though the source has them: they are sent again.
///
/// # Errors
/// A statement's.
pub fn unset(tx: &mut Tx<'_>, job: JobId, references: &[Reference]) -> Result<(), Error> {
    for chunk in references.chunks(CHUNK) {
        tx.execute(
            "UPDATE reference SET sent = NULL WHERE job_id = $1 AND wanted = 1
             AND (owner_type, owner_id, attribute, to_type, to_id) IN (SELECT value->>0, value->>1, value->>2,
             value->>3, value->>4 FROM json_array_elements($2::text::json))",
            params![job, &rows(chunk)],
        )?;
    }
    Ok(())
}

/// Forgets these: the target has them no more.
///
/// # Errors
/// A statement's.
pub fn forget(tx: &mut Tx<'_>, job: JobId, references: &[Reference]) -> Result<(), Error> {
    for chunk in references.chunks(CHUNK) {
        tx.execute(
            "DELETE FROM reference WHERE job_id = $1
             AND (owner_type, owner_id, attribute, to_type, to_id) IN (SELECT value->>0, value->>1, value->>2,
             value->>3, value->>4 FROM json_array_elements($2::text::json))",
            params![job, &rows(chunk)],
        )?;
    }
    Ok(())
}

/// An object is not in the target any more, or under another id: no reference from or to it is set there.
///
/// # Errors
/// A statement's.
pub fn reset(tx: &mut Tx<'_>, job: JobId, object_type: &str, source_id: &str) -> Result<(), Error> {
    for sql in RESET {
        tx.execute(sql, params![job, object_type, source_id])?;
    }
    Ok(())
}

const RESET: &[&str] = &[
    "DELETE FROM reference WHERE job_id = $1 AND owner_type = $2 AND owner_id = $3 AND wanted = 0",
    "UPDATE reference SET sent = NULL WHERE job_id = $1 AND owner_type = $2 AND owner_id = $3",
    // Who is deleted is nobody's member any more, but may still be named as somebody's manager.
    "DELETE FROM reference WHERE job_id = $1 AND to_type = $2 AND to_id = $3 AND wanted = 0 AND attribute = 'members'",
    "UPDATE reference SET sent = NULL WHERE job_id = $1 AND to_type = $2 AND to_id = $3 AND wanted = 1",
];

/// An object is gone from the source, while somebody else has its resource of the target: what refers to it there is
/// to be removed.
///
/// # Errors
/// A statement's.
pub fn leave(tx: &mut Tx<'_>, job: JobId, object_type: &str, source_id: &str) -> Result<(), Error> {
    for sql in LEAVE {
        tx.execute(sql, params![job, object_type, source_id])?;
    }
    Ok(())
}

const LEAVE: &[&str] = &[
    "DELETE FROM reference WHERE job_id = $1 AND owner_type = $2 AND owner_id = $3",
    "DELETE FROM reference WHERE job_id = $1 AND to_type = $2 AND to_id = $3 AND sent IS NULL",
    "UPDATE reference SET wanted = 0 WHERE job_id = $1 AND to_type = $2 AND to_id = $3",
];

/// Forgets what an object refers to: the source holds it no more.
///
/// # Errors
/// A statement's.
pub fn forget_owner(tx: &mut Tx<'_>, job: JobId, object_type: &str, source_id: &str) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM reference WHERE job_id = $1 AND owner_type = $2 AND owner_id = $3",
        params![job, object_type, source_id],
    )?;
    Ok(())
}

/// Forgets all of a job's references.
///
/// # Errors
/// A statement's.
pub fn clear(tx: &mut Tx<'_>, job: JobId) -> Result<u64, Error> {
    tx.execute("DELETE FROM reference WHERE job_id = $1", params![job])
}

/// References in one statement.
const CHUNK: usize = 1_000;

fn rows(references: &[Reference]) -> String {
    list::rows(references.iter().map(key))
}

fn key(reference: &Reference) -> [Value; 5] {
    [&reference.owner_type, &reference.owner, &reference.attribute, &reference.to_type, &reference.to]
        .map(|text| Value::from(text.as_str()))
}

fn read(row: &Row<'_>) -> Result<Reference, Error> {
    Ok(Reference {
        owner_type: row.get(0)?,
        owner: row.get(1)?,
        attribute: row.get(2)?,
        to_type: row.get(3)?,
        to: row.get(4)?,
    })
}

fn read_known(row: &Row<'_>) -> Result<KnownReference, Error> {
    Ok(KnownReference { reference: read(row)?, wanted: row.get(5)?, sent: row.get(6)? })
}

fn read_due(row: &Row<'_>) -> Result<DueReference, Error> {
    let (wanted, sent, to_target): (bool, Option<String>, Option<String>) =
        (row.get(7)?, row.get(8)?, row.get(9)?);
    let others: i64 = row.get(10)?;
    let due = match (wanted, sent, to_target) {
        (true, _, Some(target)) => Due::Set(target),
        (false, Some(sent), _) if others == 0 => Due::Remove(sent),
        _ => Due::Forget,
    };
    Ok(DueReference { reference: read(row)?, owner_target: row.get(5)?, display: row.get(6)?, due })
}
