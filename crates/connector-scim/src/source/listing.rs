//! A whole list in pages (RFC 7644 §3.4.2.4, RFC 9865), so that nobody is missed: a list that changes in a way that
//! could hide somebody ends the read.

use super::scim_source::Directory;
use crate::answer::Page;
use crate::request::encoded;
use connector::{Error, Interruption, TargetObject};
use std::collections::HashSet;

/// How a directory tells its lists in pages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paging {
    /// RFC 9865: a page begins where the last one ended, whatever was added or deleted meanwhile.
    pub(super) by_cursor: bool,
    /// The most that is answered at once, where that was announced.
    pub(super) max_results: Option<u64>,
}

/// A list on its way.
pub(super) struct Listing {
    path: &'static str,
    count: u64,
    next: Next,
    total: Option<u64>,
    seen: HashSet<String>,
    pages: u64,
}

enum Next {
    /// The page that begins at this place, counted from 1, with this object if one is named: a page begins with the last
    /// object of the one before, which is elsewhere when somebody in front of it was added or deleted.
    Index(u64, Option<String>),
    /// The page of this cursor; the first one has an empty cursor.
    Cursor(String),
    End,
}

impl Listing {
    pub(super) fn new(path: &'static str, per_page: u64, paging: Paging) -> Self {
        let next = if paging.by_cursor { Next::Cursor(String::new()) } else { Next::Index(1, None) };
        let count = paging.max_results.map_or(per_page, |most| most.min(per_page));
        Self { path, count, next, total: None, seen: HashSet::new(), pages: 0 }
    }

    /// The next page, or `None` at the end.
    pub(super) async fn next_page(
        &mut self,
        directory: &Directory,
    ) -> Result<Option<Vec<TargetObject>>, Error> {
        let count = format!("count={}", self.count);
        let (begin, overlap) = match &self.next {
            Next::End => return Ok(None),
            Next::Index(index, overlap) => (format!("startIndex={index}"), overlap.clone()),
            Next::Cursor(cursor) => (format!("cursor={}", encoded(cursor)), None),
        };
        let by_cursor = matches!(self.next, Next::Cursor(_));
        let answer = directory.ask(self.path, &[&begin, &count]).await?;
        let mut page = match answer.page() {
            // RFC 9865 §2.3: a cursor that has expired is refused; the read begins anew.
            Err(Error::Rejected { .. }) if by_cursor && !self.seen.is_empty() => {
                return Err(self.changed("does not know its own cursor any more"));
            }
            page => page?,
        };
        if let Some(last) = overlap {
            if page.objects.first().is_none_or(|first| first.id != last) {
                return Err(self.changed("lists another object than before at the same place"));
            }
            page.objects.remove(0);
        }
        self.pages += 1;
        self.check(&page, by_cursor)?;
        self.next = self.after(&page, by_cursor);
        Ok(Some(page.objects))
    }

    /// Some count the objects of the page as the objects of the list: a list that seems to end with its first page is
    /// asked for more.
    fn after(&self, page: &Page, by_cursor: bool) -> Next {
        let seen = self.seen.len() as u64;
        let may_be_counted_wrong = self.pages == 1 && seen > 0;
        match (by_cursor, &page.next_cursor, page.objects.last()) {
            (true, Some(cursor), _) => Next::Cursor(cursor.clone()),
            (true, None, _) => Next::End,
            (false, _, _) if self.total == Some(seen) && !may_be_counted_wrong => Next::End,
            (false, _, Some(last)) if self.count > 1 => Next::Index(seen, Some(last.id.clone())),
            (false, _, _) => Next::Index(seen + 1, None),
        }
    }

    /// Notes who came, and whether the list is still the one that it was.
    fn check(&mut self, page: &Page, by_cursor: bool) -> Result<(), Error> {
        let before = self.seen.len();
        for object in &page.objects {
            if !self.seen.insert(object.id.clone()) {
                return Err(self.changed("lists an object twice"));
            }
        }
        let is_empty = self.seen.len() == before;
        if by_cursor { self.check_cursor(page, is_empty) } else { self.check_index(page, is_empty) }
    }

    fn check_cursor(&self, page: &Page, is_empty: bool) -> Result<(), Error> {
        let goes_on = page.next_cursor.is_some();
        // Pages without anybody would go on for ever.
        if goes_on && is_empty {
            return Err(self.changed("answers an empty page, and a next one"));
        }
        // RFC 9865 lets a service provider leave the total out. One that does not know cursors tells it, and ends with
        // the first page.
        if !goes_on && page.total.is_some_and(|total| (self.seen.len() as u64) < total) {
            return Err(self.changed("ends before it listed as many objects as it says"));
        }
        Ok(())
    }

    fn check_index(&mut self, page: &Page, is_empty: bool) -> Result<(), Error> {
        let Some(total) = page.total else {
            return Err(Error::source(
                format!("GET {}", self.path),
                "is not a ListResponse: it has no \"totalResults\"",
                "check that the Tenant URL ends in the directory's SCIM base path",
            ));
        };
        if self.total.is_some_and(|first| first != total) {
            return Err(self.changed("lists another number of objects than before"));
        }
        self.total = Some(total);
        let seen = self.seen.len() as u64;
        if seen > total || (seen < total && is_empty) {
            return Err(self.changed("does not list as many objects as it says"));
        }
        Ok(())
    }

    fn changed(&self, what: &str) -> Error {
        let place = self.path;
        Error::transient(
            Interruption::Changed,
            format!("GET {place}: the directory {what}; it is read again"),
        )
    }
}
