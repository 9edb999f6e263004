//! A base URL of the settings, and which links lead back to it.

use crate::ConfigError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;
use std::net::{Ipv4Addr, Ipv6Addr};

/// RFC 3986 §2.3: what need not be encoded in a segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same for a value in a query; OData's punctuation may stand as it is.
const QUERY: &AsciiSet =
    &SEGMENT.remove(b',').remove(b'$').remove(b'(').remove(b')').remove(b'\'').remove(b'=');

/// A checked base URL without a slash at its end.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    base: String,
    url: Url,
}

impl Endpoint {
    /// Checks a base URL: `https`, or `http` to this machine, because tokens and secrets must not travel in the clear.
    pub(crate) fn parse(setting: &'static str, text: &str) -> Result<Self, ConfigError> {
        let wrong = |reason| ConfigError::Url { setting, reason };
        let url = Url::parse(text.trim()).map_err(|_| wrong("is not a URL"))?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            _ => return Err(wrong("must begin with https; http is only for this machine itself")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("must not hold a user name or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("must not hold a query or fragment"));
        }
        Ok(Self { base: url.as_str().trim_end_matches('/').to_owned(), url })
    }

    /// Whether the host is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// The scheme and host, as OAuth scopes name a resource.
    pub(crate) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// The full URL of a path and query below the base.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Whether a link leads to the same scheme, host and port.
    pub(crate) fn is_own(&self, link: &str) -> bool {
        let plain = |url: &Url| url.username().is_empty() && url.password().is_none();
        Url::parse(link).is_ok_and(|url| url.origin() == self.url.origin() && plain(&url))
    }
}

/// A segment of a path: an id, whatever it holds.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// A value in a query.
pub(crate) fn query_value(text: &str) -> String {
    utf8_percent_encode(text, QUERY).to_string()
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "localhost"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || host.trim_matches(['[', ']']).parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> Endpoint {
        Endpoint::parse("graph_url", "https://graph.microsoft.com/v1.0/").unwrap()
    }

    #[test]
    fn secrets_never_travel_in_the_clear() {
        for (text, accepted) in [
            ("https://graph.microsoft.us/v1.0", true),
            ("http://127.0.0.1:8080/v1.0", true),
            ("http://[::1]:8080/v1.0", true),
            ("http://graph.microsoft.com/v1.0", false),
            ("http://127.0.0.1.example/v1.0", false),
            ("ftp://graph.microsoft.com", false),
            ("https://user:word@graph.microsoft.com", false),
            ("https://graph.microsoft.com/v1.0?x", false),
            ("graph", false),
        ] {
            assert_eq!(Endpoint::parse("graph_url", text).is_ok(), accepted, "{text}");
        }
    }

    #[test]
    fn only_links_to_the_same_host_are_followed() {
        for (link, own) in [
            ("https://graph.microsoft.com/v1.0/users/delta?$skiptoken=x", true),
            ("https://graph.microsoft.com:443/v1.0/users", true),
            ("http://graph.microsoft.com/v1.0/users", false),
            ("https://graph.microsoft.com:8443/v1.0/users", false),
            ("https://graph.microsoft.com.example/v1.0/users", false),
            ("https://graph.microsoft.com@example.com/v1.0/users", false),
            ("https://a@graph.microsoft.com/v1.0/users", false),
            ("//example.com/users", false),
            ("/v1.0/users", false),
        ] {
            assert_eq!(graph().is_own(link), own, "{link}");
        }
    }

    #[test]
    fn ids_and_values_cannot_leave_their_place() {
        assert_eq!(segment("a/../b?c#d"), "a%2F..%2Fb%3Fc%23d");
        assert_eq!(query_value("mail eq 'a&b#EXT#'"), "mail%20eq%20'a%26b%23EXT%23'");
    }
}
