//! How a filter is written into a URL.
//!
//! In the query of a URL `+` is a plus sign (RFC 3986 §3.4), and in that of a form it is a space (WHATWG URL §5.1). Real
//! clients do either, and an address such as `ana+test@example.com` is common. So a `+` is a plus sign where the filter
//! can be read with it, else a space.

use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use scim::Filter;
use scim::quirks::{Quirk, Tolerance};

/// Rewrites the plus signs of the filter that are meant as such, so that whoever reads the query as a form finds them.
///
/// # Errors
/// That of [`Filter::parse`] with plus signs, if they must not be spaces.
pub(crate) fn settle_plus(uri: &mut Uri, tolerance: &Tolerance) -> Result<(), scim::Error> {
    let Some(query) = uri.query().filter(|query| query.contains('+')) else { return Ok(()) };
    let mut changed = false;
    let mut pairs = Vec::new();
    for pair in query.split('&') {
        match pair.strip_prefix("filter=").filter(|value| value.contains('+')) {
            Some(value) => {
                let literal = value.replace('+', "%2B");
                changed |= means_plus(&literal, tolerance)?;
                pairs.push(if changed { format!("filter={literal}") } else { pair.to_owned() });
            }
            None => pairs.push(pair.to_owned()),
        }
    }
    if changed {
        set_query(uri, &pairs.join("&"));
    }
    Ok(())
}

/// Whether a filter can be read with its plus signs.
fn means_plus(literal: &str, tolerance: &Tolerance) -> Result<bool, scim::Error> {
    let decoded: String =
        form_urlencoded::parse(literal.as_bytes()).map(|(name, value)| format!("{name}{value}")).collect();
    match Filter::parse(&decoded) {
        Ok(_) => Ok(true),
        Err(error) => tolerance.require(Quirk::PlusAsSpace, || error).map(|()| false),
    }
}

fn set_query(uri: &mut Uri, query: &str) {
    let mut parts = uri.clone().into_parts();
    // What was a query stays one when a plus sign in it is encoded.
    parts.path_and_query = PathAndQuery::try_from(format!("{}?{query}", uri.path())).ok();
    if let Ok(changed) = Uri::from_parts(parts) {
        *uri = changed;
    }
}

#[cfg(test)]
mod tests {
    use scim::quirks::Quirks;

    use super::*;

    fn settled(query: &str, tolerance: &Tolerance) -> Result<String, scim::Error> {
        let mut uri: Uri = format!("/Users?{query}").parse().unwrap();
        settle_plus(&mut uri, tolerance).map(|()| uri.query().unwrap().to_owned())
    }

    #[test]
    fn a_plus_is_what_the_filter_can_be_read_with() {
        for (query, expected, spaces) in [
            ("filter=userName+eq+%22a%22", "filter=userName+eq+%22a%22", true),
            ("filter=userName+eq+%22John%20S%22", "filter=userName+eq+%22John%20S%22", true),
            ("filter=userName%20eq%20%22a+b@x%22", "filter=userName%20eq%20%22a%2Bb@x%22", false),
            (
                "count=1&filter=userName%20eq%20%22a+b%22&x=1+1",
                "count=1&filter=userName%20eq%20%22a%2Bb%22&x=1+1",
                false,
            ),
            ("filter=userName%20eq%20%22a%22", "filter=userName%20eq%20%22a%22", false),
            ("attributes=a+b", "attributes=a+b", false),
        ] {
            let tolerance = Tolerance::new(Quirks::NONE.with(Quirk::PlusAsSpace, true));
            assert_eq!(settled(query, &tolerance).unwrap(), expected);
            assert_eq!(tolerance.fired().contains(Quirk::PlusAsSpace), spaces, "{query}");
        }
    }

    #[test]
    fn where_a_plus_must_not_be_a_space_the_filter_is_refused() {
        let tolerance = Tolerance::new(Quirks::NONE);
        let error = settled("filter=userName+eq+%22a%22", &tolerance).unwrap_err();
        assert!(error.detail.contains("plus_as_space"), "{}", error.detail);
    }
}
