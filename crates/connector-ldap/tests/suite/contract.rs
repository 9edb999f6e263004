//! The contract of a source, and what a reader meets who may not read.

use async_trait::async_trait;
use connector::contract::{self, Subject};
use connector::{Error, Needs, ObjectType, Source};
use connector_ldap::LdapSource;
use serde_json::json;
use testkit::slapd::{PEOPLE, SIZE_LIMIT};
use tokio::sync::Mutex;

use crate::directory::{Directory, dn, read, settings};

struct Held(Mutex<Directory>);

#[async_trait]
impl Subject for Held {
    async fn source(&self) -> Box<dyn Source> {
        Box::new(self.0.lock().await.source())
    }

    async fn change_one(&self) -> String {
        let directory = self.0.lock().await;
        directory.slapd.set(&dn("ana"), "title", &["Analyst"]).await;
        directory.anchor("ana").await
    }

    async fn remove_one(&self) -> String {
        let directory = self.0.lock().await;
        let anchor = directory.anchor("ben").await;
        directory.slapd.delete(&dn("ben")).await;
        anchor
    }

    async fn break_it(&self) -> String {
        self.0.lock().await.slapd.stop();
        "localhost".to_owned()
    }
}

#[tokio::test]
async fn ldap_keeps_the_contract() {
    contract::check(&Held(Mutex::new(Directory::of_two().await))).await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_told_as_such_and_is_in_no_error() {
    let directory = Directory::of_two().await;
    let source = LdapSource::new(directory.settings(), Some("wrong".into()), Needs::default()).unwrap();
    let error = source.test().await.unwrap_err();
    assert!(matches!(error, Error::Credential { .. }), "{error:?}");
    assert!(!format!("{error:?}").contains("wrong"), "{error:?}");
    let without = LdapSource::new(directory.settings(), None, Needs::default()).unwrap();
    assert!(without.test().await.unwrap_err().to_string().contains("without a password"));
}

#[tokio::test]
async fn a_reader_without_rights_sees_no_empty_company() {
    let directory = Directory::of_two().await;
    let mut settings = directory.settings();
    settings.bind_dn = None;
    let source = LdapSource::new(settings, None, Needs::default()).unwrap();
    source.test().await.unwrap_err();
    assert!(source.read(None).await.is_err());
}

#[tokio::test]
async fn an_empty_base_is_an_error() {
    let directory = Directory::of_two().await;
    for base in ["ou=groups,dc=contoso,dc=com", "ou=nowhere,dc=contoso,dc=com"] {
        let source = directory.source_with(&json!({ "users": { "base": base } }), Needs::default());
        let error = source.test().await.unwrap_err();
        assert!(error.to_string().contains(base), "{error}");
        assert!(source.read(None).await.is_err(), "{base}");
    }
}

#[tokio::test]
async fn more_than_a_server_sends_at_once_comes_in_pages() {
    let directory = Directory::new().await;
    for n in 0..1100 {
        directory.add_user(&format!("u{n}")).await;
    }
    const { assert!(SIZE_LIMIT < 1000) };
    let source = directory.source();
    let told = read(&source, None).await;
    assert_eq!((told.present.len(), told.unchanged), (1100, 0));
    directory.slapd.set(&dn("u7"), "title", &["Analyst"]).await;
    let anchors: Vec<String> = told.present.values().map(|user| user.anchor.clone()).collect();
    assert_eq!(source.get(ObjectType::User, &anchors).await.unwrap().len(), 1100);
}

#[tokio::test]
async fn names_with_the_signs_of_filters_find_only_themselves() {
    let directory = Directory::of_two().await;
    let odd = "x)(uid=*";
    let attributes: &[(&str, &[&str])] =
        &[("objectClass", &["inetOrgPerson"]), ("cn", &["X"]), ("sn", &["X"])];
    directory.slapd.add(&format!("uid={odd},{PEOPLE}"), attributes).await;
    let source = directory.source();
    let found = source.find(odd).await.unwrap();
    assert_eq!(found.iter().map(|user| user.display.as_str()).collect::<Vec<_>>(), [odd]);
    for who in ["*", "ana*", "*)(objectClass=*", "ana", "\\", "\u{0}"] {
        assert!(source.find(who).await.unwrap().is_empty(), "{who}");
    }
    assert_eq!(source.find("ANA@contoso.com").await.unwrap().len(), 1);
}

#[tokio::test]
async fn people_cross_no_network_without_tls() {
    let directory = Directory::new().await;
    for (url, start_tls) in [
        ("ldap://ldap.contoso.com", false),
        ("http://localhost", false),
        ("ldaps://localhost", true),
        ("ldap://", true),
    ] {
        let settings = settings(&directory.slapd, &json!({ "url": url, "start_tls": start_tls }));
        assert!(LdapSource::new(settings, None, Needs::default()).is_err(), "{url}");
    }
}
