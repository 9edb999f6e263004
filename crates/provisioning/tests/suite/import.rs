//! Import: whom the accounts of an application belong to.

use std::collections::BTreeSet;

use connector::{Error as ConnectorError, ObjectType};
use provisioning::Error;
use provisioning::import::{self, Confirm, Match, Report};
use serde_json::{Value, json};
use testkit::{Call, user};

use crate::world::{JOB, World};

async fn import(world: &World, matches: &[Match]) -> Report {
    let confirm = Confirm { matches: matches.iter().copied().collect(), accounts: BTreeSet::new() };
    import::run(&world.context, &world.job, &world.ends(), &confirm).await.unwrap()
}

fn told(report: &Report) -> Vec<(&str, Match, Option<&str>)> {
    report.accounts.iter().map(|a| (a.display.as_str(), a.matched, a.source_id.as_deref())).collect()
}

fn named(world: &World, anchor: &str, first: &str, last: &str) {
    world.source.put(user(anchor, &format!("{anchor}@contoso.com")));
    world.source.set(anchor, "givenName", first);
    world.source.set(anchor, "surname", last);
}

fn account(world: &World, user_name: &str, first: &str, last: &str) -> String {
    let name = json!({ "givenName": first, "familyName": last });
    let document: Value = json!({ "userName": user_name, "name": name, "active": true });
    world.target.put(ObjectType::User, document)
}

/// One of each kind.
async fn company() -> World {
    let world = World::new().await;
    named(&world, "linked", "Lin", "Ked");
    world.cycle().await;
    named(&world, "exact", "Ex", "Act");
    named(&world, "partial", "Par", "Tial");
    for twin in ["twin1", "twin2"] {
        named(&world, twin, "Twin", "Smith");
    }
    named(&world, "left", "Le", "Ft");
    world.source.edit("left", |o| o.enabled = false);
    account(&world, "EXACT@contoso.com", "Someone", "Else");
    account(&world, "ptial", "par", "TIAL ");
    account(&world, "tsmith", "Twin", "Smith");
    account(&world, "left@contoso.com", "Le", "Ft");
    account(&world, "root", "Root", "Admin");
    world.target.take_log();
    world
}

#[tokio::test]
async fn each_account_is_told_and_nothing_is_written() {
    let world = company().await;
    let report = import(&world, &[]).await;
    let expected = [
        ("EXACT@contoso.com", Match::Exact, Some("exact")),
        ("ptial", Match::Partial, Some("partial")),
        ("tsmith", Match::Ambiguous, None),
        // A cycle would not look for who is disabled, so confirming would lock nobody out.
        ("left@contoso.com", Match::None, None),
        ("root", Match::None, None),
    ];
    assert_eq!(told(&report), expected);
    assert_eq!((report.scanned, report.confirmed), (6, 0));
    let counts =
        [(Match::Linked, 1), (Match::Exact, 1), (Match::Partial, 1), (Match::Ambiguous, 1), (Match::None, 2)];
    assert_eq!(report.matches, counts.into());
    assert_eq!(world.target.exports(), []);
    assert!(world.link("exact").await.is_none());
    assert!(world.target.take_log().iter().all(|call| matches!(call, Call::List(..))));
}

#[tokio::test]
async fn what_is_confirmed_is_provisioned_by_the_next_cycle_without_a_second_account() {
    let world = company().await;
    let report = import(&world, &[Match::Partial]).await;
    assert_eq!(report.confirmed, 1);
    assert!(world.link("partial").await.is_some_and(|link| link.target_id == account_of(&report, "ptial")));
    assert!(world.link("exact").await.is_none(), "it was not confirmed");
    world.cycle().await;
    let held = world.target.user("partial@contoso.com").unwrap();
    assert_eq!(held["id"], account_of(&report, "ptial"), "the account has its person's name now");
    assert!(world.target.user("ptial").is_none());
    let again = import(&world, &[]).await;
    assert_eq!(again.matches[&Match::Linked], 5, "the linked one, the confirmed one, and three of the cycle");
}

fn account_of(report: &Report, display: &str) -> String {
    report.accounts.iter().find(|a| a.display == display).unwrap().target_id.clone()
}

#[tokio::test]
async fn one_account_of_several_can_be_confirmed() {
    let world = World::new().await;
    for n in 1..=3 {
        named(&world, &format!("p{n}"), "First", &format!("Last{n}"));
        account(&world, &format!("n{n}"), "First", &format!("Last{n}"));
    }
    let first = account_of(&import(&world, &[]).await, "n2");
    let confirm = Confirm { matches: [Match::Partial].into(), accounts: [first].into() };
    let report = import::run(&world.context, &world.job, &world.ends(), &confirm).await.unwrap();
    assert_eq!(report.confirmed, 1);
    assert!(world.link("p1").await.is_none() && world.link("p2").await.is_some());
}

#[tokio::test]
async fn two_accounts_of_one_person_are_ambiguous_and_never_linked() {
    let world = World::new().await;
    named(&world, "a", "Ana", "Torres");
    account(&world, "atorres", "Ana", "Torres");
    account(&world, "ana.t", "Ana", "Torres");
    let report = import(&world, &[Match::Exact, Match::Partial]).await;
    assert_eq!(report.matches, [(Match::Ambiguous, 2)].into());
    assert_eq!(report.confirmed, 0);
    account(&world, "a@contoso.com", "Ana", "Torres");
    let report = import(&world, &[Match::Exact, Match::Partial]).await;
    assert_eq!(report.matches, [(Match::Exact, 1), (Match::Ambiguous, 2)].into());
    assert_eq!(report.confirmed, 1);
}

#[tokio::test]
async fn groups_are_matched_where_the_job_has_them() {
    let world = World::with(&format!("{JOB}groups = {{}}\n")).await;
    world.source.put(testkit::group("g", "Sales", &[]));
    world.target.put(ObjectType::Group, json!({ "displayName": "sales" }));
    world.target.put(ObjectType::Group, json!({ "displayName": "Admins" }));
    let report = import(&world, &[]).await;
    assert_eq!(told(&report), [("sales", Match::Exact, Some("g")), ("Admins", Match::None, None)]);
}

#[tokio::test]
async fn a_source_that_breaks_ends_the_import() {
    let world = company().await;
    world.source.fail_read_after(1, ConnectorError::source("users", "ends early", "look"));
    let confirm = Confirm { matches: [Match::Exact].into(), accounts: BTreeSet::new() };
    let result = import::run(&world.context, &world.job, &world.ends(), &confirm).await;
    assert!(matches!(result, Err(Error::Source(_))), "{result:?}");
    assert!(world.link("exact").await.is_none());
}
