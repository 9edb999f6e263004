//! Users come to their locations, on both engines.

use serde_json::json;
use uuid::Uuid;
use workplace::{Error, LocationId};

use crate::support::Tenant;

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
        tenant.patch(anna, moved);
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
        tenant.patch(carl, no_address);
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
        tenant.patch(anna, active(false));
        assert_eq!(tenant.counts(), counts(&[("Omaha", 0)]));
        tenant.patch(anna, json!([{ "op": "remove", "path": "addresses" }]));
        assert_eq!(tenant.location_of(anna).as_deref(), Some("Omaha"));
        assert!(tenant.waiting().is_empty());
        tenant.patch(
            anna,
            json!([{ "op": "add", "path": "addresses", "value": [{ "type": "work", "locality": "Omaha" }] },
                                  { "op": "replace", "path": "active", "value": true }]),
        );
        assert_eq!(tenant.counts(), counts(&[("Omaha", 1)]));
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
