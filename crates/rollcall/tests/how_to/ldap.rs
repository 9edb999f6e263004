//! An LDAP directory of the people, and its administrator.

use std::path::Path;

use testkit::slapd::{Flavor, GROUPS, PEOPLE as PLACE, Slapd};
use tokio::runtime::Runtime;

use crate::people::{PEOPLE, TEAM, anchor};
use crate::run::Portal;

pub struct Ldap {
    slapd: Slapd,
    /// Drives the administrator's connection.
    runtime: Runtime,
}

impl Ldap {
    pub fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let slapd = runtime.block_on(async {
            let slapd = Slapd::start(Flavor::OpenLdap).await;
            let mut members = Vec::new();
            for name in PEOPLE {
                let (dn, mail) = (dn(name), format!("{name}@contoso.com"));
                let attributes: [(&str, &[&str]); 8] = [
                    ("objectClass", &["inetOrgPerson"]),
                    ("cn", &[name]),
                    ("sn", &["Example"]),
                    ("givenName", &[name]),
                    ("displayName", &[name]),
                    ("l", &["Omaha"]),
                    ("mail", &[&mail]),
                    ("entryUUID", &[&anchor(name)]),
                ];
                slapd.add(&dn, &attributes).await;
                members.push(dn);
            }
            let members: Vec<&str> = members.iter().map(String::as_str).collect();
            let group = format!("cn={TEAM},{GROUPS}");
            slapd
                .add(&group, &[("objectClass", &["groupOfNames"]), ("cn", &[TEAM]), ("member", &members)])
                .await;
            slapd
        });
        Self { slapd, runtime }
    }

    pub fn url(&self) -> String {
        self.slapd.url()
    }
}

fn dn(name: &str) -> String {
    format!("uid={name},{PLACE}")
}

/// The administrator does what no page says how to do.
impl Portal for Ldap {
    fn step(&mut self, name: &str, value: Option<&str>, _: &Path) {
        let (slapd, runtime) = (&self.slapd, &self.runtime);
        match (name, value) {
            ("Delete the entry", Some(dn)) => {
                let others: Vec<String> =
                    PEOPLE.iter().map(|name| self::dn(name)).filter(|other| other != dn).collect();
                let others: Vec<&str> = others.iter().map(String::as_str).collect();
                runtime.block_on(async {
                    slapd.set(&format!("cn={TEAM},{GROUPS}"), "member", &others).await;
                    slapd.delete(dn).await;
                });
            }
            _ => panic!("nobody does {name} with {value:?} in an LDAP directory"),
        }
    }
}
