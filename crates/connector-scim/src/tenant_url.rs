//! The Tenant URL as an administrator types it.

use crate::ConfigError;
use reqwest::Url;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A checked Tenant URL.
#[derive(Debug, Clone)]
pub(crate) struct TenantUrl {
    /// Scheme, host and path, without a slash at the end.
    base: String,
    /// The query, such as a behaviour flag of Entra's (`aadOptscim062020`).
    pub(crate) query: Option<String>,
    /// Whether the host is this machine.
    pub(crate) is_loopback: bool,
}

impl TenantUrl {
    /// Checks a Tenant URL: `https`, or `http` to this machine, because the token must not travel in the clear.
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        let mut url = Url::parse(text.trim()).map_err(|_| ConfigError::Url("is not a URL"))?;
        let is_loopback = is_loopback(&url);
        match url.scheme() {
            "https" => {}
            "http" if is_loopback => {}
            "http" => {
                return Err(ConfigError::Url("must begin with https; http is only for this machine itself"));
            }
            _ => return Err(ConfigError::Url("must begin with https")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ConfigError::Url(
                "must not hold a user name or password; the token is given apart from it",
            ));
        }
        if url.fragment().is_some() {
            return Err(ConfigError::Url("must not hold a fragment (#)"));
        }
        let query = url.query().filter(|query| !query.is_empty()).map(str::to_owned);
        url.set_query(None);
        Ok(Self { base: url.as_str().trim_end_matches('/').to_owned(), query, is_loopback })
    }

    /// The full URL of a path and query below the Tenant URL.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.base)
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

    fn check(text: &str, expect: Result<(&str, Option<&str>), &str>) {
        let found = TenantUrl::parse(text).map(|url| (url.join("/Users"), url.query));
        match (found, expect) {
            (Ok((url, query)), Ok(expect)) => assert_eq!((url.as_str(), query.as_deref()), expect, "{text}"),
            (Err(error), Err(expect)) => assert!(error.to_string().contains(expect), "{text}: {error}"),
            (found, _) => panic!("{text}: {found:?}"),
        }
    }

    #[test]
    fn a_trailing_slash_and_a_query_are_tolerated() {
        check("https://a.example/scim/v2", Ok(("https://a.example/scim/v2/Users", None)));
        check(" https://a.example/scim/v2/ ", Ok(("https://a.example/scim/v2/Users", None)));
        check("https://a.example", Ok(("https://a.example/Users", None)));
        check(
            "https://a.example/scim/?aadOptscim062020",
            Ok(("https://a.example/scim/Users", Some("aadOptscim062020"))),
        );
    }

    #[test]
    fn the_token_never_travels_in_the_clear() {
        check("http://127.0.0.1:8080/scim", Ok(("http://127.0.0.1:8080/scim/Users", None)));
        check("http://localhost/scim", Ok(("http://localhost/scim/Users", None)));
        check("http://[::1]:9/scim", Ok(("http://[::1]:9/scim/Users", None)));
        check("http://a.example/scim", Err("must begin with https"));
        check("http://127.0.0.1.example/scim", Err("must begin with https"));
        check("http://localhost.example/scim", Err("must begin with https"));
        check("ftp://a.example/scim", Err("must begin with https"));
    }

    #[test]
    fn what_is_no_tenant_url_is_refused() {
        check("a.example/scim", Err("is not a URL"));
        check("https://user:secret@a.example/scim", Err("must not hold a user name"));
        check("https://a.example/scim#x", Err("must not hold a fragment"));
    }
}
