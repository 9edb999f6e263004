//! What the end of a cycle means for its job: it goes on, goes into quarantine, leaves it, or is given up. And what a
//! person does about that.

use jiff::Timestamp;
use model::JobId;
use model::cycle::{Cycle, CycleKind, CycleState, Tally};
use model::quarantine::{Cause, End, Quarantine, QuarantineReason};
use store::Tx;
use store::job::JobState;

use crate::Error;
use crate::error::in_words;
use crate::guard::Held;
use crate::ledger::shortened;
use crate::quarantine::{self, Severity};

/// A cycle that failed, or a job that could not be made ready for one.
#[derive(Clone, Debug)]
pub struct Failure {
    severity: Severity,
    cause: Cause,
    /// Whether a test call had succeeded just before.
    tested: bool,
}

impl Failure {
    /// The failure of a cycle with that error.
    #[must_use]
    pub fn of(error: &Error, tested: bool) -> Self {
        let message = in_words(error);
        let (code, end) = match error {
            Error::Source(error) => (error.code(), Some(End::Source)),
            Error::Target(error) => (error.code(), Some(End::Target)),
            _ => ("InternalError", None),
        };
        let cause = Cause {
            reason: QuarantineReason::EncounteredQuarantineException,
            code: code.to_owned(),
            request: request_in(&message),
            message: shortened(&message),
            hint: error.hint().to_owned(),
            end,
        };
        Self { severity: quarantine::severity(error), cause, tested }
    }

    /// The failure of a job that can't be made ready.
    #[must_use]
    pub fn not_ready(why: &str) -> Self {
        let cause = Cause {
            reason: QuarantineReason::EncounteredQuarantineException,
            code: "NotReady".to_owned(),
            message: shortened(why),
            hint: "correct the job file or its environment, and apply it again".to_owned(),
            request: None,
            end: Some(End::Target),
        };
        Self { severity: Severity::WhenItLasts, cause, tested: false }
    }
}

/// The request that an error's text names: method and path.
fn request_in(text: &str) -> Option<String> {
    const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let named = |part: &&str| {
        part.split_once(' ').is_some_and(|(method, path)| METHODS.contains(&method) && path.starts_with('/'))
    };
    text.split(": ").find(named).map(str::to_owned)
}

/// Notes that a cycle failed.
///
/// # Errors
/// A statement's.
pub fn failed(tx: &mut Tx<'_>, job: JobId, failure: &Failure, now: Timestamp) -> Result<(), store::Error> {
    store::job_status::failed(tx, job, now)?;
    let status = store::job_status::get(tx, job)?;
    let known = store::quarantine::get(tx, job)?;
    let is_new = match failure.severity {
        Severity::AtOnce => true,
        Severity::WhenItLasts => quarantine::is_lasting(&status, now),
        Severity::Never => false,
    };
    let cause = match (&known, is_new) {
        (_, true) => failure.cause.clone(),
        // A try that failed for another reason leaves the quarantine in effect as it is.
        (Some(known), false) => known.cause.clone(),
        (None, false) => return Ok(()),
    };
    impose(tx, job, known, cause, failure.tested, now)
}

/// Notes that a cycle reached its end, and judges it.
///
/// # Errors
/// A statement's.
pub fn ended(
    tx: &mut Tx<'_>,
    cycle: &Cycle,
    tally: &Tally,
    held: Option<&Held>,
    now: Timestamp,
) -> Result<(), store::Error> {
    let job = cycle.job;
    store::job_status::recovered(tx, job)?;
    if cycle.state == CycleState::Completed {
        store::job_status::completed(tx, job, cycle.id, cycle.counts.written() > 0, now)?;
    }
    let cause = match (held, quarantine::judge(tally)) {
        (Some(held), _) => too_many_deletes(held),
        (None, Some(reason)) => too_many_failures(tx, job, reason, tally)?,
        (None, None) => return lift(tx, job),
    };
    if cycle.kind == CycleKind::Initial && cause.reason.is_threshold() {
        return prune(tx, job, &cause, now);
    }
    let known = store::quarantine::get(tx, job)?;
    impose(tx, job, known, cause, true, now)
}

fn too_many_deletes(held: &Held) -> Cause {
    Cause {
        reason: QuarantineReason::TooManyDeletes,
        code: "TooManyDeletes".to_owned(),
        message: held.to_string(),
        hint: "look who would leave; then allow or reject that, or correct the directory or the scope"
            .to_owned(),
        request: None,
        end: None,
    }
}

fn too_many_failures(
    tx: &mut Tx<'_>,
    job: JobId,
    reason: QuarantineReason,
    tally: &Tally,
) -> Result<Cause, store::Error> {
    let Tally { tried, failed, failed_references, .. } = tally;
    let mut message = format!("{failed} of {tried} objects failed in one cycle");
    if *failed_references > 0 {
        message.push_str(&format!(", and the references of {failed_references}"));
    }
    let commonest = store::escrow::commonest(tx, job)?;
    let mut cause = Cause {
        reason,
        code: "TooManyFailures".to_owned(),
        message: String::new(),
        hint: "correct what most objects fail with; `rollcall escrow list` shows each".to_owned(),
        request: None,
        end: None,
    };
    if let Some((code, count, detail)) = commonest {
        message.push_str(&format!("; {count} in escrow have {code}, for example: {detail}"));
        cause.request = request_in(&detail);
        cause.code = code;
    }
    cause.message = shortened(&message);
    Ok(cause)
}

fn impose(
    tx: &mut Tx<'_>,
    job: JobId,
    known: Option<Quarantine>,
    cause: Cause,
    tested: bool,
    now: Timestamp,
) -> Result<(), store::Error> {
    let series_began = known.as_ref().map_or(now, |known| known.series_began);
    let tests = known.as_ref().map_or(0, |known| known.tests);
    let next_attempt = quarantine::next_attempt(series_began, now);
    let wait = cause.end.filter(|_| next_attempt.is_some()).map(|_| quarantine::test_wait(tests, tested));
    let quarantine = Quarantine {
        cause,
        series_began,
        current_began: now,
        series_count: known.map_or(0, |known| known.series_count.saturating_add(1)),
        next_attempt,
        next_test: wait.and_then(|wait| now.checked_add(wait).ok()),
        tests,
    };
    store::quarantine::put(tx, job, &quarantine)?;
    if next_attempt.is_some() { Ok(()) } else { give_up(tx, job, &quarantine, now) }
}

/// After 28 days: escrow is removed and the job disabled, as in Entra. Whoever starts it begins with everybody, because
/// those who were in escrow would be forgotten else.
fn give_up(tx: &mut Tx<'_>, job: JobId, quarantine: &Quarantine, now: Timestamp) -> Result<(), store::Error> {
    store::escrow::clear(tx, job)?;
    store::job::set_watermark(tx, job, None)?;
    let why = format!("in quarantine for 28 days: {}", quarantine.cause.message);
    stop(tx, job, JobState::Disabled, &why, now)
}

/// An initial cycle with too many failures is no quarantine, as in Entra: escrow is cleared, and the job pauses. The next
/// cycle begins with everybody.
fn prune(tx: &mut Tx<'_>, job: JobId, cause: &Cause, now: Timestamp) -> Result<(), store::Error> {
    store::quarantine::delete(tx, job)?;
    store::escrow::clear(tx, job)?;
    store::job::set_watermark(tx, job, None)?;
    stop(tx, job, JobState::Paused, &format!("the initial cycle was stopped: {}", cause.message), now)
}

/// What is off stays off: a person runs its cycles.
fn stop(tx: &mut Tx<'_>, job: JobId, state: JobState, why: &str, now: Timestamp) -> Result<(), store::Error> {
    store::job_status::stopped(tx, job, why, state == JobState::Paused)?;
    match store::job::by_id(tx, job)? {
        Some(stored) if stored.state == JobState::On => store::job::set_state(tx, job, state, now).map(drop),
        Some(_) | None => Ok(()),
    }
}

/// Ends a job's quarantine. Who was told that the engine has given the job up is not told again before it is started.
///
/// # Errors
/// A statement's.
pub fn lift(tx: &mut Tx<'_>, job: JobId) -> Result<(), store::Error> {
    store::quarantine::delete(tx, job)?;
    store::job_status::recovered(tx, job)?;
    match store::job::by_id(tx, job)? {
        Some(stored) if stored.state.is_given_up() => Ok(()),
        Some(_) | None => store::job_status::settled(tx, job),
    }
}

/// A person has decided on what is held back: the next cycle of a job that is in quarantine for that need not wait.
///
/// # Errors
/// A statement's.
pub fn decided(tx: &mut Tx<'_>, job: JobId, now: Timestamp) -> Result<(), store::Error> {
    match store::quarantine::get(tx, job)? {
        Some(known) if known.cause.reason == QuarantineReason::TooManyDeletes => {
            store::quarantine::attempt_at(tx, job, now).map(drop)
        }
        Some(_) | None => Ok(()),
    }
}

/// The ends of a job work: the next cycle of one that is in quarantine for them need not wait.
///
/// # Errors
/// A statement's.
pub fn tested(tx: &mut Tx<'_>, job: JobId, now: Timestamp) -> Result<(), store::Error> {
    match store::quarantine::get(tx, job)? {
        Some(known) if known.cause.end.is_some() => store::quarantine::attempt_at(tx, job, now).map(drop),
        Some(_) | None => Ok(()),
    }
}

/// A person starts a job: it is on, and out of quarantine.
///
/// # Errors
/// A statement's.
pub fn start(tx: &mut Tx<'_>, job: JobId, now: Timestamp) -> Result<(), store::Error> {
    store::job::set_state(tx, job, JobState::On, now)?;
    lift(tx, job)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_is_found_in_an_errors_words() {
        for (text, request) in [
            ("the target can't be used: GET /Users?filter=x: answered 401: no", Some("GET /Users?filter=x")),
            ("POST /Users: answered 500", Some("POST /Users")),
            ("refused with status 400 (invalidValue): GET it right", None),
            ("users.jsonl: line 1", None),
        ] {
            assert_eq!(request_in(text).as_deref(), request, "{text}");
        }
    }
}
