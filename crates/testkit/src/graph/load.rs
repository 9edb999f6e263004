//! A day of a sample company, as changes to what the directory held before.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::Graph;
use super::directory::{Directory, Kind, Life};
use super::edit::DEFAULT_ROLE;
use crate::contoso::rows;

impl Graph {
    /// Makes the directory hold what `users.jsonl`, `groups.jsonl` and `assignments.jsonl` of a folder say. Who is not in
    /// them any more is deleted for good.
    ///
    /// # Panics
    /// If the folder does not hold those files.
    pub fn load(&self, folder: &Path) {
        let (users, groups) = (rows(&folder.join("users.jsonl")), rows(&folder.join("groups.jsonl")));
        let assignments = rows(&folder.join("assignments.jsonl"));
        self.edit(|directory| {
            directory.put_all(Kind::User, &users);
            directory.put_all(Kind::Group, &groups);
            directory.assign_all(&assignments);
        });
    }
}

impl Directory {
    fn put_all(&mut self, kind: Kind, rows: &[Value]) {
        let kept: BTreeSet<&str> = rows.iter().map(|row| text(row, "id")).collect();
        let gone: Vec<String> =
            self.all(kind).map(|(id, _)| id).filter(|id| !kept.contains(id)).map(str::to_owned).collect();
        for id in gone {
            if self.thing(kind, &id).is_some_and(|thing| thing.life.value != Life::Purged) {
                self.purge(kind, &id);
            }
        }
        for row in rows {
            self.put(kind, row, kind.relation());
        }
    }

    fn assign_all(&mut self, rows: &[Value]) {
        let principals: BTreeSet<&str> = rows.iter().map(|row| text(row, "principalId")).collect();
        self.assignments.retain(|assigned| principals.contains(assigned.principal.as_str()));
        for principal in principals {
            self.assign(principal, DEFAULT_ROLE);
        }
    }
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("{name} of {row}"))
}
