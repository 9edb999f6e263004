//! Users come to their locations, on both engines.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use application::resources::{self, Draft, Modification, Operation, Precondition};
use application::{Application, USER};
use jiff::Timestamp;
use model::resource::Origin;
use model::settings::Settings;
use model::{IdSource, ResourceId, TenantId};
use scim::quirks::{ClientKind, Tolerance};
use serde_json::{Value, json};
use testkit::{Database, TestStore};
use uuid::Uuid;
use workplace::location::{Error, Location};
use workplace::occupant::Occupant;
use workplace::{LocationId, TABLES, Workplace, location, occupant};

struct Ids;

impl IdSource for Ids {
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// A tenant of the workplace application.
struct Tenant {
    store: TestStore,
    id: TenantId,
}

impl Tenant {
    fn on_both_engines() -> [Self; 2] {
        [Database::sqlite(), Database::postgres()].map(|database| {
            let store = TestStore::open(database, &[TABLES]);
            let id = TenantId(Uuid::now_v7());
            let tenant = model::tenant::Tenant {
                id,
                name: "contoso".parse().unwrap(),
                application: model::tenant::Application::Workplace,
                created: Timestamp::UNIX_EPOCH,
                settings: Settings::default(),
                schema_version: 0,
            };
            store.write_blocking(move |tx| store::tenant::create(tx, &tenant)).unwrap();
            Self { store, id }
        })
    }

    fn operation(&self) -> Operation {
        let application = Arc::new(Workplace::default());
        let kind = Arc::clone(application.profile().by_id(USER).unwrap());
        let at = Timestamp::UNIX_EPOCH;
        Operation {
            tenant: self.id,
            settings: Settings::default(),
            application,
            kind,
            actor: "cli".into(),
            origin: Origin::Administrator,
            at,
            tolerance: Arc::new(Tolerance::of(ClientKind::Rfc)),
            ids: Arc::new(Ids),
            precondition: Precondition::default(),
        }
    }

    fn hire(&self, name: &str, locality: &str) -> ResourceId {
        let operation = self.operation();
        let addresses = json!([{ "type": "work", "locality": locality }]);
        let body = json!({ "userName": name, "active": true, "addresses": addresses });
        let draft = Draft::new(&operation.kind, body, &operation.tolerance).unwrap();
        self.store.write_blocking(move |tx| resources::create(tx, &operation, &draft)).unwrap().id
    }

    fn patch(&self, user: ResourceId, operations: Value) {
        let operation = self.operation();
        let body = json!({ "Operations": operations });
        let modification = Modification::new(&operation.kind, &body, &operation.tolerance).unwrap();
        self.store.write_blocking(move |tx| resources::patch(tx, &operation, user, &modification)).unwrap();
    }

    fn leave(&self, user: ResourceId) {
        let operation = self.operation();
        self.store.write_blocking(move |tx| resources::delete(tx, &operation, user)).unwrap();
    }

    fn build(&self, name: &'static str, aliases: &'static [&'static str]) -> Result<LocationId, Error> {
        let (tenant, id) = (self.id, LocationId(Uuid::now_v7()));
        self.store.write_blocking(move |tx| location::create(tx, tenant, id, name, aliases))?;
        Ok(id)
    }

    fn alias(&self, id: LocationId, alias: &'static str) -> Result<(), Error> {
        let tenant = self.id;
        self.store.write_blocking(move |tx| location::add_alias(tx, tenant, id, alias))
    }

    fn counts(&self) -> Vec<(String, i64)> {
        let tenant = self.id;
        let all = self.store.read_blocking(move |tx| location::list(tx, tenant)).unwrap();
        all.into_iter().map(|Location { name, occupants, .. }| (name, occupants)).collect()
    }

    fn waiting(&self) -> Vec<(String, Option<String>)> {
        let tenant = self.id;
        let all = self.store.read_blocking(move |tx| occupant::unmatched(tx, tenant, 100)).unwrap();
        all.into_iter().map(|Occupant { display, locality, .. }| (display, locality)).collect()
    }

    fn location_of(&self, user: ResourceId) -> Option<String> {
        let tenant = self.id;
        self.store.read_blocking(move |tx| occupant::get(tx, tenant, user)).unwrap().unwrap().location
    }
}

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
        assert!(matches!(tenant.build(" ", &[]), Err(Error::Empty)));
        assert!(matches!(tenant.alias(omaha, "Hq"), Err(Error::Taken { .. })));
        let nowhere = LocationId(Uuid::now_v7());
        assert!(matches!(tenant.alias(nowhere, "Lincoln"), Err(Error::Unknown(id)) if id == nowhere));
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
        for count in [
            "SELECT count(*) FROM location",
            "SELECT count(*) FROM location_alias",
            "SELECT count(*) FROM occupant",
            "SELECT count(*) FROM resource",
        ] {
            let rows =
                tenant.store.read_blocking(move |tx| tx.query_one(count, &[], |row| row.get::<i64>(0)));
            assert_eq!(rows.unwrap(), 0, "{count}");
        }
    }
}
