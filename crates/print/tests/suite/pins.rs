//! PINs.

use print::limits::{GUESS_WINDOW, MAX_PIN_GUESSES};
use serde_json::json;

use crate::tenant::Tenant;

#[test]
fn a_pin_is_guessed_a_few_times_only() {
    for tenant in Tenant::on_both_engines() {
        tenant.hire("ana", json!({ "pin": "0042" }));
        tenant.hire("bo", json!({ "pin": "0043" }));
        assert_eq!(tenant.pin("ana", "0043"), Ok(false), "somebody else's");
        for _ in 0..10 {
            assert_eq!(tenant.pin("ana", "0042"), Ok(true), "right ones don't count");
        }
        for _ in 1..MAX_PIN_GUESSES {
            assert_eq!(tenant.pin("ana", "42"), Ok(false));
        }
        assert_eq!(tenant.pin("ana", "0042"), Err(429), "even the right one");
        assert_eq!(tenant.pin("bo", "0043"), Ok(true), "others are not troubled");
        tenant.pass(GUESS_WINDOW);
        assert_eq!(tenant.pin("ana", "0042"), Ok(true));
        tenant.pass(GUESS_WINDOW);
        tenant.tidy();
        assert_eq!(tenant.rows("SELECT count(*) FROM print_guess"), 0);
    }
}

#[test]
fn whoever_has_no_pin_has_none() {
    for tenant in Tenant::on_both_engines() {
        let user = tenant.hire("ana", json!({ "pin": "0042" }));
        tenant.set(user, &print::Identity::Pin.path(), json!(null));
        assert_eq!(tenant.pin("ana", "0042"), Ok(false));
        tenant.leave(user);
        assert_eq!(tenant.rows("SELECT count(*) FROM print_guess"), 0, "guesses go with their user");
    }
}
