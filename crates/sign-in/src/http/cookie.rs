//! The two cookies. Their names hold the tenant's: tenants share a host, and somebody may be signed in to several.
//!
//! `__Host-` makes browsers refuse them unless they are Secure, of this host alone and for all its paths, so that no
//! neighbouring host can plant one (RFC 6265bis §4.1.3.2).

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

use crate::limits::START_LIFETIME;

/// The session. Lax: it comes with links from other sites, and not with their forms.
pub(super) fn session_name(tenant: &str) -> String {
    format!("__Host-rollcall-{tenant}")
}

/// A sign-in that has begun.
pub(super) fn start_name(tenant: &str) -> String {
    format!("__Host-rollcall-start-{tenant}.")
}

/// Sets the session; it is forgotten with the browser.
pub(super) fn set_session(tenant: &str, token: &str) -> String {
    format!("{}={token}; Path=/; Secure; HttpOnly; SameSite=Lax", session_name(tenant))
}

/// Sets a sign-in that has begun. A SAML provider answers by a form of another site, with which only `None` comes.
pub(super) fn set_start(tenant: &str, value: &str) -> String {
    let seconds = START_LIFETIME.as_secs();
    format!("{}={value}; Path=/; Secure; HttpOnly; SameSite=None; Max-Age={seconds}", start_name(tenant))
}

/// Forgets a cookie.
pub(super) fn forget(name: &str) -> String {
    format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// A cookie's value. One that comes twice was planted, and is none.
pub(super) fn get<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut found = pairs.filter(|(given, _)| *given == name).map(|(_, value)| value);
    let value = found.next()?;
    found.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name_once() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=1; __Host-rollcall-contoso=x=y;b=2".parse().unwrap());
        assert_eq!(get(&headers, &session_name("contoso")), Some("x=y"));
        assert_eq!(get(&headers, &session_name("contos")), None);
        assert_eq!(get(&headers, "b"), Some("2"));
        headers.append(COOKIE, "b=3".parse().unwrap());
        assert_eq!(get(&headers, "b"), None);
    }

    #[test]
    fn no_tenants_session_is_anothers_start() {
        // A tenant may be called start-contoso, but none has a dot in its name.
        assert_ne!(session_name("start-contoso"), start_name("contoso"));
    }
}
