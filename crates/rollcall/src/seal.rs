//! Seals the secrets that the database holds: XChaCha20-Poly1305 under a key that it does not hold.
//!
//! A sealed text is `v1.` and base 64 of nonce, ciphertext and tag. The place that it belongs to is authenticated with
//! it, so that a text that is copied to another place does not open there.

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::entropy;
use crate::failure::refusal;

/// The form of a sealed text. Another cipher gets another prefix.
const PREFIX: &str = "v1.";
/// Bytes of a nonce: enough to be random for every text.
const NONCE: usize = 24;

/// Seals and opens.
#[derive(Clone)]
pub struct Sealer {
    cipher: XChaCha20Poly1305,
}

impl Sealer {
    /// A sealer with a key.
    pub fn new(key: [u8; 32]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(&key.into()) }
    }

    /// Seals a secret for a place, for example `job|contoso|target.token`.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn seal(&self, place: &str, secret: &str) -> Result<String> {
        let nonce: [u8; NONCE] = entropy::bytes()?;
        let payload = Payload { msg: secret.as_bytes(), aad: place.as_bytes() };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| unsealable(place))?;
        Ok(format!("{PREFIX}{}", STANDARD_NO_PAD.encode([nonce.as_slice(), &sealed].concat())))
    }

    /// Opens what was sealed for the same place.
    ///
    /// # Errors
    /// When it was sealed with another key or for another place, or was changed.
    pub fn open(&self, place: &str, sealed: &str) -> Result<String> {
        self.decrypt(place, sealed).ok_or_else(|| unsealable(place))
    }

    fn decrypt(&self, place: &str, sealed: &str) -> Option<String> {
        let bytes = STANDARD_NO_PAD.decode(sealed.strip_prefix(PREFIX)?).ok()?;
        let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg: ciphertext, aad: place.as_bytes() };
        String::from_utf8(self.cipher.decrypt(&XNonce::from(*nonce), payload).ok()?).ok()
    }
}

fn unsealable(place: &str) -> anyhow::Error {
    refusal(
        format!("the secret of {place} can't be opened with this key file"),
        "apply the job again with its token, or use the key file that it was sealed with",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: &str = "job|contoso|target.token";

    #[test]
    fn what_is_sealed_opens_in_its_place_with_its_key() {
        let sealer = Sealer::new([7; 32]);
        let sealed = sealer.seal(PLACE, "hünter2").unwrap();
        assert_eq!(sealer.open(PLACE, &sealed).unwrap(), "hünter2");
        assert!(sealer.open("job|fabrikam|target.token", &sealed).is_err());
        assert!(Sealer::new([8; 32]).open(PLACE, &sealed).is_err());
    }

    #[test]
    fn no_two_sealed_texts_are_equal_and_none_shows_its_secret() {
        let sealer = Sealer::new([7; 32]);
        let [one, other] = [0, 1].map(|_| sealer.seal(PLACE, "hunter2").unwrap());
        assert_ne!(one, other);
        assert!(!one.contains("hunter2"));
    }

    #[test]
    fn a_changed_text_does_not_open() {
        let sealer = Sealer::new([7; 32]);
        let sealed = sealer.seal(PLACE, "hunter2").unwrap();
        for at in PREFIX.len()..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(sealer.open(PLACE, &changed).is_err(), "{at}");
        }
        for broken in ["", "v1.", "v1.AAAA", "v2.AAAA", "hunter2"] {
            assert!(sealer.open(PLACE, broken).is_err(), "{broken}");
        }
    }
}
