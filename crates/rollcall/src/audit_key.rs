//! The key that signs the heads of the audit log: Ed25519 (RFC 8032), made of the installation's key.

use anyhow::{Result, anyhow};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, ParsedPublicKey};
use model::audit::chain::{Head, SignedHead};

use crate::keys::{from_hex, to_hex};

/// Signs heads, and tells its own signatures.
pub struct AuditKey(Ed25519KeyPair);

impl AuditKey {
    /// The key of this seed.
    ///
    /// # Errors
    /// When the library can't make a key of it.
    pub fn new(seed: &[u8; 32]) -> Result<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed);
        pair.map(Self).map_err(|error| anyhow!("the key of the audit log can't be made: {error}"))
    }

    /// The signature of a head, in hexadecimal digits.
    pub fn sign(&self, head: &Head) -> String {
        to_hex(self.0.sign(head.statement().as_bytes()).as_ref())
    }

    /// Whether a head was signed with this key.
    pub fn is_signed(&self, head: &SignedHead) -> bool {
        let Ok(key) = ParsedPublicKey::new(&ED25519, self.0.public_key()) else { return false };
        let statement = head.head.statement();
        from_hex::<64>(&head.signature)
            .is_some_and(|signature| key.verify_sig(statement.as_bytes(), &signature).is_ok())
    }

    /// The public half, in hexadecimal digits, for who verifies without this program.
    pub fn public(&self) -> String {
        to_hex(self.0.public_key().as_ref())
    }
}

#[cfg(test)]
mod tests {
    use model::audit::chain::Chain;

    use super::*;

    #[test]
    fn only_its_own_signatures_of_the_same_head_are_valid() {
        let [one, other] = [1, 2].map(|byte| AuditKey::new(&[byte; 32]).unwrap());
        let head = Chain::new(None).head(jiff::Timestamp::UNIX_EPOCH);
        let signed = SignedHead { signature: one.sign(&head), head };
        assert!(one.is_signed(&signed) && !other.is_signed(&signed));
        let mut changed = signed.clone();
        changed.head.sequence += 1;
        assert!(!one.is_signed(&changed));
        for signature in ["", "00", "zz"] {
            assert!(!one.is_signed(&SignedHead { signature: signature.to_owned(), ..signed.clone() }));
        }
    }
}
