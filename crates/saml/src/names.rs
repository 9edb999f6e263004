//! The names that the standards give to namespaces, bindings and algorithms.

/// Protocol messages (SAML 2.0 Core §1.1).
pub(crate) const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// Assertions (SAML 2.0 Core §1.1).
pub(crate) const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// Metadata (SAML 2.0 Metadata §1.1).
pub(crate) const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
/// XML signatures (XML Signature §1.3).
pub(crate) const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";

/// SAML 2.0 Bindings §3.4.
pub(crate) const HTTP_REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
/// SAML 2.0 Bindings §3.5.
pub(crate) const HTTP_POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

/// SAML 2.0 Core §3.2.2.2.
pub(crate) const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
/// SAML 2.0 Profiles §3.3.
pub(crate) const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/// XML Signature §6.6.4.
pub(crate) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/// Exclusive XML Canonicalization, without comments; also the namespace of its `InclusiveNamespaces`.
pub(crate) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
