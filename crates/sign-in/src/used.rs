//! Assertions that were accepted: nobody gets in by one that was overheard.

use jiff::Timestamp;
use model::TenantId;
use sha2::{Digest, Sha256};
use store::{Error, Tx, params};

/// An assertion, which lets somebody in once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    digest: [u8; 32],
    expires: Timestamp,
}

impl Once {
    /// That of this provider with this id; from `expires` on it is refused for its age.
    #[must_use]
    pub fn new(issuer: &str, id: &str, expires: Timestamp) -> Self {
        let mut hash = Sha256::new();
        hash.update((issuer.len() as u64).to_be_bytes());
        hash.update(issuer);
        hash.update(id);
        Self { digest: hash.finalize().into(), expires }
    }
}

/// Notes that it was used. Answers whether it was not before.
///
/// # Errors
/// A statement's.
pub fn note(tx: &mut Tx<'_>, tenant: TenantId, once: &Once) -> Result<bool, Error> {
    let added = tx.execute(
        "INSERT INTO sign_in_assertion (tenant_id, digest, expires) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id, digest) DO NOTHING",
        params![tenant, once.digest.as_slice(), once.expires],
    )?;
    Ok(added > 0)
}

/// Forgets those that are refused for their age.
///
/// # Errors
/// A statement's.
pub fn purge(tx: &mut Tx<'_>, tenant: TenantId, at: Timestamp) -> Result<(), Error> {
    tx.execute("DELETE FROM sign_in_assertion WHERE tenant_id = $1 AND expires <= $2", params![tenant, at])?;
    Ok(())
}
