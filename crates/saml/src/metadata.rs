//! What a provider's metadata say (SAML 2.0 Metadata §2): who it is, where users sign in, and which keys are its own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use thiserror::Error;
use url::{Host, Url};

use crate::limits::{MAX_CERTIFICATES, MAX_METADATA_BYTES, MIN_RSA_BITS};
use crate::names::{HTTP_POST, HTTP_REDIRECT, METADATA, PROTOCOL, SIGNATURE};
use crate::reading::instant;
use crate::rejection::shown;
use crate::signature;
use crate::xml::{self, Element, Unreadable, compact};

/// A provider, as its metadata describe it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IdentityProvider {
    /// Its name, a URI: what responses have as `Issuer`.
    pub entity_id: String,
    /// Where requests go by the HTTP-Redirect binding.
    pub sign_on_redirect: Option<String>,
    /// Where requests go by the HTTP-POST binding.
    pub sign_on_post: Option<String>,
    /// The certificates of the keys that it signs with, in DER: one, or two while a key is rolled over.
    pub signing_certificates: Vec<Vec<u8>>,
    /// Until when this may be relied on. Without it, until it is read again.
    pub valid_until: Option<Timestamp>,
}

/// Why metadata are not taken, in words for an administrator.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum MetadataError {
    /// More than [`MAX_METADATA_BYTES`].
    #[error(
        "the metadata are longer than {MAX_METADATA_BYTES} bytes; use the metadata of this one application"
    )]
    TooLong,
    /// A document type, which metadata never have.
    #[error(
        "the metadata have a document type declaration, which SAML metadata never have; check the address"
    )]
    DocumentType,
    /// No XML: an HTML page that asks to sign in, more often than not.
    #[error(
        "the metadata can't be read as XML ({0}); the address must answer the metadata themselves, without \
         signing in"
    )]
    Xml(String),
    /// Other XML.
    #[error(
        "this is not SAML 2.0 metadata: the outermost element is not EntityDescriptor; check the address"
    )]
    NotMetadata,
    /// `EntitiesDescriptor`: which of them is meant nobody can tell.
    #[error(
        "the metadata describe several providers (EntitiesDescriptor); use the metadata of the one that \
         signs users in"
    )]
    SeveralProviders,
    /// Without a name.
    #[error("the metadata have no entityID; ask the provider's support")]
    NoEntityId,
    /// A service provider's metadata, for instance the ones of this side.
    #[error(
        "the metadata describe no SAML 2.0 identity provider (IDPSSODescriptor); use the provider's \
         metadata, not this application's"
    )]
    NoIdentityProvider,
    /// Two roles of the same kind: which of them has the keys that count?
    #[error(
        "the metadata describe several SAML 2.0 identity providers in one; use the metadata of the one that \
         signs users in"
    )]
    SeveralRoles,
    /// No address for the bindings that are used here.
    #[error(
        "the metadata have no sign-on address for HTTP-Redirect or HTTP-POST; turn one of them on at the \
         provider"
    )]
    NoSignOn,
    /// An address that browsers are not sent to.
    #[error("the sign-on address {0} is not https; correct it at the provider")]
    SignOn(String),
    /// Nothing to verify signatures with.
    #[error("the metadata have no signing certificate; let the provider sign, and read its metadata again")]
    NoCertificate,
    /// A certificate that is none.
    #[error("a signing certificate in the metadata is not base64 of X.509; make a new one at the provider")]
    Certificate,
    /// None of the keys is believed.
    #[error(
        "no signing certificate in the metadata has a usable key: RSA of at least {MIN_RSA_BITS} bits, or ECDSA of P-256 or \
         P-384; make a new certificate at the provider"
    )]
    NoUsableKey,
    /// More than [`MAX_CERTIFICATES`].
    #[error(
        "the metadata have more than {MAX_CERTIFICATES} signing certificates; use the metadata of this one \
         application"
    )]
    TooManyCertificates,
    /// `validUntil` is no instant.
    #[error("validUntil of the metadata is no instant of UTC; ask the provider's support")]
    ValidUntil,
}

impl IdentityProvider {
    /// Reads a provider's metadata. What they say of other protocols and roles is left alone, and so is their signature:
    /// they are as good as the way that they came, https or an administrator's hand.
    ///
    /// # Errors
    ///
    /// What is not the metadata of one SAML 2.0 identity provider that can be used.
    pub fn from_metadata(xml: &str) -> Result<Self, MetadataError> {
        if xml.len() > MAX_METADATA_BYTES {
            return Err(MetadataError::TooLong);
        }
        // Entra's begin with a byte order mark.
        let document = xml::parse(xml.trim_start_matches('\u{feff}'))?;
        let root = Element::root(&document).ok_or(MetadataError::NotMetadata)?;
        if root.is(METADATA, "EntitiesDescriptor") {
            return Err(MetadataError::SeveralProviders);
        }
        if !root.is(METADATA, "EntityDescriptor") {
            return Err(MetadataError::NotMetadata);
        }
        let entity_id = root.attribute("entityID").map(str::trim).filter(|id| !id.is_empty());
        let role = role(root)?;
        let (sign_on_redirect, sign_on_post) = (sign_on(role, HTTP_REDIRECT)?, sign_on(role, HTTP_POST)?);
        if sign_on_redirect.is_none() && sign_on_post.is_none() {
            return Err(MetadataError::NoSignOn);
        }
        Ok(Self {
            entity_id: entity_id.ok_or(MetadataError::NoEntityId)?.to_owned(),
            sign_on_redirect,
            sign_on_post,
            signing_certificates: signing_certificates(role)?,
            valid_until: valid_until(root, role)?,
        })
    }
}

/// The part about SAML 2.0 sign-on.
fn role(root: Element<'_>) -> Result<Element<'_>, MetadataError> {
    let protocols =
        |role: Element<'_>| role.attribute("protocolSupportEnumeration").unwrap_or_default().to_owned();
    let speaks =
        |role: &Element<'_>| protocols(*role).split_ascii_whitespace().any(|protocol| protocol == PROTOCOL);
    let mut roles = root.named(METADATA, "IDPSSODescriptor").filter(speaks);
    let role = roles.next().ok_or(MetadataError::NoIdentityProvider)?;
    if roles.next().is_some() { Err(MetadataError::SeveralRoles) } else { Ok(role) }
}

/// The first address of a binding.
fn sign_on(role: Element<'_>, binding: &str) -> Result<Option<String>, MetadataError> {
    let mut services = role.named(METADATA, "SingleSignOnService");
    let service = services.find(|service| service.attribute("Binding") == Some(binding));
    let Some(address) = service.and_then(|service| service.attribute("Location")) else { return Ok(None) };
    let url = Url::parse(address).ok().filter(is_for_browsers);
    url.map(|url| Some(url.into())).ok_or_else(|| MetadataError::SignOn(shown(address)))
}

/// Whether a browser may be sent there: by https, or to this very machine.
fn is_for_browsers(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

/// Certificates of keys that sign: a descriptor without `use` is for signing as well (Metadata §2.4.1.1).
fn signing_certificates(role: Element<'_>) -> Result<Vec<Vec<u8>>, MetadataError> {
    let signs = |key: &Element<'_>| matches!(key.attribute("use"), None | Some("signing"));
    let infos =
        role.named(METADATA, "KeyDescriptor").filter(signs).flat_map(|key| key.named(SIGNATURE, "KeyInfo"));
    let data = infos.flat_map(|info| info.named(SIGNATURE, "X509Data"));
    let mut certificates = Vec::new();
    for certificate in data.flat_map(|data| data.named(SIGNATURE, "X509Certificate")) {
        let text = certificate.text().ok_or(MetadataError::Certificate)?;
        let der = STANDARD.decode(compact(&text)).map_err(|_| MetadataError::Certificate)?;
        if !certificates.contains(&der) {
            certificates.push(der);
        }
        if certificates.len() > MAX_CERTIFICATES {
            return Err(MetadataError::TooManyCertificates);
        }
    }
    if certificates.is_empty() {
        return Err(MetadataError::NoCertificate);
    }
    if !certificates.iter().any(|der| signature::is_usable(der)) {
        return Err(MetadataError::NoUsableKey);
    }
    Ok(certificates)
}

/// The earlier end of the whole and of the part.
fn valid_until(root: Element<'_>, role: Element<'_>) -> Result<Option<Timestamp>, MetadataError> {
    let ends = [root, role].into_iter().filter_map(|element| element.attribute("validUntil"));
    let ends: Option<Vec<Timestamp>> = ends.map(instant).collect();
    Ok(ends.ok_or(MetadataError::ValidUntil)?.into_iter().min())
}

impl From<Unreadable> for MetadataError {
    fn from(why: Unreadable) -> Self {
        match why {
            Unreadable::DocumentType => Self::DocumentType,
            Unreadable::Xml(what) => Self::Xml(what),
        }
    }
}
