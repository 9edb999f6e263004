//! What the provisioning engine keeps.

use model::creation::Creation;
use model::cycle::{Counts, Cycle, CycleKind, CycleState};
use model::escrow::Escrow;
use model::link::{Link, LinkState};
use model::log_entry::{Action, LogEntry, Status};
use model::plan::{Plan, PlanState};
use model::reference::{Due, KnownReference, Reference};
use model::{CycleId, EntryId, JobId, PlanId};
use serde_json::json;
use store::job::{JobState, StoredJob};
use store::plan::PlanStep;
use store::{Error, creation, cycle, escrow, job, job_status, link, log, plan, quarantine, reference};
use testkit::TestStore;

use crate::samples::{at, id, read, rows_of_tables_with, write};
use crate::standing::{sample_known_target, sample_quarantine};

fn sample_job(number: u64, name: &str) -> StoredJob {
    StoredJob {
        id: JobId(id(number)),
        name: name.to_owned(),
        definition: "name = \"hr\"".to_owned(),
        digest: "d1".to_owned(),
        state: JobState::Off,
        watermark: None,
        created: at(1),
        modified: at(1),
    }
}

const JOB: JobId = JobId(uuid::Uuid::from_u128(1));
const OTHER: JobId = JobId(uuid::Uuid::from_u128(2));

pub fn jobs(store: &TestStore) {
    let (hr, it) = (sample_job(1, "hr"), sample_job(2, "it"));
    for job in [it.clone(), hr.clone()] {
        write(store, move |tx| job::create(tx, &job)).unwrap();
    }
    let again = write(store, |tx| job::create(tx, &sample_job(3, "hr")));
    assert!(matches!(again, Err(Error::Uniqueness { attribute }) if attribute == "name"));
    assert_eq!(read(store, job::list).unwrap(), [hr.clone(), it.clone()]);
    write(store, |tx| {
        assert!(job::redefine(tx, JOB, "other", "d2", at(2))?);
        assert!(job::set_state(tx, JOB, JobState::On, at(3))?);
        job::set_watermark(tx, JOB, Some("page 7"))?;
        assert!(!job::redefine(tx, JobId(id(9)), "", "", at(2))?);
        assert!(!job::set_state(tx, JobId(id(9)), JobState::On, at(3))?);
        Ok(())
    })
    .unwrap();
    let changed = StoredJob {
        definition: "other".to_owned(),
        digest: "d2".to_owned(),
        state: JobState::On,
        watermark: Some("page 7".to_owned()),
        modified: at(3),
        ..hr
    };
    assert_eq!(read(store, |tx| job::by_name(tx, "hr")).unwrap(), Some(changed.clone()));
    assert_eq!(read(store, |tx| job::by_id(tx, JOB)).unwrap(), Some(changed));
    write(store, |tx| job::set_watermark(tx, JOB, None)).unwrap();
    assert_eq!(read(store, |tx| job::by_id(tx, JOB)).unwrap().unwrap().watermark, None);
    assert_eq!(read(store, |tx| job::by_name(tx, "it")).unwrap(), Some(it));
    assert_eq!(read(store, |tx| job::by_name(tx, "HR")).unwrap(), None);
}

fn sample_cycle(job: JobId, number: u64) -> Cycle {
    Cycle {
        job,
        id: CycleId(id(number)),
        kind: CycleKind::Initial,
        state: CycleState::Running,
        began: at(1),
        ended: None,
        counts: Counts::default(),
        error: None,
    }
}

pub fn cycles(store: &TestStore) {
    for (job, number) in [(JOB, 2), (JOB, 1), (OTHER, 3)] {
        write(store, move |tx| cycle::insert(tx, &sample_cycle(job, number))).unwrap();
    }
    let ended = Cycle {
        state: CycleState::Failed,
        ended: Some(at(9)),
        counts: Counts { created: 3, held: u64::from(u32::MAX), ..Counts::default() },
        error: Some("401".to_owned()),
        ..sample_cycle(JOB, 2)
    };
    let update = ended.clone();
    write(store, move |tx| cycle::update(tx, &update)).unwrap();
    let latest = read(store, |tx| cycle::latest(tx, JOB, 10)).unwrap();
    assert_eq!(latest, [ended.clone(), sample_cycle(JOB, 1)]);
    assert_eq!(read(store, |tx| cycle::latest(tx, JOB, 1)).unwrap(), std::slice::from_ref(&ended));
    assert_eq!(read(store, |tx| cycle::get(tx, JOB, CycleId(id(2)))).unwrap(), Some(ended));
    assert_eq!(read(store, |tx| cycle::get(tx, OTHER, CycleId(id(2)))).unwrap(), None);
    let unknown = write(store, |tx| cycle::update(tx, &sample_cycle(OTHER, 1)));
    assert!(matches!(unknown, Err(Error::Conflict)));
}

fn sample_link(source_id: &str, target_id: &str) -> Link {
    Link {
        object_type: "User".to_owned(),
        source_id: source_id.to_owned(),
        target_id: target_id.to_owned(),
        state: LinkState::Managed,
        fingerprint: "f1".to_owned(),
        display: "Bjørn 'B' Jensen".to_owned(),
        modified: at(1),
    }
}

pub fn links(store: &TestStore) {
    let first = [sample_link("b", "t2"), sample_link("a", "t1"), sample_link("Z", "t2")];
    write(store, move |tx| link::upsert(tx, JOB, &first)).unwrap();
    let changed = Link {
        state: LinkState::Disabled,
        fingerprint: "f2".to_owned(),
        modified: at(2),
        ..sample_link("a", "t9")
    };
    let second = [changed.clone(), sample_link("c", "t3")];
    write(store, move |tx| link::upsert(tx, JOB, &second)).unwrap();
    write(store, |tx| link::upsert(tx, OTHER, &[sample_link("a", "t1")])).unwrap();
    write(store, |tx| link::upsert(tx, OTHER, &[])).unwrap();

    read(store, move |tx| {
        let all = [sample_link("Z", "t2"), changed.clone(), sample_link("b", "t2"), sample_link("c", "t3")];
        assert_eq!(link::after(tx, JOB, "User", "", 10)?, all, "in the order of bytes");
        assert_eq!(link::after(tx, JOB, "User", "a", 1)?, [sample_link("b", "t2")]);
        assert_eq!(link::after(tx, JOB, "Group", "", 10)?, []);
        assert_eq!(
            link::of_sources(tx, JOB, "User", &["c", "x", "a"])?,
            [changed.clone(), sample_link("c", "t3")]
        );
        assert_eq!(link::of_sources(tx, JOB, "User", &[])?, []);
        assert_eq!(link::of_target(tx, JOB, "User", "t2")?, [sample_link("Z", "t2"), sample_link("b", "t2")]);
        assert_eq!(link::of_target(tx, JOB, "User", "t1")?, []);
        assert_eq!(link::of_target(tx, OTHER, "User", "t1")?, [sample_link("a", "t1")]);
        assert_eq!(link::count(tx, JOB, "User", LinkState::Managed)?, 3);
        assert_eq!(link::count(tx, JOB, "User", LinkState::Disabled)?, 1);
        assert_eq!(link::count(tx, JOB, "User", LinkState::Released)?, 0);
        assert_eq!(link::count_by_type(tx, JOB)?, [("User".to_owned(), 4)]);
        Ok(())
    })
    .unwrap();
    assert!(write(store, |tx| link::delete(tx, JOB, "User", "a")).unwrap());
    assert!(!write(store, |tx| link::delete(tx, JOB, "User", "a")).unwrap());
    assert_eq!(read(store, |tx| link::of_sources(tx, JOB, "User", &["a"])).unwrap(), []);
    assert_eq!(write(store, |tx| link::clear(tx, JOB)).unwrap(), 3);
    assert_eq!(read(store, |tx| link::after(tx, OTHER, "User", "", 10)).unwrap().len(), 1);
}

fn sample_escrow(source_id: &str, next: i64) -> Escrow {
    Escrow {
        object_type: "User".to_owned(),
        source_id: source_id.to_owned(),
        attempts: 1,
        next_attempt: at(next),
        code: "EntryConflict".to_owned(),
        detail: "409".to_owned(),
        fingerprint: "f1".to_owned(),
        began: at(1),
    }
}

pub fn escrow(store: &TestStore) {
    for (source, next) in [("a", 30), ("b", 20), ("c", 10)] {
        write(store, move |tx| escrow::put(tx, JOB, &sample_escrow(source, next))).unwrap();
    }
    write(store, |tx| escrow::put(tx, OTHER, &sample_escrow("a", 5))).unwrap();
    let again = Escrow {
        attempts: 2,
        code: "500".to_owned(),
        detail: "no".to_owned(),
        fingerprint: "f2".to_owned(),
        began: at(9),
        ..sample_escrow("c", 40)
    };
    let kept = Escrow { began: at(1), ..again.clone() };
    write(store, move |tx| escrow::put(tx, JOB, &again)).unwrap();
    read(store, move |tx| {
        assert_eq!(escrow::due(tx, JOB, at(19), 10)?, []);
        assert_eq!(escrow::due(tx, JOB, at(30), 10)?, [sample_escrow("b", 20), sample_escrow("a", 30)]);
        assert_eq!(escrow::due(tx, JOB, at(30), 1)?, [sample_escrow("b", 20)]);
        assert_eq!(escrow::of_sources(tx, JOB, "User", &["c", "x"])?, std::slice::from_ref(&kept));
        assert_eq!(escrow::after(tx, JOB, "", "", 2)?, [sample_escrow("a", 30), sample_escrow("b", 20)]);
        assert_eq!(escrow::after(tx, JOB, "User", "b", 2)?, std::slice::from_ref(&kept));
        assert_eq!(escrow::count(tx, JOB)?, 3);
        Ok(())
    })
    .unwrap();
    assert_eq!(write(store, |tx| escrow::delete(tx, JOB, "User", &["a", "x"])).unwrap(), 1);
    assert_eq!(write(store, |tx| escrow::delete(tx, JOB, "User", &["a"])).unwrap(), 0);
    assert_eq!(write(store, |tx| escrow::clear(tx, JOB)).unwrap(), 2);
    assert_eq!(read(store, |tx| escrow::count(tx, OTHER)).unwrap(), 1);
}

fn sample_entry(job: JobId, number: u64, source_id: &str) -> LogEntry {
    LogEntry {
        id: EntryId(id(number)),
        job,
        cycle: number.is_multiple_of(2).then(|| CycleId(id(1))),
        at: at(number.cast_signed()),
        object_type: "User".to_owned(),
        source_id: source_id.to_owned(),
        display: "Bjørn".to_owned(),
        target_id: number.is_multiple_of(2).then(|| "t1".to_owned()),
        action: Action::StagedDelete,
        status: Status::Warning,
        code: (number % 2 == 1).then(|| "EntryConflict".to_owned()),
        detail: json!({ "reason": ["a", null] }),
        duration_ms: 12,
    }
}

pub fn the_provisioning_log(store: &TestStore) {
    let entries = [(1, "a"), (3, "b"), (2, "a")].map(|(number, source)| sample_entry(JOB, number, source));
    write(store, move |tx| log::append(tx, JOB, &entries)).unwrap();
    write(store, |tx| log::append(tx, OTHER, &[sample_entry(OTHER, 4, "a")])).unwrap();
    write(store, |tx| log::append(tx, OTHER, &[])).unwrap();
    let (one, two, three) = (sample_entry(JOB, 1, "a"), sample_entry(JOB, 2, "a"), sample_entry(JOB, 3, "b"));
    read(store, move |tx| {
        assert_eq!(log::latest(tx, JOB, None, 2)?, [three.clone(), two.clone()]);
        assert_eq!(log::latest(tx, JOB, Some(EntryId(id(2))), 2)?, std::slice::from_ref(&one));
        assert_eq!(log::of_source(tx, JOB, "a", 10)?, [two.clone(), one.clone()]);
        assert_eq!(log::of_source(tx, JOB, "A", 10)?, []);
        let sources = ["b", "a", "nobody"].map(str::to_owned).to_vec();
        let wanted = log::Wanted { sources, ..log::Wanted::default() };
        assert_eq!(log::find(tx, JOB, &wanted, None, 2)?, [three.clone(), two.clone()]);
        assert_eq!(log::find(tx, JOB, &wanted, Some(three.id), 1)?, std::slice::from_ref(&two));
        let wanted = log::Wanted { code: one.code.clone(), ..wanted };
        assert_eq!(log::find(tx, JOB, &wanted, None, 9)?, [three.clone(), one.clone()]);
        Ok(())
    })
    .unwrap();
    let purge = |limit| write(store, move |tx| log::purge(tx, JOB, at(3), limit)).unwrap();
    assert_eq!([purge(1), purge(9), purge(9)], [1, 1, 0]);
    assert_eq!(read(store, |tx| log::latest(tx, JOB, None, 9)).unwrap(), [sample_entry(JOB, 3, "b")]);
}

pub fn plans(store: &TestStore) {
    let sample = |number: u64| Plan {
        job: JOB,
        id: PlanId(id(number)),
        created: at(1),
        state: PlanState::Open,
        detail: json!({ "created": 3 }),
    };
    let step = |position: i64| PlanStep {
        position,
        source_id: format!("s{position}"),
        step: json!({ "do": ["x", position] }),
    };
    for number in [1, 2] {
        let plan = sample(number);
        write(store, move |tx| {
            plan::insert(tx, &plan)?;
            let steps: Vec<_> = (0..5).rev().map(step).collect();
            plan::insert_steps(tx, JOB, plan.id, &steps)?;
            plan::insert_steps(tx, JOB, plan.id, &[])
        })
        .unwrap();
    }
    let (id_one, id_two) = (PlanId(id(1)), PlanId(id(2)));
    read(store, move |tx| {
        assert_eq!(plan::get(tx, JOB, id_one)?, Some(sample(1)));
        assert_eq!(plan::get(tx, OTHER, id_one)?, None);
        assert_eq!(plan::latest(tx, JOB, 9)?, [sample(2), sample(1)]);
        assert_eq!(plan::steps(tx, JOB, id_one, 0, 2)?, [step(0), step(1)]);
        assert_eq!(plan::steps(tx, JOB, id_one, 3, 9)?, [step(3), step(4)]);
        Ok(())
    })
    .unwrap();
    let applied = Plan { state: PlanState::Applied, detail: json!({ "moved": 1 }), ..sample(1) };
    let advance = |plan: Plan| write(store, move |tx| plan::advance(tx, &plan, PlanState::Open)).unwrap();
    assert!(advance(applied.clone()));
    assert!(!advance(applied.clone()), "somebody else has applied it");
    assert_eq!(read(store, move |tx| plan::get(tx, JOB, id_one)).unwrap(), Some(applied));
    assert!(write(store, move |tx| plan::delete(tx, JOB, id_one)).unwrap());
    assert!(!write(store, move |tx| plan::delete(tx, JOB, id_one)).unwrap());
    assert_eq!(read(store, move |tx| plan::steps(tx, JOB, id_one, 0, 9)).unwrap(), []);
    assert_eq!(read(store, move |tx| plan::steps(tx, JOB, id_two, 0, 9)).unwrap().len(), 5);
}

fn membership(group: &str, member: &str) -> Reference {
    Reference {
        owner_type: "Group".into(),
        owner: group.into(),
        attribute: "members".into(),
        to_type: "User".into(),
        to: member.into(),
    }
}

/// What is due: owner, member, and what is to be done.
fn due(store: &TestStore) -> Vec<(String, String, Due)> {
    let due = read(store, |tx| reference::due(tx, JOB, &membership("", ""), 10)).unwrap();
    due.into_iter().map(|one| (one.reference.owner, one.reference.to, one.due)).collect()
}

pub fn references(store: &TestStore) {
    let group = |id: &str| Link { object_type: "Group".into(), ..sample_link(id, &format!("t{id}")) };
    let told = |owner: &str, to: &str, due: Due| (owner.to_owned(), to.to_owned(), due);
    write(store, move |tx| {
        reference::want(tx, JOB, &[membership("g", "a"), membership("g", "b"), membership("h", "a")])?;
        reference::want(tx, OTHER, &[membership("g", "z")])?;
        link::upsert(tx, JOB, &[group("g"), sample_link("a", "ta")])
    })
    .unwrap();
    assert_eq!(due(store), [told("g", "a", Due::Set("ta".into()))], "b and h are not linked yet");
    write(store, |tx| reference::set(tx, JOB, &[(membership("g", "a"), "ta".into())])).unwrap();
    assert_eq!(due(store), []);

    // Somebody has removed it there.
    write(store, |tx| reference::unset(tx, JOB, &[membership("g", "a"), membership("g", "z")])).unwrap();
    assert_eq!(due(store), [told("g", "a", Due::Set("ta".into()))]);
    write(store, |tx| reference::set(tx, JOB, &[(membership("g", "a"), "ta".into())])).unwrap();

    // Somebody comes later, and somebody goes.
    write(store, |tx| link::upsert(tx, JOB, &[sample_link("b", "tb")])).unwrap();
    write(store, |tx| reference::unwant(tx, JOB, &[membership("g", "a"), membership("h", "a")])).unwrap();
    assert_eq!(due(store), [told("g", "a", Due::Remove("ta".into())), told("g", "b", Due::Set("tb".into()))]);
    assert_eq!(read(store, |tx| reference::losses(tx, JOB, "Group")).unwrap(), 1);
    let known = read(store, |tx| reference::of_owners(tx, JOB, "Group", &["g", "h"])).unwrap();
    let gone = KnownReference { reference: membership("g", "a"), wanted: false, sent: Some("ta".into()) };
    let coming = KnownReference { reference: membership("g", "b"), wanted: true, sent: None };
    assert_eq!(known, [gone.clone(), coming.clone()], "what was never sent is forgotten at once");
    assert_eq!(read(store, |tx| reference::pending(tx, JOB)).unwrap(), [gone, coming]);

    // The same resource under another object of the source: it must not be taken out of the group.
    write(store, |tx| {
        link::upsert(tx, JOB, &[sample_link("n", "ta")])?;
        reference::want(tx, JOB, &[membership("g", "n")])
    })
    .unwrap();
    assert_eq!(due(store).first(), Some(&told("g", "a", Due::Forget)));
    write(store, |tx| reference::forget(tx, JOB, &[membership("g", "a")])).unwrap();

    // A resource that is made again is to be referred to again; one that passed on is to be taken out.
    let set = [(membership("g", "b"), "tb".to_owned()), (membership("g", "n"), "ta".to_owned())];
    write(store, move |tx| reference::set(tx, JOB, &set)).unwrap();
    assert_eq!(due(store), []);
    write(store, |tx| reference::reset(tx, JOB, "User", "b")).unwrap();
    write(store, |tx| reference::leave(tx, JOB, "User", "n")).unwrap();
    assert_eq!(due(store), [told("g", "b", Due::Set("tb".into())), told("g", "n", Due::Remove("ta".into()))]);
    write(store, |tx| reference::forget_owner(tx, JOB, "Group", "g")).unwrap();
    assert_eq!(due(store), []);
    assert_eq!(write(store, |tx| reference::clear(tx, JOB)).unwrap(), 0);
    assert_eq!(write(store, |tx| reference::clear(tx, OTHER)).unwrap(), 1, "another job's are its own");
}

fn sample_creation(source_id: &str, name: &str, began: i64) -> Creation {
    Creation {
        object_type: "User".to_owned(),
        source_id: source_id.to_owned(),
        display: format!("{name} 'the' \"one\""),
        matching: vec![
            ("userName".to_owned(), name.to_owned()),
            ("emails.value".to_owned(), "a\"b".to_owned()),
        ],
        external_id: None,
        replaces: None,
        began: at(began),
    }
}

fn begun(store: &TestStore, creations: &[Creation], late: i64) -> Vec<String> {
    let creations = creations.to_vec();
    let mut begun = write(store, move |tx| creation::begin(tx, JOB, &creations, at(late))).unwrap();
    begun.sort();
    begun.into_iter().map(|(_, source_id)| source_id).collect()
}

pub fn creations(store: &TestStore) {
    let (ana, bo) = (sample_creation("a", "ana", 5), sample_creation("b", "bo", 5));
    let bo = Creation { external_id: Some("7".to_owned()), replaces: Some("t1".to_owned()), ..bo };
    assert_eq!(begun(store, &[bo.clone(), ana.clone()], 0), ["a", "b"]);
    assert_eq!(read(store, |tx| creation::all(tx, JOB)).unwrap(), [ana.clone(), bo.clone()]);
    assert_eq!(read(store, |tx| creation::all(tx, OTHER)).unwrap(), []);

    let renamed = sample_creation("a", "anna", 8);
    assert_eq!(begun(store, &[renamed.clone(), bo.clone()], 4), ["b"], "the first create may still be done");
    assert_eq!(read(store, |tx| creation::all(tx, JOB)).unwrap(), [ana, bo.clone()]);
    assert_eq!(begun(store, std::slice::from_ref(&renamed), 5), ["a"], "it is too late for the first one");

    write(store, |tx| creation::refused(tx, JOB, "User", &["b"])).unwrap();
    assert_eq!(
        read(store, |tx| creation::all(tx, JOB)).unwrap(),
        [renamed, bo],
        "another one of b is unheard"
    );
    write(store, |tx| creation::refused(tx, JOB, "User", &["b"])).unwrap();
    write(store, |tx| creation::end(tx, JOB, "User", &["a", "z"])).unwrap();
    assert_eq!(write(store, |tx| creation::clear(tx, JOB)).unwrap(), 0);
}

pub fn the_deletion_of_a_job_leaves_nothing(store: &TestStore) {
    for (number, name) in [(1, "hr"), (2, "it")] {
        let job = JobId(id(number));
        write(store, move |tx| {
            job::create(tx, &sample_job(number, name))?;
            cycle::insert(tx, &sample_cycle(job, 1))?;
            quarantine::put(tx, job, &sample_quarantine())?;
            job_status::failed(tx, job, at(1))?;
            store::known_target::put(tx, job, &sample_known_target())?;
            link::upsert(tx, job, &[sample_link("a", "t")])?;
            escrow::put(tx, job, &sample_escrow("a", 1))?;
            reference::want(tx, job, &[membership("g", "a")])?;
            creation::begin(tx, job, &[sample_creation("a", "ana", 1)], at(0))?;
            log::append(tx, job, &[sample_entry(job, 1, "a")])?;
            store::staged::put(tx, job, &[crate::staged::sample("a", model::staged::Removal::Delete)])?;
            store::loss::add(tx, job, 1, 1, 0)?;
            let accepted = store::drift::AcceptedDrift {
                object_type: "User".into(),
                source_id: "a".into(),
                attribute: "title".into(),
                digest: "d".into(),
            };
            store::drift::accept(tx, job, &[accepted])?;
            let plan =
                Plan { job, id: PlanId(id(1)), created: at(1), state: PlanState::Open, detail: json!({}) };
            plan::insert(tx, &plan)?;
            plan::insert_steps(
                tx,
                job,
                plan.id,
                &[PlanStep { position: 0, source_id: "a".to_owned(), step: json!(1) }],
            )
        })
        .unwrap();
    }
    let url = store.database().url();
    for (job, left) in [(JOB, 1), (OTHER, 0)] {
        assert!(write(store, move |tx| job::delete(tx, job)).unwrap());
        let rows = rows_of_tables_with(store, &url, "job_id");
        assert!(rows.len() >= 14 && rows.iter().all(|(_, rows)| *rows == left), "{rows:?}");
    }
    assert!(!write(store, |tx| job::delete(tx, JOB)).unwrap());
}
