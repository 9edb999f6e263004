//! The outside of a response: base64, XML, and what it says of itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::limits::MAX_RESPONSE_BYTES;
use crate::names::{ASSERTION, PROTOCOL};
use crate::rejection::Rejection;
use crate::xml::{self, Element, Unreadable};

/// What a response says of itself before anything of it is believed: good for finding the request that it may answer, and
/// for nothing else.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnverifiedEnvelope {
    /// The request that it says it answers.
    pub in_response_to: Option<String>,
    /// The entity id that it says it is of.
    pub issuer: Option<String>,
}

/// Reads [`UnverifiedEnvelope`] of a posted `SAMLResponse`.
///
/// # Errors
///
/// What can't be read at all: too long, no base64, no XML, another message.
pub fn unverified_envelope(saml_response: &str) -> Result<UnverifiedEnvelope, Rejection> {
    let text = decoded(saml_response)?;
    let document = xml::parse(&text).map_err(unreadable)?;
    let response = response(Element::root(&document))?;
    Ok(UnverifiedEnvelope {
        in_response_to: response.attribute("InResponseTo").map(str::to_owned),
        issuer: issuer(response)?,
    })
}

/// The XML of a posted response (SAML 2.0 Bindings §3.5.4).
pub(crate) fn decoded(saml_response: &str) -> Result<String, Rejection> {
    if saml_response.len() > MAX_RESPONSE_BYTES {
        return Err(Rejection::TooLong);
    }
    let bytes = STANDARD.decode(xml::compact(saml_response)).map_err(|_| Rejection::Encoding)?;
    String::from_utf8(bytes).map_err(|_| Rejection::Encoding)
}

/// The outermost element, which must be a response of version 2.0.
pub(crate) fn response(root: Option<Element<'_>>) -> Result<Element<'_>, Rejection> {
    let response = root.filter(|root| root.is(PROTOCOL, "Response"));
    let response = response.ok_or(Rejection::Malformed("it is no Response"))?;
    match response.attribute("Version") {
        Some("2.0") => Ok(response),
        _ => Err(Rejection::Malformed("its Version is not 2.0")),
    }
}

/// Who a response or an assertion says that it is of.
pub(crate) fn issuer(element: Element<'_>) -> Result<Option<String>, Rejection> {
    let issuer = element
        .one(ASSERTION, "Issuer")
        .map_err(|_| Rejection::Malformed("an element has several Issuers"))?;
    issuer.map(|issuer| issuer.text().ok_or(Rejection::Malformed("an Issuer is not text"))).transpose()
}

pub(crate) fn unreadable(why: Unreadable) -> Rejection {
    match why {
        Unreadable::DocumentType => Rejection::DocumentType,
        Unreadable::Xml(what) => Rejection::Xml(what),
    }
}
