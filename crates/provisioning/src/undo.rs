//! What a cycle did, object by object, as its log entries tell it: what there is to undo. Pure.

use std::collections::HashMap;

use mapping::REDACTED;
use model::log_entry::{Action, LogEntry, Status};
use serde_json::Value;

/// What a cycle did about one object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Undo {
    /// The kind of object: `User` or `Group`.
    pub object_type: String,
    /// Its anchor in the source.
    pub source_id: String,
    /// Its name for people.
    pub display: String,
    /// Its id in the target.
    pub target_id: String,
    /// The cycle made it.
    pub made: bool,
    /// The cycle disabled it.
    pub disabled: bool,
    /// The cycle deleted it.
    pub deleted: bool,
    /// Attributes that the cycle wrote: the value before its first write, and the one after its last.
    pub values: Vec<Written>,
    /// References that the cycle set or removed, by attribute and id in the target.
    pub references: Vec<Referred>,
    /// The log does not name all references.
    pub references_are_cut: bool,
}

/// A value that was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The attribute's path.
    pub attribute: String,
    /// What the target had.
    pub old: Option<Value>,
    /// What it was given.
    pub new: Option<Value>,
}

/// A reference that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referred {
    /// `members` or `manager`.
    pub attribute: String,
    /// The id in the target of the object referred to.
    pub id: String,
    /// Whether it was set, rather than removed.
    pub was_set: bool,
}

impl Written {
    /// Whether the log shows the values as they were.
    #[must_use]
    pub fn is_redacted(&self) -> bool {
        [&self.old, &self.new].into_iter().flatten().any(|value| value == REDACTED)
    }
}

/// What there is to undo of a cycle's entries, which come in the order of time. Who was changed last comes first.
#[must_use]
pub fn undos(entries: &[LogEntry]) -> Vec<Undo> {
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    let mut undos: Vec<Undo> = Vec::new();
    for entry in entries.iter().filter(|entry| entry.status == Status::Success) {
        let Some(target_id) = &entry.target_id else { continue };
        let place = *places.entry((&entry.object_type, &entry.source_id)).or_insert_with(|| {
            undos.push(Undo {
                object_type: entry.object_type.clone(),
                source_id: entry.source_id.clone(),
                ..Undo::default()
            });
            undos.len() - 1
        });
        if let Some(undo) = undos.get_mut(place) {
            undo.display.clone_from(&entry.display);
            undo.target_id.clone_from(target_id);
            undo.take(entry);
        }
    }
    undos.reverse();
    undos
}

impl Undo {
    fn take(&mut self, entry: &LogEntry) {
        let properties = entry.detail.get("modifiedProperties").and_then(Value::as_array);
        let properties = properties.into_iter().flatten();
        if entry.code.as_deref() == Some("References") {
            let named = self.references.len();
            properties.for_each(|property| self.take_references(property));
            let told = entry.detail.get("reason").and_then(Value::as_str).map_or(0, count_of);
            self.references_are_cut |= told > self.references.len() - named;
            return;
        }
        match entry.action {
            Action::Create => self.made = true,
            Action::Disable => self.disabled = true,
            Action::Delete => self.deleted = true,
            Action::Update | Action::StagedDelete | Action::Other => {}
        }
        properties.for_each(|property| self.take_value(property));
    }

    fn take_value(&mut self, property: &Value) {
        let Some(attribute) = property.get("displayName").and_then(Value::as_str) else { return };
        let value = |name| property.get(name).filter(|value| !value.is_null()).cloned();
        let new = value("newValue");
        match self.values.iter_mut().find(|written| written.attribute == attribute) {
            Some(written) => written.new = new,
            None => {
                self.values.push(Written { attribute: attribute.to_owned(), old: value("oldValue"), new });
            }
        }
    }

    fn take_references(&mut self, property: &Value) {
        let Some(attribute) = property.get("displayName").and_then(Value::as_str) else { return };
        for (name, was_set) in [("oldValue", false), ("newValue", true)] {
            let ids = property.get(name).and_then(Value::as_array).into_iter().flatten();
            let referred =
                |id: &str| Referred { attribute: attribute.to_owned(), id: id.to_owned(), was_set };
            self.references.extend(ids.filter_map(Value::as_str).map(referred));
        }
    }
}

/// How many references an entry is about: the numbers of `3 set, 2 removed`, added up.
fn count_of(reason: &str) -> usize {
    reason.split([' ', ',']).filter_map(|word| word.parse::<usize>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::{EntryId, JobId};
    use serde_json::json;

    use super::*;

    fn entry(action: Action, code: &str, detail: Value) -> LogEntry {
        LogEntry {
            id: EntryId(uuid::Uuid::nil()),
            job: JobId(uuid::Uuid::nil()),
            cycle: None,
            at: Timestamp::UNIX_EPOCH,
            object_type: "User".into(),
            source_id: "a".into(),
            display: "ada".into(),
            target_id: Some("t1".into()),
            action,
            status: Status::Success,
            code: Some(code.into()),
            detail,
            duration_ms: 0,
        }
    }

    fn wrote(attribute: &str, old: Value, new: Value) -> Value {
        json!({ "modifiedProperties": [{ "displayName": attribute, "oldValue": old, "newValue": new }] })
    }

    #[test]
    fn of_several_writes_the_first_old_and_the_last_new_value_count() {
        let entries = [
            entry(Action::Update, "Changed", wrote("title", json!("a"), json!("b"))),
            entry(Action::Disable, "Disabled", wrote("title", json!("b"), json!("c"))),
        ];
        let undos = undos(&entries);
        assert_eq!(undos.len(), 1);
        assert!(undos[0].disabled && !undos[0].made);
        let written = Written { attribute: "title".into(), old: Some(json!("a")), new: Some(json!("c")) };
        assert_eq!(undos[0].values, [written]);
    }

    #[test]
    fn what_failed_was_not_done() {
        let failed = LogEntry { status: Status::Failure, ..entry(Action::Create, "New", json!({})) };
        assert_eq!(undos(&[failed]), []);
    }

    #[test]
    fn references_are_told_apart_and_counted() {
        let mut detail = wrote("members", json!(["t8"]), json!(["t2", "t3"]));
        detail["reason"] = json!("2 set, 1 removed");
        let all = undos(&[entry(Action::Update, "References", detail.clone())]);
        let referred = |id: &str, was_set| Referred { attribute: "members".into(), id: id.into(), was_set };
        assert_eq!(all[0].references, [referred("t8", false), referred("t2", true), referred("t3", true)]);
        assert!(!all[0].references_are_cut && all[0].values.is_empty());
        detail["reason"] = json!("200 set, 1 removed");
        assert!(undos(&[entry(Action::Update, "References", detail)])[0].references_are_cut);
    }

    #[test]
    fn a_redacted_value_is_known_as_such() {
        let entries = [entry(Action::Update, "Changed", wrote("x", json!("[Redact]"), json!("[Redact]")))];
        assert!(undos(&entries)[0].values[0].is_redacted());
    }
}
