//! XML signatures in the one form that SAML allows (SAML 2.0 Core §5.4): enveloped in the element that they sign, with one
//! reference to it, exclusive canonicalisation, and nothing else.
//!
//! [`covered`] answers the canonical text that was signed; the caller reads that and forgets the document. A canonicaliser
//! that took two documents for one could therefore not make anybody read the other.

mod key;
mod signed_info;

use aws_lc_rs::digest;
use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::NodeSet;

use self::signed_info::SignedInfo;
use crate::envelope::unreadable;
use crate::names::SIGNATURE;
use crate::rejection::Rejection;
use crate::xml::{self, Element};

/// The signature of an element, if it has one. An element has at most one.
pub(crate) fn of(element: Element<'_>) -> Result<Option<Element<'_>>, Rejection> {
    element
        .one(SIGNATURE, "Signature")
        .map_err(|_| Rejection::SignatureForm("an element has several signatures"))
}

/// What a signature covers of the element that it stands in, as canonical XML, once it is proved to be by one of the
/// certificates.
pub(crate) fn covered(
    element: Element<'_>,
    signature: Element<'_>,
    certificates: &[Vec<u8>],
) -> Result<String, Rejection> {
    let (info, value) = parts(signature)?;
    // Its form is checked before anything is made of it, and again in the text that is verified, from which it is read.
    let prefixes = SignedInfo::read(Some(info))?.own_prefixes;
    let canonical_info = canonical(info, None, &prefixes)?;
    let document = xml::parse(&canonical_info).map_err(unreadable)?;
    let claims = SignedInfo::read(Element::root(&document))?;

    let id = element.attribute("ID").filter(|id| !id.is_empty());
    let id = id.ok_or(Rejection::Malformed("a signed element has no ID"))?;
    if claims.reference.strip_prefix('#') != Some(id) {
        return Err(Rejection::SignatureForm(
            "it refers to something else than the element that it stands in",
        ));
    }
    key::verify(certificates, claims.algorithm, canonical_info.as_bytes(), &value)?;

    let text = canonical(element, Some(signature), &claims.prefixes)?;
    let actual = digest::digest(claims.digest_algorithm, text.as_bytes());
    if actual.as_ref() == claims.digest { Ok(text) } else { Err(Rejection::Altered) }
}

/// Whether signatures of a certificate's key can be believed.
pub(crate) fn is_usable(certificate: &[u8]) -> bool {
    key::is_usable(certificate)
}

/// `SignedInfo` and the signature's value. `Object` is left to other uses of signatures; `KeyInfo` is not looked into,
/// because a signature is no reason to believe a key.
fn parts(signature: Element<'_>) -> Result<(Element<'_>, Vec<u8>), Rejection> {
    let mut children = signature.children();
    let info = children.next().filter(|child| child.is(SIGNATURE, "SignedInfo"));
    let info = info.ok_or(Rejection::SignatureForm("it does not begin with SignedInfo"))?;
    let value = children.next().filter(|child| child.is(SIGNATURE, "SignatureValue"));
    let value =
        value.and_then(signed_info::bytes).ok_or(Rejection::SignatureForm("it has no SignatureValue"))?;
    if children.next().is_some_and(|child| !child.is(SIGNATURE, "KeyInfo")) || children.next().is_some() {
        return Err(Rejection::SignatureForm("it has more than SignedInfo, SignatureValue and KeyInfo"));
    }
    Ok((info, value))
}

/// Exclusive canonical XML without comments, of an element without another that stands in it.
fn canonical(
    element: Element<'_>,
    without: Option<Element<'_>>,
    prefixes: &[String],
) -> Result<String, Rejection> {
    let document = element.document();
    let mut nodes = NodeSet::tree_without_comments(element.id(), document);
    if let Some(without) = without {
        nodes = nodes.subtract(&NodeSet::tree_with_comments(without.id(), document));
    }
    let bytes = canonicalize_doc(document, C14nMode::Exclusive, Some(&nodes), prefixes).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or(Rejection::SignatureForm("what it signs has no canonical form"))
}
