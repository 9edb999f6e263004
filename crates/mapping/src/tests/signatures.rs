//! What people read about functions.

use crate::{Edition, PRESETS, signatures};

/// The page for users.
const PAGE: &str = include_str!("../../../../docs/mapping.md");

#[test]
fn signatures_are_written_as_calls() {
    let written = |name: &str| signatures().into_iter().find(|one| one.name == name).unwrap().to_string();
    assert_eq!(written("Now"), "Now()");
    assert_eq!(written("Mid"), "Mid(source, start, length)");
    assert_eq!(written("Join"), "Join(separator, source, …)");
    assert_eq!(written("Switch"), "Switch(source, defaultValue, key, value, …)");
    assert_eq!(written("ToLower"), "ToLower(source[, culture])");
}

#[test]
fn the_page_has_every_function_with_its_signature() {
    let all = signatures();
    for signature in &all {
        assert!(PAGE.contains(&format!("`{signature}`")), "docs/mapping.md lacks `{signature}`");
    }
    let documented = PAGE.lines().filter(|line| line.starts_with("| `") && line.contains('(')).count();
    assert!(documented >= all.len());
    assert!(all.iter().any(|signature| signature.edition == Edition::Connect));
}

#[test]
fn the_page_has_every_preset() {
    for name in PRESETS {
        assert!(PAGE.contains(&format!("| `{name}` |")), "docs/mapping.md lacks the preset {name}");
    }
}
