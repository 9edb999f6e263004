//! Secrets of webhooks, and signatures by the Standard Webhooks scheme (<https://www.standardwebhooks.com>, symmetric).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::StreamId;

/// What a secret begins with, so that those who look for leaked ones know it.
const PREFIX: &str = "whsec_";

/// The key that secrets of webhooks are derived from. Whoever has a database without it can sign nothing.
#[derive(Clone)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// The key of an installation.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// A webhook's secret of this number; each rotation makes the next.
    #[must_use]
    pub fn secret(&self, webhook: StreamId, number: i64) -> Secret {
        Secret(hmac(&self.0, &[webhook.0.as_bytes(), &number.to_be_bytes()]))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey")
    }
}

/// What a webhook's deliveries are signed with.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    /// The text that the receiver is given.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0))
    }

    /// Signs an event that is sent at an instant, in seconds since 1970. Both are signed with it, so that it can't be
    /// sent again later or as another.
    pub(crate) fn sign(&self, id: &str, seconds: i64, body: &str) -> String {
        let head = format!("{id}.{seconds}.");
        format!("v1,{}", STANDARD.encode(hmac(&self.0, &[head.as_bytes(), body.as_bytes()])))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

pub(crate) fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // RFC 2104 §2: a key shorter than the hash's block of 64 bytes is padded with zeros.
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(slot, byte)| *slot = *byte);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};
    use jiff::Timestamp;
    use standardwebhooks::Webhook as Receiver;
    use uuid::Uuid;

    use super::*;

    fn secret(key: u8, webhook: u128, number: i64) -> Secret {
        SecretKey::new([key; 32]).secret(StreamId(Uuid::from_u128(webhook)), number)
    }

    /// Whether a receiver that has a secret believes what was signed; it is one that is not ours.
    fn believed(by: &Secret, id: &str, seconds: i64, body: &str, signature: &str) -> bool {
        let seconds = seconds.to_string();
        let headers = [("Webhook-ID", id), ("WEBHOOK-timestamp", &seconds), ("webhook-signature", signature)];
        let headers: HeaderMap = headers
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap()))
            .into_iter()
            .collect();
        Receiver::new(&by.reveal()).unwrap().verify(body.as_bytes(), &headers).is_ok()
    }

    #[test]
    fn row_e7_a_receiver_believes_what_was_signed_and_nothing_else() {
        let (ours, now) = (secret(1, 1, 1), Timestamp::now().as_second());
        let signature = ours.sign("evt", now, "{\"a\":1}");
        assert!(believed(&ours, "evt", now, "{\"a\":1}", &signature));
        assert!(!believed(&ours, "evt", now, "{\"a\":1", &signature), "a body that was cut off");
        assert!(!believed(&ours, "evt", now, "{\"a\":2}", &signature));
        assert!(!believed(&ours, "other", now, "{\"a\":1}", &signature), "another event");
        assert!(!believed(&ours, "evt", now + 1, "{\"a\":1}", &signature), "another time");
        let old = now - 301;
        assert!(!believed(&ours, "evt", old, "{}", &ours.sign("evt", old, "{}")), "sent again later");
        for other in [secret(2, 1, 1), secret(1, 2, 1), secret(1, 1, 2)] {
            assert!(!believed(&other, "evt", now, "{\"a\":1}", &signature));
        }
    }

    #[test]
    fn row_e7_of_two_live_secrets_each_is_enough() {
        let (old, new, now) = (secret(1, 1, 1), secret(1, 1, 2), Timestamp::now().as_second());
        let both = [&new, &old].map(|secret| secret.sign("evt", now, "{}")).join(" ");
        assert!(believed(&old, "evt", now, "{}", &both) && believed(&new, "evt", now, "{}", &both));
        assert!(!believed(&secret(1, 1, 3), "evt", now, "{}", &both));
    }

    #[test]
    fn no_secret_is_in_a_debug_output() {
        let shown = format!("{:?} {:?}", SecretKey::new([7; 32]), secret(7, 1, 1));
        assert_eq!(shown, "SecretKey Secret");
        assert!(secret(7, 1, 1).reveal().starts_with(PREFIX));
    }
}
