//! `SignedInfo`: what is signed and how, held to SAML's profile of signatures.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key::Algorithm;
use crate::limits::MAX_PREFIXES;
use crate::names::{ENVELOPED, EXCLUSIVE, SIGNATURE};
use crate::rejection::{Rejection, shown};
use crate::xml::{Element, compact};

/// What a signature says of itself.
pub(super) struct SignedInfo {
    pub(super) algorithm: Algorithm,
    /// Prefixes that its own canonicalisation keeps although nothing visible uses them.
    pub(super) own_prefixes: Vec<String>,
    /// The reference's `URI`.
    pub(super) reference: String,
    /// The same of what it refers to.
    pub(super) prefixes: Vec<String>,
    pub(super) digest_algorithm: &'static digest::Algorithm,
    pub(super) digest: Vec<u8>,
}

impl SignedInfo {
    /// Reads it. Children in their order (XML Signature §4.4), all of them known, none twice.
    pub(super) fn read(root: Option<Element<'_>>) -> Result<Self, Rejection> {
        let info = root.ok_or(Rejection::SignatureForm("it has no SignedInfo"))?;
        let [canonicalisation, method, reference] =
            exactly(info, "SignedInfo is not one method of each kind and one reference")?;
        let own_prefixes = prefixes(canonicalisation, "CanonicalizationMethod")?;
        let algorithm = Algorithm::named(algorithm(method, "SignatureMethod")?)?;

        let [transforms, digest_method, digest_value] =
            exactly(reference, "a reference has not transforms, digest method and digest")?;
        if !reference.is(SIGNATURE, "Reference") || !transforms.is(SIGNATURE, "Transforms") {
            return Err(Rejection::SignatureForm("SignedInfo has no reference with transforms"));
        }
        let [enveloped, exclusive] =
            exactly(transforms, "its transforms are not enveloped signature and exclusive canonicalisation")?;
        if algorithm_uri(enveloped) != Some(ENVELOPED) || enveloped.children().next().is_some() {
            return Err(Rejection::SignatureForm("its first transform is not enveloped signature"));
        }
        let digest = Some(digest_value).filter(|value| value.is(SIGNATURE, "DigestValue")).and_then(bytes);
        Ok(Self {
            algorithm,
            own_prefixes,
            reference: reference.attribute("URI").unwrap_or_default().to_owned(),
            prefixes: prefixes(exclusive, "Transform")?,
            digest_algorithm: digest_algorithm(self::algorithm(digest_method, "DigestMethod")?)?,
            digest: digest.ok_or(Rejection::SignatureForm("it has no DigestValue"))?,
        })
    }
}

/// The bytes that an element holds in base64.
pub(super) fn bytes(element: Element<'_>) -> Option<Vec<u8>> {
    STANDARD.decode(compact(&element.text()?)).ok()
}

/// `PrefixList` of an element that says how to canonicalise, which must be exclusively and without comments.
fn prefixes(method: Element<'_>, name: &str) -> Result<Vec<String>, Rejection> {
    if !method.is(SIGNATURE, name) || algorithm_uri(method) != Some(EXCLUSIVE) {
        return Err(Rejection::SignatureForm(
            "it does not use exclusive canonicalisation without comments alone",
        ));
    }
    let mut children = method.children();
    let Some(list) = children.next() else { return Ok(Vec::new()) };
    if !list.is(EXCLUSIVE, "InclusiveNamespaces") || children.next().is_some() {
        return Err(Rejection::SignatureForm("a canonicalisation has unknown parameters"));
    }
    let named = list.attribute("PrefixList").unwrap_or_default().split_ascii_whitespace();
    let prefixes: Vec<String> = named.take(MAX_PREFIXES + 1).map(str::to_owned).collect();
    if prefixes.len() > MAX_PREFIXES {
        return Err(Rejection::SignatureForm("a canonicalisation keeps too many prefixes"));
    }
    Ok(prefixes)
}

/// The algorithm of a method without parameters: HMAC's length would be one, and XSLT's style sheet.
fn algorithm<'d>(method: Element<'d>, name: &str) -> Result<&'d str, Rejection> {
    if !method.is(SIGNATURE, name) || method.children().next().is_some() {
        return Err(Rejection::SignatureForm("a method is missing, or has parameters"));
    }
    algorithm_uri(method).ok_or(Rejection::SignatureForm("a method names no algorithm"))
}

fn algorithm_uri(method: Element<'_>) -> Option<&str> {
    method.attribute("Algorithm")
}

/// Digests that nobody can make collide (RFC 9231 §2.1, XML Encryption §5.8).
fn digest_algorithm(uri: &str) -> Result<&'static digest::Algorithm, Rejection> {
    match uri {
        "http://www.w3.org/2001/04/xmlenc#sha256" => Ok(&digest::SHA256),
        "http://www.w3.org/2001/04/xmldsig-more#sha384" => Ok(&digest::SHA384),
        "http://www.w3.org/2001/04/xmlenc#sha512" => Ok(&digest::SHA512),
        other => Err(Rejection::Algorithm(shown(other))),
    }
}

fn exactly<'d, const N: usize>(
    element: Element<'d>,
    otherwise: &'static str,
) -> Result<[Element<'d>; N], Rejection> {
    let children: Vec<Element<'d>> = element.children().take(N + 1).collect();
    children.try_into().map_err(|_| Rejection::SignatureForm(otherwise))
}
