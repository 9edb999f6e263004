//! Values that come from nowhere: drawn from the environment's seed, so that evaluating again gives the same.

use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use uuid::Builder;

use super::{Arguments, Function};
use crate::expression::{Failure, Fault};
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("Guid", &[], guid).random(),
    Function::new("RandomNum", &["start", "end"], random_number).random().connect(),
    Function::new(
        "RandomString",
        &[
            "length",
            "minimumNumbers",
            "minimumSpecialCharacters",
            "minimumCapital",
            "minimumLowerCase",
            "charactersToAvoid",
        ],
        random_string,
    )
    .required(5)
    .random(),
];

/// The documented limit of `RandomString`.
const MAX_LENGTH: i64 = 256;

/// Kinds of characters, in the order of the parameters. The special ones are those of Windows password policies.
const KINDS: [(&str, &str); 4] = [
    ("numbers", "0123456789"),
    ("special characters", "~!@#$%^&*_-+=`|\\(){}[]:;\"'<>,.?/"),
    ("capital letters", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("small letters", "abcdefghijklmnopqrstuvwxyz"),
];

/// RFC 9562 §5.4, in small letters with hyphens.
fn guid(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let bytes: [u8; 16] = arguments.generator().draw(|generator| generator.random());
    Ok(Value::Text(Builder::from_random_bytes(bytes).into_uuid().to_string()))
}

/// Both ends are included.
fn random_number(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let start = arguments.required_integer(0)?;
    let end = arguments.required_integer(1)?;
    if start > end {
        let bounds = format!("{start} or more");
        return Err(Fault::OutOfBounds { parameter: arguments.parameter(1), bounds }.into());
    }
    Ok(Value::Integer(arguments.generator().draw(|generator| generator.random_range(start..=end))))
}

/// At least so many of each kind, the rest of those kinds that are asked for, or letters and numbers when none is; in
/// any order.
fn random_string(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let mut minima = [0; KINDS.len()];
    for (index, minimum) in minima.iter_mut().enumerate() {
        *minimum = arguments.integer(index + 1)?.unwrap_or(0).clamp(0, MAX_LENGTH);
    }
    let length = arguments.required_integer(0)?;
    let least = minima.iter().sum::<i64>();
    if !(least..=MAX_LENGTH).contains(&length) {
        let bounds = format!("from the sum of the minima, {least}, to {MAX_LENGTH}");
        return Err(Fault::OutOfBounds { parameter: arguments.parameter(0), bounds }.into());
    }
    let avoid = arguments.text(5)?.unwrap_or_default();
    let none_asked = least == 0;
    let mut kinds = Vec::new();
    for ((what, characters), minimum) in KINDS.into_iter().zip(minima) {
        let characters: Vec<char> = characters.chars().filter(|c| !avoid.contains(*c)).collect();
        if minimum > 0 && characters.is_empty() {
            return Err(Fault::NothingLeft { what }.into());
        }
        let fills = if none_asked { what != "special characters" } else { minimum > 0 };
        kinds.push(Kind { characters, minimum, fills });
    }
    let drawn = arguments.generator().draw(|generator| password(generator, &kinds, length, least));
    Ok(Value::Text(drawn.ok_or(Fault::NothingLeft { what: "characters" })?))
}

struct Kind {
    characters: Vec<char>,
    minimum: i64,
    /// Whether it also fills what the minima leave open.
    fills: bool,
}

/// `None` when there is something to fill and nothing to fill it with.
fn password(generator: &mut StdRng, kinds: &[Kind], length: i64, least: i64) -> Option<String> {
    let mut drawn = Vec::new();
    for kind in kinds {
        for _ in 0..kind.minimum {
            drawn.push(*kind.characters.choose(generator)?);
        }
    }
    let filling: Vec<char> =
        kinds.iter().filter(|kind| kind.fills).flat_map(|kind| kind.characters.iter().copied()).collect();
    for _ in least..length {
        drawn.push(*filling.choose(generator)?);
    }
    drawn.shuffle(generator);
    Some(drawn.into_iter().collect())
}
