//! A directory in slapd, and the source that reads it.

use connector::{Completed, Entry, Needs, Object, Source, Watermark};
use connector_ldap::LdapSource;
use model::job::LdapSettings;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::slapd::{BASE, Flavor, PASSWORD, PEOPLE, READER, Slapd};

pub struct Directory {
    pub slapd: Slapd,
}

impl Directory {
    pub async fn new() -> Self {
        Self { slapd: Slapd::start(Flavor::OpenLdap).await }
    }

    /// One with Ana and Ben.
    pub async fn of_two() -> Self {
        let directory = Self::new().await;
        for name in ["ana", "ben"] {
            directory.add_user(name).await;
        }
        directory
    }

    pub async fn add_user(&self, name: &str) {
        let mail = format!("{name}@contoso.com");
        let attributes: &[(&str, &[&str])] =
            &[("objectClass", &["inetOrgPerson"]), ("cn", &[name]), ("sn", &[name]), ("mail", &[&mail])];
        self.slapd.add(&dn(name), &[attributes, &[("entryUUID", &[&uuid(name)])]].concat()).await;
    }

    pub async fn add_group(&self, name: &str, members: &[&str]) {
        let members: Vec<String> = members.iter().map(|member| named(member)).collect();
        let members: Vec<&str> = members.iter().map(String::as_str).collect();
        let attributes: &[(&str, &[&str])] = &[("objectClass", &["groupOfNames"]), ("member", &members)];
        self.slapd.add(&group(name), &[attributes, &[("entryUUID", &[&uuid(name)])]].concat()).await;
    }

    pub async fn set_members(&self, name: &str, members: &[&str]) {
        let members: Vec<String> = members.iter().map(|member| named(member)).collect();
        let members: Vec<&str> = members.iter().map(String::as_str).collect();
        self.slapd.set(&group(name), "member", &members).await;
    }

    pub async fn anchor(&self, name: &str) -> String {
        self.slapd.value(&named(name), "entryUUID").await
    }

    pub fn settings(&self) -> LdapSettings {
        settings(&self.slapd, &json!({}))
    }

    pub fn source(&self) -> LdapSource {
        self.source_for(Needs::default())
    }

    pub fn source_for(&self, needs: Needs) -> LdapSource {
        LdapSource::new(self.settings(), Some(PASSWORD.into()), needs).unwrap()
    }

    /// A source for a job with more settings.
    pub fn source_with(&self, more: &Value, needs: Needs) -> LdapSource {
        LdapSource::new(settings(&self.slapd, more), Some(PASSWORD.into()), needs).unwrap()
    }
}

/// The settings of a reader, with more.
pub fn settings(slapd: &Slapd, more: &Value) -> LdapSettings {
    let mut settings = json!({ "url": slapd.url(), "bind_dn": READER, "base": BASE });
    let all = settings.as_object_mut().unwrap();
    all.extend(more.as_object().unwrap().clone());
    serde_json::from_value(settings).unwrap()
}

pub fn dn(name: &str) -> String {
    format!("uid={name},{PEOPLE}")
}

pub fn group(name: &str) -> String {
    format!("cn={name},{}", testkit::slapd::GROUPS)
}

/// The anchor of somebody, always the same one: by chance, two could share a sum of facts.
pub fn uuid(name: &str) -> String {
    let digits: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("00000000-0000-4000-8000-{digits:0>12}")
}

/// The DN of a group, when the name is in capitals, else of a user.
fn named(name: &str) -> String {
    if name.chars().all(char::is_uppercase) { group(name) } else { dn(name) }
}

/// What a read told, by what each entry is called: Present objects, and how many were unchanged and removed.
pub struct Told {
    pub present: BTreeMap<String, Object>,
    pub unchanged: usize,
    pub removed: usize,
    pub completed: Completed,
}

impl Told {
    pub fn names(&self) -> Vec<&str> {
        self.present.keys().map(String::as_str).collect()
    }
}

pub async fn read(source: &dyn Source, since: Option<&Watermark>) -> Told {
    let mut reading = source.read(since).await.unwrap();
    let (mut present, mut unchanged, mut removed) = (BTreeMap::new(), 0, 0);
    while let Some(page) = reading.next_page().await.unwrap() {
        for entry in page {
            match entry {
                Entry::Present(object) => {
                    let name = object.display.split('@').next().unwrap().to_owned();
                    assert!(present.insert(name, object).is_none());
                }
                Entry::Unchanged { .. } => unchanged += 1,
                Entry::Removed { .. } => removed += 1,
            }
        }
    }
    Told { present, unchanged, removed, completed: reading.finish().unwrap() }
}

pub fn needs(assignments: bool, groups: bool, nested_groups: bool) -> Needs {
    Needs { assignments, groups, nested_groups, ..Needs::default() }
}
