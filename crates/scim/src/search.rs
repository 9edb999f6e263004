//! What a client asks of a list: the parameters of a query, and the body of a POST to `.search` (RFC 7644 §3.4.2,
//! §3.4.3, RFC 9865 §2).

use serde_json::Value;

use crate::error::Error;

/// A query as written. Names and values are taken apart here; what they mean for a resource type, others find out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchRequest {
    /// The filter.
    pub filter: Option<String>,
    /// Attributes to return, comma-separated.
    pub attributes: Option<String>,
    /// Attributes not to return, comma-separated.
    pub excluded_attributes: Option<String>,
    /// Attribute to sort by.
    pub sort_by: Option<String>,
    /// Where the page begins: empty for the first one, else what the page before told. `None`: pages are told by index.
    pub cursor: Option<String>,
    sort_order: Option<String>,
    start_index: Option<String>,
    count: Option<String>,
}

/// Direction of a sort (RFC 7644 §3.4.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SortOrder {
    /// Smallest first, and last what has no value.
    #[default]
    Ascending,
    /// The other way round.
    Descending,
}

impl SearchRequest {
    /// Reads the body of a POST to `.search`. Names may be in any letter case; unknown ones are ignored.
    ///
    /// # Errors
    /// 400 `invalidSyntax` if the body is not an object; 400 `invalidValue` for a member of the wrong type.
    pub fn parse(body: &Value) -> Result<Self, Error> {
        let Value::Object(body) = body else {
            return Err(Error::invalid_syntax("a search request must be a JSON object"));
        };
        let mut request = Self::default();
        for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
            let Some(place) = request.place(&name.to_ascii_lowercase()) else { continue };
            let text = text(value).ok_or_else(|| wrong(name))?;
            *place = Some(text);
        }
        Ok(request)
    }

    /// Sets one parameter, as a query string has it. Unknown names are ignored: clients add flags of their own.
    ///
    /// # Errors
    /// 400 `invalidValue` if it is set already, since either could be meant.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let Some(place) = self.place(&name.to_ascii_lowercase()) else { return Ok(()) };
        if place.replace(value.to_owned()).is_some() {
            return Err(Error::invalid_value(format!("the parameter {name} is given twice")));
        }
        Ok(())
    }

    fn place(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "filter" => Some(&mut self.filter),
            "attributes" => Some(&mut self.attributes),
            "excludedattributes" => Some(&mut self.excluded_attributes),
            "sortby" => Some(&mut self.sort_by),
            "sortorder" => Some(&mut self.sort_order),
            "startindex" => Some(&mut self.start_index),
            "count" => Some(&mut self.count),
            "cursor" => Some(&mut self.cursor),
            _ => None,
        }
    }

    /// The direction of the sort.
    ///
    /// # Errors
    /// 400 `invalidValue` if it is neither `ascending` nor `descending`.
    pub fn sort_order(&self) -> Result<SortOrder, Error> {
        match self.sort_order.as_deref().map(str::trim).unwrap_or_default() {
            "" => Ok(SortOrder::default()),
            text if text.eq_ignore_ascii_case("ascending") => Ok(SortOrder::Ascending),
            text if text.eq_ignore_ascii_case("descending") => Ok(SortOrder::Descending),
            _ => Err(Error::invalid_value("sortOrder must be ascending or descending")),
        }
    }

    /// The 1-based index of the first resource of the page; less than 1 means 1 (RFC 7644 Table 6).
    ///
    /// # Errors
    /// 400 `invalidValue` if it is not a whole number, or if there is a cursor too, since either could be meant.
    pub fn start_index(&self) -> Result<i64, Error> {
        if self.cursor.is_some() && self.start_index.is_some() {
            return Err(Error::invalid_value("use cursor or startIndex, not both"));
        }
        let index = integer(self.start_index.as_deref());
        let index = index.map_err(|()| Error::invalid_value("startIndex must be a whole number"))?;
        Ok(index.map_or(1, |index| index.max(1)))
    }

    /// The size of the page, if the client says; negative means 0, which asks for the total only (RFC 7644 Table 6).
    ///
    /// # Errors
    /// 400 if it is not a whole number: `invalidCount` beside a cursor (RFC 9865 §2.3), else `invalidValue`.
    pub fn count(&self) -> Result<Option<i64>, Error> {
        let message = "count must be a whole number";
        let count = integer(self.count.as_deref()).map_err(|()| match self.cursor {
            Some(_) => Error::invalid_count(message),
            None => Error::invalid_value(message),
        });
        Ok(count?.map(|count| count.max(0)))
    }
}

/// A value as a query string has it: lists are separated by commas.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(names) => {
            let names: Option<Vec<&str>> = names.iter().map(Value::as_str).collect();
            Some(names?.join(","))
        }
        Value::Null | Value::Bool(_) | Value::Object(_) => None,
    }
}

fn integer(text: Option<&str>) -> Result<Option<i64>, ()> {
    match text.map(str::trim).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| ()),
    }
}

fn wrong(name: &str) -> Error {
    Error::invalid_value(format!("{name} has a value that cannot be used"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn search_requests_are_read_in_any_letter_case() {
        let body = json!({
            "schemas": [crate::message::SEARCH_REQUEST_URN], "Filter": "title pr", "attributes": ["userName", "emails.value"],
            "SortOrder": "Descending", "startIndex": -3, "count": 10, "unknown": true, "sortBy": null,
        });
        let request = SearchRequest::parse(&body).unwrap();
        assert_eq!(request.filter.as_deref(), Some("title pr"));
        assert_eq!(request.attributes.as_deref(), Some("userName,emails.value"));
        assert_eq!((request.sort_by.as_deref(), request.sort_order()), (None, Ok(SortOrder::Descending)));
        assert_eq!((request.start_index(), request.count()), (Ok(1), Ok(Some(10))));
    }

    #[test]
    fn nonsense_is_refused() {
        for body in
            [json!([]), json!({ "count": {} }), json!({ "attributes": [1] }), json!({ "filter": true })]
        {
            assert!(SearchRequest::parse(&body).is_err(), "{body}");
        }
        for body in [json!({ "sortOrder": "up" }), json!({ "count": 1.5 }), json!({ "startIndex": "x" })] {
            let request = SearchRequest::parse(&body).unwrap();
            let any =
                request.sort_order().is_err() || request.count().is_err() || request.start_index().is_err();
            assert!(any, "{body}");
        }
    }

    #[test]
    fn a_count_beside_a_cursor_has_an_error_of_its_own() {
        let request = SearchRequest::parse(&json!({ "cursor": "", "count": "many" })).unwrap();
        assert_eq!(request.count().unwrap_err().scim_type, Some(crate::ScimType::InvalidCount));
        let request = SearchRequest::parse(&json!({ "cursor": "", "startIndex": 1 })).unwrap();
        assert!(request.start_index().is_err());
    }
}
