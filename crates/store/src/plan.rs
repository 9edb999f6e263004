//! Stored plans: cycles stopped before export.

use jiff::Timestamp;
use model::plan::{Plan, PlanState};
use model::{JobId, PlanId};
use serde_json::Value;

use crate::{Error, Row, Tx, list, params};

/// One step of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanStep {
    /// Its place in the plan, counted from 0.
    pub position: i64,
    /// The object's anchor in the source.
    pub source_id: String,
    /// What is going to be done, in the engine's form.
    pub step: Value,
}

/// Adds a plan without steps.
///
/// # Errors
/// A statement's.
pub fn insert(tx: &mut Tx<'_>, plan: &Plan) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO plan (job_id, plan_id, created, state, detail) VALUES ($1, $2, $3, $4, $5)",
        params![plan.job, plan.id, plan.created, plan.state.as_str(), &plan.detail.to_string()],
    )?;
    Ok(())
}

/// Adds steps to a plan.
///
/// # Errors
/// A statement's. No position may be used twice.
pub fn insert_steps(tx: &mut Tx<'_>, job: JobId, plan: PlanId, steps: &[PlanStep]) -> Result<(), Error> {
    if steps.is_empty() {
        return Ok(());
    }
    let rows = list::rows(steps.iter().map(|step| {
        [Value::from(step.position), Value::from(step.source_id.as_str()), Value::from(step.step.to_string())]
    }));
    tx.execute(
        "INSERT INTO plan_step (job_id, plan_id, position, source_id, step)
         SELECT $1, $2, CAST(value->>0 AS BIGINT), value->>1, value->>2
         FROM json_array_elements($3::text::json)",
        params![job, plan, &rows],
    )?;
    Ok(())
}

/// One plan.
///
/// # Errors
/// A statement's.
pub fn get(tx: &mut Tx<'_>, job: JobId, id: PlanId) -> Result<Option<Plan>, Error> {
    tx.query_opt(
        "SELECT job_id, plan_id, created, state, detail FROM plan WHERE job_id = $1 AND plan_id = $2",
        params![job, id],
        read,
    )
}

/// A job's latest plans, the latest first.
///
/// # Errors
/// A statement's.
pub fn latest(tx: &mut Tx<'_>, job: JobId, limit: i64) -> Result<Vec<Plan>, Error> {
    tx.query(
        "SELECT job_id, plan_id, created, state, detail FROM plan WHERE job_id = $1
         ORDER BY plan_id DESC LIMIT $2",
        params![job, limit],
        read,
    )
}

/// A plan's steps from a position on, in order.
///
/// # Errors
/// A statement's.
pub fn steps(
    tx: &mut Tx<'_>,
    job: JobId,
    plan: PlanId,
    from: i64,
    limit: i64,
) -> Result<Vec<PlanStep>, Error> {
    tx.query(
        "SELECT position, source_id, step FROM plan_step
         WHERE job_id = $1 AND plan_id = $2 AND position >= $3 ORDER BY position LIMIT $4",
        params![job, plan, from, limit],
        |row| Ok(PlanStep { position: row.get(0)?, source_id: row.get(1)?, step: row.get(2)? }),
    )
}

/// Stores what became of a plan, and what is known of it by now. Changes it only from `from`, so that two who apply
/// the same plan find out. Answers whether it was in that state.
///
/// # Errors
/// A statement's.
pub fn advance(tx: &mut Tx<'_>, plan: &Plan, from: PlanState) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE plan SET state = $3, detail = $4 WHERE job_id = $1 AND plan_id = $2 AND state = $5",
        params![plan.job, plan.id, plan.state.as_str(), &plan.detail.to_string(), from.as_str()],
    )?;
    Ok(changed > 0)
}

/// Removes a plan and its steps. Answers whether it was there.
///
/// # Errors
/// A statement's.
pub fn delete(tx: &mut Tx<'_>, job: JobId, id: PlanId) -> Result<bool, Error> {
    tx.execute("DELETE FROM plan_step WHERE job_id = $1 AND plan_id = $2", params![job, id])?;
    Ok(tx.execute("DELETE FROM plan WHERE job_id = $1 AND plan_id = $2", params![job, id])? > 0)
}

/// Forgets a part of a job's oldest plan, if that is from before an instant: up to `limit` of its steps, and the plan
/// itself once it has none. Answers how many rows that were: as long as there are any, there may be more.
///
/// # Errors
/// A statement's.
pub fn purge(tx: &mut Tx<'_>, job: JobId, before: Timestamp, limit: i64) -> Result<u64, Error> {
    let oldest = tx.query_opt(
        "SELECT plan_id FROM plan WHERE job_id = $1 AND created < $2 ORDER BY plan_id LIMIT 1",
        params![job, before],
        |row| row.get::<PlanId>(0),
    )?;
    let Some(oldest) = oldest else { return Ok(0) };
    let steps = tx.execute(
        "DELETE FROM plan_step WHERE job_id = $1 AND plan_id = $2 AND position = ANY (ARRAY(SELECT position
         FROM plan_step WHERE job_id = $1 AND plan_id = $2 ORDER BY position LIMIT $3))",
        params![job, oldest, limit],
    )?;
    if steps > 0 {
        return Ok(steps);
    }
    tx.execute("DELETE FROM plan WHERE job_id = $1 AND plan_id = $2", params![job, oldest])
}

fn read(row: &Row<'_>) -> Result<Plan, Error> {
    Ok(Plan {
        job: row.get(0)?,
        id: row.get(1)?,
        created: row.get(2)?,
        state: row.parse(3, "plan.state", PlanState::parse)?,
        detail: row.get(4)?,
    })
}
