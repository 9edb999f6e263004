//! Values that come from the environment's seed.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::{check, environment, object};
use crate::{Environment, Expression, Mappings, Phase, Seed};

fn text(expression: &str, seed: u8) -> String {
    let environment = Environment { seed: Seed::new([seed; 32]), ..environment() };
    let value = Expression::parse(expression).unwrap().evaluate(&object("{}"), &environment).unwrap();
    value.to_string()
}

#[test]
fn the_same_seed_gives_the_same_values() {
    for expression in ["Guid()", "RandomString(12, 1, 1, 1, 1)", "RandomNum(1, 1000000)"] {
        assert_eq!(text(expression, 1), text(expression, 1));
        assert_ne!(text(expression, 1), text(expression, 2), "{expression}");
    }
    let pair = text(r#"Join(" ", Guid(), Guid())"#, 1);
    let (one, other) = pair.split_once(' ').unwrap();
    assert_ne!(one, other, "each call draws anew");
}

#[test]
fn a_guid_is_of_version_4_in_small_letters() {
    for seed in 0..32 {
        let guid = text("Guid()", seed);
        assert_eq!(uuid::Uuid::parse_str(&guid).unwrap().get_version_num(), 4);
        assert_eq!(guid, guid.to_lowercase());
    }
}

#[test]
fn random_strings_keep_their_minima() {
    let count = |text: &str, test: fn(&char) -> bool| text.chars().filter(test).count();
    for seed in 0..64 {
        let simple = text("RandomString(6,3,0,0,3)", seed);
        assert_eq!(count(&simple, char::is_ascii_digit), 3, "{simple}");
        assert_eq!(count(&simple, char::is_ascii_lowercase), 3, "{simple}");
        let full = text(r#"RandomString(10,2,2,2,1,"?,")"#, seed);
        assert_eq!(full.chars().count(), 10);
        assert!(count(&full, char::is_ascii_digit) >= 2, "{full}");
        assert!(count(&full, char::is_ascii_punctuation) >= 2, "{full}");
        assert!(count(&full, char::is_ascii_uppercase) >= 2, "{full}");
        assert!(count(&full, char::is_ascii_lowercase) >= 1, "{full}");
        assert!(!full.contains(['?', ',']), "{full}");
        let plain = text("RandomString(20,0,0,0,0)", seed);
        assert!(plain.chars().all(|c| c.is_ascii_alphanumeric()), "{plain}");
    }
    assert_eq!(text("RandomString(256,1,1,1,1)", 0).chars().count(), 256);
}

#[test]
fn every_character_of_a_kind_comes_up() {
    let drawn: HashSet<char> = (0..64)
        .flat_map(|seed| text("RandomString(64,64,0,0,0)", seed).chars().collect::<Vec<_>>())
        .collect();
    assert_eq!(drawn.len(), 10);
}

#[test]
fn random_strings_that_cannot_be() {
    check("RandomString(5,3,0,0,3)", "{}", "!length is not from the sum of the minima, 6, to 256");
    check("RandomString(257,0,0,0,0)", "{}", "!length is not from the sum of the minima, 0, to 256");
    let avoided = r#"RandomString(5,1,0,0,0,"0123456789")"#;
    check(avoided, "{}", "!charactersToAvoid leaves none of the numbers that are asked for");
    check("RandomNum(2, 1)", "{}", "!end is not 2 or more");
    check("RandomNum(3, 3)", "{}", "3");
}

#[test]
fn two_attributes_get_different_values() {
    let mapping = |target: &str| {
        let once = "only_during_creation";
        serde_json::from_value(serde_json::json!({ "target": target, "source": "Guid()", "apply": once }))
            .unwrap()
    };
    let mappings = Mappings::new(vec![mapping("nickName"), mapping("title")]);
    let evaluate = || mappings.evaluate(&object("{}"), &environment(), Phase::Create).unwrap();
    let values: Vec<Json> = evaluate().into_iter().filter_map(|mapped| mapped.value).collect();
    assert_ne!(values[0], values[1]);
    assert_eq!(evaluate()[0].value.as_ref(), Some(&values[0]), "evaluating again gives the same");
    assert!(mappings.evaluate(&object("{}"), &environment(), Phase::Update).unwrap().is_empty());
}

#[test]
fn a_seed_is_not_shown() {
    assert_eq!(format!("{:?}", Seed::new([7; 32])), "Seed(…)");
}
