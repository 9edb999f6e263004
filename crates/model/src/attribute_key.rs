//! The keyed digests that are kept in place of secret attributes, such as a PIN.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::ids::TenantId;
use crate::token::DigestKey;

/// What a digest begins with: it names the algorithm (RFC 4231).
const PREFIX: &str = "hmac-sha256:";

/// The key of the digests of one tenant's secret attributes. Equal secrets of two tenants have different digests.
#[derive(Clone)]
pub struct AttributeKey([u8; 32]);

impl AttributeKey {
    /// The key of a tenant.
    #[must_use]
    pub fn new(key: &DigestKey, tenant: TenantId) -> Self {
        Self(key.subkey(&format!("secret attributes of {tenant}")))
    }

    /// The digest of a value of an attribute. A PIN has so few possible values that no hash without a key could hide
    /// it; the key is not in the database.
    #[must_use]
    pub fn digest(&self, attribute: &str, value: &str) -> String {
        let digest = self.mac(attribute, value).finalize().into_bytes();
        digest.iter().fold(PREFIX.to_owned(), |text, byte| text + &format!("{byte:02x}"))
    }

    /// Whether `digest` is that of a value of an attribute, in a time that does not depend on where they differ.
    #[must_use]
    pub fn verify(&self, attribute: &str, value: &str, digest: &str) -> bool {
        bytes(digest).is_some_and(|digest| self.mac(attribute, value).verify_slice(&digest).is_ok())
    }

    fn mac(&self, attribute: &str, value: &str) -> Hmac<Sha256> {
        let mut block = [0; 64];
        block.iter_mut().zip(self.0).for_each(|(slot, byte)| *slot = byte);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(attribute.as_bytes());
        // No attribute's key contains a zero byte, so no two pairs are the same text.
        mac.update(&[0]);
        mac.update(value.as_bytes());
        mac
    }

    /// Whether a stored text is a digest. What a client sends is never asked this.
    #[must_use]
    pub fn is_digest(text: &str) -> bool {
        bytes(text).is_some()
    }
}

/// The bytes of a digest as it is stored.
fn bytes(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u32> =
        text.strip_prefix(PREFIX)?.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| u8::try_from(high << 4 | low).ok());
    let bytes: Vec<u8> = bytes.collect::<Option<_>>().filter(|_| rest.is_empty())?;
    bytes.try_into().ok()
}

impl fmt::Debug for AttributeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AttributeKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_depends_on_key_tenant_attribute_and_value() {
        let digest = |key: u8, tenant: u128, attribute: &str, value: &str| {
            let key = AttributeKey::new(&DigestKey::new([key; 32]), TenantId(uuid::Uuid::from_u128(tenant)));
            key.digest(attribute, value)
        };
        let one = digest(1, 1, "pin", "1234");
        assert_eq!(one, digest(1, 1, "pin", "1234"));
        assert!(AttributeKey::is_digest(&one) && !AttributeKey::is_digest("1234"));
        let key = AttributeKey::new(&DigestKey::new([1; 32]), TenantId(uuid::Uuid::from_u128(1)));
        assert!(key.verify("pin", "1234", &one));
        for (attribute, value, digest) in [
            ("pin", "1235", one.as_str()),
            ("card", "1234", &one),
            ("pin", "1234", "1234"),
            ("pin", "", PREFIX),
        ] {
            assert!(!key.verify(attribute, value, digest), "{attribute} {value} {digest}");
        }
        for other in [
            digest(2, 1, "pin", "1234"),
            digest(1, 2, "pin", "1234"),
            digest(1, 1, "card", "1234"),
            digest(1, 1, "pin", "1235"),
            digest(1, 1, "pin1", "234"),
        ] {
            assert_ne!(one, other);
        }
    }
}
