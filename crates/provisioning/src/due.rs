//! What is to be done about a job now. Pure.

use jiff::{SignedDuration, Timestamp};
use model::cycle::{Cycle, CycleState};
use model::job::JobFile;
use model::quarantine::{End, Quarantine};
use store::job::{JobState, StoredJob};

use crate::waker::Told;

/// What the schedule does about a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Run a cycle.
    Cycle,
    /// Look at the objects that the source told of.
    Nudge,
    /// Test an end; if that succeeds, run a cycle.
    Test {
        /// The end that the quarantine is about.
        end: End,
        /// When the test call was due: whoever takes it on says so.
        due: Timestamp,
        /// How many were made before.
        tests: i64,
    },
}

/// What is known of a job that may have something to be done.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The job.
    pub job: &'a StoredJob,
    /// Its last cycle.
    pub last: Option<&'a Cycle>,
    /// Its quarantine.
    pub quarantine: Option<&'a Quarantine>,
    /// What somebody told of it.
    pub told: &'a Told,
}

/// A job that is on is due when it never ran, when its process died, when it was woken, or when its interval has passed
/// since the last cycle ended. A changed definition does not wait. Until it is due, objects that it was told of are looked
/// at by themselves. A job in quarantine waits for its next attempt, and for nothing else but a test call.
pub fn task(known: Known<'_>, now: Timestamp) -> Option<Task> {
    if known.job.state != JobState::On {
        return None;
    }
    if let Some(quarantine) = known.quarantine {
        return in_quarantine(quarantine, now);
    }
    if known.told.wants_cycle || is_due(known.job, known.last, now) {
        return Some(Task::Cycle);
    }
    (!known.told.objects.is_empty()).then_some(Task::Nudge)
}

fn in_quarantine(quarantine: &Quarantine, now: Timestamp) -> Option<Task> {
    if quarantine.next_attempt.is_some_and(|attempt| attempt <= now) {
        return Some(Task::Cycle);
    }
    let due = quarantine.next_test.filter(|test| *test <= now)?;
    quarantine.cause.end.map(|end| Task::Test { end, due, tests: quarantine.tests })
}

fn is_due(job: &StoredJob, last: Option<&Cycle>, now: Timestamp) -> bool {
    let Some(last) = last else { return true };
    let Some(ended) = last.ended.filter(|_| last.state != CycleState::Running) else { return true };
    let interval = JobFile::parse(&job.definition).ok().and_then(|file| file.interval().ok());
    let interval =
        interval.and_then(|i| SignedDuration::try_from(i).ok()).unwrap_or(SignedDuration::from_mins(40));
    job.modified > last.began || now.duration_since(ended) >= interval
}

#[cfg(test)]
mod tests {
    use connector::ObjectType;
    use model::cycle::{Counts, CycleKind};
    use model::quarantine::{Cause, QuarantineReason};
    use model::{CycleId, JobId};
    use uuid::Uuid;

    use super::*;

    const FILE: &str = r#"
        name = "contoso"
        interval = "40m"
        source = { kind = "file", path = "x" }
        target = { kind = "scim", url = "http://127.0.0.1/", token = "t" }
        users = { preset = "workplace" }
    "#;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn job(state: JobState, modified: &str) -> StoredJob {
        StoredJob {
            id: JobId(Uuid::nil()),
            name: "contoso".into(),
            definition: FILE.into(),
            digest: String::new(),
            state,
            watermark: None,
            created: at("2026-01-01T00:00:00Z"),
            modified: at(modified),
        }
    }

    fn cycle(state: CycleState, ended: Option<&str>) -> Cycle {
        Cycle {
            job: JobId(Uuid::nil()),
            id: CycleId(Uuid::nil()),
            kind: CycleKind::Initial,
            state,
            began: at("2026-01-02T10:00:00Z"),
            ended: ended.map(at),
            counts: Counts::default(),
            error: None,
        }
    }

    const OLD: &str = "2026-01-01T00:00:00Z";

    #[test]
    fn a_job_is_due_when_its_interval_has_passed() {
        let now = at("2026-01-02T11:00:00Z");
        let ended = |time| Some(cycle(CycleState::Completed, Some(time)));
        for (what, job, last, due) in [
            ("off", job(JobState::Off, OLD), None, false),
            ("paused", job(JobState::Paused, OLD), None, false),
            ("never ran", job(JobState::On, OLD), None, true),
            ("ended 40 minutes ago", job(JobState::On, OLD), ended("2026-01-02T10:20:00Z"), true),
            ("ended 39 minutes ago", job(JobState::On, OLD), ended("2026-01-02T10:21:00Z"), false),
            ("changed since", job(JobState::On, "2026-01-02T10:30:00Z"), ended("2026-01-02T10:21:00Z"), true),
            ("died", job(JobState::On, OLD), Some(cycle(CycleState::Running, None)), true),
        ] {
            let known = Known { job: &job, last: last.as_ref(), quarantine: None, told: &Told::default() };
            assert_eq!(task(known, now), due.then_some(Task::Cycle), "{what}");
        }
    }

    #[test]
    fn who_is_told_of_something_does_not_wait_but_must_be_on() {
        let now = at("2026-01-02T10:22:00Z");
        let last = cycle(CycleState::Completed, Some("2026-01-02T10:21:00Z"));
        let ana = || Told::of([(ObjectType::User, "ana".to_owned())].into());
        for (state, told, expect) in [
            (JobState::On, Told::cycle(), Some(Task::Cycle)),
            (JobState::On, Told { wants_cycle: true, ..ana() }, Some(Task::Cycle)),
            (JobState::On, ana(), Some(Task::Nudge)),
            (JobState::On, Told::default(), None),
            (JobState::Off, Told::cycle(), None),
            (JobState::Off, ana(), None),
        ] {
            let job = job(state, OLD);
            let known = Known { job: &job, last: Some(&last), quarantine: None, told: &told };
            assert_eq!(task(known, now), expect, "{state:?} {told:?}");
        }
    }

    #[test]
    fn a_job_in_quarantine_waits_for_its_attempt_or_a_test_call() {
        let now = at("2026-01-02T11:00:00Z");
        let (past, future) = ("2026-01-02T10:59:00Z", "2026-01-02T16:00:00Z");
        let test = Task::Test { end: End::Target, due: at(past), tests: 3 };
        for (attempt, test_due, end, expect) in [
            (Some(past), None, Some(End::Target), Some(Task::Cycle)),
            (Some(future), None, Some(End::Target), None),
            (Some(future), Some(future), Some(End::Target), None),
            (Some(future), Some(past), Some(End::Target), Some(test)),
            (Some(past), Some(past), Some(End::Target), Some(Task::Cycle)),
            (Some(future), Some(past), None, None),
            (None, None, Some(End::Target), None),
        ] {
            let quarantine = Quarantine {
                cause: Cause {
                    reason: QuarantineReason::EncounteredQuarantineException,
                    code: "Unauthorized".into(),
                    message: String::new(),
                    hint: String::new(),
                    request: None,
                    end,
                },
                series_began: at(OLD),
                current_began: at(OLD),
                series_count: 0,
                next_attempt: attempt.map(at),
                next_test: test_due.map(at),
                tests: 3,
            };
            let (job, last) = (job(JobState::On, past), cycle(CycleState::Failed, Some(OLD)));
            let known =
                Known { job: &job, last: Some(&last), quarantine: Some(&quarantine), told: &Told::cycle() };
            assert_eq!(task(known, now), expect, "{attempt:?} {test_due:?} {end:?}");
        }
    }
}
