//! Cards: swapped, and registered with a code.

use std::sync::Arc;
use std::thread;

use print::limits::{GUESS_WINDOW, MAX_CODE_GUESSES};
use print::{Identity, PRINT_USER_URN};
use serde_json::json;

use crate::tenant::{Tenant, status};

#[test]
fn a_swapped_card_takes_the_place_of_the_old_one() {
    for tenant in Tenant::on_both_engines() {
        let user = tenant.hire("ana", json!({ "cardNumber": "1" }));
        tenant.swap(user, "2").unwrap();
        assert_eq!((tenant.by_card("1"), tenant.by_card("2")), (None, Some(user)));
        let nobody = model::ResourceId(uuid::Uuid::nil());
        assert_eq!(tenant.swap(nobody, "3").map_err(status), Err(404));
    }
}

#[test]
fn a_code_is_good_for_one_card() {
    for tenant in Tenant::on_both_engines() {
        let user = tenant.hire("ana", json!({ "cardRegistrationCode": "Code-1" }));
        tenant.hire("bo", json!({ "cardNumber": "taken" }));
        assert_eq!(tenant.register("code-1", "taken").map_err(status), Err(409));
        assert_eq!(tenant.register("code-1", "new").unwrap(), Some(user));
        assert_eq!(tenant.by_card("new"), Some(user));
        assert_eq!(tenant.register("code-1", "other").unwrap(), None);
        // A client that sends whole users sends the code again.
        tenant.set(user, &Identity::RegistrationCode.path(), json!("CODE-1"));
        assert_eq!(tenant.register("code-1", "other").unwrap(), None);
        tenant.set(user, &Identity::RegistrationCode.path(), json!("code-2"));
        assert_eq!(tenant.register("code-2", "other").unwrap(), Some(user));
        assert_eq!((tenant.by_card("new"), tenant.by_card("other")), (None, Some(user)));
        // Both stay used up, for whoever found the slip of somebody who left and came back.
        tenant.leave(user);
        for code in ["code-1", "code-2"] {
            assert_eq!(tenant.hire("ana", json!({ "cardRegistrationCode": code })), user);
            assert_eq!(tenant.register(code, "found").unwrap(), None, "{code}");
            tenant.leave(user);
        }
        tenant.purged(user);
        assert_eq!(tenant.rows("SELECT count(*) FROM print_spent_code"), 0);
    }
}

#[test]
fn who_returns_has_the_card_again_unless_it_was_given_away() {
    for tenant in Tenant::on_both_engines() {
        let ana = tenant.hire("ana", json!({ "pin": "4711" }));
        tenant.swap(ana, "1").unwrap();
        tenant.leave(ana);
        assert_eq!(tenant.hire("ana", json!({})), ana);
        assert_eq!(tenant.by_card("1"), Some(ana), "nobody else had it");
        tenant.leave(ana);
        let bo = tenant.hire("bo", json!({}));
        tenant.swap(bo, "1").unwrap();
        assert_eq!(tenant.hire("ana", json!({})), ana, "nobody sent the card, so nobody is told of it");
        assert_eq!((tenant.by_card("1"), tenant.pin("ana", "4711")), (Some(bo), Ok(true)));
        // What the client itself sends is another matter.
        tenant.leave(ana);
        let again = tenant.create(json!({ "userName": "ana", PRINT_USER_URN: { "cardNumber": "1" } }));
        assert_eq!(again.map_err(status), Err(409));
    }
}

#[test]
fn whoever_is_inactive_registers_no_card() {
    for tenant in Tenant::on_both_engines() {
        let user = tenant.hire("ana", json!({ "cardRegistrationCode": "code" }));
        tenant.set(user, "active", json!(false));
        assert_eq!(tenant.register("code", "1").unwrap(), None);
        tenant.set(user, "active", json!(true));
        assert_eq!(tenant.register("code", "1").unwrap(), Some(user), "the code was not used up");
    }
}

#[test]
fn of_many_who_use_a_code_at_once_one_succeeds() {
    const CARDS: [&str; 8] = ["1", "2", "3", "4", "5", "6", "7", "8"];
    for tenant in Tenant::on_both_engines().map(Arc::new) {
        let user = tenant.hire("ana", json!({ "cardRegistrationCode": "code" }));
        let threads = CARDS.map(|card| {
            let tenant = Arc::clone(&tenant);
            thread::spawn(move || tenant.register("code", card).unwrap())
        });
        let registered: Vec<_> = threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(registered, [user]);
        assert_eq!(CARDS.into_iter().filter(|card| tenant.by_card(card).is_some()).count(), 1);
    }
}

#[test]
fn codes_are_guessed_a_few_times_only() {
    for tenant in Tenant::on_both_engines() {
        let user = tenant.hire("ana", json!({ "cardRegistrationCode": "code" }));
        for _ in 0..MAX_CODE_GUESSES {
            assert_eq!(tenant.register("wrong", "1").unwrap(), None);
        }
        assert_eq!(tenant.register("code", "1").map_err(status), Err(429));
        tenant.pass(GUESS_WINDOW);
        assert_eq!(tenant.register("code", "1").unwrap(), Some(user));
    }
}
