//! A connection: bound, asked, and closed when dropped.

use crate::entry::{RawEntry, inner, octets};
use crate::fault;
use crate::limits::{ANSWER_TIME, CONNECT_TIME, MAX_PAGES};
use connector::{Error, trust};
use http::Uri;
use ldap3::asn1::parse_tag;
use ldap3::controls::{Control, ControlType, PagedResults};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, Scope, SearchResult};
use model::job::LdapSettings;
use rustls::ClientConfig;
use std::sync::Arc;
use tokio::sync::OnceCell;

const URL: &str = "write url as ldaps://HOST, or as ldap://HOST with start_tls = true; without TLS only this machine is read";

/// A server, and who reads it.
pub(crate) struct Endpoint {
    url: String,
    /// The server as errors name it.
    pub(crate) place: String,
    settings: LdapSettings,
    password: Option<String>,
    tls: OnceCell<Arc<ClientConfig>>,
}

impl Endpoint {
    /// Nothing is connected yet.
    pub(crate) fn new(settings: LdapSettings, password: Option<String>) -> Result<Self, Error> {
        let wrong = |detail: &str| Error::source(settings.url.as_str(), detail, URL);
        let uri: Uri = settings.url.trim_end_matches('/').parse().map_err(|_| wrong("is no URL"))?;
        let (scheme, host) = (uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default());
        if host.is_empty() || uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(wrong("is not of the form ldaps://HOST"));
        }
        let is_local = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
        match (scheme, settings.start_tls) {
            ("ldaps", false) | ("ldap", true) => {}
            ("ldap", false) if is_local => {}
            ("ldap", false) => return Err(wrong("would send passwords and people without TLS")),
            ("ldaps", true) => {
                return Err(wrong("is secured from its beginning, so start_tls is not needed"));
            }
            _ => return Err(wrong("is neither ldap:// nor ldaps://")),
        }
        let port = uri.port_u16().unwrap_or(if scheme == "ldaps" { 636 } else { 389 });
        let url = format!("{scheme}://{host}:{port}");
        Ok(Self { place: format!("{host}:{port}"), url, settings, password, tls: OnceCell::new() })
    }

    pub(crate) fn settings(&self) -> &LdapSettings {
        &self.settings
    }

    /// Connects and binds.
    pub(crate) async fn open(&self) -> Result<Session, Error> {
        let mut options = LdapConnSettings::new().set_conn_timeout(CONNECT_TIME);
        if self.url.starts_with("ldaps:") || self.settings.start_tls {
            let config =
                self.tls.get_or_try_init(|| async { trust::tls(self.settings.ca_file.as_deref()) }).await?;
            options = options.set_starttls(self.settings.start_tls).set_config(Arc::clone(config));
        }
        let (connection, ldap) = LdapConnAsync::with_settings(options, &self.url)
            .await
            .map_err(|error| fault::unreachable(&self.place, error))?;
        // It ends when the session is dropped, and what breaks it shows in the answers that do not come.
        tokio::spawn(connection.drive());
        let mut session = Session { ldap, place: self.place.clone() };
        if let Some(name) = &self.settings.bind_dn {
            session.bind(name, self.password.as_deref().unwrap_or_default()).await?;
        }
        Ok(session)
    }
}

/// A bound connection.
pub(crate) struct Session {
    ldap: Ldap,
    /// The server as errors name it.
    pub(crate) place: String,
}

/// A search for every entry below a base.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    pub(crate) base: String,
    pub(crate) filter: String,
    pub(crate) attributes: Vec<String>,
    /// Entries in a page.
    pub(crate) page: i32,
}

/// How far a search has come.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    cookie: Vec<u8>,
    pages: usize,
    /// Whether the last page came.
    pub(crate) ended: bool,
}

impl Session {
    async fn bind(&mut self, name: &str, password: &str) -> Result<(), Error> {
        if password.is_empty() {
            // RFC 4513 §5.1.2: a server takes this for nobody, and would let nobody in.
            let hint =
                "give the reader's password in the job's [source], or leave bind_dn out to read as nobody";
            return Err(Error::source(&self.place, "would be bound without a password", hint));
        }
        let bound = self.ldap.with_timeout(ANSWER_TIME).simple_bind(name, password).await;
        let result = bound.map_err(|error| fault::broken(&self.place, error))?;
        if result.rc == 0 { Ok(()) } else { Err(fault::refused(&self.place, name, &result)) }
    }

    /// The next page of a search (RFC 2696).
    pub(crate) async fn page(
        &mut self,
        search: &Search,
        progress: &mut Progress,
    ) -> Result<Vec<RawEntry>, Error> {
        let cookie = std::mem::take(&mut progress.cookie);
        self.ldap.with_controls(PagedResults { size: search.page, cookie });
        let SearchResult(entries, result) =
            self.search(&search.base, Scope::Subtree, &search.filter, &search.attributes).await?;
        if result.rc != 0 {
            return Err(fault::refused(&self.place, &search.base, &result));
        }
        progress.cookie = cookie_of(&result.ctrls).ok_or_else(|| fault::garbled(&self.place))?;
        progress.pages += 1;
        progress.ended = progress.cookie.is_empty();
        if progress.pages > MAX_PAGES {
            return Err(fault::too_much(&self.place, "pages"));
        }
        self.parsed(entries)
    }

    /// Every entry of a search, `most` at most.
    pub(crate) async fn all(&mut self, search: &Search, most: usize) -> Result<Vec<RawEntry>, Error> {
        let (mut progress, mut found) = (Progress::default(), Vec::new());
        while !progress.ended {
            found.extend(self.page(search, &mut progress).await?);
            if found.len() > most {
                return Err(fault::too_much(&self.place, "entries"));
            }
        }
        Ok(found)
    }

    /// One entry by its name, if it is there, passes the filter and may be read.
    pub(crate) async fn entry(
        &mut self,
        dn: &str,
        filter: &str,
        attributes: &[String],
    ) -> Result<Option<RawEntry>, Error> {
        let SearchResult(entries, result) = self.search(dn, Scope::Base, filter, attributes).await?;
        if fault::is_absence(&result) {
            return Ok(None);
        }
        if result.rc != 0 {
            return Err(fault::refused(&self.place, dn, &result));
        }
        Ok(self.parsed(entries)?.pop())
    }

    /// The server's own entry (RFC 4512 §5.1).
    pub(crate) async fn root(&mut self) -> Result<RawEntry, Error> {
        let names = [
            "supportedCapabilities",
            "supportedControl",
            "namingContexts",
            "dsServiceName",
            "highestCommittedUSN",
        ];
        let attributes = names.map(str::to_owned);
        Ok(self.entry("", "(objectClass=*)", &attributes).await?.unwrap_or_default())
    }

    /// A handle for an operation that goes on beside others.
    pub(crate) fn handle(&self) -> Ldap {
        self.ldap.clone()
    }

    async fn search(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[String],
    ) -> Result<SearchResult, Error> {
        let found = self.ldap.with_timeout(ANSWER_TIME).search(base, scope, filter, attributes).await;
        found.map_err(|error| fault::broken(&self.place, error))
    }

    fn parsed(&self, entries: Vec<ldap3::ResultEntry>) -> Result<Vec<RawEntry>, Error> {
        let parsed = entries.into_iter().map(RawEntry::parse).collect::<Option<_>>();
        parsed.ok_or_else(|| fault::garbled(&self.place))
    }
}

/// The cookie of a page; empty after the last one, and where the server does not answer in pages. `None` for a control
/// that is none.
fn cookie_of(controls: &[Control]) -> Option<Vec<u8>> {
    let paged = controls.iter().find(|control| matches!(control.0, Some(ControlType::PagedResults)));
    let Some(Control(_, raw)) = paged else { return Some(Vec::new()) };
    let (_, tag) = parse_tag(raw.val.as_deref()?).ok()?;
    octets(inner(tag)?.into_iter().nth(1)?)
}
