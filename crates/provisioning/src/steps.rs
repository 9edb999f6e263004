//! Steps about objects for which nothing is looked up: skips, leavers, failures. Pure.

use connector::{Assignment, ObjectType, Operation};
use model::job::Job;
use model::link::Link;

use crate::decide::Presence;
use crate::error::in_words;
use crate::evaluate::ObjectError;
use crate::step::{Decision, LinkAfter, LinkBefore, Reason, Step};
use crate::subject::Subject;

pub(crate) fn not_active() -> Reason {
    Reason::new("NotActive", "disabled or deleted before it was ever provisioned")
}

pub(crate) fn out_of_scope_text(subject: &Subject, job: &Job) -> String {
    let unassigned = subject.object.assignment == Assignment::Unassigned;
    if job.assigned_only && unassigned {
        "not assigned to the application".to_owned()
    } else {
        "no scoping filter passes".to_owned()
    }
}

pub(crate) fn leaver_reason(subject: &Subject, job: &Job) -> Reason {
    match subject.presence {
        Presence::SoftDeleted => Reason::new("SoftDeleted", "deleted in the directory, and may come back"),
        _ if !subject.in_scope => Reason::new("NotInScope", out_of_scope_text(subject, job)),
        Presence::Active | Presence::Disabled | Presence::Gone => {
            Reason::new("Disabled", "disabled in the directory")
        }
    }
}

/// A step about an object of the source, without operation.
pub(crate) fn without_operation(
    subject: &Subject,
    link: Option<&Link>,
    decision: Decision,
    reason: Reason,
) -> Step {
    Step {
        object_type: subject.object.object_type,
        source_id: subject.object.anchor.clone(),
        display: subject.object.display.clone(),
        fingerprint: subject.fingerprint.clone(),
        decision,
        reason,
        operation: None,
        redacted: Vec::new(),
        before: LinkBefore::of(link),
        after: LinkAfter::Unchanged,
        takes_over: None,
        references: Vec::new(),
    }
}

/// Nothing to write; the link, if any, learns the fingerprint so that the next cycle need not look.
pub(crate) fn skip(subject: &Subject, link: Option<&Link>, reason: Reason) -> Step {
    let after = link.map_or(LinkAfter::Unchanged, |l| LinkAfter::set(Some(&l.target_id), l.state));
    Step { after, ..without_operation(subject, link, Decision::Skip, reason) }
}

/// The step of an object that can't be evaluated.
#[must_use]
pub fn unevaluated(subject: &Subject, link: Option<&Link>, error: &ObjectError) -> Step {
    without_operation(subject, link, Decision::Fail, Reason::new(error.code(), in_words(error)))
}

/// The step for an object that the source deleted for good while it was managed.
#[must_use]
pub fn delete(object_type: ObjectType, link: &Link) -> Step {
    let operation = Operation::Delete { object_type, id: link.target_id.clone() };
    let reason = Reason::new("HardDeleted", "deleted for good in the directory");
    Step { operation: Some(operation), ..gone(object_type, link, Decision::Delete, reason) }
}

/// The step for an object that is gone from the source, and not to be deleted in the target: only the link goes.
#[must_use]
pub fn forget(object_type: ObjectType, link: &Link, reason: Reason) -> Step {
    gone(object_type, link, Decision::Skip, reason)
}

fn gone(object_type: ObjectType, link: &Link, decision: Decision, reason: Reason) -> Step {
    Step {
        object_type,
        source_id: link.source_id.clone(),
        display: link.display.clone(),
        fingerprint: String::new(),
        decision,
        reason,
        operation: None,
        redacted: Vec::new(),
        before: LinkBefore::of(Some(link)),
        after: LinkAfter::None,
        takes_over: None,
        references: Vec::new(),
    }
}
