//! The substitutions of a .NET replacement text: `$1`, `${name}`, `$&`, `$$`.

use fancy_regex::{Captures, Regex};

use crate::expression::Fault;
use crate::functions::BoundedText;

/// `replacement` with the groups of one match put in. What names no group of the pattern stays as written.
pub(super) fn expand(
    replacement: &str,
    regex: &Regex,
    captures: &Captures<'_, str>,
) -> Result<String, Fault> {
    let mut output = BoundedText::default();
    let mut rest = replacement;
    while let Some((before, after)) = rest.split_once('$') {
        output.push(before)?;
        rest = if let Some(after) = after.strip_prefix('$') {
            output.push("$")?;
            after
        } else if let Some((group, after)) = reference(after, regex) {
            output.push(captures.get(group).map_or("", |found| found.as_str()))?;
            after
        } else {
            output.push("$")?;
            after
        };
    }
    output.push(rest)?;
    Ok(output.into_string())
}

/// The group that the text after a `$` refers to, and what follows the reference.
fn reference<'a>(after: &'a str, regex: &Regex) -> Option<(usize, &'a str)> {
    if let Some(rest) = after.strip_prefix('&') {
        return Some((0, rest));
    }
    if let Some(braced) = after.strip_prefix('{') {
        let (name, rest) = braced.split_once('}')?;
        return Some((group(name, regex)?, rest));
    }
    let rest = after.trim_start_matches(|character: char| character.is_ascii_digit());
    let number = after.strip_suffix(rest)?;
    Some((group(number, regex)?, rest))
}

/// The index of a group by name or by .NET number: unnamed groups count first, named ones after them.
fn group(name: &str, regex: &Regex) -> Option<usize> {
    let Ok(number) = name.parse::<usize>() else {
        return regex.capture_names().position(|group| group == Some(name));
    };
    let of_kind = |named: bool| {
        regex
            .capture_names()
            .enumerate()
            .filter(move |(_, group)| group.is_some() == named)
            .map(|(index, _)| index)
    };
    of_kind(false).chain(of_kind(true)).nth(number)
}
