//! What follows from a user's document and groups: location by any attribute, department, delegates, presence,
//! permission groups.

use application::{GROUP, USER};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::ResourceId;
use serde_json::{Value, json};
use store::schema::{self, Applied};
use uuid::Uuid;
use workplace::ip_range::IpRange;
use workplace::limits::{MAX_NAME, MAX_PRESENCE_AGE_DAYS, MAX_SOURCES, PRESENCE_DAYS};
use workplace::presence::{Seen, Wanted};
use workplace::space::Kind;
use workplace::{
    DepartmentId, Error, LocationId, PermissionGroupId, RangeId, delegate, department, ip_range, occupant,
    permission_group, presence,
};

use crate::support::{ALL, Tenant, hired};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const OFFICE: &str = "urn:x:y:Office:code";

fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

#[test]
fn a_tenant_chooses_what_users_are_matched_by() {
    for tenant in Tenant::on_both_engines() {
        tenant.build("Omaha", &[]).unwrap();
        tenant.build("B7", &["Building 7"]).unwrap();
        let mut body = hired("anna", "Omaha");
        body["addresses"][0]["formatted"] = json!("building 7");
        let anna = tenant.create(USER, body);
        let bert = tenant.hire("bert", "Omaha");
        tenant.set_active(bert, false);
        let by = |by: &str| json!({ "matchBy": by, "seats": "keep", "reservations": "cancel" });
        tenant.choose(by("addresses[type eq \"work\"].formatted"));
        assert_eq!(tenant.location_of(anna).as_deref(), Some("B7"));
        assert_eq!(tenant.location_of(bert).as_deref(), Some("Omaha"), "who is away keeps the place");
        tenant.set_active(bert, true);
        assert_eq!(tenant.waiting(), [("bert".to_owned(), None)]);
        tenant.choose(by("city"));
        assert_eq!(tenant.counts(), [("B7".to_owned(), 0), ("Omaha".to_owned(), 2)]);
    }
}

#[test]
fn what_users_are_matched_by_is_an_attribute_of_theirs() {
    for tenant in Tenant::on_both_engines() {
        tenant.build("Omaha", &[]).unwrap();
        let anna = tenant.create(USER, employed("anna", "omaha"));
        let at = || tenant.location_of(anna);
        let choose = |by: &str| {
            tenant.try_to_choose(json!({ "matchBy": by, "seats": "keep", "reservations": "cancel" }))
        };
        for (by, told) in [
            ("adresses[type eq \"work\"].formatted", "adresses"),
            ("addresses[typ eq \"work\"].formatted", "'typ'"),
            ("addresses[type eq \"work\"]", "parts"),
            ("addresses.office", "addresses.office"),
            ("active", "no text"),
            ("password", "never returned"),
            (ENTERPRISE, "schema"),
            (OFFICE, OFFICE),
        ] {
            let refused = choose(by);
            assert!(
                matches!(&refused, Err(Error::Invalid(text)) if text.contains(told) && text.contains("/Schemas")),
                "{by}: {refused:?}"
            );
        }
        for (by, spelled) in [
            ("CITY", "city"),
            ("Addresses[type eq \"work\"].LOCALITY", "addresses[type eq \"work\"].locality"),
            ("Department", &format!("{ENTERPRISE}:department")),
            ("City", "city"),
        ] {
            assert_eq!(String::from(choose(by).unwrap().match_by), spelled);
            assert_eq!(at().as_deref(), Some("Omaha"), "{by}");
        }
        // An attribute of the tenant's own.
        let definition = json!({
            "schemas": [{ "id": "urn:x:y:Office", "attributes": [{ "name": "code" }] }],
            "resourceTypes": [{ "name": "User", "schemaExtensions": [{ "schema": "urn:x:y:Office" }] }],
        });
        let own = Applied { version: 1, definition, at: tenant.now() };
        tenant.write(move |tx, t| schema::set(tx, t, &own)).unwrap();
        choose(OFFICE).unwrap();
        assert_eq!(at(), None);
    }
}

/// A text that no compression makes short enough for an index.
fn long() -> String {
    let mut state = 1_u64;
    let letter = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from((state >> 33) % 26).unwrap())
    };
    (0..200 * 1024).map(letter).collect()
}

#[test]
fn what_is_longer_than_a_name_names_nothing_and_is_listed_in_part() {
    for tenant in Tenant::on_both_engines() {
        let mut body = employed("anna", &long());
        body["addresses"][0]["locality"] = json!(long());
        let anna = tenant.create(USER, body);
        let bert = tenant.create(USER, json!({ "userName": "bert", "displayName": long() }));
        let begin = &long()[..MAX_NAME];
        assert_eq!(tenant.waiting(), [("anna".to_owned(), Some(begin.to_owned())), (begin.to_owned(), None)]);
        let path = format!("{ENTERPRISE}:department");
        for (user, department) in [(anna, "Sales".to_owned()), (bert, long()), (bert, "Sales".to_owned())] {
            tenant.patch(user, &json!([{ "op": "replace", "path": path, "value": department }]));
        }
        let sales = DepartmentId(Uuid::now_v7());
        tenant.write(move |tx, t| department::create(tx, t, sales, "Sales", None)).unwrap();
        let listed = tenant.read(move |tx, t| occupant::of_department(tx, t, sales, ALL));
        assert_eq!(listed.iter().map(|one| one.display.as_str()).collect::<Vec<_>>(), ["anna", begin]);
    }
}

/// A user of a department.
fn employed(name: &str, department: &str) -> Value {
    let mut body = hired(name, "Omaha");
    body[ENTERPRISE] = json!({ "department": department });
    body
}

#[test]
fn users_are_in_the_department_of_that_name_or_number() {
    for tenant in Tenant::on_both_engines() {
        let [anna, bert, carl] = [("anna", "Sales"), ("bert", "4711"), ("carl", "Law")]
            .map(|(name, department)| tenant.create(USER, employed(name, department)));
        let make = |name: &'static str, number: Option<&'static str>| {
            let id = DepartmentId(Uuid::now_v7());
            tenant.write(move |tx, t| department::create(tx, t, id, name, number)).map(|()| id)
        };
        let sales = make(" SALES ", Some("4711")).unwrap();
        for (name, number) in [("sales", None), ("4711", None), ("Law", Some("Sales"))] {
            assert!(matches!(make(name, number), Err(Error::Taken { .. })), "{name}");
        }
        let members = || {
            let all = tenant.read(move |tx, t| occupant::of_department(tx, t, sales, ALL));
            all.into_iter().map(|one| one.user).collect::<Vec<_>>()
        };
        assert_eq!(members(), [anna, bert]);
        tenant.set_active(anna, false);
        assert_eq!(members(), [bert]);
        let path = format!("{ENTERPRISE}:department");
        tenant.patch(carl, &json!([{ "op": "replace", "path": path, "value": "sales" }]));
        tenant.set_active(anna, true);
        assert_eq!(members(), [anna, bert, carl]);
        let listed = tenant.read(department::list);
        assert_eq!((listed[0].name.as_str(), listed[0].occupants), ("SALES", 3));
    }
}

#[test]
fn a_delegate_books_for_somebody_and_a_stranger_does_not() {
    for tenant in Tenant::on_both_engines() {
        let omaha = tenant.build("Omaha", &[]).unwrap();
        let room = tenant.furnish(omaha, &[(Kind::Room, "Oak")])[0];
        let (anna, bert) = (tenant.hire("anna", "Omaha"), tenant.hire("bert", "Omaha"));
        let set =
            |delegates: Vec<ResourceId>| tenant.write(move |tx, t| delegate::set(tx, t, anna, &delegates));
        assert!(matches!(tenant.book_by(room, anna, bert, (1, 2)), Err(Error::Conflict(_))));
        assert!(matches!(set(vec![anna]), Err(Error::Invalid(_))));
        set(vec![bert]).unwrap();
        tenant.book_by(room, anna, bert, (1, 2)).unwrap();
        tenant.set_active(bert, false);
        assert!(matches!(tenant.book_by(room, anna, bert, (3, 4)), Err(Error::Conflict(_))));
        tenant.leave(bert);
        assert_eq!(tenant.hire("bert", "Omaha"), bert);
        tenant.book_by(room, anna, bert, (3, 4)).unwrap();
        set(vec![]).unwrap();
        assert!(matches!(tenant.book_by(room, anna, bert, (5, 6)), Err(Error::Conflict(_))));
    }
}

fn range(location: LocationId, first: &str, last: &str) -> IpRange {
    let (first, last) = (first.parse().unwrap(), last.parse().unwrap());
    IpRange { id: RangeId(Uuid::now_v7()), location, name: format!("{first}"), first, last }
}

#[test]
fn an_address_is_in_one_place() {
    for tenant in Tenant::on_both_engines() {
        let (omaha, lincoln) = (tenant.build("Omaha", &[]).unwrap(), tenant.build("Lincoln", &[]).unwrap());
        let add = |range: IpRange| tenant.write(move |tx, t| ip_range::add(tx, t, &range));
        add(range(omaha, "203.0.113.0", "203.0.113.255")).unwrap();
        add(range(lincoln, "2001:db8::", "2001:db8::ffff")).unwrap();
        for (first, last) in [("203.0.113.255", "203.0.114.9"), ("203.0.112.0", "203.0.115.0")] {
            assert!(matches!(add(range(lincoln, first, last)), Err(Error::Conflict(_))), "{first}");
        }
        for (first, last) in [("10.0.0.2", "10.0.0.1"), ("10.0.0.1", "2001:db8:1::")] {
            assert!(matches!(add(range(omaha, first, last)), Err(Error::Invalid(_))), "{first}");
        }
        let at = |text: &str| {
            let address = text.parse().unwrap();
            tenant.read(move |tx, t| ip_range::location_of(tx, t, address))
        };
        assert_eq!(at("203.0.113.77"), Some(omaha));
        assert_eq!(at("::ffff:203.0.113.77"), Some(omaha));
        assert_eq!(at("2001:db8::9"), Some(lincoln));
        assert_eq!((at("203.0.114.0"), at("2001:db8::1:0")), (None, None));
    }
}

#[test]
fn a_day_has_one_row_for_a_user_at_a_location() {
    for tenant in Tenant::on_both_engines() {
        let omaha = tenant.build("Omaha", &[]).unwrap();
        let office = range(omaha, "203.0.113.0", "203.0.113.255");
        tenant.write(move |tx, t| ip_range::add(tx, t, &office)).unwrap();
        let anna = tenant.hire("anna", "Omaha");
        let now = tenant.at(10);
        let note = |seen: Seen, at: Timestamp| {
            tenant.write(move |tx, t| presence::note(tx, t, (anna, seen), (at, now)))
        };
        let address = |text: &str| Seen::Address(text.parse().unwrap());
        assert_eq!(note(address("203.0.113.5"), tenant.at(2)).unwrap(), Some(omaha));
        assert_eq!(note(Seen::Location(omaha), tenant.at(5)).unwrap(), Some(omaha));
        assert_eq!(note(address("203.0.113.6"), tenant.at(1)).unwrap(), Some(omaha));
        assert_eq!(note(address("198.51.100.1"), tenant.at(3)).unwrap(), None);
        assert!(matches!(note(Seen::Location(omaha), tenant.at(11)), Err(Error::Invalid(_))));
        let wanted = Wanted { day: "2026-03-02".parse().unwrap(), location: Some(omaha), part: ALL };
        let seen = tenant.read(move |tx, t| presence::list(tx, t, wanted));
        let [row] = &seen[..] else { panic!("one row: {seen:?}") };
        assert_eq!(
            (row.source.as_str(), row.first_seen, row.last_seen),
            ("address", tenant.at(1), tenant.at(5))
        );
        tenant.set_active(anna, false);
        assert!(matches!(note(Seen::Location(omaha), tenant.at(6)), Err(Error::Conflict(_))));
    }
}

#[test]
fn presence_is_told_within_a_month_and_forgotten_after_a_year() {
    for tenant in Tenant::on_both_engines() {
        let omaha = tenant.build("Omaha", &[]).unwrap();
        let anna = tenant.hire("anna", "Omaha");
        let note = |hours: i64| {
            let (at, now) = (tenant.at(hours), tenant.now());
            tenant.write(move |tx, t| presence::note(tx, t, (anna, Seen::Location(omaha)), (at, now)))
        };
        let oldest = -24 * MAX_PRESENCE_AGE_DAYS;
        assert!(matches!(note(oldest - 1), Err(Error::Invalid(text)) if text.contains("31 days")));
        let days = [oldest, oldest + 24, -24].map(|hours| (hours, day_of(tenant.at(hours))));
        for (hours, _) in days {
            note(hours).unwrap();
        }
        let seen = || {
            let listed = days.map(|(_, day)| {
                let wanted = Wanted { day, location: None, part: ALL };
                tenant.read(move |tx, t| presence::list(tx, t, wanted)).len()
            });
            listed.to_vec()
        };
        tenant.pass(PRESENCE_DAYS - MAX_PRESENCE_AGE_DAYS);
        tenant.forget();
        assert_eq!(seen(), [1, 1, 1]);
        tenant.pass(2);
        tenant.forget();
        assert_eq!(seen(), [0, 1, 1], "a day at a time");
        tenant.forget();
        tenant.forget();
        assert_eq!(seen(), [0, 0, 1]);
    }
}

#[test]
fn permission_groups_follow_scim_groups() {
    for tenant in Tenant::on_both_engines() {
        let anna = tenant.hire("anna", "Omaha");
        let inner = json!({ "displayName": "Desks", "members": [{ "value": anna }] });
        let inner = tenant.create(GROUP, inner);
        let outer = json!({ "displayName": "Facilities", "members": [{ "value": inner }] });
        let outer = tenant.create(GROUP, outer);
        let id = PermissionGroupId(Uuid::now_v7());
        tenant.write(move |tx, t| permission_group::create(tx, t, id, "Planners")).unwrap();
        let again = tenant.write(move |tx, t| {
            permission_group::create(tx, t, PermissionGroupId(Uuid::now_v7()), "planners")
        });
        assert!(matches!(again, Err(Error::Taken { .. })));
        let of_anna = || tenant.read(move |tx, t| permission_group::of_user(tx, t, anna));
        assert!(of_anna().is_empty());
        tenant.write(move |tx, t| permission_group::feed(tx, t, id, outer)).unwrap();
        assert_eq!(of_anna(), ["Planners"]);
        let stranger = tenant.write(move |tx, t| permission_group::feed(tx, t, id, anna));
        assert!(matches!(stranger, Err(Error::Unknown { what: "SCIM group", .. })));
        for number in 1..MAX_SOURCES {
            let group = tenant.create(GROUP, json!({ "displayName": format!("Group {number}") }));
            tenant.write(move |tx, t| permission_group::feed(tx, t, id, group)).unwrap();
        }
        tenant.write(move |tx, t| permission_group::feed(tx, t, id, outer)).unwrap();
        let more = tenant.write(move |tx, t| permission_group::feed(tx, t, id, inner));
        assert!(matches!(more, Err(Error::Conflict(text)) if text.contains("100")));
        tenant.leave_as(GROUP, outer);
        assert!(of_anna().is_empty());
        let all = tenant.read(permission_group::list);
        assert!(!all[0].groups.contains(&outer), "a deleted group feeds nothing");
    }
}
