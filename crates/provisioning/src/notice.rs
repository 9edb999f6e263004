//! What people are told of a job that needs them. Pure.

use jiff::Timestamp;
use model::job_status::JobStatus;
use model::quarantine::{Quarantine, QuarantineReason};
use store::job::JobState;

use crate::quarantine::PATIENCE;

/// An e-mail about a job, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The job's name.
    pub job: String,
    /// What it is about: the reason of the quarantine, or the state that the engine has put the job into.
    pub about: &'static str,
    /// Who is told; nobody, where the job names none.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The text, plain.
    pub text: String,
}

/// What there is to be told of a job in that state. As long as it stays the same, it is told once. A person who has
/// stopped a job knows.
#[must_use]
pub fn about(state: JobState, quarantine: Option<&Quarantine>) -> Option<&'static str> {
    match state {
        JobState::On => quarantine.map(|quarantine| quarantine.cause.reason.as_str()),
        JobState::Off => None,
        JobState::Paused => Some("Paused"),
        JobState::Disabled => Some("Disabled"),
    }
}

/// Subject and text for people.
#[must_use]
pub fn compose(
    job: &str,
    state: JobState,
    quarantine: Option<&Quarantine>,
    status: &JobStatus,
) -> (String, String) {
    let stopped = status.stopped.as_deref().unwrap_or_default();
    match (state, quarantine) {
        (JobState::Paused, _) => paused(job, stopped),
        (JobState::Disabled, _) => disabled(job, stopped),
        (JobState::On | JobState::Off, Some(quarantine)) => quarantined(job, quarantine),
        (JobState::On | JobState::Off, None) => (String::new(), String::new()),
    }
}

fn quarantined(job: &str, quarantine: &Quarantine) -> (String, String) {
    let Quarantine { cause, series_began, next_attempt, next_test, .. } = quarantine;
    let subject = format!("Rollcall: job {job} is in quarantine: {}", headline(cause.reason));
    let mut text = format!(
        "Job {job} has been in quarantine since {}: {}.\n\nWhat happened\n  {}\n",
        shown(*series_began),
        headline(cause.reason),
        cause.message
    );
    if let Some(request) = &cause.request {
        text.push_str(&format!("  Request: {request}\n"));
    }
    text.push_str(&format!("  Reason: {} ({})\n\nWhat Rollcall does\n", cause.reason.as_str(), cause.code));
    if let Some(next) = next_attempt {
        text.push_str(&format!("  It tries again at {}, later once a day", shown(*next)));
        if let Ok(end) = series_began.checked_add(PATIENCE) {
            text.push_str(&format!(", and turns the job off at {}", shown(end)));
        }
        text.push_str(". The first cycle that succeeds ends the quarantine.\n");
    }
    if next_test.is_some() {
        text.push_str(
            "  Meanwhile it tests the connection every few minutes, and runs a cycle as soon as it works.\n",
        );
    }
    text.push_str(&format!("\nWhat to do\n  {}.\n", capital(&cause.hint)));
    for command in commands(cause.reason) {
        text.push_str(&format!("  rollcall {}\n", command.replace("JOB", job)));
    }
    (subject, text)
}

fn paused(job: &str, why: &str) -> (String, String) {
    let subject = format!("Rollcall: job {job} is paused: its initial cycle had too many failures");
    let text = format!(
        "Job {job} is paused.\n\nWhat happened\n  {}.\n  The objects that failed are not tried again by \
         themselves.\n\nWhat to do\n  Correct what most of them fail with, and start the job: it begins with \
         everybody.\n  rollcall log {job}\n  rollcall plan {job}\n  rollcall job start {job}\n",
        capital(why)
    );
    (subject, text)
}

fn disabled(job: &str, why: &str) -> (String, String) {
    let subject = format!("Rollcall: job {job} is disabled after 28 days in quarantine");
    let text = format!(
        "Job {job} is disabled: nothing is provisioned any more.\n\nWhat happened\n  {}\n\nWhat to do\n  Correct \
         that, and start the job: it begins with everybody.\n  rollcall test-connection {job}\n  rollcall job \
         start {job}\n",
        capital(why)
    );
    (subject, text)
}

fn headline(reason: QuarantineReason) -> &'static str {
    match reason {
        QuarantineReason::EncounteredBaseEscrowThreshold
        | QuarantineReason::EncounteredTotalEscrowThreshold
        | QuarantineReason::EncounteredEscrowProportionThreshold => "too many objects fail",
        QuarantineReason::EncounteredQuarantineException => "it can't go on",
        QuarantineReason::TooManyDeletes => "too many deletions are held back",
    }
}

fn commands(reason: QuarantineReason) -> &'static [&'static str] {
    match reason {
        QuarantineReason::EncounteredBaseEscrowThreshold
        | QuarantineReason::EncounteredTotalEscrowThreshold
        | QuarantineReason::EncounteredEscrowProportionThreshold => {
            &["escrow list JOB", "job show JOB", "job restart JOB"]
        }
        QuarantineReason::EncounteredQuarantineException => {
            &["test-connection JOB", "job show JOB", "job restart JOB --reset quarantine"]
        }
        QuarantineReason::TooManyDeletes => {
            &["staged list JOB", "staged allow JOB --all", "staged reject JOB --all"]
        }
    }
}

fn shown(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use model::quarantine::{Cause, End};

    use super::*;

    fn quarantine(reason: QuarantineReason, end: Option<End>) -> Quarantine {
        let began: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        Quarantine {
            cause: Cause {
                reason,
                code: "Unauthorized".into(),
                message: "the target can't be used: GET /Users: answered 401".into(),
                hint: "create a new secret token".into(),
                request: end.map(|_| "GET /Users".into()),
                end,
            },
            series_began: began,
            current_began: began,
            series_count: 0,
            next_attempt: Some(began + SignedDuration::from_hours(6)),
            next_test: end.map(|_| began + SignedDuration::from_mins(1)),
            tests: 0,
        }
    }

    #[test]
    fn the_text_says_what_happened_what_is_done_and_what_to_do() {
        let quarantine = quarantine(QuarantineReason::EncounteredQuarantineException, Some(End::Target));
        let (subject, text) = compose("contoso", JobState::On, Some(&quarantine), &JobStatus::default());
        assert_eq!(subject, "Rollcall: job contoso is in quarantine: it can't go on");
        let expected = "Job contoso has been in quarantine since 2026-01-01 00:00 UTC: it can't go on.

What happened
  the target can't be used: GET /Users: answered 401
  Request: GET /Users
  Reason: EncounteredQuarantineException (Unauthorized)

What Rollcall does
  It tries again at 2026-01-01 06:00 UTC, later once a day, and turns the job off at 2026-01-29 00:00 UTC. The first \
cycle that succeeds ends the quarantine.
  Meanwhile it tests the connection every few minutes, and runs a cycle as soon as it works.

What to do
  Create a new secret token.
  rollcall test-connection contoso
  rollcall job show contoso
  rollcall job restart contoso --reset quarantine
";
        assert_eq!(text, expected);
    }

    #[test]
    fn each_state_is_told_once_and_a_persons_own_stop_never() {
        let deletes = quarantine(QuarantineReason::TooManyDeletes, None);
        for (state, quarantine, expect) in [
            (JobState::On, None, None),
            (JobState::On, Some(&deletes), Some("TooManyDeletes")),
            (JobState::Off, Some(&deletes), None),
            (JobState::Paused, None, Some("Paused")),
            (JobState::Disabled, Some(&deletes), Some("Disabled")),
        ] {
            assert_eq!(about(state, quarantine), expect, "{state:?}");
            if expect.is_some() {
                let (subject, text) = compose("contoso", state, quarantine, &JobStatus::default());
                assert!(subject.contains("job contoso") && text.contains("\n  rollcall "), "{text}");
            }
        }
    }
}
