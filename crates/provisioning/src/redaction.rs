//! What nobody but the target may see: the values of mappings with a `Redact`, wherever objects are shown.

use mapping::{AttributeMapping, MappedValue, REDACTED};
use model::job::Rules;
use serde_json::{Map, Value};

/// The targets whose values nobody but the target may see.
pub(crate) fn targets(mapped: &[MappedValue<'_>]) -> Vec<String> {
    mapped.iter().filter(|m| m.redacted).map(|m| m.target.to_string()).collect()
}

/// The attributes of an object of the source, as people may see them.
pub(crate) fn attributes(rules: Option<&Rules>, attributes: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = attributes.clone();
    for name in redacted(rules).flat_map(|m| m.source.attributes()) {
        mapping::redact(&mut shown, name);
    }
    shown
}

/// A resource of the target, as people may see it.
pub(crate) fn document(rules: Option<&Rules>, document: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = document.clone();
    for path in redacted(rules).map(|m| m.target.path()) {
        if !path.read(&shown).is_empty() {
            path.write(&mut shown, REDACTED.into());
        }
    }
    shown
}

fn redacted(rules: Option<&Rules>) -> impl Iterator<Item = &AttributeMapping> {
    rules.into_iter().flat_map(|rules| &rules.mappings).filter(|m| m.is_redacted())
}
