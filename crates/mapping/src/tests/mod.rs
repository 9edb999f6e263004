//! Tests over the crate's public API, as tables.

mod attributes;
mod connect;
mod dates;
mod diacritics;
mod functions;
mod made_up;
mod mappings;
mod preset;
mod properties;
mod roles;
mod scope;
mod signatures;
mod syntax;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::{Environment, Expression, Seed};

/// A fixed instant: 2 July 2021, 15:33:38 UTC, which Microsoft's example of `Now()` prints.
fn environment() -> Environment {
    let now = "2021-07-02T15:33:38Z".parse::<Timestamp>().unwrap();
    Environment { now, seed: Seed::new([7; 32]) }
}

fn object(text: &str) -> Map<String, Json> {
    serde_json::from_str(text).unwrap()
}

/// Evaluates `expression` for the JSON object; `expect` is the result as JSON, or the error after `!`.
fn check(expression: &str, attributes: &str, expect: &str) {
    let parsed = Expression::parse(expression).unwrap_or_else(|error| panic!("{}", error.render(expression)));
    let actual = match parsed.evaluate(&object(attributes), &environment()) {
        Ok(value) => Json::from(value).to_string(),
        Err(error) => format!("!{}", error.fault),
    };
    assert_eq!(actual, expect, "{expression} for {attributes}");
}
