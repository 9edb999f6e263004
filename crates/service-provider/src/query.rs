//! Parameters of a request (RFC 7644 §3.4.2, §3.9).

use std::borrow::Cow;
use std::sync::Arc;

use application::TypeProfile;
use application::resources::{Condition, parse_id};
use model::ResourceId;
use scim::Projection;

use crate::error::Error;
use crate::limits::{DEFAULT_PAGE, MAX_PAGE};

/// What a client may say about a request besides its address and body. Parameters that are not listed are ignored:
/// Entra appends flags such as `aadOptscim062020` to every address.
#[derive(Debug, Default)]
pub(crate) struct Parameters<'q> {
    filter: Option<Cow<'q, str>>,
    start_index: Option<Cow<'q, str>>,
    count: Option<Cow<'q, str>>,
    cursor: Option<Cow<'q, str>>,
    attributes: Option<Cow<'q, str>>,
    excluded_attributes: Option<Cow<'q, str>>,
}

impl<'q> Parameters<'q> {
    /// Reads a query. Spaces may be `+` or `%20`, quotes may be raw.
    ///
    /// # Errors
    /// 400 if a parameter is given twice, since either could be meant.
    pub(crate) fn parse(query: Option<&'q str>) -> Result<Self, Error> {
        let mut parameters = Self::default();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let Some(place) = parameters.place(&name) else { continue };
            if place.replace(value).is_some() {
                return Err(scim::Error::invalid_value(format!("the parameter {name} is given twice")).into());
            }
        }
        Ok(parameters)
    }

    fn place(&mut self, name: &str) -> Option<&mut Option<Cow<'q, str>>> {
        match name {
            "filter" => Some(&mut self.filter),
            "startIndex" => Some(&mut self.start_index),
            "count" => Some(&mut self.count),
            "cursor" => Some(&mut self.cursor),
            "attributes" => Some(&mut self.attributes),
            "excludedAttributes" => Some(&mut self.excluded_attributes),
            _ => None,
        }
    }

    /// Which attributes the client wants to see.
    ///
    /// # Errors
    /// Those of [`Projection::parse`].
    pub(crate) fn projection(&self, kind: &TypeProfile) -> Result<Arc<Projection>, Error> {
        let (attributes, excluded) = (self.attributes.as_deref(), self.excluded_attributes.as_deref());
        if attributes.is_none() && excluded.is_none() {
            return Ok(Arc::clone(kind.default_projection()));
        }
        Ok(Arc::new(Projection::parse(kind.resource_type(), attributes, excluded)?))
    }

    /// Whether the client names this top-level attribute in `attributes`.
    pub(crate) fn asks_for(&self, attribute: &str) -> bool {
        let names = self.attributes.as_deref().unwrap_or_default();
        names.split(',').any(|name| {
            let name = name.trim();
            let name = name.rsplit_once(':').map_or(name, |(_, name)| name);
            name.split('.').next().is_some_and(|name| name.eq_ignore_ascii_case(attribute))
        })
    }

    /// The filter, if there is one.
    ///
    /// # Errors
    /// Those of [`Condition::parse`].
    pub(crate) fn filter(&self, kind: &TypeProfile) -> Result<Option<Condition>, Error> {
        Ok(self.filter.as_deref().map(|filter| Condition::parse(kind, filter)).transpose()?)
    }

    /// The 1-based index of the first resource of the page; less than 1 means 1 (RFC 7644 Table 6).
    ///
    /// # Errors
    /// 400 if it is not a whole number.
    pub(crate) fn start_index(&self) -> Result<i64, Error> {
        Ok(integer("startIndex", self.start_index.as_deref())?.map_or(1, |index| index.max(1)))
    }

    /// The size of the page: negative means 0, which asks for the total only (RFC 7644 Table 6).
    ///
    /// # Errors
    /// 400 if it is not a whole number.
    pub(crate) fn count(&self) -> Result<i64, Error> {
        Ok(integer("count", self.count.as_deref())?.map_or(DEFAULT_PAGE, |count| count.clamp(0, MAX_PAGE)))
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
        let Some(text) = self.cursor.as_deref().filter(|text| !text.is_empty()) else { return Ok(None) };
        let detail = "cursor is not a nextCursor of this group; begin without one";
        Ok(Some(parse_id(text).ok_or_else(|| scim::Error::invalid_value(detail))?))
    }
}

fn integer(name: &str, text: Option<&str>) -> Result<Option<i64>, Error> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let number = text.parse();
    Ok(Some(number.map_err(|_| scim::Error::invalid_value(format!("{name} must be a whole number")))?))
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
            assert_eq!(Parameters::parse(Some(query)).unwrap().filter.unwrap(), expected, "{query}");
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
