//! The directory opened once and checked whole: the first of the two passes.

use crate::assignments::Assignments;
use crate::fields::{GroupFields, UserFields};
use crate::hashing::Sum;
use crate::layout::{Layout, Location};
use crate::row::{Row, Rows};
use connector::{Error, Needs, Watermark};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;

/// A file that was opened and checked.
pub(crate) struct Checked {
    location: Location,
    file: File,
    /// What the second pass must find again.
    pub(crate) sum: Sum,
    /// How many rows it holds.
    pub(crate) rows: u64,
}

impl Checked {
    /// The rows once more.
    pub(crate) fn rows(&self) -> Result<Rows, Error> {
        Rows::new(&self.location, &self.file)
    }

    /// The file as errors name it.
    pub(crate) fn name(&self) -> String {
        self.location.name()
    }

    /// Checks every row with `check`.
    fn new(
        location: Location,
        file: File,
        mut check: impl FnMut(&Row) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let mut rows = Rows::new(&location, &file)?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            check(&row)?;
            count += 1;
        }
        Ok(Self { sum: rows.sum(), rows: count, location, file })
    }
}

/// A directory whose every line is well-formed.
pub(crate) struct Snapshot {
    pub(crate) users: Checked,
    pub(crate) groups: Option<Checked>,
    pub(crate) assignments: Assignments,
    assignments_sum: Option<Sum>,
}

impl Snapshot {
    /// Opens all files at once, then checks every line of them.
    pub(crate) fn take(path: &Path, needs: &Needs) -> Result<Self, Error> {
        let layout = Layout::discover(path)?;
        if needs.assignments && layout.assignments.is_none() {
            return Err(no_assignments(path));
        }
        let users = open(layout.users)?;
        let groups = layout.groups.map(open).transpose()?;
        let assigned = layout.assignments.map(open).transpose()?;

        let mut assignments = Assignments::new(needs);
        let assigned = assigned
            .map(|(location, file)| {
                Checked::new(location, file, |row| assignments.add(row, groups.is_some()))
            })
            .transpose()?;
        if let Some(empty) = assigned.as_ref().filter(|checked| needs.assignments && checked.rows == 0) {
            return Err(empty_assignments(empty));
        }
        let groups =
            groups.map(|(location, file)| check_groups(location, file, &mut assignments)).transpose()?;
        let users = check_users(users)?;
        Ok(Self { users, groups, assignments, assignments_sum: assigned.map(|checked| checked.sum) })
    }

    /// The digest of all contents. Its first part changes when this source would deliver the same files differently.
    pub(crate) fn watermark(&self) -> Watermark {
        const ABSENT: Sum = [0; 32];
        let mut digest = Sha256::new();
        digest.update(self.users.sum);
        digest.update(self.groups.as_ref().map_or(ABSENT, |groups| groups.sum));
        digest.update(self.assignments_sum.unwrap_or(ABSENT));
        let mut text = String::from("file-1:");
        for byte in digest.finalize() {
            // Writing to a String does not fail.
            let _ = write!(text, "{byte:02x}");
        }
        Watermark(text)
    }
}

fn open(location: Location) -> Result<(Location, File), Error> {
    let file = location.open()?;
    Ok((location, file))
}

fn check_groups(location: Location, file: File, assignments: &mut Assignments) -> Result<Checked, Error> {
    let mut ids = Ids::default();
    let groups = Checked::new(location, file, |row| {
        let group = GroupFields::of(row)?;
        ids.add(group.id, row)?;
        assignments.add_members(&group);
        Ok(())
    })?;
    assignments.check_groups(|id| ids.contains(id))?;
    assignments.follow_nesting();
    Ok(groups)
}

fn check_users((location, file): (Location, File)) -> Result<Checked, Error> {
    let mut ids = Ids::default();
    let users = Checked::new(location, file, |row| ids.add(UserFields::of(row)?.id, row))?;
    if users.rows == 0 {
        return Err(Error::source(
            users.name(),
            "holds no user",
            "an empty file is taken for a failed export, not for an empty company; export again",
        ));
    }
    Ok(users)
}

fn no_assignments(path: &Path) -> Error {
    Error::source(
        path.display().to_string(),
        "has no assignments file, and the job provisions assigned users only",
        "export the application's assignments to assignments.jsonl beside users.jsonl, or set assigned_only = false",
    )
}

fn empty_assignments(assignments: &Checked) -> Error {
    Error::source(
        assignments.name(),
        "holds no assignment, and the job provisions assigned users only",
        "an empty file is taken for a failed export, not for everybody unassigned; export again, or pause the job",
    )
}

/// The ids met so far, with their lines.
#[derive(Default)]
struct Ids(HashMap<String, u64>);

impl Ids {
    fn contains(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    fn add(&mut self, id: &str, row: &Row) -> Result<(), Error> {
        match self.0.entry(id.to_owned()) {
            Entry::Vacant(free) => {
                free.insert(row.place.line);
                Ok(())
            }
            Entry::Occupied(taken) => {
                Err(row.place.error(format!("has the id \"{id}\", as line {} has", taken.get())))
            }
        }
    }
}
