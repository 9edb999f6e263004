//! TLS from the beginning and by StartTLS, with certificates that are known and that are not.

use connector::{Needs, Source};
use connector_ldap::LdapSource;
use serde_json::json;
use testkit::slapd::PASSWORD;

use crate::directory::{Directory, settings};

#[tokio::test]
async fn only_a_server_whose_authority_is_known_is_told_the_password() {
    let directory = Directory::of_two().await;
    let slapd = &directory.slapd;
    for (url, start_tls) in [(slapd.tls_url(), false), (slapd.url(), true)] {
        for (ca_file, trusted) in
            [(Some(slapd.ca_file()), true), (Some(slapd.other_ca_file()), false), (None, false)]
        {
            let more = json!({ "url": url, "start_tls": start_tls, "ca_file": ca_file });
            let source =
                LdapSource::new(settings(slapd, &more), Some(PASSWORD.into()), Needs::default()).unwrap();
            assert_eq!(source.test().await.is_ok(), trusted, "{url}, start_tls {start_tls}, {ca_file:?}");
        }
    }
}

#[tokio::test]
async fn the_certificate_must_be_for_the_host() {
    let directory = Directory::of_two().await;
    let url = directory.slapd.tls_url().replace("localhost", "127.0.0.1");
    let more = json!({ "url": url, "ca_file": directory.slapd.ca_file() });
    let source = directory.source_with(&more, Needs::default());
    assert!(source.test().await.is_err());
}

#[tokio::test]
async fn a_file_without_certificates_is_an_error() {
    let directory = Directory::of_two().await;
    for file in [directory.slapd.ca_file().with_file_name("slapd.conf"), "/nowhere.pem".into()] {
        let more = json!({ "url": directory.slapd.tls_url(), "ca_file": file });
        let error = directory.source_with(&more, Needs::default()).test().await.unwrap_err();
        assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
    }
}
