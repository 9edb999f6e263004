//! Why a response signs nobody in, in words for an administrator: what is wrong, and what to do about it.

use jiff::Timestamp;
use thiserror::Error;

use crate::limits::{MAX_ATTRIBUTE_VALUES, MAX_ATTRIBUTES, MAX_RESPONSE_BYTES, MAX_SHOWN, MIN_RSA_BITS};

/// Why a response is not believed.
///
/// Texts in it are of the response, shortened and without control characters; none of them is a user's name, an attribute
/// or a key. They are still somebody else's words: whoever shows them in HTML escapes them.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum Rejection {
    /// More than [`MAX_RESPONSE_BYTES`].
    #[error(
        "the response is longer than {MAX_RESPONSE_BYTES} bytes; let the provider send fewer claims, for instance only \
         groups that are assigned to this application"
    )]
    TooLong,
    /// The form's field is not what SAML 2.0 Bindings §3.5.4 asks for.
    #[error("SAMLResponse is not base64 of UTF-8; the provider must answer by the HTTP-POST binding")]
    Encoding,
    /// A document type or an entity, which a SAML message never has, and attacks do.
    #[error(
        "the response has a document type declaration; SAML messages have none, so it is not from a provider"
    )]
    DocumentType,
    /// No XML, or nested too deep.
    #[error(
        "the response can't be read as XML ({0}); sign in again, and ask the provider's support if it stays \
         so"
    )]
    Xml(String),
    /// XML, but not what the standard says.
    #[error("the response is not as SAML 2.0 describes it: {0}; ask the provider's support")]
    Malformed(&'static str),
    /// More attributes or values than are taken.
    #[error(
        "the assertion has more than {MAX_ATTRIBUTES} attributes or {MAX_ATTRIBUTE_VALUES} values; let the provider send \
         fewer claims"
    )]
    TooManyAttributes,
    /// The provider says that it did not sign the user in (SAML 2.0 Core §3.2.2). Nobody signed this.
    #[error("the provider did not sign the user in: {code}{}; its sign-in log tells more", told(.message))]
    Status {
        /// The codes, outer and inner, without what all of them begin with: `Responder: AuthnFailed`.
        code: String,
        /// What the provider adds in words.
        message: Option<String>,
    },
    /// An encrypted assertion, name or attribute.
    #[error(
        "{0} is encrypted, which is not supported yet; turn off assertion encryption for this application at the provider \
         (TLS protects the response on its way)"
    )]
    Encrypted(&'static str),
    /// Success without anybody.
    #[error(
        "the response has no assertion; check that the provider's application is set up for SAML 2.0 web \
         sign-on"
    )]
    NoAssertion,
    /// Which of them would be meant is what wrapping attacks play with.
    #[error(
        "the response has several assertions, and only one may be in it; it was changed on its way, or the \
         provider merges sign-ins"
    )]
    SeveralAssertions,
    /// Two elements with one id.
    #[error("two elements of the response have the same id; it was changed on its way")]
    DuplicateId,

    /// Neither the response nor the assertion is signed.
    #[error("neither the response nor the assertion is signed; let the provider sign the assertion")]
    Unsigned,
    /// A signature that is not of the one form that SAML allows (SAML 2.0 Core §5.4).
    #[error(
        "the signature is not of the form that SAML 2.0 allows: {0}; it was changed on its way, or the \
         provider signs in an unusual way"
    )]
    SignatureForm(&'static str),
    /// An algorithm that is not believed any more, or never was.
    #[error("the algorithm {0} is not accepted; let the provider sign with RSA or ECDSA and SHA-256")]
    Algorithm(String),
    /// The provider's metadata have no certificate whose key can be used.
    #[error(
        "the provider's metadata have no usable signing certificate: keys are RSA of at least {MIN_RSA_BITS} bits or ECDSA of \
         P-256 or P-384; make a new certificate at the provider, then read its metadata again"
    )]
    NoUsableKey,
    /// None of the keys made the signature. Worth reading the metadata again: the key may be new.
    #[error(
        "the signature is by none of the certificates in the provider's metadata; read the metadata again if the provider's \
         certificate is new, otherwise the response is forged or was changed on its way"
    )]
    UnknownKey,
    /// The key is right, and what it signed is not what came.
    #[error(
        "the response was changed after it was signed; sign in again, and look for who changes it if it \
         stays so"
    )]
    Altered,
    /// `validUntil` of the metadata is over.
    #[error("the provider's metadata were valid until {0}; read them again")]
    MetadataExpired(Timestamp),

    /// Somebody else's.
    #[error(
        "the response is of {found}, and the provider is {expected}; use the metadata of the application \
         that signs users in"
    )]
    Issuer {
        /// The provider's entity id.
        expected: String,
        /// Whom the response names.
        found: String,
    },
    /// Sent to another place.
    #[error(
        "the response is meant for {found}, and came to {expected}; enter the latter as the reply URL (ACS) \
         at the provider"
    )]
    Destination {
        /// Where it came.
        expected: String,
        /// Its `Destination`, or empty where there is none.
        found: String,
    },
    /// Confirmed for another place.
    #[error(
        "the assertion is meant for {found}, and came to {expected}; enter the latter as the reply URL \
         (ACS) at the provider"
    )]
    Recipient {
        /// Where it came.
        expected: String,
        /// Its `Recipient`, or empty where there is none.
        found: String,
    },
    /// An answer to another question, or to none.
    #[error(
        "the response does not answer this sign-in's request; begin to sign in again, in one window alone"
    )]
    InResponseTo,
    /// An answer where nothing was asked.
    #[error("the response answers a request, and none is under way; begin to sign in again")]
    NotAsked,
    /// For another application.
    #[error(
        "the assertion is for {found}, and this application is {expected}; enter the latter as the \
         identifier (entity id, audience) at the provider"
    )]
    Audience {
        /// The entity id of this side.
        expected: String,
        /// The first restriction that does not name it, or empty where there is none.
        found: String,
    },
    /// A condition that this side does not know (SAML 2.0 Core §2.5.1.1 forbids to overlook it).
    #[error(
        "the assertion has a condition that is not known here; let the provider send assertions without \
         conditions of its own"
    )]
    Condition,
    /// No bearer confirmation (SAML 2.0 Profiles §4.1.4.2).
    #[error("the assertion has no bearer confirmation; let the provider use the web browser sign-on profile")]
    NoBearer,
    /// The times are still to come.
    #[error(
        "the assertion is valid from {from}, and it is {now}; correct the clock of the provider or of this \
         machine"
    )]
    NotYet {
        /// `NotBefore`.
        from: Timestamp,
        /// When it came.
        now: Timestamp,
    },
    /// The times are over.
    #[error(
        "the assertion was valid until {until}, and it is {now}; sign in again, and compare the clocks of \
         both sides if it stays so"
    )]
    Expired {
        /// `NotOnOrAfter`, or the end of the provider's session.
        until: Timestamp,
        /// When it came.
        now: Timestamp,
    },
}

/// A text from outside as it may be in a message.
pub(crate) fn shown(text: &str) -> String {
    let mut characters = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut shown: String = characters.by_ref().take(MAX_SHOWN).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

fn told(message: &Option<String>) -> String {
    message.as_ref().map(|message| format!(" ({message})")).unwrap_or_default()
}
