//! Push: the source, or a person, tells that some objects have changed, and they are looked at at once.
//!
//! It is a cycle over these objects alone: scope, matching, mapping, threshold, log and escrow are the same. The
//! watermark does not move, so that whatever a nudge missed is found by the next cycle.

use std::collections::BTreeSet;
use std::time::Duration;

use connector::ObjectType;
use model::cycle::Counts;
use serde::Serialize;

use crate::Error;
use crate::context::{Context, Ends, JobInstance};
use crate::lease::alone;
use crate::ledger::{Initiator, Ledger};
use crate::progress::Unwatched;
use crate::walk::{Mode, Walk};

/// What a nudge did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Nudged {
    /// Objects by decision.
    #[serde(flatten)]
    pub counts: Counts,
    /// What is held back by the deletion threshold, in words.
    pub held: Option<String>,
}

/// Looks at these objects now. A cycle that is running is waited for: it may have read them before they changed.
///
/// # Errors
/// [`Error::Busy`] when a cycle takes longer than `patience`; else what concerns every object.
pub async fn run(
    context: &Context,
    job: &JobInstance,
    ends: &Ends,
    objects: &BTreeSet<(ObjectType, String)>,
    patience: Duration,
) -> Result<Nudged, Error> {
    alone(context, job, patience, |lease| async move {
        let work = async {
            let ledger =
                Ledger::new(context.store.clone(), job.id, None, Some(lease.clone()), context.ids.clone())
                    .by(Initiator::Nudge);
            let mode = Mode::Execute { allow_deletions: false, everybody: true };
            let mut walk = Walk::new(context, job, ends, &ledger, &Unwatched, mode);
            let held = Box::pin(walk.run_some(objects)).await?;
            Ok(Nudged { counts: walk.counts(), held: held.map(|held| held.to_string()) })
        };
        lease.hold(&context.store, &context.clock, None, work).await
    })
    .await
}

/// The objects that people mean by these names.
///
/// # Errors
/// [`Error::Nobody`] or [`Error::SeveralPeople`] for the first that is not one, or the source's.
pub async fn named(ends: &Ends, names: &[String]) -> Result<BTreeSet<(ObjectType, String)>, Error> {
    let mut objects = BTreeSet::new();
    for name in names {
        let object = crate::person::the_one(ends, name).await?;
        objects.insert((object.object_type, object.anchor));
    }
    Ok(objects)
}
