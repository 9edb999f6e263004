//! Staged deletions, losses of a day, accepted drift.

use model::JobId;
use model::link::{Link, LinkState};
use model::reference::Reference;
use model::staged::{Removal, Staged, StagedMember, StagedState};
use store::drift::{self, AcceptedDrift};
use store::{link, loss, reference, staged};
use testkit::TestStore;

use crate::samples::{at, read, write};

const JOB: JobId = JobId(uuid::Uuid::from_u128(1));
const OTHER: JobId = JobId(uuid::Uuid::from_u128(2));

pub fn sample(source_id: &str, removal: Removal) -> Staged {
    Staged {
        object_type: "User".into(),
        source_id: source_id.into(),
        display: format!("{source_id}@contoso.com"),
        member: None,
        removal,
        reason: "disabled in the directory".into(),
        target_id: format!("t{source_id}"),
        fingerprint: "f".into(),
        since: at(1),
        state: StagedState::Pending,
        decided: None,
    }
}

fn linked(object_type: &str, source_id: &str, state: LinkState) -> Link {
    Link {
        object_type: object_type.into(),
        source_id: source_id.into(),
        target_id: format!("t{source_id}"),
        state,
        fingerprint: String::new(),
        display: format!("{source_id}!"),
        modified: at(1),
    }
}

fn membership(member: &str) -> Reference {
    Reference {
        owner_type: "Group".into(),
        owner: "g".into(),
        attribute: "members".into(),
        to_type: "User".into(),
        to: member.into(),
    }
}

fn all(store: &TestStore) -> Vec<Staged> {
    read(store, |tx| staged::all(tx, JOB)).unwrap()
}

pub fn staged_objects(store: &TestStore) {
    let (a, b) = (sample("a", Removal::Disable), sample("b", Removal::Delete));
    let rows = [b.clone(), a.clone()];
    write(store, move |tx| {
        staged::put(tx, JOB, &rows)?;
        staged::put(tx, JOB, &[])?;
        staged::put(tx, OTHER, &[sample("z", Removal::Disable)])?;
        link::upsert(tx, JOB, &[linked("User", "a", LinkState::Managed)])
    })
    .unwrap();
    assert_eq!(all(store), [a.clone(), b.clone()]);
    assert_eq!(read(store, |tx| staged::pending(tx, JOB)).unwrap(), 2);
    assert_eq!(read(store, |tx| staged::of_object(tx, JOB, "User", "b")).unwrap(), Some(b));
    assert_eq!(read(store, |tx| staged::of_object(tx, JOB, "Group", "b")).unwrap(), None);

    // A decision is kept with who made it, and since when it is staged stays.
    let decided = Staged {
        state: StagedState::Rejected,
        decided: Some(("ana".into(), at(5))),
        since: at(9),
        ..a.clone()
    };
    let again = [decided.clone()];
    write(store, move |tx| staged::put(tx, JOB, &again)).unwrap();
    assert_eq!(all(store)[0], Staged { since: at(1), ..decided });
    assert_eq!(write(store, |tx| staged::allow_all(tx, JOB, "bo", at(6))).unwrap(), 1);
    let states: Vec<_> = all(store).into_iter().map(|s| (s.state, s.decided)).collect();
    assert_eq!(states[0].0, StagedState::Rejected);
    assert_eq!(states[1], (StagedState::Allowed, Some(("bo".into(), at(6)))));

    write(store, |tx| staged::tidy(tx, JOB)).unwrap();
    assert_eq!(all(store).len(), 1, "b has no link");
    let removed = write(store, |tx| staged::remove(tx, JOB, "User", &["a", "b"])).unwrap();
    assert_eq!(removed, [("a".to_owned(), StagedState::Rejected)]);
    assert_eq!(write(store, |tx| staged::clear(tx, OTHER)).unwrap(), 1, "another job's are its own");
}

pub fn staged_members(store: &TestStore) {
    write(store, |tx| {
        link::upsert(
            tx,
            JOB,
            &[linked("Group", "g", LinkState::Managed), linked("User", "a", LinkState::Managed)],
        )?;
        let members = ["a", "b", "c"].map(membership);
        reference::set(tx, JOB, &members.clone().map(|m| (m, "t".to_owned())))?;
        assert_eq!(reference::sent(tx, JOB, "Group")?, 3);
        assert_eq!(staged::new_losses(tx, JOB)?, 0);
        reference::unwant(tx, JOB, &members)?;
        assert_eq!(staged::new_losses(tx, JOB)?, 3);
        assert_eq!(staged::put_losses(tx, JOB, at(2), StagedState::Pending, None)?, 3);
        assert_eq!(staged::put_losses(tx, JOB, at(3), StagedState::Allowed, Some("ana"))?, 0);
        assert_eq!(staged::new_losses(tx, JOB)?, 0);
        Ok(())
    })
    .unwrap();
    let member = |id: &str, display: &str| {
        Some(StagedMember { object_type: "User".into(), source_id: id.into(), display: display.into() })
    };
    let rows = all(store);
    assert_eq!(rows[0].member, member("a", "a!"));
    assert_eq!(rows[1].member, member("b", "b"), "nobody of that anchor is linked");
    assert_eq!((rows[0].display.as_str(), rows[0].removal, rows[0].since), ("g!", Removal::Leave, at(2)));
    assert_eq!(read(store, |tx| staged::objects(tx, JOB)).unwrap(), []);
    assert_eq!(read(store, |tx| staged::members(tx, JOB, &["g", "h"])).unwrap(), rows);
    // Removing the object leaves its members alone, and one who is back needs no decision.
    assert_eq!(write(store, |tx| staged::remove(tx, JOB, "Group", &["g"])).unwrap(), []);
    write(store, |tx| {
        reference::want(tx, JOB, &[membership("b")])?;
        staged::tidy(tx, JOB)
    })
    .unwrap();
    assert_eq!(all(store).len(), 2);
    write(store, |tx| staged::allow_all(tx, JOB, "ana", at(4))).unwrap();
    let gone = [("User", "a"), ("User", "b"), ("User", "c")];
    assert_eq!(write(store, move |tx| staged::remove_members(tx, JOB, "g", &gone)).unwrap(), 2);
    assert_eq!(all(store), []);
}

pub fn losses_of_a_day(store: &TestStore) {
    write(store, |tx| {
        loss::add(tx, JOB, 100, 2, 0)?;
        loss::add(tx, JOB, 100, 3, 0)?;
        loss::add(tx, JOB, 110, 1, 0)?;
        loss::add(tx, OTHER, 110, 7, 0)
    })
    .unwrap();
    for (from, losses) in [(0, 6), (100, 6), (101, 1), (111, 0)] {
        assert_eq!(read(store, move |tx| loss::since(tx, JOB, from)).unwrap(), losses, "from {from}");
    }
    write(store, |tx| loss::add(tx, JOB, 120, 1, 105)).unwrap();
    assert_eq!(read(store, |tx| loss::since(tx, JOB, 0)).unwrap(), 2, "old minutes are forgotten");
}

pub fn accepted_drift(store: &TestStore) {
    let accepted = |source_id: &str, attribute: &str, digest: &str| AcceptedDrift {
        object_type: "User".into(),
        source_id: source_id.into(),
        attribute: attribute.into(),
        digest: digest.into(),
    };
    let rows = [accepted("a", "title", "1"), accepted("a", "", "2"), accepted("b", "title", "3")];
    write(store, move |tx| {
        drift::accept(tx, JOB, &rows)?;
        drift::accept(tx, JOB, &[])
    })
    .unwrap();
    let newer = [accepted("a", "title", "4")];
    write(store, move |tx| drift::accept(tx, JOB, &newer)).unwrap();
    let known = read(store, |tx| drift::of_sources(tx, JOB, "User", &["a", "c"])).unwrap();
    assert_eq!(known, [accepted("a", "", "2"), accepted("a", "title", "4")]);
    assert_eq!(write(store, |tx| drift::clear(tx, OTHER)).unwrap(), 0);
    assert_eq!(write(store, |tx| drift::clear(tx, JOB)).unwrap(), 3);
}
