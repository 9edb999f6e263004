//! The chain that makes the audit log tamper-evident.
//!
//! Each row of a tenant gets a sequence number, without gaps from 1, and a hash over the row and the hash before it. So
//! nobody can change, insert, remove or move a row without every later hash being another one. The head of the chain is
//! signed: whoever can write the database but has no key can't make a chain anew. A signed head that was exported (a
//! checkpoint) also shows what the chain alone can't: that its newest rows are gone.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::ids::TenantId;

/// What every hash begins with, so that it can't be one of another purpose.
const DOMAIN: &[u8] = b"rollcall audit row 1";

/// The hash of a row and of all rows before it (SHA-256); 64 hexadecimal digits as text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChainHash([u8; 32]);

impl ChainHash {
    /// What the first row of a chain follows.
    pub const START: Self = Self([0; 32]);
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is no hash of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a hash: it has 64 hexadecimal digits")]
pub struct NotAHash;

impl FromStr for ChainHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let byte = |pair: &[u8; 2]| {
            let digits =
                str::from_utf8(pair).ok().filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()))?;
            u8::from_str_radix(digits, 16).ok()
        };
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        let bytes = bytes.filter(|_| rest.is_empty()).and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(NotAHash)
    }
}

/// A row of the audit log letter by letter as it is stored, because the hash is over that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its id.
    pub id: String,
    /// When, in microseconds since 1970.
    pub at_us: i64,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// To whom.
    pub subject: String,
    /// More of it.
    pub detail: String,
}

/// A row with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedEntry {
    /// 1 for a tenant's first row, one more with each.
    pub sequence: i64,
    /// The hash that it was given, as text.
    pub hash: String,
    /// The row.
    pub entry: StoredEntry,
}

/// A chain up to some row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    tenant: Option<TenantId>,
    /// The number of its last row; 0 if it has none.
    pub sequence: i64,
    /// The hash of its last row.
    pub hash: ChainHash,
}

impl Chain {
    /// A chain without rows. `tenant`: `None` for the installation's.
    #[must_use]
    pub fn new(tenant: Option<TenantId>) -> Self {
        Self { tenant, sequence: 0, hash: ChainHash::START }
    }

    /// The chain that ends with this row.
    #[must_use]
    pub fn at(tenant: Option<TenantId>, sequence: i64, hash: ChainHash) -> Self {
        Self { tenant, sequence, hash }
    }

    /// Adds a row, and answers its number and hash.
    pub fn push(&mut self, entry: &StoredEntry) -> (i64, ChainHash) {
        self.sequence = self.sequence.saturating_add(1);
        self.hash = self.next(entry);
        (self.sequence, self.hash)
    }

    /// Checks the row that is said to come next, and adds it.
    ///
    /// # Errors
    /// What is wrong there. The chain stays as it was.
    pub fn check(&mut self, sealed: &SealedEntry) -> Result<(), Fault> {
        let expected = self.sequence.saturating_add(1);
        if sealed.sequence > expected {
            return Err(Fault::Missing { sequence: expected });
        }
        let mut longer = self.clone();
        let (_, hash) = longer.push(&sealed.entry);
        if sealed.sequence < expected || hash.to_string() != sealed.hash {
            return Err(Fault::Changed { sequence: sealed.sequence, id: sealed.entry.id.clone() });
        }
        *self = longer;
        Ok(())
    }

    /// The head of this chain, sealed at that instant.
    #[must_use]
    pub fn head(&self, at: Timestamp) -> Head {
        Head { tenant: self.tenant, sequence: self.sequence, hash: self.hash.to_string(), at }
    }

    /// The hash of `entry` with `self.sequence` after `self.hash`. Each text stands after its length, so that no two
    /// rows are the same bytes.
    fn next(&self, entry: &StoredEntry) -> ChainHash {
        let mut hasher = Sha256::new_with_prefix(DOMAIN);
        hasher.update(self.hash.0);
        hasher.update(self.sequence.to_be_bytes());
        hasher.update(entry.at_us.to_be_bytes());
        let tenant = self.tenant.map(|tenant| tenant.to_string()).unwrap_or_default();
        for text in [&tenant, &entry.id, &entry.actor, &entry.action, &entry.subject, &entry.detail] {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text);
        }
        ChainHash(hasher.finalize().into())
    }
}

/// How far a chain was sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Whose chain. `None`: the installation's.
    pub tenant: Option<TenantId>,
    /// The number of the last row.
    pub sequence: i64,
    /// Its hash.
    pub hash: String,
    /// When it was sealed.
    pub at: Timestamp,
}

impl Head {
    /// The text that is signed.
    #[must_use]
    pub fn statement(&self) -> String {
        let tenant = self.tenant.map_or_else(|| "installation".to_owned(), |tenant| tenant.to_string());
        format!("rollcall audit head 1\n{tenant}\n{}\n{}\n{}\n", self.sequence, self.hash, self.at)
    }
}

/// A signed head. Kept apart from the database, it is a checkpoint: what the chain was by then can't be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHead {
    /// The head.
    #[serde(flatten)]
    pub head: Head,
    /// The Ed25519 signature (RFC 8032) of [`Head::statement`], in hexadecimal digits.
    pub signature: String,
}

/// What is wrong with a chain, and where it begins.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// A row is not there.
    #[error("row {sequence} is missing")]
    Missing {
        /// Its number.
        sequence: i64,
    },
    /// A row is not the one that was sealed with this number.
    #[error("row {sequence} ({id}) is not what was sealed: it was changed, inserted or moved")]
    Changed {
        /// Its number.
        sequence: i64,
        /// The id it has now.
        id: String,
    },
    /// The chain ends before its head, or before a checkpoint.
    #[error("the rows from {from} to {to} are missing at the end")]
    Truncated {
        /// The first that is missing.
        from: i64,
        /// The last that is known to have been there.
        to: i64,
    },
    /// There are sealed rows, but no head, or one for fewer rows.
    #[error("row {sequence} and those after it are beyond the signed head")]
    BeyondHead {
        /// The first row of them.
        sequence: i64,
    },
    /// The head says another hash than the chain has there.
    #[error("the chain up to row {sequence} is not the one that its head says")]
    HeadDiffers {
        /// The number that the head has.
        sequence: i64,
    },
    /// The signature of the head is not by the key of this installation.
    #[error("the head at row {sequence} is not signed with the key of this installation")]
    HeadNotSigned {
        /// The number that the head has.
        sequence: i64,
    },
    /// The chain up to a checkpoint is another one than when that was made.
    #[error("the chain up to row {sequence} is not the one of the checkpoint: it was written anew")]
    CheckpointDiffers {
        /// The number that the checkpoint has.
        sequence: i64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u8) -> StoredEntry {
        StoredEntry {
            id: format!("id-{number}"),
            at_us: i64::from(number),
            actor: "cli".to_owned(),
            action: "user.create".to_owned(),
            subject: "x".to_owned(),
            detail: "{}".to_owned(),
        }
    }

    fn sealed(entries: impl IntoIterator<Item = StoredEntry>) -> Vec<SealedEntry> {
        let mut chain = Chain::new(None);
        let seal = |entry: StoredEntry| {
            let (sequence, hash) = chain.push(&entry);
            SealedEntry { sequence, hash: hash.to_string(), entry }
        };
        entries.into_iter().map(seal).collect()
    }

    fn check(rows: &[SealedEntry]) -> Result<(), Fault> {
        let mut chain = Chain::new(None);
        rows.iter().try_for_each(|row| chain.check(row))
    }

    fn changed(sequence: i64, id: &str) -> Result<(), Fault> {
        Err(Fault::Changed { sequence, id: id.to_owned() })
    }

    #[test]
    fn an_untouched_chain_is_sound() {
        assert_eq!(check(&sealed((1..=9).map(entry))), Ok(()));
    }

    #[test]
    fn every_field_of_a_row_counts() {
        let alterations: [fn(&mut StoredEntry); 6] = [
            |entry| entry.id.push('x'),
            |entry| entry.at_us += 1,
            |entry| entry.actor.push('x'),
            |entry| entry.action.push('x'),
            |entry| entry.subject.push('x'),
            |entry| entry.detail.push('x'),
        ];
        for alter in alterations {
            let mut rows = sealed((1..=5).map(entry));
            alter(&mut rows[2].entry);
            assert!(matches!(check(&rows), Err(Fault::Changed { sequence: 3, .. })));
        }
    }

    #[test]
    fn text_can_not_move_between_fields() {
        let mut rows = sealed((1..=2).map(entry));
        rows[1].entry.actor = "cliu".to_owned();
        rows[1].entry.action = "ser.create".to_owned();
        assert_eq!(check(&rows), changed(2, "id-2"));
    }

    #[test]
    fn rows_that_are_removed_inserted_or_swapped_are_named() {
        let rows = sealed((1..=5).map(entry));
        let mut removed = rows.clone();
        removed.remove(2);
        assert_eq!(check(&removed), Err(Fault::Missing { sequence: 3 }));

        let mut inserted = rows.clone();
        inserted.insert(3, rows[2].clone());
        assert_eq!(check(&inserted), changed(3, "id-3"));

        let mut swapped = rows.clone();
        (swapped[1].entry, swapped[2].entry) = (rows[2].entry.clone(), rows[1].entry.clone());
        assert_eq!(check(&swapped), changed(2, "id-3"));
    }

    #[test]
    fn another_tenants_chain_is_another_chain() {
        let row = &sealed([entry(1)])[0];
        let mut foreign = Chain::new(Some(TenantId(uuid::Uuid::nil())));
        assert_eq!(foreign.check(row), changed(1, "id-1"));
    }

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        let hash = Chain::new(None).push(&entry(1)).1;
        assert_eq!(hash.to_string().parse(), Ok(hash));
        for text in ["", "0", &"0".repeat(63), &"g".repeat(64), &"0".repeat(66), &"+0".repeat(32)] {
            assert_eq!(text.parse::<ChainHash>(), Err(NotAHash), "{text}");
        }
    }
}
