//! How jobs fare: quarantine, status, progress, and what is forgotten of them.

use model::cycle::{Counts, Cycle, CycleKind, CycleState, Observed, Tally};
use model::escrow::{Escrow, references_of};
use model::job_status::JobStatus;
use model::known_target::KnownTarget;
use model::plan::{Plan, PlanState};
use model::quarantine::{Cause, End, Quarantine, QuarantineReason};
use model::{CycleId, JobId, PlanId};
use serde_json::json;
use store::plan::PlanStep;
use store::{cycle, escrow, job_status, known_target, lease, plan, quarantine};
use testkit::TestStore;

use crate::samples::{at, id, read, write};

const JOB: JobId = JobId(uuid::Uuid::from_u128(1));
const OTHER: JobId = JobId(uuid::Uuid::from_u128(2));

pub fn sample_quarantine() -> Quarantine {
    Quarantine {
        cause: Cause {
            reason: QuarantineReason::EncounteredQuarantineException,
            code: "Unauthorized".to_owned(),
            message: "answered 401".to_owned(),
            hint: "make a new token".to_owned(),
            request: Some("GET /Users".to_owned()),
            end: Some(End::Target),
        },
        series_began: at(1),
        current_began: at(2),
        series_count: 3,
        next_attempt: Some(at(100)),
        next_test: Some(at(10)),
        tests: 4,
    }
}

pub fn quarantines(store: &TestStore) {
    let first = sample_quarantine();
    let stored = first.clone();
    write(store, move |tx| quarantine::put(tx, JOB, &stored)).unwrap();
    assert_eq!(read(store, |tx| quarantine::get(tx, JOB)).unwrap(), Some(first.clone()));
    assert_eq!(read(store, |tx| quarantine::get(tx, OTHER)).unwrap(), None);

    // One of many takes on a test call.
    let claim =
        |due, next| write(store, move |tx| quarantine::claim_test(tx, JOB, at(due), at(next))).unwrap();
    assert!(claim(10, 20));
    assert!(!claim(10, 20), "somebody else has");
    // Only a later attempt is brought forward.
    let bring = |time| write(store, move |tx| quarantine::attempt_at(tx, JOB, at(time))).unwrap();
    assert!(bring(50) && !bring(60));
    let known = read(store, |tx| quarantine::get(tx, JOB)).unwrap().unwrap();
    assert_eq!((known.tests, known.next_test, known.next_attempt), (5, Some(at(20)), Some(at(50))));

    let second = Quarantine {
        cause: Cause {
            reason: QuarantineReason::TooManyDeletes,
            request: None,
            end: None,
            ..first.cause.clone()
        },
        next_attempt: None,
        next_test: None,
        ..first
    };
    let stored = second.clone();
    write(store, move |tx| quarantine::put(tx, JOB, &stored)).unwrap();
    assert!(!bring(1), "who has given up tries no more");
    assert_eq!(read(store, quarantine::list).unwrap(), [(JOB, second)]);
    assert!(write(store, |tx| quarantine::delete(tx, JOB)).unwrap());
    assert!(!write(store, |tx| quarantine::delete(tx, JOB)).unwrap());
}

pub fn a_status_is_kept_of_each_job(store: &TestStore) {
    let status = |job| read(store, move |tx| job_status::get(tx, job)).unwrap();
    assert_eq!(status(JOB), JobStatus::default());
    write(store, |tx| {
        job_status::recovered(tx, JOB)?;
        job_status::failed(tx, JOB, at(1))?;
        job_status::failed(tx, JOB, at(2))
    })
    .unwrap();
    assert_eq!((status(JOB).failures, status(JOB).failing_since), (2, Some(at(1))));
    write(store, |tx| {
        job_status::recovered(tx, JOB)?;
        job_status::completed(tx, JOB, CycleId(id(1)), true, at(3))?;
        job_status::completed(tx, JOB, CycleId(id(2)), false, at(4))
    })
    .unwrap();
    let expect = JobStatus {
        succeeded: Some(CycleId(id(2))),
        exported: Some(CycleId(id(1))),
        steady_first: Some(at(3)),
        steady_last: Some(at(4)),
        ..JobStatus::default()
    };
    assert_eq!(status(JOB), expect);
    write(store, |tx| {
        job_status::stopped(tx, JOB, "too many failures", true)?;
        job_status::set_notified(tx, JOB, "Paused")
    })
    .unwrap();
    let stopped = JobStatus {
        stopped: Some("too many failures".to_owned()),
        escrows_pruned: true,
        notified: Some("Paused".to_owned()),
        ..expect.clone()
    };
    assert_eq!(status(JOB), stopped);
    write(store, |tx| job_status::settled(tx, JOB)).unwrap();
    assert_eq!(status(JOB), expect);
    assert_eq!(status(OTHER), JobStatus::default());
}

pub fn sample_known_target() -> KnownTarget {
    KnownTarget {
        settings: json!({ "url": "https://a.example" }),
        capabilities: json!({ "asked": true }),
        noted: at(1),
    }
}

pub fn what_is_learned_of_a_target_is_kept(store: &TestStore) {
    let get = |job| read(store, move |tx| known_target::get(tx, job)).unwrap();
    let put = |known: &KnownTarget| {
        let known = known.clone();
        write(store, move |tx| known_target::put(tx, JOB, &known)).unwrap();
    };
    assert_eq!(get(JOB), None);
    let first = sample_known_target();
    put(&first);
    assert_eq!(get(JOB), Some(first.clone()));
    let second = KnownTarget { capabilities: json!({ "asked": false }), noted: at(2), ..first };
    put(&second);
    assert_eq!((get(JOB), get(OTHER)), (Some(second), None));
    write(store, |tx| known_target::delete(tx, OTHER)).unwrap();
    assert!(get(JOB).is_some());
    write(store, |tx| known_target::delete(tx, JOB)).unwrap();
    assert_eq!(get(JOB), None);
}

pub fn deletions_are_forced_once(store: &TestStore) {
    let take = |job| write(store, move |tx| job_status::take_force_deletes(tx, job)).unwrap();
    assert!(!take(JOB));
    write(store, |tx| job_status::force_deletes(tx, JOB)).unwrap();
    assert!(!take(OTHER));
    assert!(take(JOB) && !take(JOB));
}

fn sample_cycle(number: u64) -> Cycle {
    Cycle {
        job: JOB,
        id: CycleId(id(number)),
        kind: CycleKind::Initial,
        state: CycleState::Completed,
        began: at(number.cast_signed()),
        ended: Some(at(number.cast_signed())),
        counts: Counts::default(),
        error: None,
    }
}

pub fn a_cycle_tells_how_far_it_is(store: &TestStore) {
    write(store, |tx| cycle::insert(tx, &sample_cycle(1))).unwrap();
    assert_eq!(read(store, |tx| cycle::observed(tx, JOB, CycleId(id(1)))).unwrap(), None);
    let tally = Tally { entitled: 6, tried: 5, failed: 2, failed_references: 1 };
    for expected in [Some(20), None] {
        let observed = Observed { at: at(5), read: 7, expected, tally };
        let counts = Counts { created: 3, escrowed: 2, ..Counts::default() };
        write(store, move |tx| cycle::observe(tx, JOB, CycleId(id(1)), &counts, &observed)).unwrap();
        assert_eq!(read(store, |tx| cycle::observed(tx, JOB, CycleId(id(1)))).unwrap(), Some(observed));
        assert_eq!(read(store, |tx| cycle::get(tx, JOB, CycleId(id(1)))).unwrap().unwrap().counts, counts);
    }
}

pub fn old_cycles_are_forgotten_but_for_the_last_ones(store: &TestStore) {
    write(store, |tx| {
        (1..=9).try_for_each(|number| cycle::insert(tx, &sample_cycle(number)))?;
        job_status::completed(tx, JOB, CycleId(id(2)), true, at(2))?;
        job_status::completed(tx, JOB, CycleId(id(4)), false, at(4))
    })
    .unwrap();
    let purge = |before, limit| write(store, move |tx| cycle::purge(tx, JOB, at(before), limit)).unwrap();
    let left = || {
        let latest = read(store, |tx| cycle::latest(tx, JOB, 99)).unwrap();
        latest.iter().map(|cycle| cycle.id.0.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(purge(1, 100), 0);
    assert_eq!(purge(4, 100), 2);
    assert_eq!(left(), [9, 8, 7, 6, 5, 4, 2]);
    assert_eq!(purge(1_000, 3), 1, "in parts");
    assert_eq!(purge(1_000, 100), 3);
    assert_eq!((purge(1_000, 100), left()), (0, vec![9, 4, 2]));
}

pub fn old_plans_are_forgotten_in_parts(store: &TestStore) {
    for number in [1, 2] {
        write(store, move |tx| {
            let plan = Plan {
                job: JOB,
                id: PlanId(id(number)),
                created: at(number.cast_signed()),
                state: PlanState::Open,
                detail: json!({}),
            };
            plan::insert(tx, &plan)?;
            let steps: Vec<_> = (0..5)
                .map(|position| PlanStep { position, source_id: "s".to_owned(), step: json!(1) })
                .collect();
            plan::insert_steps(tx, JOB, plan.id, &steps)
        })
        .unwrap();
    }
    let purge = || write(store, |tx| plan::purge(tx, JOB, at(2), 3)).unwrap();
    assert_eq!([purge(), purge(), purge(), purge()], [3, 2, 1, 0]);
    let left = read(store, |tx| plan::latest(tx, JOB, 9)).unwrap();
    assert_eq!(left.iter().map(|plan| plan.id).collect::<Vec<_>>(), [PlanId(id(2))]);
    assert_eq!(read(store, |tx| plan::steps(tx, JOB, PlanId(id(2)), 0, 9)).unwrap().len(), 5);
}

fn sample_escrow(kind: &str, source_id: &str, code: &str) -> Escrow {
    Escrow {
        object_type: kind.to_owned(),
        source_id: source_id.to_owned(),
        attempts: 1,
        next_attempt: at(100),
        code: code.to_owned(),
        detail: format!("{code} of {source_id}"),
        fingerprint: "f".to_owned(),
        began: at(1),
    }
}

pub fn escrow_is_counted_and_its_waits_are_ended(store: &TestStore) {
    let references = references_of("User");
    for (job, kind, source, code) in [
        (JOB, "User", "a", "Timeout"),
        (JOB, "User", "b", "invalidValue"),
        (JOB, "User", "c", "invalidValue"),
        (JOB, references.as_str(), "a", "Conflict"),
        (OTHER, "User", "a", "Conflict"),
    ] {
        let escrow = sample_escrow(kind, source, code);
        write(store, move |tx| escrow::put(tx, job, &escrow)).unwrap();
    }
    let by_type = read(store, |tx| escrow::count_by_type(tx, JOB)).unwrap();
    assert_eq!(by_type, [("User".to_owned(), 3), (references.clone(), 1)]);
    let commonest = read(store, |tx| escrow::commonest(tx, JOB)).unwrap();
    assert_eq!(commonest, Some(("invalidValue".to_owned(), 2, "invalidValue of b".to_owned())));
    let due = || read(store, |tx| escrow::due(tx, JOB, at(50), 9)).unwrap().len();
    assert_eq!(write(store, |tx| escrow::retry(tx, JOB, "a", at(50))).unwrap(), 2);
    assert_eq!(due(), 2);
    assert_eq!(write(store, |tx| escrow::retry_all(tx, JOB, at(50))).unwrap(), 4);
    assert_eq!(due(), 4);
    assert_eq!(write(store, move |tx| escrow::clear_type(tx, JOB, &references)).unwrap(), 1);
    assert_eq!(read(store, |tx| escrow::due(tx, OTHER, at(50), 9)).unwrap(), [], "another job's wait on");
    assert_eq!(read(store, |tx| escrow::commonest(tx, JobId(id(3)))).unwrap(), None);
}

pub fn a_lease_can_be_seized(store: &TestStore) {
    let seconds = jiff::SignedDuration::from_secs;
    write(store, move |tx| {
        lease::seize(tx, "cycle", "b", at(0), seconds(4))?;
        assert_eq!(lease::holder(tx, "cycle", at(0))?, None, "there was none");
        assert!(lease::claim(tx, "cycle", "a", at(0), seconds(4))?);
        lease::seize(tx, "cycle", "b", at(1), seconds(4))?;
        assert!(!lease::renew(tx, "cycle", "a", at(1), seconds(4))?);
        assert!(!lease::claim(tx, "cycle", "c", at(4), seconds(4))?);
        assert!(lease::claim(tx, "cycle", "c", at(5), seconds(4))?);
        Ok(())
    })
    .unwrap();
}
