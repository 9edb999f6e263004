//! Look-ups by card or PIN that find nobody.

use print::limits::{GUESS_WINDOW, MAX_MISSES, MAX_MISSES_OF_TOKEN};
use serde_json::json;

use crate::tenant::Tenant;

#[test]
fn cards_are_tried_a_few_times_only() {
    for tenant in Tenant::on_both_engines() {
        tenant.hire("ana", json!({ "cardNumber": "04A2", "pin": "0042" }));
        let ask = |token: &str, card: &str| tenant.resolve(token, json!({ "card": card }));
        for number in 0..MAX_MISSES_OF_TOKEN {
            assert_eq!(ask("1", &format!("none{number}")), Ok(json!(null)), "{number}");
            if number % 50 == 0 {
                assert_eq!(ask("1", "04a2"), Ok(json!("ana")), "who finds somebody is not counted");
            }
        }
        assert_eq!(ask("1", "04a2"), Err(429), "even the right one");
        assert_eq!(tenant.resolve("1", json!({ "name": "ana", "pin": "0042" })), Err(429));
        assert_eq!(tenant.resolve("1", json!({ "name": "ana" })), Ok(json!("ana")), "a name is no secret");
        assert_eq!(ask("2", "04a2"), Ok(json!("ana")), "another token");
        tenant.pass(GUESS_WINDOW);
        assert_eq!(ask("1", "04a2"), Ok(json!("ana")));
    }
}

#[test]
fn a_pin_is_not_tried_on_everybody() {
    for tenant in Tenant::on_both_engines() {
        for number in 0..=MAX_MISSES_OF_TOKEN {
            tenant.hire(&format!("user{number}"), json!({ "pin": format!("pin{number}") }));
        }
        let pin = |number: i64| {
            tenant.resolve("1", json!({ "name": format!("user{number}"), "pin": "pin200" })).map(|_| ())
        };
        for number in 0..MAX_MISSES_OF_TOKEN {
            assert_eq!(pin(number), Ok(()), "{number}");
        }
        assert_eq!(pin(MAX_MISSES_OF_TOKEN), Err(429), "whose it is");
    }
}

#[test]
fn more_tokens_are_not_more_tries_without_end() {
    for tenant in Tenant::on_both_engines() {
        let tokens = MAX_MISSES / MAX_MISSES_OF_TOKEN;
        for token in 0..tokens {
            for number in 0..MAX_MISSES_OF_TOKEN {
                let asked = json!({ "card": format!("none{number}") });
                assert_eq!(tenant.resolve(&token.to_string(), asked), Ok(json!(null)));
            }
        }
        assert_eq!(tenant.resolve("new", json!({ "card": "none" })), Err(429));
    }
}
