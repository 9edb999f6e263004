//! A definition of schemas as a file: TOML, or JSON when the file's name ends in `.json`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use scim::{Definition, Mistake};

use crate::failure::refusal;

/// The largest file, in bytes. A definition at all its limits takes about as much.
const MAX_BYTES: u64 = 1024 * 1024;

/// Reads a definition, and notes the names in it that have no meaning.
///
/// # Errors
/// When the file can't be read or is no definition; names the line.
pub fn read(path: &Path) -> Result<(Definition, Vec<Mistake>)> {
    let unreadable = || format!("the definition {} can't be read", path.display());
    let size = fs::metadata(path).with_context(unreadable)?.len();
    if size > MAX_BYTES {
        let hint = "a definition has schemas, resourceTypes and overrides; docs/schemas.md shows some";
        return Err(refusal(
            format!("{} has {size} bytes, and {MAX_BYTES} is the limit", path.display()),
            hint,
        ));
    }
    let text = fs::read_to_string(path).with_context(unreadable)?;
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let read = if is_json { of_json(&text) } else { of_toml(&text) };
    read.map_err(|error| {
        let hint = "docs/schemas.md shows whole definitions; nothing was changed";
        refusal(format!("{}: {}", path.display(), error.trim_end()), hint)
    })
}

fn of_toml(text: &str) -> Result<(Definition, Vec<Mistake>), String> {
    let document = toml::Deserializer::parse(text).map_err(|error| error.to_string())?;
    Definition::read(document).map_err(|error| {
        // Only the parser of the whole text knows lines.
        let with_line = toml::from_str::<Definition>(text).err();
        with_line.unwrap_or(error).to_string()
    })
}

fn of_json(text: &str) -> Result<(Definition, Vec<Mistake>), String> {
    let mut document = serde_json::Deserializer::from_str(text);
    let read = Definition::read(&mut document).map_err(|error| error.to_string())?;
    document.end().map_err(|error| error.to_string())?;
    Ok(read)
}

/// A definition as TOML.
///
/// # Errors
/// When it can't be written as TOML, which every definition can.
pub fn to_toml(definition: &Definition) -> Result<String> {
    Ok(toml::to_string_pretty(&definition.to_json())?)
}
