//! Several months of a company, told as stories. Each day is checked as those of random histories are.

use model::ResourceId;
use serde_json::json;
use testkit::Database;

use crate::company::{anchor, person, soft_deleted};
use crate::expected::Keeps;
use crate::firm::{Edit, Firm};
use crate::office::Office;

const KEEPS_SEATS: Keeps = Keeps { seats: true, reservations: false };
const ALL: Keeps = Keeps { seats: true, reservations: true };

/// A company on each engine.
async fn both(keeps: Keeps) -> [Firm; 2] {
    [Firm::on(Database::sqlite(), keeps).await, Firm::on(Database::postgres(), keeps).await]
}

/// Where somebody stands: the user's id, whether it is active, its seats, and for how many days it has the room.
fn standing(firm: &Firm, who: u32) -> (ResourceId, bool, usize, usize) {
    let (index, id) = firm.user(who).unwrap();
    let user = &firm.expected.users[index];
    (id, user.active, user.seats.len(), user.booked.iter().filter(|day| **day >= firm.today).count())
}

#[tokio::test]
async fn interns_come_for_three_summers() {
    for mut firm in both(KEEPS_SEATS).await {
        // The first summer: three come, two have seats of their own.
        firm.day(&[Edit::Hire(1, 0), Edit::Hire(2, 0), Edit::Hire(3, 1)]).await;
        firm.day(&[Edit::Seat(1, 0), Edit::Seat(2, 1), Edit::Book(1, 40), Edit::Alias]).await;
        let ids = [1, 2, 3].map(|who| standing(&firm, who).0);
        firm.days(15).await;
        assert_eq!(firm.office.active().await, 4);

        // It ends: one is disabled, one unassigned, one deleted. Two seats wait for those who may return.
        firm.day(&[Edit::Enable(1, false), Edit::Assign(2, false), Edit::Delete(3)]).await;
        assert_eq!(firm.office.active().await, 1);
        firm.days(28).await;
        assert_eq!(standing(&firm, 1), (ids[0], false, 1, 0), "the seat is kept, the room is not");
        assert_eq!(standing(&firm, 2), (ids[1], false, 1, 0));
        // The last one is restored in time, the others return.
        firm.day(&[Edit::Enable(1, true), Edit::Assign(2, true), Edit::Restore(3)]).await;
        assert_eq!([1, 2, 3].map(|who| standing(&firm, who).0), ids, "the second summer");
        assert_eq!(firm.office.active().await, 4);
        firm.days(10).await;

        // All are deleted. One comes back under a new account while the old one is in the recycle bin, one after it was
        // purged, and one when the application has forgotten the user.
        firm.day(&[Edit::Delete(1), Edit::Delete(2), Edit::Delete(3)]).await;
        firm.days(20).await;
        firm.day(&[Edit::Hire(1, 0)]).await;
        assert_eq!(standing(&firm, 1), (ids[0], true, 1, 0), "the third summer");
        firm.days(15).await;
        firm.day(&[Edit::Hire(2, 1)]).await;
        assert_eq!(standing(&firm, 2), (ids[1], true, 1, 0), "the seat was still free");
        firm.days(30).await;
        firm.day(&[Edit::Hire(3, 0)]).await;
        let (id, active, seats, _) = standing(&firm, 3);
        assert!(id != ids[2] && active && seats == 0, "somebody new, for the application");
        assert_eq!(firm.office.active().await, 4);
        firm.check_bills().await;
    }
}

#[tokio::test]
async fn somebody_marries_moves_and_is_a_planner_all_the_time() {
    for mut firm in both(ALL).await {
        firm.day(&[Edit::Hire(1, 1), Edit::Hire(2, 0), Edit::Join(1, true)]).await;
        firm.day(&[Edit::Seat(1, 0), Edit::Book(1, 50)]).await;
        let before = standing(&firm, 1);
        firm.days(7).await;
        firm.day(&[Edit::Marry(1)]).await;
        assert_eq!(standing(&firm, 1), before, "the same user under another name");
        firm.days(7).await;
        firm.day(&[Edit::Alias]).await;
        firm.day(&[Edit::Move(1, 0), Edit::Marry(1)]).await;
        firm.days(7).await;
        firm.day(&[Edit::Join(1, false)]).await;
        firm.day(&[Edit::Join(1, true), Edit::Enable(1, false)]).await;
        firm.days(7).await;
        firm.day(&[Edit::Enable(1, true)]).await;
        assert_eq!(standing(&firm, 1), before);
        // The account is made anew under the last name, and is no planner until the directory says so.
        firm.day(&[Edit::Delete(1)]).await;
        firm.day(&[Edit::Hire(1, 0)]).await;
        firm.day(&[Edit::Join(1, true)]).await;
        firm.days(31).await;
        assert_eq!(standing(&firm, 1), (before.0, true, 1, 0), "the day of the room is over");
        firm.check_bills().await;
    }
}

#[tokio::test]
async fn who_is_deactivated_by_hand_stays_so_until_the_directory_says_something_new() {
    for mut firm in both(KEEPS_SEATS).await {
        firm.day(&[Edit::Hire(1, 0), Edit::Hire(2, 0)]).await;
        firm.day(&[Edit::Seat(1, 0), Edit::Book(1, 30)]).await;
        let (id, ..) = standing(&firm, 1);
        firm.day(&[Edit::Activate(1, false)]).await;
        firm.days(14).await;
        assert_eq!(standing(&firm, 1), (id, false, 1, 0), "the policy is the same");
        let told = [("person1@contoso.com".to_owned(), vec!["active".to_owned()])];
        assert_eq!(firm.office.drift().await, told);
        // Unassigned and assigned: that is news.
        firm.day(&[Edit::Assign(1, false)]).await;
        firm.day(&[Edit::Assign(1, true)]).await;
        assert_eq!(standing(&firm, 1), (id, true, 1, 0));
        assert_eq!(firm.office.drift().await, []);
        // And so is any change of the person, and the other way round.
        firm.day(&[Edit::Activate(1, false)]).await;
        firm.days(3).await;
        firm.day(&[Edit::Title(1)]).await;
        assert!(standing(&firm, 1).1);
        firm.day(&[Edit::Enable(2, false)]).await;
        firm.day(&[Edit::Activate(2, true)]).await;
        firm.days(14).await;
        assert_eq!(firm.office.active().await, 3);
        firm.day(&[Edit::Title(2)]).await;
        assert_eq!(firm.office.active().await, 2);
        firm.check_bills().await;
    }
}

#[tokio::test]
async fn a_name_or_address_that_is_given_again_is_a_new_persons() {
    for office in Office::both().await {
        let (ana, ..) = office.the("ana").await;
        office.settle(ana, 60).await;
        // Ana marries. Her name and her address are given to somebody new.
        let mut married = person(1, "ana.berg");
        married["displayName"] = json!("Ana Berg");
        office.directory(&[married.clone(), person(2, "bo"), person(3, "cy")]);
        assert_eq!(office.cycle().await.updated, 1);
        office.quiet(30).await;
        let new = person(4, "ana");
        office.directory(&[married.clone(), person(2, "bo"), person(3, "cy"), new.clone()]);
        assert_eq!(office.cycle().await.created, 1);
        let users = office.users("ana").await;
        let of = |name: &str| users.iter().find(|user| user["userName"] == name).unwrap()["id"].clone();
        assert_eq!((users.len(), of("ana.berg@contoso.com")), (2, json!(ana)));
        assert_eq!((office.holds(ana).await, office.active().await), ((true, 1), 4));

        // The new one leaves for good, and nobody is left who had the address when it is given to another again.
        office.directory(&[married.clone(), person(2, "bo"), person(3, "cy"), soft_deleted(&new)]);
        office.cycle().await;
        office.pass(30).await;
        office.directory(&[married.clone(), person(2, "bo"), person(3, "cy")]);
        assert_eq!(office.cycle().await.deleted, 1);
        office.quiet(31).await;
        let mut another = person(5, "andy");
        another["mail"] = json!("ana@contoso.com");
        office.directory(&[married, person(2, "bo"), person(3, "cy"), another, person(6, "ana")]);
        assert_eq!(office.cycle().await.created, 2);
        let again = office.users("ana@").await;
        assert!(again.len() == 1 && again[0]["id"] != of("ana@contoso.com"), "somebody new");
        assert_eq!((office.holds(ana).await.0, office.active().await), (true, 5));
        office.quiet(2).await;
    }
}

#[tokio::test]
async fn what_a_purge_takes_comes_back_with_the_next_account_unless_others_have_it() {
    for mut firm in both(ALL).await {
        firm.day(&[Edit::Hire(1, 0), Edit::Hire(2, 0)]).await;
        firm.day(&[Edit::Seat(1, 0), Edit::Book(1, 100)]).await;
        let before = standing(&firm, 1);
        firm.day(&[Edit::Delete(1)]).await;
        assert_eq!(standing(&firm, 1), (before.0, false, 1, 1), "in the recycle bin");
        firm.days(35).await;
        assert_eq!(firm.office.holds(before.0).await.1, 0, "purged");
        firm.day(&[Edit::Hire(1, 0)]).await;
        assert_eq!(standing(&firm, 1), before);

        firm.day(&[Edit::Delete(1)]).await;
        firm.days(35).await;
        // 74 days have passed since the room was booked.
        firm.day(&[Edit::Seat(2, 0), Edit::Book(2, 100 - 74)]).await;
        firm.day(&[Edit::Hire(1, 0)]).await;
        assert_eq!(standing(&firm, 1), (before.0, true, 0, 0), "somebody else has both");
        firm.check_bills().await;
    }
}

#[tokio::test]
async fn a_leaver_is_disabled_although_somebody_has_the_last_name_by_now() {
    for mut firm in both(KEEPS_SEATS).await {
        firm.day(&[Edit::Hire(1, 0)]).await;
        firm.day(&[Edit::Seat(1, 0)]).await;
        let before = standing(&firm, 1);
        // All of it between two cycles: nothing tells that the new account is the same person's.
        firm.day(&[Edit::Marry(1), Edit::Delete(1), Edit::Hire(1, 0)]).await;
        let (new, active, seats, _) = standing(&firm, 1);
        assert!(new != before.0 && active && seats == 0);
        assert_eq!(firm.office.active().await, 2);
        firm.days(35).await;
        assert_eq!(firm.expected.there().count(), 2, "purged");
    }
}

/// As Entra itself sends it, with the mangled name; the engine's sources clean names before.
#[tokio::test]
async fn mangled_names_come_and_the_users_return_under_clean_ones() {
    for office in Office::both().await {
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "dee@contoso.com",
            "externalId": anchor(9), "active": true,
            "emails": [{ "type": "work", "value": "dee@contoso.com", "primary": true }],
            "addresses": [{ "type": "work", "locality": "Omaha" }],
        });
        let made = office.scim("POST", "/Users", Some(user.clone())).await;
        let id: ResourceId = made["id"].as_str().unwrap().parse().unwrap();
        office.settle(id, 90).await;
        let path = format!("/Users/{id}");
        let patch = |name: String, active: &str| {
            let set = |path: &str, value: &str| json!({ "op": "Replace", "path": path, "value": value });
            let mail = "emails[type eq \"work\"].value";
            json!({ "Operations": [set("userName", &name), set(mail, &name), set("active", active)] })
        };
        let mangled = format!("{}dee@contoso.com", anchor(9).replace('-', ""));
        let clean = "dee@contoso.com".to_owned();
        for season in 0..3 {
            // In the recycle bin: the name is sent again and again, and changes nothing.
            for _ in 0..5 {
                office.scim("PATCH", &path, Some(patch(mangled.clone(), "False"))).await;
                office.pass(2).await;
                assert_eq!(office.the("dee").await, (id, clean.clone(), false), "season {season}");
                assert_eq!(office.active().await, 3);
            }
            let found = format!("/Users?filter=userName%20eq%20%22{mangled}%22");
            assert_eq!(office.scim("GET", &found, None).await["totalResults"], 1);
            office.scim("PATCH", &path, Some(patch(clean.clone(), "True"))).await;
            office.quiet(10).await;
            assert_eq!(office.the("dee").await, (id, clean.clone(), true), "season {season}");
            assert_eq!((office.holds(id).await.0, office.active().await), (true, 4));
        }
        // Deleted for good, and hired again in time: the same user, whose seat was free. Then too late: somebody new.
        for (days, is_same) in [(30, true), (31, false)] {
            office.scim("PATCH", &path, Some(patch(mangled.clone(), "False"))).await;
            office.scim("DELETE", &path, None).await;
            office.pass(days).await;
            let mut again = user.clone();
            again["externalId"] = json!(anchor(10));
            let again = office.scim("POST", "/Users", Some(again)).await;
            assert_eq!((again["id"] == json!(id), &again["userName"]), (is_same, &json!(clean)));
            assert_eq!((office.the("dee").await.2, office.active().await), (true, 4));
            assert_eq!(office.holds(id).await.0, is_same);
        }
        assert_eq!(office.users("dee").await.len(), 1);
    }
}

#[tokio::test]
async fn names_that_go_from_one_to_the_next_arrive_within_days() {
    for office in Office::both().await {
        let mut ids = Vec::new();
        for name in ["ana", "bo", "cy"] {
            ids.push(office.the(name).await.0);
        }
        // Each has the name of the next one, whose own change may be sent later; a new person has the first name.
        office.directory(&[person(1, "bo"), person(2, "cy"), person(3, "dee"), person(4, "ana")]);
        for _ in 0..3 {
            office.cycle().await;
            assert!(office.requests() <= 24);
            office.pass(1).await;
        }
        assert_eq!(office.escrowed().await, 0);
        for (id, name) in ids.iter().zip(["bo", "cy", "dee"]) {
            assert_eq!(office.the(name).await.0, *id);
        }
        assert!(!ids.contains(&office.the("ana").await.0), "somebody new");
        office.quiet(5).await;
    }
}
