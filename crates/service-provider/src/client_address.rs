//! From which address a request comes, also through proxies.

use std::net::{IpAddr, SocketAddr};

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::Context;

/// The other end of the connection that a request came over. Whoever accepts connections puts it into the request's
/// extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// What proxies put the address of their own peer into, each at the end.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Where a request comes from. `None` if that can't be told.
pub(crate) fn of_request(parts: &Parts, context: &Context) -> Option<IpAddr> {
    client_address(parts.extensions.get::<Peer>().copied(), &parts.headers, &context.trusted_proxies)
}

/// The nearest machine on the way that is none of our own proxies. `None` if that can't be told.
///
/// A header that a client made up is worth nothing: only what a trusted proxy added is believed, so the list is read
/// from its end, up to the first address that is not a proxy's.
#[must_use]
pub fn client_address(peer: Option<Peer>, headers: &HeaderMap, proxies: &[IpNet]) -> Option<IpAddr> {
    let trusted = |address: &IpAddr| proxies.iter().any(|proxy| proxy.contains(address));
    let mut nearest = peer?.0.to_canonical();
    let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
    let mut entries = lines.flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
    while trusted(&nearest) {
        match entries.next() {
            Some(entry) => nearest = address(entry.trim())?,
            None => break,
        }
    }
    Some(nearest)
}

/// An address with or without a port, which some proxies add.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.parse().ok().or_else(|| text.parse().ok().map(|socket: SocketAddr| socket.ip()));
    bare.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(peer: &str, forwarded: &[&str], expected: Option<&str>) {
        let proxies = ["10.0.0.0/8".parse().unwrap(), "2001:db8:ffff::/48".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(X_FORWARDED_FOR, line.parse().unwrap());
        }
        let found = client_address(Some(Peer(peer.parse().unwrap())), &headers, &proxies);
        assert_eq!(found, expected.map(|text| text.parse().unwrap()), "{peer} {forwarded:?}");
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        check("203.0.113.7", &[], Some("203.0.113.7"));
        check("203.0.113.7", &["198.51.100.1"], Some("203.0.113.7"));
        check("::ffff:203.0.113.7", &[], Some("203.0.113.7"));
    }

    #[test]
    fn the_rightmost_address_that_is_no_proxy_counts() {
        check("10.0.0.1", &["203.0.113.7"], Some("203.0.113.7"));
        check("10.0.0.1", &["192.0.2.1, 203.0.113.7"], Some("203.0.113.7"));
        check("10.0.0.1", &["192.0.2.1, 203.0.113.7, 10.1.1.1"], Some("203.0.113.7"));
        check("10.0.0.1", &["192.0.2.1", "203.0.113.7,10.1.1.1"], Some("203.0.113.7"));
        check("::ffff:10.0.0.1", &["203.0.113.7:4711"], Some("203.0.113.7"));
        check("2001:db8:ffff::1", &["[2001:db8::7]:443"], Some("2001:db8::7"));
        check("10.0.0.1", &["10.2.2.2"], Some("10.2.2.2"));
        check("10.0.0.1", &[], Some("10.0.0.1"));
    }

    #[test]
    fn what_a_proxy_says_and_nobody_understands_is_nobody() {
        for strange in ["unknown", "", "203.0.113.7,", "_hidden", "203.0.113", "203.0.113.7 10.0.0.1"] {
            check("10.0.0.1", &[strange], None);
        }
        assert_eq!(client_address(None, &HeaderMap::new(), &[]), None);
    }
}
