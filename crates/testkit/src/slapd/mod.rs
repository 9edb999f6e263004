//! An LDAP server for one test: OpenLDAP's slapd, on free ports of this machine, with a certificate of its own.
//!
//! Anonymous callers may bind and nothing else; [`READER`] may read everything but passwords, no more than
//! [`SIZE_LIMIT`] entries at once unless in pages.

mod certificates;
mod company;
mod config;
mod server;

use ldap3::controls::RelaxRules;
use ldap3::{Ldap, LdapConnAsync, LdapResult, Mod, Scope, SearchEntry};
use std::collections::HashSet;
use std::path::PathBuf;

pub use company::Company;
use server::Server;

/// The suffix of the directory.
pub const BASE: &str = "dc=contoso,dc=com";
/// Where users are.
pub const PEOPLE: &str = "ou=people,dc=contoso,dc=com";
/// Where groups are.
pub const GROUPS: &str = "ou=groups,dc=contoso,dc=com";
/// Who may do everything.
pub const ADMIN: &str = "cn=admin,dc=contoso,dc=com";
/// Who may read.
pub const READER: &str = "cn=reader,dc=contoso,dc=com";
/// The password of both.
pub const PASSWORD: &str = "correct horse";
/// Entries that the reader gets of a search without pages.
pub const SIZE_LIMIT: usize = 100;

/// What the server shall look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    /// OpenLDAP as Debian ships it, with content synchronization.
    OpenLdap,
    /// The attributes and the root entry by which Active Directory is known. Its numbers of changes stand still: a test
    /// writes `uSNChanged`, and [`Slapd::count_changes`].
    ActiveDirectory,
}

/// A server, gone when this is dropped.
pub struct Slapd {
    server: Server,
    flavor: Flavor,
    ldap: Ldap,
}

impl Slapd {
    /// Starts a server with an empty [`PEOPLE`] and [`GROUPS`].
    ///
    /// # Panics
    /// If there is no slapd; the message says how to get one.
    pub async fn start(flavor: Flavor) -> Self {
        let server = Server::start(flavor);
        let ldap = connect(&server).await;
        let slapd = Self { server, flavor, ldap };
        slapd
            .add(
                BASE,
                &[("objectClass", &["dcObject", "organization"]), ("dc", &["contoso"]), ("o", &["Contoso"])],
            )
            .await;
        for place in [PEOPLE, GROUPS] {
            slapd.add(place, &[("objectClass", &["organizationalUnit"])]).await;
        }
        let account: &[&str] = &["organizationalRole", "simpleSecurityObject"];
        slapd.add(READER, &[("objectClass", account), ("userPassword", &[PASSWORD])]).await;
        slapd
    }

    /// The URL for plain connections and StartTLS.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url("ldap")
    }

    /// The URL for TLS from the beginning.
    #[must_use]
    pub fn tls_url(&self) -> String {
        self.server.url("ldaps")
    }

    /// The certificate of the authority that signed the server's certificate, PEM.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.server.file("ca.pem")
    }

    /// The certificate of an authority that did not.
    #[must_use]
    pub fn other_ca_file(&self) -> PathBuf {
        self.server.file("other-ca.pem")
    }

    /// Ends the server; the directory can't be reached any more.
    pub fn stop(&mut self) {
        self.server.stop();
    }

    /// Makes an entry. Attributes that a server sets by itself, such as `entryUUID`, may be given.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn add(&self, dn: &str, attributes: &[(&str, &[&str])]) {
        let set =
            |values: &[&str]| values.iter().map(|value| value.as_bytes().to_vec()).collect::<HashSet<_>>();
        let attributes =
            attributes.iter().map(|(name, values)| (name.as_bytes().to_vec(), set(values))).collect();
        let done = self.ldap.clone().with_controls(RelaxRules).add(dn, attributes).await;
        accepted("add", dn, done);
    }

    /// Puts these values in the place of an attribute's values; without values it goes.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn set(&self, dn: &str, attribute: &str, values: &[&str]) {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        accepted(
            "modify",
            dn,
            self.ldap.clone().modify(dn, vec![Mod::Replace(attribute.to_owned(), values)]).await,
        );
    }

    /// Gives an entry another name, and moves it below another entry if one is given.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn rename(&self, dn: &str, rdn: &str, parent: Option<&str>) {
        accepted("rename", dn, self.ldap.clone().modifydn(dn, rdn, true, parent).await);
    }

    /// Removes an entry.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn delete(&self, dn: &str) {
        accepted("delete", dn, self.ldap.clone().delete(dn).await);
    }

    /// An attribute of an entry, as the administrator sees it.
    ///
    /// # Panics
    /// If there is none.
    pub async fn value(&self, dn: &str, attribute: &str) -> String {
        let found = self.ldap.clone().search(dn, Scope::Base, "(objectClass=*)", [attribute]).await;
        let (entries, _) = found.and_then(ldap3::SearchResult::success).expect("the entry exists");
        let entry = entries.into_iter().next().map(SearchEntry::construct).expect("the entry is seen");
        let value = entry.attrs.get(attribute).and_then(|values| values.first());
        value.expect("the attribute has a value").clone()
    }

    /// Lets Active Directory's root entry say that so many changes were made.
    ///
    /// # Panics
    /// If the server does not start again.
    pub async fn count_changes(&mut self, count: u64) {
        self.server.count_changes(self.flavor, count);
        self.ldap = connect(&self.server).await;
    }
}

async fn connect(server: &Server) -> Ldap {
    let (connection, mut ldap) =
        LdapConnAsync::new(&server.url("ldap")).await.expect("slapd accepts connections");
    tokio::spawn(connection.drive());
    accepted("bind", ADMIN, ldap.simple_bind(ADMIN, PASSWORD).await);
    ldap
}

fn accepted(what: &str, dn: &str, done: ldap3::result::Result<LdapResult>) {
    if let Err(error) = done.and_then(LdapResult::success) {
        panic!("slapd, {what} {dn}: {error}");
    }
}
