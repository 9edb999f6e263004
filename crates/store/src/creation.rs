//! Creates whose outcome is not recorded yet.

use jiff::Timestamp;
use model::JobId;
use model::creation::Creation;
use serde_json::Value;

use crate::{Error, Row, Tx, list, params};

/// Notes that these objects are about to be created. Answers those that may be: not an object of which another create,
/// with other matching values and begun after `late`, may still be done.
///
/// # Errors
/// A statement's. No object may be named twice.
pub fn begin(
    tx: &mut Tx<'_>,
    job: JobId,
    creations: &[Creation],
    late: Timestamp,
) -> Result<Vec<(String, String)>, Error> {
    if creations.is_empty() {
        return Ok(Vec::new());
    }
    let rows = list::rows(creations.iter().map(|creation| {
        [
            Value::from(creation.object_type.as_str()),
            Value::from(creation.source_id.as_str()),
            Value::from(creation.display.as_str()),
            Value::from(matching(&creation.matching)),
            Value::from(creation.external_id.as_deref()),
            Value::from(creation.replaces.as_deref()),
            Value::from(creation.began.as_microsecond()),
        ]
    }));
    tx.query(
        "INSERT INTO creation (job_id, object_type, source_id, display, matching, external_id, replaces, began, unheard)
         SELECT $1, value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, CAST(value->>6 AS BIGINT), 1
         FROM json_array_elements($2::text::json) WHERE 1 = 1
         ON CONFLICT (job_id, object_type, source_id) DO UPDATE SET display = excluded.display,
         matching = excluded.matching, external_id = excluded.external_id, replaces = excluded.replaces,
         began = excluded.began, unheard = creation.unheard + 1
         WHERE creation.matching = excluded.matching OR creation.began <= $3
         RETURNING object_type, source_id",
        params![job, &rows, late],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// All of a job's, in the order of object types and source ids.
///
/// # Errors
/// A statement's.
pub fn all(tx: &mut Tx<'_>, job: JobId) -> Result<Vec<Creation>, Error> {
    tx.query(
        "SELECT object_type, source_id, display, matching, external_id, replaces, began FROM creation
         WHERE job_id = $1 ORDER BY object_type, source_id",
        params![job],
        read,
    )
}

/// The target has refused to create these: a create less whose answer is unheard.
///
/// # Errors
/// A statement's.
pub fn refused(tx: &mut Tx<'_>, job: JobId, object_type: &str, source_ids: &[&str]) -> Result<(), Error> {
    if source_ids.is_empty() {
        return Ok(());
    }
    let ids = list::of(source_ids);
    for sql in REFUSED {
        tx.execute(sql, params![job, object_type, &ids])?;
    }
    Ok(())
}

const REFUSED: &[&str] = &[
    "DELETE FROM creation WHERE job_id = $1 AND object_type = $2 AND unheard <= 1
     AND source_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($3::text::json)))",
    "UPDATE creation SET unheard = unheard - 1 WHERE job_id = $1 AND object_type = $2
     AND source_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($3::text::json)))",
];

/// Forgets the creates of these objects: what came of them is known.
///
/// # Errors
/// A statement's.
pub fn end(tx: &mut Tx<'_>, job: JobId, object_type: &str, source_ids: &[&str]) -> Result<(), Error> {
    if source_ids.is_empty() {
        return Ok(());
    }
    tx.execute(
        "DELETE FROM creation WHERE job_id = $1 AND object_type = $2
         AND source_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($3::text::json)))",
        params![job, object_type, &list::of(source_ids)],
    )?;
    Ok(())
}

/// Forgets all of a job's.
///
/// # Errors
/// A statement's.
pub fn clear(tx: &mut Tx<'_>, job: JobId) -> Result<u64, Error> {
    tx.execute("DELETE FROM creation WHERE job_id = $1", params![job])
}

fn matching(values: &[(String, String)]) -> String {
    Value::from_iter(values.iter().map(|(path, value)| Value::from_iter([path.as_str(), value.as_str()])))
        .to_string()
}

fn read(row: &Row<'_>) -> Result<Creation, Error> {
    Ok(Creation {
        object_type: row.get(0)?,
        source_id: row.get(1)?,
        display: row.get(2)?,
        matching: row.parse(3, "creation.matching", |text| serde_json::from_str(text).ok())?,
        external_id: row.get(4)?,
        replaces: row.get(5)?,
        began: row.get(6)?,
    })
}
