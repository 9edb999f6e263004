//! What is read of Active Directory, on a slapd that has its attributes and its root entry.

use connector::{Needs, Source};
use connector_ldap::LdapSource;
use serde_json::json;
use testkit::slapd::{Flavor, PASSWORD, PEOPLE, Slapd};

use crate::directory::{read, settings};

fn dn(name: &str) -> String {
    format!("cn={name},{PEOPLE}")
}

async fn add(slapd: &Slapd, name: &str, guid: &str, number: &str) {
    let upn = format!("{name}@contoso.com");
    let attributes: &[(&str, &[&str])] = &[
        ("objectClass", &["user"]),
        ("objectCategory", &["person"]),
        ("sn", &[name]),
        ("userPrincipalName", &[&upn]),
        ("sAMAccountName", &[name]),
        ("objectGUID", &[guid]),
        ("uSNChanged", &[number]),
        ("userAccountControl", &["512"]),
    ];
    slapd.add(&dn(name), attributes).await;
}

#[tokio::test]
async fn people_are_known_by_guid_and_changes_by_number() {
    let mut slapd = Slapd::start(Flavor::ActiveDirectory).await;
    // The octets are those of letters: a GUID may happen to be text.
    add(&slapd, "ana", "abcdefghijklmnop", "7").await;
    add(&slapd, "ben", "ABCDEFGHIJKLMNOP", "8").await;
    slapd.count_changes(8).await;
    let source = |slapd: &Slapd| {
        LdapSource::new(settings(slapd, &json!({})), Some(PASSWORD.into()), Needs::default()).unwrap()
    };
    source(&slapd).test().await.unwrap();
    let first = read(&source(&slapd), None).await;
    assert_eq!(first.present["ana"].anchor, "64636261-6665-6867-696a-6b6c6d6e6f70");
    assert_eq!(
        source(&slapd).find(&first.present["ana"].anchor).await.unwrap(),
        [first.present["ana"].clone()]
    );
    assert_eq!(read(&source(&slapd), Some(&first.completed.watermark)).await.unchanged, 2);

    slapd.set(&dn("ben"), "userAccountControl", &["514"]).await;
    slapd.set(&dn("ben"), "uSNChanged", &["9"]).await;
    slapd.count_changes(9).await;
    let second = read(&source(&slapd), Some(&first.completed.watermark)).await;
    assert_eq!((second.names(), second.unchanged), (vec!["ben"], 1));
    assert!(!second.present["ben"].enabled);
}
