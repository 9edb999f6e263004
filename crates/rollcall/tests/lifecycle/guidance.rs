//! What a company does with people who are away for a while or for good, row by row, and what it had better not do. In
//! each case there is one user of the person afterwards, it has what it is to have, nothing is tried for ever, and the
//! right number is paid for.

use serde_json::{Value, json};

use crate::company::{person, soft_deleted};
use crate::office::Office;

/// The others, who stay all the time.
fn others() -> [Value; 2] {
    [person(2, "bo"), person(3, "cy")]
}

/// A directory of the others and these.
fn with(people: &[Value]) -> Vec<Value> {
    others().into_iter().chain(people.iter().cloned()).collect()
}

/// A person who may not sign in.
fn disabled(person: &Value) -> Value {
    let mut person = person.clone();
    person["accountEnabled"] = json!(false);
    person
}

fn ana() -> Value {
    person(1, "ana")
}

const CLEAN: &str = "ana@contoso.com";

#[tokio::test]
async fn row_1_a_seasonal_employee_is_disabled_and_returns_next_season() {
    for office in Office::both().await {
        let (id, ..) = office.the("ana").await;
        office.settle(id, 10).await;
        let season = office.now();
        for year in 0..2 {
            office.directory(&with(&[disabled(&ana())]));
            assert_eq!(office.cycle().await.disabled, 1, "year {year}");
            assert_eq!(office.the("ana").await, (id, CLEAN.to_owned(), false));
            assert_eq!((office.listed().await, office.active().await), (vec!["bo".into(), "cy".into()], 2));
            assert_eq!(office.holds(id).await, (true, 0), "the seat is kept, the room is not");
            office.quiet(3).await;
            office.pass(240).await;

            office.directory(&with(&[ana()]));
            assert_eq!(office.cycle().await.updated, 1);
            assert_eq!(office.the("ana").await, (id, CLEAN.to_owned(), true));
            assert_eq!((office.listed().await.len(), office.active().await), (3, 3));
            assert_eq!(office.holds(id).await, (true, 0));
            office.quiet(2).await;
        }
        assert_eq!(office.active_at(season).await, 2, "on the day the season ended");
    }
}

#[tokio::test]
async fn row_2_somebody_on_extended_leave_finds_everything_that_the_tenant_keeps() {
    for office in Office::both().await {
        office.choose("keep", "keep").await;
        let (id, ..) = office.the("ana").await;
        office.settle(id, 100).await;
        office.directory(&with(&[disabled(&ana())]));
        office.cycle().await;
        assert_eq!((office.active().await, office.holds(id).await), (2, (true, 1)));
        office.pass(90).await;
        office.directory(&with(&[ana()]));
        office.cycle().await;
        assert_eq!(office.the("ana").await, (id, CLEAN.to_owned(), true));
        assert_eq!((office.active().await, office.holds(id).await), (3, (true, 1)));
    }
}

#[tokio::test]
async fn row_3_somebody_who_leaves_for_good_is_deleted_and_purged_and_was_paid_for() {
    for office in Office::both().await {
        let (id, ..) = office.the("ana").await;
        office.settle(id, 10).await;
        let employed = office.now();
        office.pass(1).await;
        office.directory(&with(&[soft_deleted(&ana())]));
        assert_eq!(office.cycle().await.disabled, 1);
        assert_eq!(office.the("ana").await, (id, CLEAN.to_owned(), false));
        office.pass(30).await;

        office.directory(&others());
        assert_eq!(office.cycle().await.deleted, 1);
        assert!(office.users("ana").await.is_empty());
        let (bo, ..) = office.the("bo").await;
        office.settle(bo, 10).await;
        office.pass(31).await;
        office.quiet(2).await;
        assert_eq!((office.active_at(employed).await, office.active().await), (3, 2));

        // Who is hired after that is somebody new.
        office.directory(&with(&[person(9, "ana")]));
        assert_eq!(office.cycle().await.created, 1);
        let (new, name, is_active) = office.the("ana").await;
        assert!(new != id && name == CLEAN && is_active);
        assert_eq!((office.holds(new).await, office.active().await), ((false, 0), 3));
    }
}

#[tokio::test]
async fn row_4_somebody_deleted_and_restored_within_30_days_is_the_same_user() {
    for office in Office::both().await {
        let (id, ..) = office.the("ana").await;
        office.settle(id, 10).await;
        office.directory(&with(&[soft_deleted(&ana())]));
        office.cycle().await;
        assert_eq!(office.the("ana").await, (id, CLEAN.to_owned(), false));
        office.quiet(25).await;
        office.directory(&with(&[ana()]));
        assert_eq!(office.cycle().await.updated, 1);
        assert_eq!(office.the("ana").await, (id, CLEAN.to_owned(), true));
        assert_eq!((office.holds(id).await.0, office.active().await), (true, 3));
        office.quiet(2).await;
    }
}

#[tokio::test]
async fn row_5_somebody_hired_again_after_30_days_under_a_new_account_is_one_user() {
    for office in Office::both().await {
        let (id, ..) = office.the("ana").await;
        office.settle(id, 60).await;
        office.directory(&with(&[soft_deleted(&ana())]));
        office.cycle().await;
        office.pass(30).await;
        office.directory(&others());
        assert_eq!(office.cycle().await.deleted, 1);
        assert_eq!(office.holds(id).await, (false, 0));
        office.pass(15).await;

        office.directory(&with(&[person(9, "ana")]));
        office.cycle().await;
        assert_eq!(office.the("ana").await, (id, CLEAN.to_owned(), true), "who comes back is who they were");
        assert_eq!((office.holds(id).await.0, office.active().await), (true, 3), "the seat was still free");
        assert_eq!(office.escrowed().await, 0);
        office.quiet(5).await;
    }
}

#[tokio::test]
async fn to_avoid_1_an_account_is_deleted_instead_of_disabled_and_made_anew() {
    for office in Office::both().await {
        let (id, ..) = office.the("ana").await;
        office.settle(id, 10).await;
        // The old account is in the recycle bin under its mangled name, the new one has the name.
        office.directory(&with(&[soft_deleted(&ana())]));
        office.cycle().await;
        office.quiet(3).await;
        office.directory(&with(&[soft_deleted(&ana()), person(9, "ana")]));
        office.cycle().await;
        assert_eq!(office.the("ana").await, (id, CLEAN.to_owned(), true));
        assert_eq!((office.holds(id).await.0, office.active().await), (true, 3));
        office.quiet(10).await;
        // The old account is purged: the user is the new one's by now.
        office.pass(20).await;
        office.directory(&with(&[person(9, "ana")]));
        office.cycle().await;
        assert_eq!(office.the("ana").await, (id, CLEAN.to_owned(), true));
        assert_eq!((office.active().await, office.escrowed().await), (3, 0));
    }
}

#[tokio::test]
async fn to_avoid_2_somebody_is_unassigned_and_assigned_again() {
    for office in Office::both().await {
        let (id, ..) = office.the("ana").await;
        office.settle(id, 10).await;
        office.assign_only(&others());
        assert_eq!(office.cycle().await.disabled, 1);
        assert_eq!((office.the("ana").await.2, office.active().await), (false, 2));
        office.quiet(3).await;
        office.pass(60).await;
        office.assign_only(&with(&[ana()]));
        office.cycle().await;
        assert_eq!(office.the("ana").await, (id, CLEAN.to_owned(), true));
        assert_eq!((office.holds(id).await.0, office.active().await), (true, 3));
        office.quiet(2).await;
    }
}

#[tokio::test]
async fn to_avoid_3_somebody_is_deactivated_by_hand_while_still_assigned() {
    for office in Office::both().await {
        let (id, ..) = office.the("ana").await;
        office.settle(id, 10).await;
        office.set_active(id, false).await;
        assert_eq!(office.active().await, 2);
        // Nothing is news in the directory, so that nothing is sent: neither tries the other's decision in vain.
        office.quiet(5).await;
        assert_eq!(office.drift().await, [(CLEAN.to_owned(), vec!["active".to_owned()])]);
        assert_eq!(office.the("ana").await, (id, CLEAN.to_owned(), false));
        // What is news there brings the user in line with it: the directory decides in the end.
        let mut promoted = ana();
        promoted["jobTitle"] = json!("Chief");
        office.directory(&with(&[promoted]));
        assert_eq!(office.cycle().await.updated, 1);
        assert_eq!(office.the("ana").await, (id, CLEAN.to_owned(), true));
        assert_eq!((office.holds(id).await.0, office.active().await), (true, 3));
        office.quiet(2).await;
    }
}
