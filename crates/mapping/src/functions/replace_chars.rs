//! `ReplaceChars`, which replaces single characters by a table.

use super::{Arguments, BoundedText, Function};
use crate::expression::{Failure, Fault};
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] =
    &[Function::new("ReplaceChars", &["string", "replacePattern"], replace_chars).connect()];

fn replace_chars(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let Some(text) = arguments.text(0)? else { return Ok(Value::Null) };
    let pattern = arguments.required_text(1)?;
    let parameter = arguments.parameter(1);
    let expected = "a table such as å:a,ß:ss,’:";
    let table = table(&pattern).ok_or(Fault::Unexpected { parameter, expected })?;
    let mut output = BoundedText::default();
    let mut buffer = [0; 4];
    for character in text.chars() {
        match table.iter().find(|(source, _)| *source == character) {
            Some((_, target)) => output.push(target)?,
            None => output.push(character.encode_utf8(&mut buffer))?,
        }
    }
    Ok(Value::Text(output.into_string()))
}

/// The pairs of `å:a,ß:ss,’:`. White space does not count; a source is one character.
fn table(pattern: &str) -> Option<Vec<(char, String)>> {
    let pattern: String = pattern.chars().filter(|character| !character.is_whitespace()).collect();
    let pairs = pattern.split(',').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (source, target) = pair.split_once(':')?;
            let mut characters = source.chars();
            let source = characters.next()?;
            characters.next().is_none().then(|| (source, target.to_owned()))
        })
        .collect()
}
