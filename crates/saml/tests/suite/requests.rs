//! What this side says: its metadata, and the request that a browser carries to the provider.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saml::{IdentityProvider, MetadataError, NoBinding, ServiceProvider};

use crate::provider::*;

/// The request in an address, and its relay state.
fn parts(address: &str) -> (String, Option<String>) {
    let url = url::Url::parse(address).unwrap();
    let parameter =
        |name: &str| url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned());
    let deflated = STANDARD.decode(parameter("SAMLRequest").unwrap()).unwrap();
    let xml = miniz_oxide::inflate::decompress_to_vec(&deflated).unwrap();
    (String::from_utf8(xml).unwrap(), parameter("RelayState"))
}

fn ask(provider: &IdentityProvider, relay_state: Option<&str>) -> Result<String, NoBinding> {
    service_provider().sign_on_request(
        provider,
        ACS,
        "_request",
        "2026-11-20T12:00:00.5Z".parse().unwrap(),
        relay_state,
    )
}

#[test]
fn a_request_is_what_the_standard_says() {
    let address = ask(&CONTOSO.described(), Some("/floors/2?day=1&x=a b")).unwrap();
    assert!(address.starts_with("https://sts.example/contoso/saml2?SAMLRequest="), "{address}");
    let (xml, relay_state) = parts(&address);
    assert_eq!(relay_state.as_deref(), Some("/floors/2?day=1&x=a b"));
    assert_eq!(
        xml,
        concat!(
            r#"<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" "#,
            r#"xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_request" Version="2.0" "#,
            r#"IssueInstant="2026-11-20T12:00:00Z" Destination="https://sts.example/contoso/saml2" "#,
            r#"AssertionConsumerServiceURL="https://rollcall.example/t/contoso/saml/acs" "#,
            r#"ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST">"#,
            r#"<saml:Issuer>https://rollcall.example/t/contoso/saml/acs</saml:Issuer></samlp:AuthnRequest>"#,
        )
    );
}

#[test]
fn a_query_of_the_provider_is_kept() {
    let mut provider = CONTOSO.described();
    provider.sign_on_redirect = Some("https://sts.example/saml2?tenant=contoso&a=b".to_owned());
    let address = ask(&provider, None).unwrap();
    assert!(address.starts_with("https://sts.example/saml2?tenant=contoso&a=b&SAMLRequest="), "{address}");
    let (xml, relay_state) = parts(&address);
    assert_eq!(relay_state, None);
    assert!(xml.contains(r#"Destination="https://sts.example/saml2?tenant=contoso&amp;a=b""#), "{xml}");
}

#[test]
fn a_provider_without_the_binding_is_not_asked() {
    let mut provider = CONTOSO.described();
    provider.sign_on_redirect = None;
    assert_eq!(ask(&provider, None), Err(NoBinding));
}

#[test]
fn metadata_tell_where_responses_go() {
    let odd = "https://rollcall.example/t/a&b/saml/<acs>\"'";
    let service_provider =
        ServiceProvider { entity_id: odd.to_owned(), acs: vec![ACS.to_owned(), odd.to_owned()] };
    let xml = service_provider.metadata();
    let document = uppsala::parse(&xml).unwrap();
    let root = document.document_element().unwrap();
    assert_eq!(document.get_attribute(root, "entityID"), Some(odd));
    let md = "urn:oasis:names:tc:SAML:2.0:metadata";
    let role = document.first_child_element_by_name_ns(root, md, "SPSSODescriptor").unwrap();
    assert_eq!(document.get_attribute(role, "WantAssertionsSigned"), Some("true"));
    let services = document.child_elements_by_name_ns(role, md, "AssertionConsumerService");
    let told: Vec<_> = services
        .into_iter()
        .map(|service| {
            ["Location", "index", "isDefault"].map(|name| document.get_attribute(service, name).unwrap())
        })
        .collect();
    assert_eq!(told, [[ACS, "0", "true"], [odd, "1", "false"]]);
    assert_eq!(IdentityProvider::from_metadata(&xml), Err(MetadataError::NoIdentityProvider));
}
