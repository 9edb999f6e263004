//! Verifying the audit log: whether its chain is what was sealed.

use model::TenantId;
use model::audit::chain::{Chain, Fault, SignedHead};

use super::seal;
use crate::{Error, Tx};

/// How many rows are in memory at once.
const PAGE: i64 = 1_000;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How many rows are sealed and sound, from the first on.
    pub sound: i64,
    /// How many rows are not sealed yet; nothing protects them.
    pub waiting: i64,
    /// The first thing that is wrong.
    pub fault: Option<Fault>,
}

/// Reads a whole log, in a read. `is_signed` tells whether a head is signed with the installation's key; a checkpoint
/// is believed, so that its own signature is the caller's to check.
///
/// # Errors
/// A statement's. What is wrong with the log is in the report.
pub fn verify(
    tx: &mut Tx<'_>,
    tenant: Option<TenantId>,
    checkpoint: Option<&SignedHead>,
    is_signed: impl Fn(&SignedHead) -> bool,
) -> Result<Report, Error> {
    // One state of the database throughout, because the sealer goes on meanwhile.
    tx.snapshot()?;
    let head = seal::head(tx, tenant)?;
    let marks = Marks { head: head.as_ref(), checkpoint };
    let mut chain = Chain::new(tenant);
    let fault = match walk(tx, tenant, &mut chain, &marks)? {
        Some(fault) => Some(fault),
        None => marks.unmet(&chain, is_signed),
    };
    Ok(Report { sound: chain.sequence, waiting: seal::waiting(tx, tenant)?, fault })
}

/// Adds row after row to the chain until one is wrong.
fn walk(
    tx: &mut Tx<'_>,
    tenant: Option<TenantId>,
    chain: &mut Chain,
    marks: &Marks<'_>,
) -> Result<Option<Fault>, Error> {
    loop {
        let page = seal::sealed(tx, tenant, chain.sequence, PAGE)?;
        if page.is_empty() {
            return Ok(None);
        }
        for row in &page {
            if let Err(fault) = chain.check(row).and_then(|()| marks.check(chain)) {
                return Ok(Some(fault));
            }
        }
    }
}

/// What is known of the chain from elsewhere than its rows.
struct Marks<'a> {
    head: Option<&'a SignedHead>,
    checkpoint: Option<&'a SignedHead>,
}

impl Marks<'_> {
    /// Compares the chain with a mark that it has just reached.
    fn check(&self, chain: &Chain) -> Result<(), Fault> {
        let sequence = chain.sequence;
        let differs = |mark: Option<&SignedHead>| {
            mark.is_some_and(|mark| {
                mark.head.sequence == sequence && mark.head.hash != chain.hash.to_string()
            })
        };
        if differs(self.checkpoint) {
            return Err(Fault::CheckpointDiffers { sequence });
        }
        if differs(self.head) {
            return Err(Fault::HeadDiffers { sequence });
        }
        if self.head.is_none_or(|head| head.head.sequence < sequence) {
            return Err(Fault::BeyondHead { sequence });
        }
        Ok(())
    }

    /// What is wrong with a chain whose rows are all sound.
    fn unmet(&self, chain: &Chain, is_signed: impl Fn(&SignedHead) -> bool) -> Option<Fault> {
        let known = [self.head, self.checkpoint].into_iter().flatten().map(|mark| mark.head.sequence);
        let last = known.max().unwrap_or_default();
        if last > chain.sequence {
            return Some(Fault::Truncated { from: chain.sequence.saturating_add(1), to: last });
        }
        let head = self.head.filter(|head| !is_signed(head))?;
        Some(Fault::HeadNotSigned { sequence: head.head.sequence })
    }
}
