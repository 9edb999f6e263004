//! What shall become of an object in the target: one table, pure.

use model::link::LinkState;

/// How the object stands in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// There, and enabled.
    Active,
    /// There, with `accountEnabled` false.
    Disabled,
    /// Deleted but restorable.
    SoftDeleted,
    /// Deleted for good.
    Gone,
}

/// What the engine intends for the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// It shall be in the target, active, with the mapped values: find it or create it, and send what differs.
    Provision,
    /// It shall be inactive in the target; afterwards its link has this state.
    Disable(LinkState),
    /// It shall not be in the target.
    Delete,
    /// Nothing is sent, and it is not managed any more: it left the scope of a job that leaves such objects alone.
    Release,
    /// The engine stops knowing it and leaves the target as it is.
    Forget,
    /// Nothing happens.
    Leave(Why),
}

/// Why nothing happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Not assigned, or no scoping filter passes, and never provisioned.
    OutOfScope,
    /// Disabled or deleted before it was ever provisioned.
    NotActive,
    /// It left the scope earlier, was disabled then, and is left alone since.
    Released,
}

/// How a target takes leave of objects of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// Whether they can be inactive. Groups can't (RFC 7643 §4.2): what would disable a user deletes a group.
    pub can_be_inactive: bool,
    /// Whether those who leave the scope are left alone (Entra's `SkipOutOfScopeDeletions`).
    pub left_alone: bool,
}

/// Decides.
///
/// - Only an object that was provisioned before is disabled or deleted; one that never was is skipped.
/// - Leaving the scope disables once and releases: a later deletion in the source sends nothing.
/// - A soft-deleted or disabled object stays managed: a return enables it, a purge deletes it. While an object is
///   soft-deleted its assignments say nothing, because the directory takes them away.
///
/// Microsoft's rules for the Entra provisioning service, "How provisioning works: deprovisioning".
#[must_use]
pub fn decide(presence: Presence, in_scope: bool, link: Option<LinkState>, leaving: Leaving) -> Intent {
    use Presence::{Active, Disabled, Gone, SoftDeleted};
    let intent = match (link, presence) {
        (None, Active) if in_scope => Intent::Provision,
        (None, Active) => Intent::Leave(Why::OutOfScope),
        (None, Disabled | SoftDeleted | Gone) => Intent::Leave(Why::NotActive),

        (Some(LinkState::Released), Gone) => Intent::Forget,
        (Some(LinkState::Released), Active) if in_scope => Intent::Provision,
        (Some(LinkState::Released), Active | Disabled | SoftDeleted) => Intent::Leave(Why::Released),

        (Some(LinkState::Managed | LinkState::Disabled), Gone) => Intent::Delete,
        (Some(LinkState::Managed | LinkState::Disabled), SoftDeleted) => Intent::Disable(LinkState::Disabled),
        (Some(LinkState::Managed | LinkState::Disabled), Active | Disabled) if !in_scope => {
            Intent::Disable(LinkState::Released)
        }
        (Some(LinkState::Managed | LinkState::Disabled), Disabled) => Intent::Disable(LinkState::Disabled),
        (Some(LinkState::Managed | LinkState::Disabled), Active) => Intent::Provision,
    };
    match intent {
        Intent::Disable(LinkState::Released) if leaving.left_alone => Intent::Release,
        Intent::Disable(_) if !leaving.can_be_inactive => Intent::Delete,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use LinkState::{Disabled as D, Managed as M, Released as R};
    use Presence::{Active, Disabled, Gone, SoftDeleted};

    const USERS: Leaving = Leaving { can_be_inactive: true, left_alone: false };

    /// The whole table: four presences, in and out of scope, without link and in each of its states.
    #[test]
    fn every_situation_has_its_intent() {
        let leave = Intent::Leave;
        #[rustfmt::skip]
        let table = [
            // presence     scope   no link                    managed              disabled             released
            (Active,      true,  [Intent::Provision,         Intent::Provision,   Intent::Provision,   Intent::Provision]),
            (Active,      false, [leave(Why::OutOfScope),    Intent::Disable(R),  Intent::Disable(R),  leave(Why::Released)]),
            (Disabled,    true,  [leave(Why::NotActive),     Intent::Disable(D),  Intent::Disable(D),  leave(Why::Released)]),
            (Disabled,    false, [leave(Why::NotActive),     Intent::Disable(R),  Intent::Disable(R),  leave(Why::Released)]),
            (SoftDeleted, true,  [leave(Why::NotActive),     Intent::Disable(D),  Intent::Disable(D),  leave(Why::Released)]),
            (SoftDeleted, false, [leave(Why::NotActive),     Intent::Disable(D),  Intent::Disable(D),  leave(Why::Released)]),
            (Gone,        true,  [leave(Why::NotActive),     Intent::Delete,      Intent::Delete,      Intent::Forget]),
            (Gone,        false, [leave(Why::NotActive),     Intent::Delete,      Intent::Delete,      Intent::Forget]),
        ];
        for (presence, in_scope, expected) in table {
            for (link, expect) in [None, Some(M), Some(D), Some(R)].into_iter().zip(expected) {
                assert_eq!(
                    decide(presence, in_scope, link, USERS),
                    expect,
                    "{presence:?} in scope {in_scope}, {link:?}"
                );
            }
        }
    }

    #[test]
    fn nobody_who_was_never_provisioned_is_disabled_or_deleted() {
        for presence in [Active, Disabled, SoftDeleted, Gone] {
            for in_scope in [true, false] {
                let intent = decide(presence, in_scope, None, USERS);
                assert!(matches!(intent, Intent::Provision | Intent::Leave(_)), "{presence:?} {in_scope}");
            }
        }
    }

    #[test]
    fn a_group_is_deleted_where_a_user_is_disabled() {
        let groups = Leaving { can_be_inactive: false, ..USERS };
        assert_eq!(decide(Active, false, Some(M), groups), Intent::Delete);
        assert_eq!(decide(SoftDeleted, true, Some(M), groups), Intent::Delete);
        assert_eq!(decide(Active, true, Some(M), groups), Intent::Provision);
        assert_eq!(decide(Active, false, None, groups), Intent::Leave(Why::OutOfScope));
    }

    #[test]
    fn a_job_may_leave_those_alone_who_leave_the_scope() {
        for can_be_inactive in [true, false] {
            let leaving = Leaving { can_be_inactive, left_alone: true };
            assert_eq!(decide(Active, false, Some(M), leaving), Intent::Release);
            assert_eq!(decide(Gone, false, Some(R), leaving), Intent::Forget);
            assert_eq!(decide(Gone, false, Some(M), leaving), Intent::Delete, "it was in scope until now");
        }
        let users = Leaving { left_alone: true, ..USERS };
        assert_eq!(decide(Disabled, true, Some(M), users), Intent::Disable(D), "it is in scope");
    }
}
