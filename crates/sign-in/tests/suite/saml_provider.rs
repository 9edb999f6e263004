//! A SAML provider, which publishes its metadata over HTTP and signs what a test wants it to say.
//!
//! What it signs it writes in canonical form, so that it needs no canonicaliser, and is somebody else's code than what
//! verifies it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey};
use rcgen::{CertificateParams, KeyPair};
use sha2::{Digest, Sha256};
use sign_in::Door;
use sign_in::provider::{Provider as Setting, Saml};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::browser::Browser;
use crate::site::{Answer, PUBLIC_URL, Site};

pub const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
pub const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

/// A key of a provider, and its certificate.
pub struct Key {
    pair: KeyPair,
    certificate: String,
}

impl Key {
    pub fn new() -> Self {
        let pair = KeyPair::generate().unwrap();
        let certificate = CertificateParams::default().self_signed(&pair).unwrap();
        Self { certificate: STANDARD.encode(certificate.der()), pair }
    }

    fn sign(&self, text: &str) -> String {
        let key = EncodingKey::from_ec_der(&self.pair.serialize_der());
        let signature = jsonwebtoken::crypto::sign(text.as_bytes(), &key, Algorithm::ES256).unwrap();
        STANDARD.encode(URL_SAFE_NO_PAD.decode(signature).unwrap())
    }
}

/// What a provider says of somebody.
#[derive(Clone)]
pub struct Says {
    pub name_id: String,
    pub format: &'static str,
    pub attributes: Vec<(&'static str, String)>,
    /// The request that it answers.
    pub request: Option<String>,
    pub acs: String,
    pub session_end: Option<Timestamp>,
}

impl Says {
    pub fn of(name_id: &str) -> Self {
        Self {
            name_id: name_id.to_owned(),
            format: EMAIL,
            attributes: Vec::new(),
            request: None,
            acs: format!("{PUBLIC_URL}/t/contoso/saml/acs"),
            session_end: None,
        }
    }
}

/// A provider.
pub struct SamlProvider {
    pub entity_id: String,
    pub key: Key,
    url: String,
    shared: Arc<Shared>,
}

struct Shared {
    metadata: Mutex<String>,
    asked: AtomicUsize,
}

impl SamlProvider {
    pub async fn start() -> Self {
        let shared = Arc::new(Shared { metadata: Mutex::default(), asked: AtomicUsize::new(0) });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let told = Arc::clone(&shared);
        let answer = move || {
            told.asked.fetch_add(1, Ordering::SeqCst);
            let text = told.metadata.lock().unwrap().clone();
            async move { if text.is_empty() { (StatusCode::NOT_FOUND, text) } else { (StatusCode::OK, text) } }
        };
        let router = Router::new().route("/metadata", get(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let provider = Self {
            entity_id: format!("{base}/idp"),
            key: Key::new(),
            url: format!("{base}/metadata"),
            shared,
        };
        provider.publish(&[&provider.key]);
        provider
    }

    /// A provider of the tenant `contoso`, at a door.
    pub async fn at(site: &Site, door: Door) -> Self {
        let provider = Self::start().await;
        provider.set(site, door, None).await;
        provider
    }

    pub async fn set(&self, site: &Site, door: Door, claim: Option<&str>) {
        let saml = Saml {
            metadata: self.shared.metadata.lock().unwrap().clone(),
            metadata_url: Some(self.url.clone()),
            read: site.now(),
            asked: site.now(),
            claim: claim.map(str::to_owned),
        };
        site.put(door, Setting::Saml(saml)).await;
    }

    /// Publishes these keys from now on.
    pub fn publish(&self, keys: &[&Key]) {
        self.publish_as(&self.entity_id, keys);
    }

    pub fn publish_as(&self, entity_id: &str, keys: &[&Key]) {
        let keys: String = keys
            .iter()
            .map(|key| {
                format!(
                    "<KeyDescriptor use=\"signing\"><KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><X509Data>\
                     <X509Certificate>{}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>",
                    key.certificate
                )
            })
            .collect();
        *self.shared.metadata.lock().unwrap() = format!(
            "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{entity_id}\"><IDPSSODescriptor \
             protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">{keys}<SingleSignOnService \
             Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"{}/sso\"/></IDPSSODescriptor>\
             </EntityDescriptor>",
            self.entity_id
        );
    }

    /// Can't be asked from now on.
    pub fn fail(&self) {
        self.shared.metadata.lock().unwrap().clear();
    }

    /// How often it was asked for its metadata.
    pub fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }

    /// A browser begins at a door; answers the request's id, as it reached the provider.
    pub async fn begin(&self, site: &Site, browser: &Browser, login: &str) -> String {
        let answer = browser.get(site, &format!("/t/contoso/saml/{login}?return_to=/app")).await;
        let location = answer.expect(StatusCode::SEE_OTHER).header("location").to_owned();
        assert!(location.starts_with(&format!("{}/sso?", self.entity_id)), "{location}");
        let query = location.split_once('?').unwrap().1;
        let query: HashMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let deflated = STANDARD.decode(&query["SAMLRequest"]).unwrap();
        let request = String::from_utf8(miniz_oxide::inflate::decompress_to_vec(&deflated).unwrap()).unwrap();
        request.split_once(" ID=\"").unwrap().1.split_once('"').unwrap().0.to_owned()
    }

    /// A response whose assertion a key signed.
    pub fn response(&self, key: &Key, says: &Says, now: Timestamp) -> String {
        let (head, body) = self.assertion(says, now);
        let digest = STANDARD.encode(Sha256::digest(format!("{head}{body}")));
        let id = head.split_once(" ID=\"").unwrap().1.split_once('"').unwrap().0;
        let info = signed_info(id, &digest);
        let signature = format!(
            "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">{}<ds:SignatureValue>{}</ds:SignatureValue>\
             </ds:Signature>",
            info.replacen(" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"", "", 1),
            key.sign(&info)
        );
        let (issuer, rest) = body.split_once("</saml:Issuer>").unwrap();
        let assertion = format!("{head}{issuer}</saml:Issuer>{signature}{rest}");
        self.envelope(says, now, &assertion)
    }

    /// The same without a signature.
    pub fn unsigned(&self, says: &Says, now: Timestamp) -> String {
        let (head, body) = self.assertion(says, now);
        self.envelope(says, now, &format!("{head}{body}"))
    }

    fn envelope(&self, says: &Says, now: Timestamp, assertion: &str) -> String {
        let answers = says.request.as_ref().map(|id| format!(" InResponseTo=\"{id}\"")).unwrap_or_default();
        let response = format!(
            "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"r{}\" Version=\"2.0\" \
             IssueInstant=\"{now}\" Destination=\"{}\"{answers}><saml:Issuer \
             xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{}</saml:Issuer><samlp:Status><samlp:StatusCode \
             Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:Status>{assertion}</samlp:Response>",
            Uuid::now_v7().simple(),
            says.acs,
            self.entity_id
        );
        STANDARD.encode(response)
    }

    /// The assertion in canonical form: its start tag, and the rest.
    fn assertion(&self, says: &Says, now: Timestamp) -> (String, String) {
        let end = now + SignedDuration::from_mins(5);
        let answers = says.request.as_ref().map(|id| format!(" InResponseTo=\"{id}\"")).unwrap_or_default();
        let session =
            says.session_end.map(|end| format!(" SessionNotOnOrAfter=\"{end}\"")).unwrap_or_default();
        let attributes: String = says
            .attributes
            .iter()
            .map(|(name, value)| {
                format!(
                    "<saml:Attribute Name=\"{name}\"><saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>"
                )
            })
            .collect();
        let attributes = if attributes.is_empty() {
            attributes
        } else {
            format!("<saml:AttributeStatement>{attributes}</saml:AttributeStatement>")
        };
        let head = format!(
            "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"a{}\" IssueInstant=\"{now}\" \
             Version=\"2.0\">",
            Uuid::now_v7().simple()
        );
        let body = format!(
            "<saml:Issuer>{issuer}</saml:Issuer><saml:Subject><saml:NameID Format=\"{format}\">{name}</saml:NameID>\
             <saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"><saml:SubjectConfirmationData\
             {answers} NotOnOrAfter=\"{end}\" Recipient=\"{acs}\"></saml:SubjectConfirmationData></saml:SubjectConfirmation>\
             </saml:Subject><saml:Conditions NotBefore=\"{now}\" NotOnOrAfter=\"{end}\"><saml:AudienceRestriction>\
             <saml:Audience>{acs}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement \
             AuthnInstant=\"{now}\"{session}><saml:AuthnContext><saml:AuthnContextClassRef>\
             urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext>\
             </saml:AuthnStatement>{attributes}</saml:Assertion>",
            issuer = self.entity_id,
            format = says.format,
            name = says.name_id,
            acs = says.acs,
        );
        (head, body)
    }

    /// Somebody of whom the provider says this signs in, in a browser of their own, beginning here.
    pub async fn sign_in(&self, site: &Site, says: Says) -> (Browser, Answer) {
        let browser = Browser::default();
        let request = Some(self.begin(site, &browser, "login").await);
        let response = self.response(&self.key, &Says { request, ..says }, site.now());
        let answer = post(&browser, site, "acs", &response).await;
        (browser, answer)
    }

    pub async fn signed_in(&self, site: &Site, says: Says) -> Browser {
        let (browser, answer) = self.sign_in(site, says).await;
        assert_eq!(answer.expect(StatusCode::SEE_OTHER).header("location"), format!("{PUBLIC_URL}/app"));
        browser
    }

    pub async fn refused(&self, site: &Site, says: Says) -> String {
        let (browser, answer) = self.sign_in(site, says).await;
        assert!(answer.status.is_client_error(), "{}", answer.status);
        assert!(!browser.is_signed_in(site).await);
        site.outcome().await
    }
}

/// A provider's page has a browser post a response.
pub async fn post(browser: &Browser, site: &Site, acs: &str, response: &str) -> Answer {
    let form = [("SAMLResponse", response)];
    browser.post_from(site, Some("http://127.0.0.1"), &format!("/saml/{acs}"), &form).await
}

fn signed_info(id: &str, digest: &str) -> String {
    format!(
        "<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:CanonicalizationMethod \
         Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:CanonicalizationMethod><ds:SignatureMethod \
         Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\"></ds:SignatureMethod><ds:Reference \
         URI=\"#{id}\"><ds:Transforms><ds:Transform \
         Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform><ds:Transform \
         Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform></ds:Transforms><ds:DigestMethod \
         Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue>\
         </ds:Reference></ds:SignedInfo>"
    )
}
