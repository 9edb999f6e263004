//! The org's URL as an administrator types it.

use crate::ConfigError;
use connector::Error;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;
use std::net::{Ipv4Addr, Ipv6Addr};

/// What a path segment or a value of a query keeps as it is: RFC 3986 §2.3, unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A checked URL of an org.
#[derive(Debug, Clone)]
pub(crate) struct OrgUrl {
    /// Scheme, host and port.
    origin: String,
    /// Whether the host is this machine.
    pub(crate) is_loopback: bool,
}

impl OrgUrl {
    /// Checks a URL: `https`, or `http` to this machine, because the token must not travel in the clear.
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        let url = Url::parse(text.trim()).map_err(|_| ConfigError::Url("is not a URL"))?;
        let is_loopback = is_loopback(&url);
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback) {
            return Err(ConfigError::Url("must begin with https; http is only for this machine itself"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ConfigError::Url("must not hold a user name or password"));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(ConfigError::Url("must be the host alone, as in https://contoso.okta.com"));
        }
        // The console's host redirects whoever is not signed in.
        if url.host_str().is_some_and(|host| host.split('.').next().is_some_and(|n| n.ends_with("-admin"))) {
            return Err(ConfigError::Url("is that of the Admin Console; leave \"-admin\" out"));
        }
        Ok(Self { origin: url.origin().ascii_serialization(), is_loopback })
    }

    /// The full URL of a path and query.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The path and query of a link to a next page, which must be of this org: it is asked for with our credentials.
    pub(crate) fn path_of(&self, link: &str) -> Result<String, Error> {
        let url = Url::parse(link).ok().filter(|url| url.origin().ascii_serialization() == self.origin);
        let Some(url) = url.filter(|url| url.path().starts_with("/api/v1/")) else {
            return Err(Error::source(
                "the link to the next page",
                "leads away from the org's API",
                "check that source.url is the org's own address, and that no proxy rewrites its answers",
            ));
        };
        Ok(url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())))
    }
}

/// A text as one segment of a path, or as one value of a query.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
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

    fn check(text: &str, expect: Result<&str, &str>) {
        match (OrgUrl::parse(text).map(|url| url.join("/api")), expect) {
            (Ok(url), Ok(expect)) => assert_eq!(url, expect, "{text}"),
            (Err(error), Err(expect)) => assert!(error.to_string().contains(expect), "{text}: {error}"),
            (found, _) => panic!("{text}: {found:?}"),
        }
    }

    #[test]
    fn an_org_is_a_host_that_is_spoken_to_in_secret() {
        check("https://contoso.okta.com", Ok("https://contoso.okta.com/api"));
        check(" https://contoso.okta.com/ ", Ok("https://contoso.okta.com/api"));
        check("http://127.0.0.1:8080", Ok("http://127.0.0.1:8080/api"));
        check("http://contoso.okta.com", Err("must begin with https"));
        check("contoso.okta.com", Err("is not a URL"));
        check("https://contoso.okta.com/api/v1", Err("the host alone"));
        check("https://contoso.okta.com?x=1", Err("the host alone"));
        check("https://me:secret@contoso.okta.com", Err("user name or password"));
        check("https://contoso-admin.okta.com", Err("-admin"));
    }

    #[test]
    fn a_next_page_is_only_fetched_from_the_org() {
        let org = OrgUrl::parse("https://contoso.okta.com").unwrap();
        let next = org.path_of("https://contoso.okta.com/api/v1/users?after=200u&limit=200").unwrap();
        assert_eq!(next, "/api/v1/users?after=200u&limit=200");
        for elsewhere in [
            "https://contoso.okta.com.example/api/v1/users",
            "http://contoso.okta.com/api/v1/users",
            "https://contoso.okta.com:8443/api/v1/users",
            "https://contoso.okta.com/login",
            "/api/v1/users?after=200u",
        ] {
            assert!(org.path_of(elsewhere).is_err(), "{elsewhere}");
        }
    }
}
