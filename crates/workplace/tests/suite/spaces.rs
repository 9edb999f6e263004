//! Seats and rooms: one seat is one user's, and nothing is booked twice.

use std::collections::BTreeSet;
use std::thread;

use application::resources;
use jiff::{SignedDuration, Timestamp};
use model::ResourceId;
use serde_json::Value;
use uuid::Uuid;
use workplace::limits::MAX_OPEN_RESERVATIONS;
use workplace::reservation::{self, Reservation};
use workplace::seating::{self, Place, Seated};
use workplace::space::{self, Kind};
use workplace::{Error, ReservationId, SpaceId, assignment, location};

use crate::support::Tenant;

#[test]
fn a_seat_is_one_users() {
    for tenant in Tenant::on_both_engines() {
        let omaha = tenant.build("Omaha", &[]).unwrap();
        let [seat, room] = tenant.furnish(omaha, &[(Kind::Seat, "1"), (Kind::Room, "Oak")])[..] else {
            panic!("two spaces")
        };
        let (anna, bert) = (tenant.hire("anna", "Omaha"), tenant.hire("bert", "Omaha"));
        tenant.assign(seat, anna).unwrap();
        tenant.assign(seat, anna).unwrap();
        assert_eq!(tenant.seats(anna), [seat]);
        assert!(
            matches!(tenant.assign(seat, bert), Err(Error::Conflict(text)) if text.contains(&anna.to_string()))
        );
        assert!(matches!(tenant.assign(room, bert), Err(Error::Invalid(_))));
        let nobody = ResourceId(Uuid::now_v7());
        assert!(matches!(tenant.assign(seat, nobody), Err(Error::Unknown { what: "user", .. })));
        assert!(matches!(tenant.assign(SpaceId(Uuid::now_v7()), bert), Err(Error::Unknown { .. })));
        tenant.set_active(bert, false);
        assert!(matches!(tenant.assign(seat, bert), Err(Error::Conflict(_))));
        tenant.set_active(bert, true);
        let now = tenant.now();
        tenant.write(move |tx, id| assignment::release(tx, id, seat, now)).unwrap();
        tenant.assign(seat, bert).unwrap();
        assert_eq!((tenant.seats(anna), tenant.seats(bert)), (vec![], vec![seat]));
        assert_eq!(tenant.seat_history(anna), [Some("released".to_owned())]);
    }
}

#[test]
fn a_seat_that_others_have_booked_is_given_to_nobody_else() {
    for tenant in Tenant::on_both_engines() {
        let omaha = tenant.build("Omaha", &[]).unwrap();
        let [first, second] = tenant.furnish(omaha, &[(Kind::Seat, "1"), (Kind::Seat, "2")])[..] else {
            panic!("two spaces")
        };
        let (anna, bert) = (tenant.hire("anna", "Omaha"), tenant.hire("bert", "Omaha"));
        tenant.book(first, bert, (1, 2)).unwrap();
        tenant.book(first, bert, (3, 4)).unwrap();
        let Err(Error::Conflict(text)) = tenant.assign(first, anna) else { panic!("Bert has booked it") };
        assert!(text.contains(&tenant.at(4).to_string()) && text.contains(&first.to_string()), "{text}");
        assert!(!text.contains(&bert.to_string()), "{text}");
        let place = Place { location: "Omaha", floor: "Ground floor", seat: "1", user: Some(anna) };
        let (ids, now) = (tenant.ids.clone(), tenant.now());
        let planned = tenant.write(move |tx, id| seating::seat(tx, id, &place, &*ids, now));
        assert!(matches!(planned, Err(Error::Conflict(_))), "nor by a plan of the office");
        tenant.assign(first, bert).unwrap();
        tenant.write(move |tx, id| assignment::release(tx, id, first, now)).unwrap();
        tenant.pass(1);
        tenant.assign(first, anna).unwrap();

        let booked = tenant.book(second, bert, (1, 2)).unwrap();
        let now = tenant.now();
        tenant.write(move |tx, id| reservation::cancel(tx, id, booked, now)).unwrap();
        tenant.assign(second, anna).unwrap();
    }
}

#[test]
fn a_plan_of_the_office_makes_what_is_missing_and_says_whose_seats_are() {
    for tenant in Tenant::on_both_engines() {
        let omaha = tenant.build("Omaha", &["OMA"]).unwrap();
        let anna = tenant.hire("anna", "Omaha");
        let (ids, now) = (tenant.ids.clone(), tenant.now());
        let on = &tenant;
        let seat = move |location: &'static str, seat: &'static str, user: Option<ResourceId>| {
            let (place, ids) = (Place { location, floor: "First", seat, user }, ids.clone());
            on.write(move |tx, id| seating::seat(tx, id, &place, &*ids, now))
        };
        let all = Seated { floor_made: true, seat_made: true, given: true };
        assert_eq!(seat("oma", "1.2", Some(anna)).unwrap(), all);
        assert_eq!(seat("Omaha", "1.1", None).unwrap(), Seated { seat_made: true, ..Seated::default() });
        assert_eq!(seat("OMAHA", "1.2", Some(anna)).unwrap(), Seated::default());
        assert!(matches!(seat("Lincoln", "1", None), Err(Error::Invalid(text)) if text.contains("Lincoln")));
        let listed = tenant.read(move |tx, id| seating::of_location(tx, id, omaha));
        let told: Vec<_> = listed.iter().map(|one| (one.name.as_str(), one.display.as_deref())).collect();
        assert_eq!(told, [("1.1", None), ("1.2", Some("anna"))]);
        assert_eq!((listed[1].user, listed[1].floor.as_str()), (Some(anna), "First"));
    }
}

#[test]
fn somebody_has_so_many_reservations_and_no_more() {
    for tenant in Tenant::on_both_engines() {
        let omaha = tenant.build("Omaha", &[]).unwrap();
        let room = tenant.furnish(omaha, &[(Kind::Room, "Oak")])[0];
        let anna = tenant.hire("anna", "Omaha");
        for hour in 0..MAX_OPEN_RESERVATIONS {
            tenant.book(room, anna, (hour, hour + 1)).unwrap();
        }
        let more = (MAX_OPEN_RESERVATIONS, MAX_OPEN_RESERVATIONS + 1);
        assert!(matches!(tenant.book(room, anna, more), Err(Error::Conflict(text)) if text.contains("1000")));
        tenant.pass(1);
        tenant.book(room, anna, more).unwrap();
    }
}

#[test]
fn nothing_is_booked_twice_for_one_time() {
    for tenant in Tenant::on_both_engines() {
        let omaha = tenant.build("Omaha", &[]).unwrap();
        let spaces = tenant.furnish(omaha, &[(Kind::Seat, "1"), (Kind::Room, "Oak")]);
        let (anna, bert) = (tenant.hire("anna", "Omaha"), tenant.hire("bert", "Omaha"));
        for space in spaces {
            let first = tenant.book(space, anna, (2, 4)).unwrap();
            for hours in [(1, 3), (3, 5), (2, 4), (1, 5)] {
                assert!(matches!(tenant.book(space, bert, hours), Err(Error::Conflict(_))), "{hours:?}");
            }
            tenant.book(space, bert, (1, 2)).unwrap();
            tenant.book(space, bert, (4, 5)).unwrap();
            let now = tenant.now();
            tenant.write(move |tx, id| reservation::cancel(tx, id, first, now)).unwrap();
            tenant.book(space, bert, (2, 4)).unwrap();
        }
        assert!(tenant.booked(anna).iter().all(|(_, cancelled)| cancelled.as_deref() == Some("request")));
    }
}

#[test]
fn somebodys_seat_is_booked_by_nobody_else() {
    for tenant in Tenant::on_both_engines() {
        let omaha = tenant.build("Omaha", &[]).unwrap();
        let seat = tenant.furnish(omaha, &[(Kind::Seat, "1")])[0];
        let (anna, bert) = (tenant.hire("anna", "Omaha"), tenant.hire("bert", "Omaha"));
        tenant.assign(seat, anna).unwrap();
        assert!(matches!(tenant.book(seat, bert, (1, 2)), Err(Error::Conflict(_))));
        tenant.book(seat, anna, (1, 2)).unwrap();
    }
}

#[test]
fn reservations_come_in_parts() {
    for tenant in Tenant::on_both_engines() {
        let omaha = tenant.build("Omaha", &[]).unwrap();
        let rooms = tenant.furnish(omaha, &[(Kind::Room, "Oak"), (Kind::Room, "Elm")]);
        let anna = tenant.hire("anna", "Omaha");
        let hours = [(4, 5), (1, 2), (5, 6), (2, 4)];
        for (room, hours) in rooms.iter().flat_map(|room| hours.map(|hours| (*room, hours))) {
            tenant.book(room, anna, hours).unwrap();
        }
        let part = |after: Option<&Value>| {
            let after = after.map(|last| ("after", last["id"].as_str().unwrap().to_owned()));
            let limit = ("limit", "3".to_owned());
            let parameters: Vec<_> = after.into_iter().chain([limit]).collect();
            tenant.ask("listReservations", &parameters).unwrap()["reservations"].as_array().unwrap().clone()
        };
        let mut all = part(None);
        // That the last one of a part is cancelled by now makes no difference.
        let (last, now) = (ReservationId(all[2]["id"].as_str().unwrap().parse().unwrap()), tenant.now());
        tenant.write(move |tx, id| reservation::cancel(tx, id, last, now)).unwrap();
        while all.len() < 8 {
            all.extend(part(all.last()));
        }
        assert_eq!(part(all.last()), Vec::<Value>::new());
        let starts = |one: &Value| one["starts"].as_str().unwrap().parse::<Timestamp>().unwrap();
        assert_eq!(
            all.iter().map(starts).collect::<Vec<_>>(),
            [1, 1, 2, 2, 4, 4, 5, 5].map(|hour| tenant.at(hour))
        );
        let ids: BTreeSet<&str> = all.iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 8, "each once");
        let nowhere = tenant.ask("listReservations", &[("after", Uuid::now_v7().to_string())]);
        assert!(matches!(nowhere, Err(resources::Error::Refused(refused)) if refused.status == 404));
    }
}

/// Eight at once: on PostgreSQL they really are.
#[test]
fn one_of_many_who_book_at_once_gets_the_room() {
    for tenant in Tenant::on_both_engines() {
        let omaha = tenant.build("Omaha", &[]).unwrap();
        let room = tenant.furnish(omaha, &[(Kind::Room, "Oak")])[0];
        let (now, starts, ends) = (tenant.now(), tenant.at(1), tenant.at(2));
        let users: Vec<_> = (0..8).map(|number| tenant.hire(&format!("u{number}"), "Omaha")).collect();
        let (store, id) = (&*tenant.store, tenant.id);
        let book = |user: ResourceId| {
            let new = reservation(room, user, (starts, ends));
            store.write_blocking(move |tx| reservation::book(tx, id, &new, now)).is_ok()
        };
        let booked = thread::scope(|scope| {
            let all: Vec<_> = users.iter().map(|user| scope.spawn(|| book(*user))).collect();
            all.into_iter().filter_map(|one| one.join().unwrap().then_some(())).count()
        });
        assert_eq!(booked, 1);
    }
}

fn reservation(space: SpaceId, user: ResourceId, (starts, ends): (Timestamp, Timestamp)) -> Reservation {
    let id = ReservationId(Uuid::now_v7());
    Reservation { id, space, user, booked_by: user, starts, ends, cancelled: None, cancelled_by: None }
}

#[test]
fn what_is_in_use_is_not_removed() {
    for tenant in Tenant::on_both_engines() {
        let omaha = tenant.build("Omaha", &[]).unwrap();
        let [seat, room] = tenant.furnish(omaha, &[(Kind::Seat, "1"), (Kind::Room, "Oak")])[..] else {
            panic!("two spaces")
        };
        let anna = tenant.hire("anna", "Omaha");
        tenant.assign(seat, anna).unwrap();
        tenant.book(room, anna, (1, 2)).unwrap();
        let remove =
            |space: SpaceId, now: Timestamp| tenant.write(move |tx, id| space::remove(tx, id, space, now));
        for space in [seat, room] {
            assert!(matches!(remove(space, tenant.now()), Err(Error::Conflict(_))));
        }
        let gone = tenant.write(move |tx, id| location::remove(tx, id, omaha));
        assert!(matches!(gone, Err(Error::Conflict(text)) if text.contains("floors")));
        let now = tenant.now();
        tenant.write(move |tx, id| assignment::release(tx, id, seat, now)).unwrap();
        remove(seat, now).unwrap();
        remove(room, now + SignedDuration::from_hours(2)).unwrap();
        let floor = tenant.write(move |tx, id| space::floors(tx, id, omaha)).unwrap()[0].id;
        tenant.write(move |tx, id| space::remove_floor(tx, id, floor)).unwrap();
        tenant.write(move |tx, id| location::remove(tx, id, omaha)).unwrap();
        assert_eq!(tenant.waiting(), [("anna".to_owned(), Some("Omaha".to_owned()))]);
    }
}
