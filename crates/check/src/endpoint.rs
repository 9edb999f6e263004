//! The endpoint that is checked: its Tenant URL and its token.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// Why an endpoint can't be checked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the URL {0}")]
pub struct EndpointError(&'static str);

/// A service provider's address and the caller's token.
#[derive(Clone)]
pub struct Endpoint {
    /// Scheme, host and path, without a slash at the end.
    base: String,
    /// The Tenant URL's own query, such as a behaviour flag, which goes with every request.
    query: Option<String>,
    token: String,
    is_loopback: bool,
}

impl fmt::Debug for Endpoint {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.base)
    }
}

impl Endpoint {
    /// An endpoint. `http` is refused, because the token would travel in the clear, unless the host is this machine
    /// or `insecure_http` says that it does not matter.
    ///
    /// # Errors
    /// When the URL is not one that can be used.
    pub fn new(url: &str, token: &str, insecure_http: bool) -> Result<Self, EndpointError> {
        let mut url = Url::parse(url.trim()).map_err(|_| EndpointError("is not a URL"))?;
        let is_loopback = is_loopback(&url);
        match url.scheme() {
            "https" => {}
            "http" if is_loopback || insecure_http => {}
            "http" => return Err(EndpointError("begins with http, which shows the token to the network")),
            _ => return Err(EndpointError("must begin with https")),
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(EndpointError("must not hold a user name, a password or a fragment (#)"));
        }
        let query = url.query().filter(|query| !query.is_empty()).map(str::to_owned);
        url.set_query(None);
        let base = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { base, query, token: token.trim().to_owned(), is_loopback })
    }

    /// The address without its query.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.base
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) const fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// The full URL of a path, which may have a query, below the Tenant URL.
    pub(crate) fn join(&self, path: &str) -> String {
        let mut url = format!("{}{path}", self.base);
        if let Some(query) = &self.query {
            url.push(if path.contains('?') { '&' } else { '?' });
            url.push_str(query);
        }
        url
    }
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

    fn check(url: &str, insecure_http: bool, expect: Result<&str, &str>) {
        match (Endpoint::new(url, "t", insecure_http), expect) {
            (Ok(endpoint), Ok(expect)) => assert_eq!(endpoint.join("/Users?count=1"), expect, "{url}"),
            (Err(error), Err(expect)) => assert!(error.to_string().contains(expect), "{url}: {error}"),
            (found, _) => panic!("{url}: {found:?}"),
        }
    }

    #[test]
    fn the_slash_at_the_end_and_the_query_of_a_tenant_url_are_kept_in_order() {
        check("https://a.example/scim/", false, Ok("https://a.example/scim/Users?count=1"));
        check("https://a.example/scim?flag", false, Ok("https://a.example/scim/Users?count=1&flag"));
        check("http://127.0.0.1:1/", false, Ok("http://127.0.0.1:1/Users?count=1"));
    }

    #[test]
    fn a_token_is_not_sent_in_the_clear_unasked() {
        check("http://a.example", false, Err("shows the token"));
        check("http://a.example", true, Ok("http://a.example/Users?count=1"));
        check("ftp://a.example", true, Err("https"));
        check("https://a:b@a.example", false, Err("user name"));
        check("a.example", false, Err("not a URL"));
    }

    #[test]
    fn the_token_is_not_printed() {
        let endpoint = Endpoint::new("https://a.example", "s3cret", false).unwrap();
        assert!(!format!("{endpoint:?}").contains("s3cret"));
    }
}
