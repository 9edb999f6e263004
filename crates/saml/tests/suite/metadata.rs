//! Metadata in the shapes that providers publish.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saml::{IdentityProvider, MetadataError};

use crate::provider::*;

const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

fn key(attributes: &str, certificate: &[u8]) -> String {
    // In lines, as some providers have it.
    let base64 = STANDARD.encode(certificate);
    let (start, end) = base64.split_at(64);
    format!(
        r#"<KeyDescriptor{attributes}><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>
        {start}
        {end}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"#
    )
}

fn service(binding: &str, location: &str) -> String {
    format!(r#"<SingleSignOnService Binding="{binding}" Location="{location}"/>"#)
}

/// Metadata of one provider with this content of its role.
fn described(attributes: &str, content: &str) -> String {
    format!(
        r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{ISSUER}"{attributes}><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{content}</IDPSSODescriptor></EntityDescriptor>"#
    )
}

fn usual() -> String {
    key(" use=\"signing\"", &CONTOSO.certificate) + &service(REDIRECT, "https://sts.example/contoso/saml2")
}

/// Entra's federation metadata: signed, with roles of WS-Federation that have keys of their own, and two keys to sign with.
#[test]
fn entras_metadata_are_read() {
    let entity_id = "https://sts.windows.net/00000000-0000-4000-8000-000000000001/";
    let sign_on = "https://login.microsoftonline.com/00000000-0000-4000-8000-000000000001/saml2";
    let two =
        key(" use=\"signing\"", &CONTOSO.certificate) + &key(" use=\"signing\"", &SOMEBODY_ELSE.certificate);
    let other = key(" use=\"signing\"", &ELLIPTIC.certificate);
    let role = |kind: &str| {
        format!(
            r#"<RoleDescriptor xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="fed:{kind}" protocolSupportEnumeration="http://docs.oasis-open.org/wsfed/federation/200706" xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706">{other}<fed:ClaimTypesOffered><auth:ClaimType Uri="http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name" xmlns:auth="http://docs.oasis-open.org/wsfed/authorization/200706"><auth:DisplayName>Name</auth:DisplayName></auth:ClaimType></fed:ClaimTypesOffered></RoleDescriptor>"#
        )
    };
    let xml = format!(
        r##"{mark}<?xml version="1.0" encoding="utf-8"?><EntityDescriptor ID="_1" entityID="{entity_id}" xmlns="urn:oasis:names:tc:SAML:2.0:metadata"><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo><CanonicalizationMethod Algorithm="{EXCLUSIVE}"/><SignatureMethod Algorithm="{RSA_SHA256}"/><Reference URI="#_1"><DigestMethod Algorithm="{SHA256}"/><DigestValue>AA==</DigestValue></Reference></SignedInfo><SignatureValue>AA==</SignatureValue></Signature>{sts}{application}<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{two}<SingleLogoutService Binding="{REDIRECT}" Location="{sign_on}"/>{redirect}{post}</IDPSSODescriptor></EntityDescriptor>"##,
        mark = '\u{feff}',
        sts = role("SecurityTokenServiceType"),
        application = role("ApplicationServiceType"),
        redirect = service(REDIRECT, sign_on),
        post = service(POST, sign_on),
    );
    let expected = IdentityProvider {
        entity_id: entity_id.to_owned(),
        sign_on_redirect: Some(sign_on.to_owned()),
        sign_on_post: Some(sign_on.to_owned()),
        signing_certificates: vec![CONTOSO.certificate.clone(), SOMEBODY_ELSE.certificate.clone()],
        valid_until: None,
    };
    assert_eq!(IdentityProvider::from_metadata(&xml), Ok(expected));
}

/// Okta's: prefixes, formats of names, POST before Redirect.
#[test]
fn oktas_metadata_are_read() {
    let certificate = STANDARD.encode(&CONTOSO.certificate);
    let sign_on = "https://contoso.okta.com/app/contoso_rollcall_1/exk1/sso/saml";
    let xml = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><md:EntityDescriptor entityID="http://www.okta.com/exk1" xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"><md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat><md:SingleSignOnService Binding="{POST}" Location="{sign_on}"/><md:SingleSignOnService Binding="{REDIRECT}" Location="{sign_on}"/></md:IDPSSODescriptor></md:EntityDescriptor>"#
    );
    let read = IdentityProvider::from_metadata(&xml).unwrap();
    assert_eq!(read.entity_id, "http://www.okta.com/exk1");
    assert_eq!(
        (read.sign_on_redirect.as_deref(), read.sign_on_post.as_deref()),
        (Some(sign_on), Some(sign_on))
    );
    assert_eq!(read.signing_certificates, vec![CONTOSO.certificate.clone()]);
}

/// What saml-idp and samlp of npm publish: on this machine without TLS, with attributes of another namespace.
#[test]
fn metadata_of_a_small_provider_on_this_machine_are_read() {
    let attributes = r#"<Attribute xmlns="urn:oasis:names:tc:SAML:2.0:assertion" Name="email" FriendlyName="E-Mail Address"/>"#;
    let content = key(" use=\"signing\"", &CONTOSO.certificate)
        + "<NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified</NameIDFormat>"
        + &service(REDIRECT, "http://localhost:7000/saml/sso")
        + &service(POST, "http://127.0.0.1:7000/saml/sso")
        + attributes;
    let read = IdentityProvider::from_metadata(&described("", &content)).unwrap();
    assert_eq!(read.sign_on_redirect.as_deref(), Some("http://localhost:7000/saml/sso"));
    assert_eq!(read.sign_on_post.as_deref(), Some("http://127.0.0.1:7000/saml/sso"));
}

#[test]
fn keys_without_use_sign_and_keys_for_encryption_do_not() {
    let keys = key("", &CONTOSO.certificate) + &key(" use=\"encryption\"", &SOMEBODY_ELSE.certificate);
    let again = key(" use=\"signing\"", &CONTOSO.certificate);
    let read = IdentityProvider::from_metadata(&described("", &(keys + &again + &usual()))).unwrap();
    assert_eq!(read.signing_certificates, vec![CONTOSO.certificate.clone()], "each once");
}

#[test]
fn several_providers_are_refused() {
    let one = described("", &usual());
    let several = format!(
        r#"<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">{one}{one}</EntitiesDescriptor>"#
    );
    assert_eq!(IdentityProvider::from_metadata(&several), Err(MetadataError::SeveralProviders));
    let role = format!(
        "{}</IDPSSODescriptor><IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">",
        usual()
    );
    assert_eq!(IdentityProvider::from_metadata(&described("", &role)), Err(MetadataError::SeveralRoles));
}

#[test]
fn metadata_end_when_they_say() {
    let until = |attributes: &str| {
        IdentityProvider::from_metadata(&described(attributes, &usual())).map(|read| read.valid_until)
    };
    assert_eq!(until(""), Ok(None));
    assert_eq!(
        until(" validUntil=\"2026-12-01T00:00:00Z\""),
        Ok(Some("2026-12-01T00:00:00Z".parse().unwrap()))
    );
    assert_eq!(until(" validUntil=\"soon\""), Err(MetadataError::ValidUntil));
    let earlier = described(" validUntil=\"2026-12-01T00:00:00Z\"", &usual())
        .replace("<IDPSSODescriptor ", "<IDPSSODescriptor validUntil=\"2026-11-01T00:00:00Z\" ");
    let read = IdentityProvider::from_metadata(&earlier).unwrap();
    assert_eq!(read.valid_until, Some("2026-11-01T00:00:00Z".parse().unwrap()));
}

#[test]
fn browsers_are_sent_to_https_alone() {
    for address in [
        "http://sts.example/saml2",
        "javascript:alert(1)",
        "/saml2",
        "",
        "ftp://sts.example/",
        "http://localhost.evil.example/",
    ] {
        let content = key("", &CONTOSO.certificate) + &service(REDIRECT, address);
        let result = IdentityProvider::from_metadata(&described("", &content));
        assert_eq!(result, Err(MetadataError::SignOn(address.to_owned())));
    }
}

#[test]
fn what_cannot_be_used_is_refused() {
    let sign_on = service(REDIRECT, "https://sts.example/saml2");
    let weak = STANDARD.decode(include_str!("fixtures/rsa-1024.certificate").trim()).unwrap();
    let broken = usual().replace("<X509Certificate>", "<X509Certificate>*");
    let soap = service("urn:oasis:names:tc:SAML:2.0:bindings:SOAP", "https://sts.example/saml2");
    let cases = [
        (described("", &sign_on), MetadataError::NoCertificate),
        (described("", &(key("", &weak) + &sign_on)), MetadataError::NoUsableKey),
        (
            described(
                "",
                &(key("", b"no certificate, but long enough to be divided in two lines") + &sign_on),
            ),
            MetadataError::NoUsableKey,
        ),
        (described("", &broken), MetadataError::Certificate),
        (described("", &(key("", &CONTOSO.certificate) + &soap)), MetadataError::NoSignOn),
        (described("", &usual()).replace(&format!("entityID=\"{ISSUER}\""), ""), MetadataError::NoEntityId),
        (
            described("", &usual()).replace("SAML:2.0:protocol", "SAML:1.1:protocol"),
            MetadataError::NoIdentityProvider,
        ),
        ("<html/>".to_owned(), MetadataError::NotMetadata),
        ("<!DOCTYPE html><html/>".to_owned(), MetadataError::DocumentType),
        ("x".repeat(saml::limits::MAX_METADATA_BYTES + 1), MetadataError::TooLong),
    ];
    for (xml, error) in cases {
        assert_eq!(IdentityProvider::from_metadata(&xml), Err(error));
    }
    assert!(matches!(IdentityProvider::from_metadata("not found"), Err(MetadataError::Xml(_))));
    let many: String = (0..=saml::limits::MAX_CERTIFICATES)
        .map(|n| key("", &[[n as u8; 60].as_slice(), &CONTOSO.certificate].concat()))
        .collect();
    assert_eq!(
        IdentityProvider::from_metadata(&described("", &(many + &sign_on))),
        Err(MetadataError::TooManyCertificates)
    );
}
