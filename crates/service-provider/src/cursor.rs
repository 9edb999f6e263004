//! Cursors (RFC 9865): the place where a page ended, sealed, so that a client can hand it back but not make one up.
//!
//! A cursor is base 64 of a keyed digest and of what it protects. The digest covers the query too, so that a cursor is
//! good for the tenant, the resource types, the filter and the order that it was given for, and for nothing else. The
//! server keeps nothing, so every replica understands every cursor.

use application::resources::Place;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use model::ResourceId;
use scim::Error;
use sha2::Sha256;
use uuid::Uuid;

use crate::limits::{CURSOR_TIMEOUT_SECONDS, MAX_CURSOR_BYTES};

/// Bytes of the digest: half of it, which leaves guessing 2^128 tries.
const DIGEST: usize = 16;

/// Seals and opens cursors.
pub(crate) struct Cursors {
    key: [u8; 32],
}

/// What a cursor protects: when it was given, and a place.
type Content = (i64, String, Uuid, Option<String>);

impl Cursors {
    /// With a key that the replicas share.
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// A cursor for a place in the answer to a query; `query` tells that one from every other.
    pub(crate) fn seal(&self, query: &str, place: Place, now: Timestamp) -> String {
        let content: Content = (now.as_second(), place.resource_type, place.id.0, place.key);
        let content = serde_json::to_vec(&content).unwrap_or_default();
        let digest: [u8; 32] = self.mac(query, &content).finalize().into_bytes().into();
        let digest = digest.split_at(DIGEST).0;
        URL_SAFE_NO_PAD.encode([digest, &content].concat())
    }

    /// The place in a cursor; `None` for an empty one, which asks for the first page.
    ///
    /// # Errors
    /// 400 `invalidCursor` for one that was not given for this query; 400 `expiredCursor` (RFC 9865 §2.3).
    pub(crate) fn open(&self, query: &str, cursor: &str, now: Timestamp) -> Result<Option<Place>, Error> {
        if cursor.is_empty() {
            return Ok(None);
        }
        let (given, resource_type, id, key) = self.verified(query, cursor).ok_or_else(invalid)?;
        let given = Timestamp::from_second(given).map_err(|_| invalid())?;
        if now.duration_since(given) > SignedDuration::from_secs(CURSOR_TIMEOUT_SECONDS) {
            let detail =
                format!("the cursor is older than {CURSOR_TIMEOUT_SECONDS} seconds; begin with an empty one");
            return Err(Error::expired_cursor(detail));
        }
        Ok(Some(Place { resource_type, id: ResourceId(id), key }))
    }

    fn verified(&self, query: &str, cursor: &str) -> Option<Content> {
        if cursor.len() > MAX_CURSOR_BYTES {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (digest, content) = bytes.split_at_checked(DIGEST)?;
        self.mac(query, content).verify_truncated_left(digest).ok()?;
        serde_json::from_slice(content).ok()
    }

    fn mac(&self, query: &str, content: &[u8]) -> Hmac<Sha256> {
        // RFC 2104 §2: a key shorter than the hash's block of 64 bytes is padded with zeros.
        let mut block = [0; 64];
        block.iter_mut().zip(self.key).for_each(|(slot, byte)| *slot = byte);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        // The length keeps the two apart.
        mac.update(&(query.len() as u64).to_be_bytes());
        mac.update(query.as_bytes());
        mac.update(content);
        mac
    }
}

fn invalid() -> Error {
    Error::invalid_cursor("the cursor was not given for this query; begin with an empty one")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            resource_type: "User".to_owned(),
            id: ResourceId(Uuid::from_u128(7)),
            key: Some("bäbs".to_owned()),
        }
    }

    #[test]
    fn a_cursor_opens_for_its_query_with_its_key() {
        let (cursors, now) = (Cursors::new([1; 32]), Timestamp::UNIX_EPOCH);
        let cursor = cursors.seal("query", place(), now);
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_eq!(cursors.open("query", &cursor, now), Ok(Some(place())));
        assert_eq!(cursors.open("query", "", now), Ok(None));
        assert!(cursors.open("other", &cursor, now).is_err());
        assert!(Cursors::new([2; 32]).open("query", &cursor, now).is_err());
    }

    #[test]
    fn a_changed_cursor_does_not_open() {
        let (cursors, now) = (Cursors::new([1; 32]), Timestamp::UNIX_EPOCH);
        let cursor = cursors.seal("query", place(), now);
        for at in 0..cursor.len() {
            let mut changed = cursor.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let error = cursors.open("query", &changed, now).unwrap_err();
            assert_eq!(error.scim_type, Some(scim::ScimType::InvalidCursor), "{at}");
        }
        let longer = format!("{cursor}AAAA");
        for broken in ["x", "AAAA", "ä", cursor.split_at(1).1, &longer, &"A".repeat(100_000)] {
            assert!(cursors.open("query", broken, now).is_err());
        }
    }

    #[test]
    fn a_cursor_expires() {
        let (cursors, given) = (Cursors::new([1; 32]), Timestamp::UNIX_EPOCH);
        let cursor = cursors.seal("query", place(), given);
        let after = |seconds| cursors.open("query", &cursor, given + SignedDuration::from_secs(seconds));
        assert!(after(CURSOR_TIMEOUT_SECONDS).is_ok());
        let error = after(CURSOR_TIMEOUT_SECONDS + 1).unwrap_err();
        assert_eq!(error.scim_type, Some(scim::ScimType::ExpiredCursor));
    }
}
