//! A restart: a job begins again, with less of what it remembers.

use connector::ObjectType;
use jiff::Timestamp;
use model::escrow::references_of;
use store::Tx;
use store::job::{JobState, StoredJob};

use crate::lease::Lease;
use crate::standing;

/// What a restart forgets: the `resetScope` of Microsoft Graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResetScope {
    /// `Watermark`: the next cycle is an initial one.
    pub watermark: bool,
    /// `Escrows`: nobody waits for another try.
    pub escrows: bool,
    /// `QuarantineState`: the job leaves quarantine, and its failures do not count any more.
    pub quarantine: bool,
    /// `ConnectorDataStore`: nobody is linked; everybody is matched anew.
    pub links: bool,
    /// `ForceDeletes`: the next cycle deletes and disables as many as it has to.
    pub force_deletes: bool,
}

impl ResetScope {
    /// Graph's empty criteria, and the button in Entra's portal.
    pub const DEFAULT: Self =
        Self { watermark: true, escrows: true, quarantine: true, links: false, force_deletes: false };
    /// `Full`.
    pub const FULL: Self = Self { links: true, ..Self::DEFAULT };

    /// Graph's names of what is reset.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let named = [
            (self.quarantine, "QuarantineState"),
            (self.watermark, "Watermark"),
            (self.escrows, "Escrows"),
            (self.links, "ConnectorDataStore"),
            (self.force_deletes, "ForceDeletes"),
        ];
        named.into_iter().filter_map(|(is_reset, name)| is_reset.then_some(name)).collect()
    }
}

/// What a restart did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restarted {
    /// Links that were forgotten.
    pub links: u64,
    /// Objects that were taken out of escrow.
    pub escrows: u64,
    /// Whether a cycle was under way. It ends within seconds, and the next one begins where it began.
    pub cycle_ended: bool,
}

/// Starts a job again. A cycle under way loses its lease: what it would store at its end is what is forgotten here.
///
/// # Errors
/// A statement's.
pub fn restart(
    tx: &mut Tx<'_>,
    job: &StoredJob,
    scope: ResetScope,
    holder: &str,
    now: Timestamp,
) -> Result<Restarted, store::Error> {
    let cycle_ended = Lease::of(job.id, holder.to_owned()).seize(tx, now)?;
    let mut restarted = Restarted { cycle_ended, ..Restarted::default() };
    if scope.escrows {
        restarted.escrows = store::escrow::clear(tx, job.id)?;
    }
    if scope.links {
        restarted.links = store::link::clear(tx, job.id)?;
        store::reference::clear(tx, job.id)?;
        store::creation::clear(tx, job.id)?;
        for object_type in [ObjectType::User, ObjectType::Group] {
            store::escrow::clear_type(tx, job.id, &references_of(&object_type.to_string()))?;
        }
    }
    // Without links everybody has to be looked for again.
    if scope.watermark || scope.links {
        store::job::set_watermark(tx, job.id, None)?;
    }
    if scope.force_deletes {
        store::job_status::force_deletes(tx, job.id)?;
    }
    // Whoever begins again may have changed the application.
    store::known_target::delete(tx, job.id)?;
    store::job::set_state(tx, job.id, JobState::On, now)?;
    if scope.quarantine || scope.force_deletes || job.state.is_given_up() {
        standing::lift(tx, job.id)?;
    }
    Ok(restarted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_graphs() {
        assert_eq!(ResetScope::DEFAULT.names(), ["QuarantineState", "Watermark", "Escrows"]);
        assert_eq!(ResetScope::FULL.names().last(), Some(&"ConnectorDataStore"));
        assert_eq!(ResetScope { force_deletes: true, ..ResetScope::default() }.names(), ["ForceDeletes"]);
        assert!(ResetScope::default().names().is_empty());
    }
}
