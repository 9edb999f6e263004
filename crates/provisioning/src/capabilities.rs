//! What was learned of a job's target is remembered, so that the next cycle need not learn it again: for a day, until the
//! target's settings change or the job is restarted. An application that has learned something new is so noticed.

use connector::Capabilities;
use jiff::{SignedDuration, Timestamp};
use model::JobId;
use model::job::TargetSettings;
use model::known_target::KnownTarget;
use store::Tx;

/// After this time it is learned anew.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// What was learned of a job's target, however long ago; `None` if nothing was, or of other settings than these.
///
/// # Errors
/// A statement's.
pub fn known(
    tx: &mut Tx<'_>,
    job: JobId,
    target: &TargetSettings,
) -> Result<Option<Capabilities>, store::Error> {
    let known = store::known_target::get(tx, job)?.filter(|known| known.settings == target.without_secret());
    // What another version has learned may be nothing that this one can read.
    Ok(known.and_then(|known| serde_json::from_value(known.capabilities).ok()))
}

/// What the job's target may begin with.
///
/// # Errors
/// A statement's.
pub fn recall(
    tx: &mut Tx<'_>,
    job: JobId,
    target: &TargetSettings,
    now: Timestamp,
) -> Result<Option<Capabilities>, store::Error> {
    let is_fresh = |since: Timestamp| now.duration_since(since) < FRESH;
    Ok(known(tx, job, target)?.filter(|known| known.since.is_some_and(is_fresh)))
}

/// Stores what is known of a job's target by now, if anything was learned.
///
/// # Errors
/// A statement's.
pub fn remember(
    tx: &mut Tx<'_>,
    job: JobId,
    target: &TargetSettings,
    capabilities: Option<&Capabilities>,
    now: Timestamp,
) -> Result<(), store::Error> {
    let Some(learned) = capabilities.filter(|known| known.is_learned()) else { return Ok(()) };
    let capabilities = serde_json::to_value(learned.clone().dated(now)).unwrap_or_default();
    let known = KnownTarget { settings: target.without_secret(), capabilities, noted: now };
    store::known_target::put(tx, job, &known)
}
