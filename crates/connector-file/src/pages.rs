//! The second pass: the checked files as pages of objects.

use crate::assignments::Assignments;
use crate::limits::{PAGE_BYTES, PAGE_OBJECTS};
use crate::object;
use crate::row::{Row, Rows};
use crate::snapshot::{Checked, Snapshot};
use connector::{Entry, Error, Interruption, Object};
use std::collections::VecDeque;

/// Streams the objects of a snapshot: users first, then groups.
pub(crate) struct Pages {
    parts: VecDeque<Part>,
    assignments: Assignments,
}

impl Pages {
    pub(crate) fn new(snapshot: Snapshot) -> Result<Self, Error> {
        let mut parts = VecDeque::from([Part::new(snapshot.users, object::user)?]);
        if let Some(groups) = snapshot.groups {
            parts.push_back(Part::new(groups, object::group)?);
        }
        Ok(Self { parts, assignments: snapshot.assignments })
    }

    /// The next page, or `None` at the end.
    pub(crate) fn next_page(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        let (mut page, mut size_bytes) = (Vec::new(), 0);
        while page.len() < PAGE_OBJECTS && size_bytes < PAGE_BYTES {
            let Some((object, bytes)) = self.next_object()? else { break };
            page.push(Entry::Present(object));
            size_bytes += bytes;
        }
        Ok((!page.is_empty()).then_some(page))
    }

    /// The next object with the size of its row in bytes, or `None` at the end.
    pub(crate) fn next_object(&mut self) -> Result<Option<(Object, usize)>, Error> {
        while let Some(part) = self.parts.front_mut() {
            if let Some(object) = part.next_object(&self.assignments)? {
                return Ok(Some(object));
            }
            self.parts.pop_front();
        }
        Ok(None)
    }
}

/// One file on its second pass.
struct Part {
    checked: Checked,
    rows: Rows,
    make: fn(Row, &Assignments) -> Result<Object, Error>,
}

impl Part {
    fn new(checked: Checked, make: fn(Row, &Assignments) -> Result<Object, Error>) -> Result<Self, Error> {
        Ok(Self { rows: checked.rows()?, checked, make })
    }

    fn next_object(&mut self, assignments: &Assignments) -> Result<Option<(Object, usize)>, Error> {
        // The first pass found every row well-formed: whatever is wrong now has been written since.
        let Some(row) = self.rows.next().map_err(|error| self.changed().caused_by(error))? else {
            return if self.rows.sum() == self.checked.sum { Ok(None) } else { Err(self.changed()) };
        };
        let size_bytes = row.size_bytes;
        let object = (self.make)(row, assignments).map_err(|error| self.changed().caused_by(error))?;
        Ok(Some((object, size_bytes)))
    }

    fn changed(&self) -> Error {
        Error::transient(Interruption::Changed, format!("{} changed while it was read", self.checked.name()))
    }
}
