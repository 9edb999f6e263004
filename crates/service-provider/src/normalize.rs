//! One form of address: everything behind this sees `/t/TENANT/scim/v2/…` without doubled or trailing slashes.
//!
//! A tenant is addressed by path (`https://HOST/t/TENANT/scim/v2`) or by host (`https://TENANT.HOST/scim/v2`), and
//! administrators type either with and without a slash at the end. What is compared later is what is rewritten here,
//! so that no guard ever sees another path than the router (compare ZITADEL CVE-2026-32130).

use axum::http::header::HOST;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, Request, Uri};
use model::tenant::TenantName;

/// The path under which a tenant that is addressed by host finds its resources.
const HOST_FORM: &str = "/scim/v2";

/// And those of its token endpoint and of its application.
const OTHER_HOST_FORMS: [&str; 2] = ["/oauth2", "/api/v1"];

/// Names under which a browser or a developer reaches the same machine (RFC 6761 §6.3).
const LOCALHOST: &str = "localhost";

/// What the server is called from outside.
#[derive(Clone, Debug)]
pub(crate) struct PublicUrl {
    scheme: String,
    host: String,
    port: Option<u16>,
    /// The whole URL without a slash at its end.
    text: String,
}

impl PublicUrl {
    /// From the configured URL, for example `https://scim.example.com`. One that can't be understood is used as it
    /// is for locations, and no tenant is found by host.
    pub(crate) fn new(url: &str) -> Self {
        let text = url.trim_end_matches('/').to_owned();
        let parsed: Uri = text.parse().unwrap_or_default();
        Self {
            scheme: parsed.scheme_str().unwrap_or("http").to_owned(),
            host: parsed.host().unwrap_or_default().to_ascii_lowercase(),
            port: parsed.port_u16(),
            text,
        }
    }

    /// The Tenant URL in the path form.
    pub(crate) fn tenant_url(&self, tenant: &str) -> String {
        format!("{}/t/{tenant}/scim/v2", self.text)
    }

    /// The tenant that a host names, and its Tenant URL in the host form.
    fn tenant_of_host(&self, authority: &str) -> Option<(TenantName, String)> {
        let authority = authority.to_ascii_lowercase();
        let (host, port) = split_port(&authority);
        let (label, rest) = host.split_once('.')?;
        if rest.is_empty() || !(rest == self.host || rest == LOCALHOST) {
            return None;
        }
        let tenant = label.parse().ok()?;
        let port = port.or(self.port).map(|port| format!(":{port}")).unwrap_or_default();
        Some((tenant, format!("{}://{host}{port}{HOST_FORM}", self.scheme)))
    }
}

fn split_port(authority: &str) -> (&str, Option<u16>) {
    match authority.rsplit_once(':') {
        Some((host, port)) => port.parse().map_or((authority, None), |port| (host, Some(port))),
        None => (authority, None),
    }
}

/// The Tenant URL as the client typed it, when it addressed the tenant by host. `meta.location` begins with it.
#[derive(Clone, Debug)]
pub(crate) struct HostForm(pub(crate) String);

/// Brings the address of a request into the one form.
pub(crate) fn normalize<B>(public_url: &PublicUrl, mut request: Request<B>) -> Request<B> {
    let path = request.uri().path();
    let clean = clean(path);
    let under_host_form = is_under_host_form(clean.as_deref().unwrap_or(path));
    let tenant = if under_host_form {
        authority(request.uri(), request.headers()).and_then(|host| public_url.tenant_of_host(&host))
    } else {
        None
    };
    match tenant {
        Some((tenant, tenant_url)) => {
            let path = format!("/t/{tenant}{}", clean.as_deref().unwrap_or(path));
            set_path(request.uri_mut(), &path);
            request.extensions_mut().insert(HostForm(tenant_url));
        }
        None => {
            if let Some(path) = clean {
                set_path(request.uri_mut(), &path);
            }
        }
    }
    request
}

/// The path with slashes collapsed and none at the end, or `None` if it is so already.
fn clean(path: &str) -> Option<String> {
    if path == "/" || !(path.contains("//") || path.ends_with('/')) {
        return None;
    }
    let mut clean = String::with_capacity(path.len());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        clean.push('/');
        clean.push_str(segment);
    }
    if clean.is_empty() {
        clean.push('/');
    }
    Some(clean)
}

fn is_under_host_form(path: &str) -> bool {
    std::iter::once(HOST_FORM)
        .chain(OTHER_HOST_FORMS)
        .any(|form| path.strip_prefix(form).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// The host that the client means: an absolute request target outweighs the header (RFC 9112 §3.2.2).
fn authority(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let of_uri = uri.authority().map(|authority| authority.as_str().to_owned());
    of_uri.or_else(|| headers.get(HOST)?.to_str().ok().map(str::to_owned))
}

fn set_path(uri: &mut Uri, path: &str) {
    let text = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = std::mem::take(uri).into_parts();
    // The text is made of a path and a query that were valid, so it is valid.
    parts.path_and_query = PathAndQuery::from_maybe_shared(bytes::Bytes::from(text)).ok();
    *uri = Uri::from_parts(parts).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(public_url: &str, host: &str, target: &str, expected: &str, tenant_url: Option<&str>) {
        let request = Request::builder().uri(target).header(HOST, host).body(()).unwrap();
        let request = normalize(&PublicUrl::new(public_url), request);
        let path_and_query = request.uri().path_and_query().unwrap().as_str();
        assert_eq!(path_and_query, expected, "{host} {target}");
        assert_eq!(
            request.extensions().get::<HostForm>().map(|form| &*form.0),
            tenant_url,
            "{host} {target}"
        );
    }

    #[test]
    fn every_form_of_address_becomes_one() {
        let url = "https://scim.example.com/";
        let users = "/t/contoso/scim/v2/Users";
        let by_host = Some("https://contoso.scim.example.com/scim/v2");
        check(url, "scim.example.com", users, users, None);
        check(url, "scim.example.com", "/t/contoso/scim/v2/Users/", users, None);
        check(url, "scim.example.com", "//t/contoso//scim/v2///Users", users, None);
        check(url, "scim.example.com", "/t/contoso/scim/v2//Users?a=//b/", &format!("{users}?a=//b/"), None);
        check(url, "contoso.scim.example.com", "/scim/v2/Users", users, by_host);
        check(
            url,
            "CONTOSO.Scim.Example.Com",
            "/scim/v2/Users/?count=1",
            &format!("{users}?count=1"),
            by_host,
        );
        check(url, "contoso.scim.example.com", "/scim/v2/", "/t/contoso/scim/v2", by_host);
        check(url, "contoso.scim.example.com", "/oauth2/token", "/t/contoso/oauth2/token", by_host);
        check(url, "other", "https://contoso.scim.example.com/scim/v2/Users", users, by_host);
        let local = Some("https://contoso.localhost:8080/scim/v2");
        check(url, "contoso.localhost:8080", "/scim/v2/Users", users, local);
    }

    #[test]
    fn what_names_no_tenant_stays() {
        let url = "https://scim.example.com";
        for host in [
            "scim.example.com",
            "a.b.scim.example.com",
            "contoso.example.com",
            "con_toso.localhost",
            ".localhost",
            "[::1]:80",
        ] {
            check(url, host, "/scim/v2/Users", "/scim/v2/Users", None);
        }
        check(url, "contoso.localhost", "/scim/v2x", "/scim/v2x", None);
        check(url, "contoso.localhost", "/t/other/scim/v2/Users", "/t/other/scim/v2/Users", None);
        check(url, "scim.example.com", "/", "/", None);
        check(url, "scim.example.com", "///", "/", None);
    }

    #[test]
    fn a_port_in_the_public_url_is_kept_in_locations() {
        let url = "http://127.0.0.1:8080";
        assert_eq!(PublicUrl::new(url).tenant_url("contoso"), "http://127.0.0.1:8080/t/contoso/scim/v2");
        let by_host = Some("http://contoso.example.com:8443/scim/v2");
        check("http://example.com:8443", "contoso.example.com", "/scim/v2", "/t/contoso/scim/v2", by_host);
    }
}
