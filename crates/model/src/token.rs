//! Secret tokens of the service provider: their text form, and the keyed digest that is all the store keeps.
//!
//! Text form: `rcscim_<public id>_<secret>_<checksum>` (`rcadmin_…` for the admin API,
//! `rcclient_…` for the secret of an OAuth client, `rcsession_…`, `rcsignin_…` and `rcglass_…` for people who sign in): 12, 43 and 6 characters of base 62. The public id finds the row, the secret is 256 random bits, the checksum (CRC-32 of what stands before it) lets a scanner or this server
//! reject a look-alike without asking the database. The prefix makes a leaked token easy to find.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use thiserror::Error;

use crate::connection::ConnectionName;
use crate::grant::Grant;
use crate::ids::TenantId;
use crate::lifetime::State;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PUBLIC_ID_LENGTH: usize = 12;
const SECRET_LENGTH: usize = 43;
const CHECKSUM_LENGTH: usize = 6;

/// Random bytes that [`Secret::mint`] needs: 9 for the public id (71 bits are used), 32 for the secret.
pub const MINT_BYTES: usize = 41;

/// A token as its owner holds it. Shown once, then only its digest is known.
///
/// It has no `Display`, `Debug` shows the public id alone, and it can't be compared or serialised by accident:
/// [`Secret::reveal`] is the only way to its text.
pub struct Secret {
    kind: SecretKind,
    text: String,
    public_id: String,
}

/// Which door a token is for. Its prefix says so, for people and for those who search for leaked ones; what it opens is
/// what the row of its public id says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// A tenant's SCIM endpoints.
    Scim,
    /// The admin API.
    Admin,
    /// The token endpoint, where an OAuth client proves itself by it (RFC 6749 §2.3.1).
    Client,
    /// What a signed-in user's browser holds.
    Session,
    /// A link by which a user signs in once.
    SignInLink,
    /// A tenant's way in when its provider is out of order.
    BreakGlass,
}

impl SecretKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Scim, Self::Admin, Self::Client, Self::Session, Self::SignInLink, Self::BreakGlass];

    /// What its tokens begin with.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Scim => "rcscim",
            Self::Admin => "rcadmin",
            Self::Client => "rcclient",
            Self::Session => "rcsession",
            Self::SignInLink => "rcsignin",
            Self::BreakGlass => "rcglass",
        }
    }
}

/// The text is no token of Rollcall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a token of this server")]
pub struct NotAToken;

impl Secret {
    /// A new token from random bytes, which must come from the operating system.
    #[must_use]
    pub fn mint(kind: SecretKind, random: &[u8; MINT_BYTES]) -> Self {
        let (id_bytes, secret_bytes) = random.split_at(MINT_BYTES - 32);
        let public_id = base62(id_bytes, PUBLIC_ID_LENGTH);
        let head = format!("{}_{public_id}_{}", kind.prefix(), base62(secret_bytes, SECRET_LENGTH));
        Self { kind, text: format!("{head}_{}", checksum(&head)), public_id }
    }

    /// The text, to be shown to its owner once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// Which door it is for.
    #[must_use]
    pub fn kind(&self) -> SecretKind {
        self.kind
    }

    /// The part that is no secret and names the token in lists and logs.
    #[must_use]
    pub fn public_id(&self) -> &str {
        &self.public_id
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({}_{}_…)", self.kind.prefix(), self.public_id)
    }
}

impl FromStr for Secret {
    type Err = NotAToken;

    /// Checks form and checksum; whether such a token was ever issued only the store knows.
    fn from_str(text: &str) -> Result<Self, NotAToken> {
        let (head, sum) = text.rsplit_once('_').ok_or(NotAToken)?;
        let mut parts = head.split('_');
        let (prefix, id, secret) = (parts.next(), parts.next(), parts.next());
        let shaped = |part: Option<&str>, length: usize| {
            part.is_some_and(|p| p.len() == length && p.bytes().all(|b| b.is_ascii_alphanumeric()))
        };
        let kind = SecretKind::ALL.into_iter().find(|kind| Some(kind.prefix()) == prefix).ok_or(NotAToken)?;
        let form = shaped(id, PUBLIC_ID_LENGTH) && shaped(secret, SECRET_LENGTH) && parts.next().is_none();
        if form && sum == checksum(head) {
            Ok(Self { kind, text: text.to_owned(), public_id: id.unwrap_or_default().to_owned() })
        } else {
            Err(NotAToken)
        }
    }
}

/// `bytes` as a big-endian number in base 62, padded with zeros (or cut from the left) to `length` digits.
fn base62(bytes: &[u8], length: usize) -> String {
    let mut number = bytes.to_vec();
    let mut digits = Vec::with_capacity(length);
    for _ in 0..length {
        let mut remainder = 0_u32;
        for byte in &mut number {
            let value = (remainder << 8) | u32::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or(0);
            remainder = value % 62;
        }
        let digit = ALPHABET.get(remainder as usize).copied().unwrap_or(b'0');
        digits.push(char::from(digit));
    }
    digits.iter().rev().collect()
}

fn checksum(head: &str) -> String {
    base62(&crc32fast::hash(head.as_bytes()).to_be_bytes(), CHECKSUM_LENGTH)
}

/// The key of the token digests. It lives outside the database, so that a stolen database opens nothing.
#[derive(Clone)]
pub struct DigestKey([u8; 32]);

impl DigestKey {
    /// A key from 32 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// HMAC-SHA-256 of the token's text. A fast hash is right for a secret of 256 random bits.
    #[must_use]
    pub fn digest(&self, secret: &Secret) -> [u8; 32] {
        self.mac(&secret.text).finalize().into_bytes().into()
    }

    /// Whether `digest` is that of `secret`, in a time that does not depend on where they differ.
    #[must_use]
    pub fn verify(&self, secret: &Secret, digest: &[u8]) -> bool {
        self.mac(&secret.text).verify_slice(digest).is_ok()
    }

    /// A key for another purpose, which `label` names. A label has spaces, so that it is no token's text.
    #[must_use]
    pub fn subkey(&self, label: &str) -> [u8; 32] {
        self.mac(label).finalize().into_bytes().into()
    }

    fn mac(&self, text: &str) -> Hmac<Sha256> {
        // RFC 2104 §2: a key shorter than the hash's block of 64 bytes is padded with zeros.
        let mut block = [0; 64];
        block.iter_mut().zip(self.0).for_each(|(slot, byte)| *slot = byte);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(text.as_bytes());
        mac
    }
}

impl fmt::Debug for DigestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestKey(…)")
    }
}

/// A token as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The public id: the part of the token that is no secret.
    pub id: String,
    /// Whose users it may provision.
    pub tenant: TenantId,
    /// The connection of that tenant that it belongs to.
    pub connection: ConnectionName,
    /// The keyed digest of the whole text.
    pub digest: Vec<u8>,
    /// What it is for, in the words of who made it.
    pub label: String,
    /// When it was made.
    pub created: Timestamp,
    /// From then on it is refused. `None`: it does not expire.
    pub expires: Option<Timestamp>,
    /// Since then it is refused.
    pub revoked: Option<Timestamp>,
    /// What it opens.
    pub grant: Grant,
}

impl Token {
    /// Where it is in its life at that instant.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> State {
        State::at(now, self.expires, self.revoked)
    }

    /// Whether it opens the door at that instant.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.state(now) == State::Live
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Secret {
        Secret::mint(SecretKind::Scim, &std::array::from_fn(|i| u8::try_from(i * 5).unwrap()))
    }

    #[test]
    fn a_minted_token_parses_and_keeps_its_public_id() {
        let minted = token();
        let parsed: Secret = minted.reveal().parse().unwrap();
        assert_eq!(parsed.public_id(), minted.public_id());
        assert_eq!(minted.reveal().len(), "rcscim".len() + 12 + 43 + 6 + 3);
    }

    #[test]
    fn any_changed_character_is_refused() {
        let minted = token();
        for at in 0..minted.reveal().len() {
            let mut bytes = minted.reveal().as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(changed.parse::<Secret>().is_err(), "{at}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for text in ["", "_", "___", "null", "rcscim", "Bearer x", "rcscim__ _", &"_".repeat(100_000)] {
            assert_eq!(text.parse::<Secret>().unwrap_err(), NotAToken);
        }
    }

    #[test]
    fn the_digest_depends_on_key_and_token() {
        let (one, other) = (DigestKey::new([1; 32]), DigestKey::new([2; 32]));
        let digest = one.digest(&token());
        assert!(one.verify(&token(), &digest));
        assert!(!other.verify(&token(), &digest));
        for wrong in [&digest[..31], &[], &[0; 32], &[0; 33]] {
            assert!(!one.verify(&token(), wrong));
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let minted = token();
        let secret = minted.reveal().split('_').nth(2).unwrap();
        assert!(!format!("{minted:?}").contains(secret));
    }

    #[test]
    fn zero_and_all_ones_fit_their_lengths() {
        assert_eq!(base62(&[0; 32], 43), "0".repeat(43));
        assert_eq!(base62(&[255; 4], 6).len(), 6);
        let back = base62(&[255; 4], 6)
            .bytes()
            .fold(0_u64, |n, b| n * 62 + ALPHABET.iter().position(|a| *a == b).unwrap() as u64);
        assert_eq!(back, u64::from(u32::MAX));
    }
}
