//! This side: what a provider must know of it, and the request that it sends.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use thiserror::Error;
use uppsala::XmlWriter;

use crate::metadata::IdentityProvider;
use crate::names::{ASSERTION, HTTP_POST, METADATA, PROTOCOL};

/// How hard DEFLATE tries, of 10: a request has 500 bytes.
const COMPRESSION: u8 = 6;

/// This side, of one tenant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceProvider {
    /// Its name at the provider (identifier, audience), a URI.
    pub entity_id: String,
    /// Where responses may come (assertion consumer services, reply URLs); the first is the default.
    pub acs: Vec<String>,
}

/// The provider takes no requests by HTTP-Redirect, the only way that they are sent here.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error(
    "the provider takes no sign-on requests by the HTTP-Redirect binding; turn it on there and read its metadata again, or \
     begin each sign-in at the provider"
)]
pub struct NoBinding;

impl ServiceProvider {
    /// The metadata that a provider can be set up with (SAML 2.0 Metadata §2.4.4).
    pub fn metadata(&self) -> String {
        let mut xml = XmlWriter::new();
        xml.write_declaration();
        xml.start_element("md:EntityDescriptor", &[("xmlns:md", METADATA), ("entityID", &self.entity_id)]);
        let wants = [
            ("protocolSupportEnumeration", PROTOCOL),
            ("AuthnRequestsSigned", "false"),
            ("WantAssertionsSigned", "true"),
        ];
        xml.start_element("md:SPSSODescriptor", &wants);
        for (index, acs) in self.acs.iter().enumerate() {
            let is_default = if index == 0 { "true" } else { "false" };
            let index = index.to_string();
            let service =
                [("Binding", HTTP_POST), ("Location", acs), ("index", &index), ("isDefault", is_default)];
            xml.empty_element("md:AssertionConsumerService", &service);
        }
        xml.end_element("md:SPSSODescriptor");
        xml.end_element("md:EntityDescriptor");
        xml.into_string()
    }

    /// The address that a browser is sent to for signing in (Bindings §3.4.4.1).
    ///
    /// `acs` is one of [`ServiceProvider::acs`]; `id` is unpredictable and begins with a letter or `_`, as `xs:ID` does;
    /// `relay_state` comes back with the response, has at most 80 bytes, and proves nothing.
    ///
    /// # Errors
    ///
    /// The provider does not take requests by HTTP-Redirect.
    pub fn sign_on_request(
        &self,
        provider: &IdentityProvider,
        acs: &str,
        id: &str,
        now: Timestamp,
        relay_state: Option<&str>,
    ) -> Result<String, NoBinding> {
        let address = provider.sign_on_redirect.as_ref().ok_or(NoBinding)?;
        let request = self.request(address, acs, id, now);
        let request = STANDARD.encode(miniz_oxide::deflate::compress_to_vec(request.as_bytes(), COMPRESSION));

        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("SAMLRequest", &request);
        if let Some(relay_state) = relay_state {
            query.append_pair("RelayState", relay_state);
        }
        // Some providers tell their tenants apart by a query of their own.
        let separator = if address.contains('?') { '&' } else { '?' };
        Ok(format!("{address}{separator}{}", query.finish()))
    }

    /// `AuthnRequest` (Core §3.4.1). It asks for no kind of NameID: what the provider is set to send is meant.
    fn request(&self, destination: &str, acs: &str, id: &str, now: Timestamp) -> String {
        // Some providers read no fractions of a second.
        let instant = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let attributes = [
            ("xmlns:samlp", PROTOCOL),
            ("xmlns:saml", ASSERTION),
            ("ID", id),
            ("Version", "2.0"),
            ("IssueInstant", &instant),
            ("Destination", destination),
            ("AssertionConsumerServiceURL", acs),
            ("ProtocolBinding", HTTP_POST),
        ];
        let mut xml = XmlWriter::new();
        xml.start_element("samlp:AuthnRequest", &attributes);
        xml.start_element("saml:Issuer", &[]);
        xml.text(&self.entity_id);
        xml.end_element("saml:Issuer");
        xml.end_element("samlp:AuthnRequest");
        xml.into_string()
    }
}
