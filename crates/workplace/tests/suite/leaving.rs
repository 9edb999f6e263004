//! What users have when they leave, while they are away, and when they come back.

use application::{USER, resources};
use model::ResourceId;
use serde_json::{Value, json};
use uuid::Uuid;
use workplace::space::Kind;
use workplace::{Error, SpaceId, delegate};

use crate::support::{Tenant, hired};

/// Anna and Bert in Omaha, a seat of Anna's, and a room that she has booked for tomorrow.
struct Office {
    tenant: Tenant,
    anna: ResourceId,
    bert: ResourceId,
    seat: SpaceId,
    room: SpaceId,
}

impl Office {
    fn on_both_engines() -> [Self; 2] {
        Tenant::on_both_engines().map(|tenant| {
            let omaha = tenant.build("Omaha", &[]).unwrap();
            let spaces = tenant.furnish(omaha, &[(Kind::Seat, "1"), (Kind::Room, "Oak")]);
            let (anna, bert) = (tenant.hire("anna", "Omaha"), tenant.hire("bert", "Omaha"));
            let (seat, room) = (spaces[0], spaces[1]);
            tenant.assign(seat, anna).unwrap();
            tenant.book(room, anna, (24, 26)).unwrap();
            Self { tenant, anna, bert, seat, room }
        })
    }

    /// Why Anna's reservation does not count, if it does not.
    fn cancelled(&self) -> Option<String> {
        self.tenant.booked(self.anna).pop().unwrap().1
    }
}

fn told(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn who_is_deactivated_keeps_the_seat_and_not_what_is_booked_unless_the_tenant_says_otherwise() {
    for office in Office::on_both_engines() {
        let Office { tenant, anna, bert, seat, room } = &office;
        tenant.set_active(*anna, false);
        assert_eq!(tenant.seats(*anna), [*seat]);
        assert!(matches!(tenant.assign(*seat, *bert), Err(Error::Conflict(_))), "it is kept");
        assert_eq!(office.cancelled(), told("deactivated"));
        tenant.book(*room, *bert, (24, 26)).unwrap();
        tenant.set_active(*anna, true);
        assert_eq!((tenant.seats(*anna), office.cancelled()), (vec![*seat], told("deactivated")));
    }
}

#[test]
fn a_tenant_can_let_go_of_seats_and_keep_what_is_booked() {
    for office in Office::on_both_engines() {
        let Office { tenant, anna, bert, seat, room } = &office;
        tenant.choose(json!({ "matchBy": "city", "seats": "release", "reservations": "keep" }));
        tenant.set_active(*anna, false);
        assert_eq!((tenant.seats(*anna), office.cancelled()), (vec![], None));
        assert_eq!(tenant.seat_history(*anna), [told("deactivated")]);
        tenant.assign(*seat, *bert).unwrap();
        assert!(matches!(tenant.book(*room, *bert, (24, 26)), Err(Error::Conflict(_))));
        tenant.set_active(*anna, true);
        assert_eq!((tenant.seats(*anna), office.cancelled()), (vec![], None));
    }
}

#[test]
fn what_is_over_is_not_touched() {
    for office in Office::on_both_engines() {
        let Office { tenant, anna, .. } = &office;
        let before = tenant.booked(*anna);
        tenant.pass(2);
        tenant.set_active(*anna, false);
        tenant.leave(*anna);
        tenant.pass(-2);
        assert_eq!(tenant.booked(*anna), before);
    }
}

#[test]
fn what_a_deletion_takes_comes_back_with_the_user_as_far_as_it_is_free() {
    for office in Office::on_both_engines() {
        let Office { tenant, anna, bert, seat, room } = &office;
        tenant.leave(*anna);
        assert_eq!((tenant.seats(*anna), office.cancelled()), (vec![], told("deleted")));
        assert_eq!(tenant.create(USER, hired("anna", "Omaha")), *anna, "the same user");
        assert_eq!((tenant.seats(*anna), office.cancelled()), (vec![*seat], None));
        assert_eq!(tenant.location_of(*anna).as_deref(), Some("Omaha"));

        tenant.leave(*anna);
        tenant.assign(*seat, *bert).unwrap();
        tenant.book(*room, *bert, (25, 27)).unwrap();
        assert_eq!(tenant.hire("anna", "Omaha"), *anna);
        assert_eq!((tenant.seats(*anna), office.cancelled()), (vec![], told("lost")));

        // What was lost then does not come back later.
        tenant.leave(*bert);
        tenant.leave(*anna);
        assert_eq!(tenant.hire("anna", "Omaha"), *anna);
        assert_eq!((tenant.seats(*anna), office.cancelled()), (vec![], told("lost")));
        assert_eq!(tenant.hire("bert", "Omaha"), *bert);
        assert_eq!(tenant.seats(*bert), [*seat]);
    }
}

#[test]
fn a_seat_that_others_have_booked_meanwhile_does_not_come_back() {
    for office in Office::on_both_engines() {
        let Office { tenant, anna, bert, seat, .. } = &office;
        tenant.leave(*anna);
        tenant.book(*seat, *bert, (1, 2)).unwrap();
        tenant.pass(1);
        assert_eq!(tenant.create(USER, hired("anna", "Omaha")), *anna);
        assert_eq!(tenant.seats(*anna), [*seat], "that is over");

        tenant.leave(*anna);
        let booked = tenant.book(*seat, *bert, (1, 2)).unwrap();
        assert_eq!(tenant.create(USER, hired("anna", "Omaha")), *anna);
        assert_eq!((tenant.seats(*anna), tenant.seat_history(*anna)), (vec![], vec![told("lost")]));
        assert_eq!(tenant.booked(*bert), [(booked, None)]);
    }
}

#[test]
fn who_comes_back_inactive_has_what_an_inactive_user_keeps() {
    for office in Office::on_both_engines() {
        let Office { tenant, anna, seat, .. } = &office;
        tenant.leave(*anna);
        let mut inactive = hired("anna", "Omaha");
        inactive["active"] = json!(false);
        assert_eq!(tenant.create(USER, inactive), *anna);
        assert_eq!((tenant.seats(*anna), office.cancelled()), (vec![*seat], told("deactivated")));
        assert_eq!(tenant.counts(), [("Omaha".to_owned(), 1)]);
    }
}

#[test]
fn who_is_purged_leaves_nothing_but_the_days_that_are_paid_for() {
    for office in Office::on_both_engines() {
        let Office { tenant, anna, bert, seat, .. } = &office;
        tenant.pass(1);
        tenant.leave(*anna);
        tenant.purge(*anna);
        assert!(tenant.booked(*anna).is_empty() && tenant.seat_history(*anna).is_empty());
        assert_eq!(tenant.active_on("2026-03-02").unwrap(), 2);
        assert_eq!(tenant.active_on("2026-03-03").unwrap(), 1);
        tenant.assign(*seat, *bert).unwrap();
    }
}

#[test]
fn a_delegate_who_is_purged_is_not_known_to_have_booked_anything() {
    for office in Office::on_both_engines() {
        let Office { tenant, anna, bert, seat, .. } = &office;
        let delegates = [(*anna, *bert), (*bert, *anna)];
        for (user, other) in delegates {
            tenant.write(move |tx, t| delegate::set(tx, t, user, &[other])).unwrap();
        }
        tenant.book_by(*seat, *anna, *bert, (1, 2)).unwrap();
        tenant.leave(*bert);
        tenant.purge(*bert);
        let booked = tenant.ask("listReservations", &[("user", anna.to_string())]).unwrap();
        let by: Vec<&Value> =
            booked["reservations"].as_array().unwrap().iter().map(|one| &one["bookedBy"]).collect();
        assert_eq!(by, [&json!(anna), &json!(anna)]);
    }
}

#[test]
fn seats_and_delegates_are_those_of_a_user_that_there_is() {
    for office in Office::on_both_engines() {
        let Office { tenant, anna, bert, .. } = &office;
        tenant.set_active(*anna, false);
        tenant.leave(*bert);
        for list in ["listUserSeats", "listDelegates"] {
            tenant.ask(list, &[("user", anna.to_string())]).unwrap();
            for nobody in [bert.to_string(), Uuid::now_v7().to_string()] {
                let refused = tenant.ask(list, &[("user", nobody.clone())]);
                assert!(
                    matches!(refused, Err(resources::Error::Refused(refused)) if refused.status == 404),
                    "{list} {nobody}"
                );
            }
        }
    }
}

#[test]
fn every_day_has_its_count_of_active_users() {
    for tenant in Tenant::on_both_engines() {
        let (anna, bert) = (tenant.hire("anna", "Omaha"), tenant.hire("bert", "Omaha"));
        tenant.pass(1);
        tenant.set_active(anna, false);
        tenant.pass(1);
        tenant.leave(bert);
        tenant.set_active(anna, true);
        tenant.set_active(anna, false);
        tenant.set_active(anna, true);
        tenant.pass(1);
        tenant.hire("bert", "Omaha");
        let counts = |days: [&str; 5]| days.map(|day| tenant.active_on(day).unwrap());
        let days = ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"];
        assert_eq!(counts(days), [0, 2, 1, 1, 2]);
        assert!(matches!(tenant.active_on("2026-03-06"), Err(Error::Invalid(_))));
        tenant.pass(30);
        assert_eq!(counts(days), [0, 2, 1, 1, 2], "the past stays as it was");
    }
}
