//! Parameters of a request (RFC 7644 §3.4.2, §3.9, RFC 9865 §2).

use std::sync::Arc;

use application::TypeProfile;
use application::resources::parse_id;
use model::ResourceId;
use scim::{Projection, SearchRequest, SortOrder};
use serde_json::Value;

use crate::error::Error;
use crate::limits::{DEFAULT_PAGE, MAX_PAGE};

/// What a client may say about a request besides its address and body. Parameters that are not known are ignored: Entra
/// appends flags such as `aadOptscim062020` to every address.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    request: SearchRequest,
}

impl Parameters {
    /// Reads a query, in which `encoding` has settled what a `+` means.
    ///
    /// # Errors
    /// 400 if a parameter is given twice, since either could be meant.
    pub(crate) fn parse(query: Option<&str>) -> Result<Self, Error> {
        let mut request = SearchRequest::default();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            request.set(&name, &value)?;
        }
        Ok(Self { request })
    }

    /// Reads the body of a POST to `.search`.
    ///
    /// # Errors
    /// Those of [`SearchRequest::parse`].
    pub(crate) fn of_search(body: &Value) -> Result<Self, Error> {
        Ok(Self { request: SearchRequest::parse(body)? })
    }

    /// Which attributes the client wants to see.
    ///
    /// # Errors
    /// Those of [`Projection::parse`].
    pub(crate) fn projection(&self, kind: &TypeProfile) -> Result<Arc<Projection>, Error> {
        let (attributes, excluded) =
            (self.request.attributes.as_deref(), self.request.excluded_attributes.as_deref());
        if attributes.is_none() && excluded.is_none() {
            return Ok(Arc::clone(kind.default_projection()));
        }
        Ok(Arc::new(Projection::parse(kind.resource_type(), attributes, excluded)?))
    }

    /// Whether the client names this top-level attribute in `attributes`.
    pub(crate) fn asks_for(&self, attribute: &str) -> bool {
        let names = self.request.attributes.as_deref().unwrap_or_default();
        names.split(',').any(|name| {
            let name = name.trim();
            let name = name.rsplit_once(':').map_or(name, |(_, name)| name);
            name.split('.').next().is_some_and(|name| name.eq_ignore_ascii_case(attribute))
        })
    }

    /// The filter, if there is one.
    pub(crate) fn filter(&self) -> Option<&str> {
        self.request.filter.as_deref()
    }

    /// The attribute to sort by, if there is one.
    pub(crate) fn sort_by(&self) -> Option<&str> {
        self.request.sort_by.as_deref().filter(|path| !path.trim().is_empty())
    }

    /// The direction of the sort.
    ///
    /// # Errors
    /// Those of [`SearchRequest::sort_order`].
    pub(crate) fn sort_order(&self) -> Result<SortOrder, Error> {
        Ok(self.request.sort_order()?)
    }

    /// The cursor, if pages are to be told by cursor; an empty one asks for the first.
    pub(crate) fn cursor(&self) -> Option<&str> {
        self.request.cursor.as_deref()
    }

    /// The 1-based index of the first resource of the page.
    ///
    /// # Errors
    /// Those of [`SearchRequest::start_index`].
    pub(crate) fn start_index(&self) -> Result<i64, Error> {
        Ok(self.request.start_index()?)
    }

    /// The size of the page; 0 asks for the total only.
    ///
    /// # Errors
    /// Those of [`SearchRequest::count`].
    pub(crate) fn count(&self) -> Result<i64, Error> {
        Ok(self.request.count()?.map_or(DEFAULT_PAGE, |count| count.min(MAX_PAGE)))
    }

    /// The member after whom a page of members begins: the id that a page before had as `nextCursor`. None, or an
    /// empty one, begins.
    ///
    /// # Errors
    /// 400 if it is no id, or if there is `startIndex` beyond the first: members are not numbered.
    pub(crate) fn member_cursor(&self) -> Result<Option<ResourceId>, Error> {
        if self.start_index()? > 1 {
            let detail =
                "members are paged by cursor; begin without startIndex, and send nextCursor as cursor";
            return Err(scim::Error::invalid_value(detail).into());
        }
        let Some(text) = self.cursor().filter(|text| !text.is_empty()) else { return Ok(None) };
        let detail = "cursor is not a nextCursor of this group; begin without one";
        Ok(Some(parse_id(text).ok_or_else(|| scim::Error::invalid_cursor(detail))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_read_however_it_is_encoded() {
        let expected = "userName eq \"a+b@example.com\"";
        for query in [
            "filter=userName+eq+%22a%2Bb@example.com%22",
            "filter=userName%20eq%20%22a%2bb%40example.com%22&startIndex=1&count=100",
            "count=100&filter=userName+eq+\"a%2Bb@example.com\"&startIndex=1",
            "aadOptscim062020&filter=userName%20eq%20%22a%2Bb%40example.com%22",
        ] {
            assert_eq!(Parameters::parse(Some(query)).unwrap().filter(), Some(expected), "{query}");
        }
    }

    #[test]
    fn page_numbers_are_brought_into_their_range() {
        let page = |query: &str| {
            let parameters = Parameters::parse(Some(query)).unwrap();
            (parameters.start_index().ok(), parameters.count().ok())
        };
        assert_eq!(page(""), (Some(1), Some(DEFAULT_PAGE)));
        assert_eq!(page("startIndex=0&count=0"), (Some(1), Some(0)));
        assert_eq!(page("startIndex=-7&count=-1"), (Some(1), Some(0)));
        assert_eq!(page("startIndex=201&count=100000"), (Some(201), Some(MAX_PAGE)));
        assert_eq!(page("startIndex=&count="), (Some(1), Some(DEFAULT_PAGE)));
        assert_eq!(page("startIndex=one&count=1.5"), (None, None));
    }

    #[test]
    fn a_parameter_given_twice_is_refused() {
        assert!(Parameters::parse(Some("filter=a+pr&filter=b+pr")).is_err());
        assert!(Parameters::parse(Some("x=1&x=2")).is_ok());
    }

    #[test]
    fn asked_for_by_name() {
        let asks = |query: &str| Parameters::parse(Some(query)).unwrap().asks_for("members");
        for query in ["attributes=members", "attributes=id,Members.value", "attributes=urn:x:y:Group:members"]
        {
            assert!(asks(query), "{query}");
        }
        for query in ["", "attributes=displayName", "excludedAttributes=members", "attributes=membersOf"] {
            assert!(!asks(query), "{query}");
        }
    }
}
