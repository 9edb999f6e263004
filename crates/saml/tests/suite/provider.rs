//! A provider that signs whatever a test gives it, with another implementation of XML signatures than ours.

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra_dsig::DsigContext;
use bergshamra_dsig::sign::{self, EnvelopedSignatureOptions, sign_enveloped_document};
use bergshamra_keys::{KeysManager, loader};
use jiff::Timestamp;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize};
use saml::{Assertion, Expected, IdentityProvider, Rejection, ServiceProvider};

pub const ISSUER: &str = "https://sts.example/contoso";
pub const ENTITY_ID: &str = "https://rollcall.example/t/contoso/saml/acs";
pub const ACS: &str = "https://rollcall.example/t/contoso/saml/acs";
pub const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
pub const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
pub const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
pub const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// An assertion as Entra makes it, without its signature.
pub const ASSERTION: &str = concat!(
    r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_assertion" "#,
    r#"IssueInstant="2026-11-20T12:00:00Z" Version="2.0"><saml:Issuer>https://sts.example/contoso</saml:Issuer>"#,
    r#"<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">ada@contoso.com"#,
    r#"</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">"#,
    r#"<saml:SubjectConfirmationData InResponseTo="_request" NotOnOrAfter="2026-11-20T12:30:00Z" "#,
    r#"Recipient="https://rollcall.example/t/contoso/saml/acs"/></saml:SubjectConfirmation></saml:Subject>"#,
    r#"<saml:Conditions NotBefore="2026-11-20T11:55:00Z" NotOnOrAfter="2026-11-20T13:00:00Z">"#,
    r#"<saml:AudienceRestriction><saml:Audience>https://rollcall.example/t/contoso/saml/acs</saml:Audience>"#,
    r#"</saml:AudienceRestriction></saml:Conditions>"#,
    r#"<saml:AuthnStatement AuthnInstant="2026-11-20T11:59:00Z" SessionIndex="_session"><saml:AuthnContext>"#,
    r#"<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>"#,
    r#"</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>"#,
    r#"<saml:Attribute Name="http://schemas.microsoft.com/identity/claims/objectidentifier">"#,
    r#"<saml:AttributeValue>6f1d7a9e-0000-4000-8000-00000000ada0</saml:AttributeValue></saml:Attribute>"#,
    r#"<saml:Attribute Name="EmployeeID"><saml:AttributeValue>0042</saml:AttributeValue></saml:Attribute>"#,
    r#"</saml:AttributeStatement></saml:Assertion>"#,
);

/// A response, with a place for the assertion.
pub const RESPONSE: &str = concat!(
    r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_response" Version="2.0" "#,
    r#"IssueInstant="2026-11-20T12:00:00Z" Destination="https://rollcall.example/t/contoso/saml/acs" "#,
    r#"InResponseTo="_request"><Issuer xmlns="urn:oasis:names:tc:SAML:2.0:assertion">https://sts.example/contoso"#,
    r#"</Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>"#,
    r#"[assertion]</samlp:Response>"#,
);

/// A provider's key and its certificate.
pub struct Provider {
    pem: String,
    pub certificate: Vec<u8>,
    algorithm: &'static str,
}

pub static CONTOSO: LazyLock<Provider> = LazyLock::new(|| {
    Provider::new(KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap(), RSA_SHA256)
});
pub static SOMEBODY_ELSE: LazyLock<Provider> = LazyLock::new(|| {
    Provider::new(KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap(), RSA_SHA256)
});
pub static ELLIPTIC: LazyLock<Provider> =
    LazyLock::new(|| Provider::new(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap(), ECDSA_SHA256));

impl Provider {
    fn new(key: KeyPair, algorithm: &'static str) -> Self {
        let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
        Self { pem: key.serialize_pem(), certificate: certificate.der().to_vec(), algorithm }
    }

    /// Signs the outermost element, as providers do.
    pub fn sign(&self, xml: &str) -> String {
        let options =
            EnvelopedSignatureOptions::new(Some(id_of(xml)), self.algorithm, SHA256, EXCLUSIVE, None);
        let mut document = uppsala::parse(xml).unwrap();
        sign_enveloped_document(&self.context(), &mut document, options).unwrap();
        document.to_xml()
    }

    /// Fills in a signature that a test wrote into the document itself.
    pub fn fill(&self, xml: &str) -> String {
        sign::sign(&self.context(), xml).unwrap()
    }

    /// What its metadata say.
    pub fn described(&self) -> IdentityProvider {
        IdentityProvider {
            entity_id: ISSUER.to_owned(),
            sign_on_redirect: Some("https://sts.example/contoso/saml2".to_owned()),
            sign_on_post: None,
            signing_certificates: vec![self.certificate.clone()],
            valid_until: None,
        }
    }

    fn context(&self) -> DsigContext {
        let mut keys = KeysManager::new();
        keys.add_key(loader::load_pem_auto(self.pem.as_bytes(), None).unwrap());
        DsigContext::new_permissive(keys)
    }
}

/// The signature of an assertion as a test may write it, to be filled in: with these transforms and this reference.
pub fn signature(canonicalisation: &str, references: &str) -> String {
    format!(
        r#"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{canonicalisation}"/><ds:SignatureMethod Algorithm="{RSA_SHA256}"/>{references}</ds:SignedInfo><ds:SignatureValue></ds:SignatureValue></ds:Signature>"#
    )
}

pub fn reference(uri: &str, transforms: &str) -> String {
    format!(
        r#"<ds:Reference URI="{uri}"><ds:Transforms>{transforms}</ds:Transforms><ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue></ds:DigestValue></ds:Reference>"#
    )
}

pub fn transform(algorithm: &str) -> String {
    format!(r#"<ds:Transform Algorithm="{algorithm}"/>"#)
}

/// A text in which one thing is another; a test whose change changes nothing has failed.
pub fn changed(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from} in {text}");
    text.replacen(from, to, 1)
}

/// A response around an assertion.
pub fn response(assertion: &str) -> String {
    RESPONSE.replace("[assertion]", assertion)
}

pub fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

pub fn service_provider() -> ServiceProvider {
    ServiceProvider { entity_id: ENTITY_ID.to_owned(), acs: vec![ACS.to_owned()] }
}

/// Verifies XML as a browser posts it, of a provider, at an instant and for a request.
pub fn verify_as(
    xml: &str,
    provider: &IdentityProvider,
    now: Timestamp,
    request_id: Option<&str>,
) -> Result<Assertion, Rejection> {
    let service_provider = service_provider();
    let skew = Duration::from_secs(60);
    let expected =
        Expected { provider, service_provider: &service_provider, acs: ACS, request_id, now, skew };
    saml::verify(&STANDARD.encode(xml), &expected)
}

/// Verifies a response of Contoso's provider, now, for the request that is under way.
pub fn verify(xml: &str) -> Result<Assertion, Rejection> {
    verify_as(xml, &CONTOSO.described(), now(), Some("_request"))
}

/// Signs an assertion and verifies the response with it.
pub fn verify_signed(assertion: &str) -> Result<Assertion, Rejection> {
    verify(&response(&CONTOSO.sign(assertion)))
}

fn id_of(xml: &str) -> &str {
    xml.split_once(" ID=\"").unwrap().1.split_once('"').unwrap().0
}
