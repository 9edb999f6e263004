//! Users come to their locations, on both engines.

use std::thread;

use application::USER;
use serde_json::json;
use uuid::Uuid;
use workplace::limits::MAX_ALIASES;
use workplace::{Error, LocationId, location, occupant};

use crate::support::{ALL, Tenant, hired};

fn counts(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[test]
fn users_move_with_their_locality() {
    for tenant in Tenant::on_both_engines() {
        tenant.build("Omaha", &["OMA", " Omaha HQ "]).unwrap();
        tenant.build("Lincoln", &[]).unwrap();
        let anna = tenant.hire("anna", " omaha hq");
        tenant.hire("bert", "LINCOLN");
        assert_eq!(tenant.counts(), counts(&[("Lincoln", 1), ("Omaha", 1)]));
        assert!(tenant.waiting().is_empty());
        let moved =
            json!([{ "op": "replace", "path": "addresses[type eq \"work\"].locality", "value": "lincoln" }]);
        tenant.patch(anna, &moved);
        assert_eq!(tenant.counts(), counts(&[("Lincoln", 2), ("Omaha", 0)]));
        tenant.leave(anna);
        assert_eq!(tenant.counts(), counts(&[("Lincoln", 1), ("Omaha", 0)]));
    }
}

#[test]
fn who_matches_no_location_waits_for_one() {
    for tenant in Tenant::on_both_engines() {
        let anna = tenant.hire("anna", "Göteborg");
        tenant.hire("bert", "Atlantis");
        let no_address = json!([{ "op": "remove", "path": "addresses" }]);
        let carl = tenant.hire("carl", "x");
        tenant.patch(carl, &no_address);
        let waiting = |name: &str, locality: Option<&str>| (name.to_owned(), locality.map(str::to_owned));
        let expected =
            [waiting("anna", Some("Göteborg")), waiting("bert", Some("Atlantis")), waiting("carl", None)];
        assert_eq!(tenant.waiting(), expected);
        let gothenburg = tenant.build("Gothenburg", &[]).unwrap();
        assert_eq!(tenant.location_of(anna), None);
        tenant.alias(gothenburg, "GÖTEBORG").unwrap();
        assert_eq!(tenant.location_of(anna).as_deref(), Some("Gothenburg"));
        assert_eq!(tenant.waiting(), expected[1..]);
        assert_eq!(tenant.counts(), counts(&[("Gothenburg", 1)]));
    }
}

#[test]
fn who_is_inactive_keeps_the_place_and_is_not_counted() {
    for tenant in Tenant::on_both_engines() {
        tenant.build("Omaha", &[]).unwrap();
        let anna = tenant.hire("anna", "Omaha");
        let active = |value: bool| json!([{ "op": "replace", "path": "active", "value": value }]);
        tenant.patch(anna, &active(false));
        assert_eq!(tenant.counts(), counts(&[("Omaha", 0)]));
        tenant.patch(anna, &json!([{ "op": "remove", "path": "addresses" }]));
        assert_eq!(tenant.location_of(anna).as_deref(), Some("Omaha"));
        assert!(tenant.waiting().is_empty());
        tenant.patch(
            anna,
            &json!([{ "op": "add", "path": "addresses", "value": [{ "type": "work", "locality": "Omaha" }] },
                                  { "op": "replace", "path": "active", "value": true }]),
        );
        assert_eq!(tenant.counts(), counts(&[("Omaha", 1)]));
    }
}

#[test]
fn who_moved_in_by_an_alias_waits_when_it_is_taken_away() {
    for tenant in Tenant::on_both_engines() {
        let omaha = tenant.build("Omaha", &["HQ"]).unwrap();
        let (anna, bert) = (tenant.hire("anna", "hq"), tenant.hire("bert", "omaha"));
        let away = tenant.hire("away", "HQ");
        tenant.set_active(away, false);
        tenant.write(move |tx, id| location::remove_alias(tx, id, omaha, "HQ")).unwrap();
        assert_eq!((tenant.location_of(anna), tenant.location_of(bert)), (None, Some("Omaha".to_owned())));
        assert_eq!(tenant.location_of(away).as_deref(), Some("Omaha"), "who is away keeps the place");
        tenant.build("Lincoln", &["HQ"]).unwrap();
        tenant.set_active(away, true);
        assert_eq!(tenant.counts(), counts(&[("Lincoln", 2), ("Omaha", 1)]));
    }
}

/// Eight users come while their location is built and removed: on PostgreSQL really at once.
#[test]
fn nobody_is_at_a_location_that_is_gone_or_waits_for_one_that_is_there() {
    for tenant in Tenant::on_both_engines() {
        for round in 0..12 {
            let omaha = tenant.build("Omaha", &[]).unwrap();
            let tenant = &*tenant;
            let hire = |number: i32| {
                let name = format!("u{round}.{number}");
                move || tenant.create(USER, hired(&name, "Omaha")).unwrap()
            };
            thread::scope(|scope| {
                (0..4).map(hire).for_each(|hire| drop(scope.spawn(hire)));
                scope.spawn(|| tenant.write(move |tx, id| location::remove(tx, id, omaha)).unwrap());
                (4..8).map(hire).for_each(|hire| drop(scope.spawn(hire)));
            });
            let lost = tenant.read(|tx, id| {
                let all = "SELECT count(*) FROM occupant WHERE tenant_id = $1 AND location_id IS NOT NULL";
                tx.query_one(all, store::params![id], |row| row.get::<i64>(0))
            });
            assert_eq!(lost, 0, "round {round}: there is no location");
            thread::scope(|scope| {
                (8..12).map(hire).for_each(|hire| drop(scope.spawn(hire)));
                let id = LocationId(Uuid::now_v7());
                let new = location::NewLocation { name: "Omaha", aliases: &[], region: None };
                scope.spawn(move || tenant.write(move |tx, t| location::create(tx, t, id, new)).unwrap());
                (12..16).map(hire).for_each(|hire| drop(scope.spawn(hire)));
            });
            let waiting = tenant.read(|tx, id| occupant::unmatched(tx, id, ALL));
            assert!(waiting.is_empty(), "round {round}: {waiting:?}");
            let omaha = tenant.read(location::list)[0].id;
            tenant.write(move |tx, id| location::remove(tx, id, omaha)).unwrap();
        }
    }
}

#[test]
fn a_location_is_called_so_many_names_and_no_more() {
    for tenant in Tenant::on_both_engines() {
        let omaha = tenant.build("Omaha", &[]).unwrap();
        let alias = move |number: i64| {
            let alias = format!("alias {number}");
            tenant.write(move |tx, id| location::add_alias(tx, id, omaha, &alias))
        };
        (1..MAX_ALIASES).for_each(|number| alias(number).unwrap());
        assert!(matches!(alias(MAX_ALIASES), Err(Error::Conflict(text)) if text.contains("200")));
    }
}

#[test]
fn two_locations_are_never_called_the_same() {
    for tenant in Tenant::on_both_engines() {
        let omaha = tenant.build("Omaha", &["HQ"]).unwrap();
        for (name, aliases) in [("omaha ", &[][..]), ("Lincoln", &["hq"]), ("Kearney", &["x", "X "])] {
            assert!(matches!(tenant.build(name, aliases), Err(Error::Taken { .. })), "{name}");
        }
        assert!(matches!(tenant.build(" ", &[]), Err(Error::Name)));
        assert!(matches!(tenant.alias(omaha, "Hq"), Err(Error::Taken { .. })));
        let nowhere = LocationId(Uuid::now_v7());
        assert!(
            matches!(tenant.alias(nowhere, "Lincoln"), Err(Error::Unknown { id, .. }) if id == nowhere.0)
        );
        assert_eq!(tenant.counts(), counts(&[("Omaha", 0)]));
    }
}

#[test]
fn a_tenant_that_is_removed_leaves_nothing() {
    for tenant in Tenant::on_both_engines() {
        tenant.build("Omaha", &["HQ"]).unwrap();
        tenant.hire("anna", "Omaha");
        tenant.hire("bert", "Atlantis");
        let id = tenant.id;
        let remove = move |tx: &mut store::Tx<'_>| store::tenant::delete(tx, id, workplace::REMOVE_TENANT);
        tenant.store.write_blocking(remove).unwrap();
        for statement in workplace::REMOVE_TENANT {
            let count = statement.replace("DELETE", "SELECT count(*)").replace("= $1", "<> ''");
            let count: &'static str = count.leak();
            let rows =
                tenant.store.read_blocking(move |tx| tx.query_one(count, &[], |row| row.get::<i64>(0)));
            assert_eq!(rows.unwrap(), 0, "{count}");
        }
    }
}
