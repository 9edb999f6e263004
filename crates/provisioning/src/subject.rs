//! One object of the source, judged: its presence, its scope, its fingerprint. Pure.

use connector::{Assignment, Member, Members, Object, ObjectType};
use model::job::{Job, Rules};
use model::link::LinkState;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::decide::{Intent, Leaving, Presence, decide};
use crate::key::Key;

/// The source attribute that expressions use to tell leavers. Entra computes it, it is not stored in the directory:
/// true when the object is unassigned, filtered out, soft-deleted or disabled.
pub const IS_SOFT_DELETED: &str = "IsSoftDeleted";

/// An object of the source with everything a decision needs from there.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The object; its attributes hold [`IS_SOFT_DELETED`].
    pub object: Object,
    /// How it stands in the source.
    pub presence: Presence,
    /// Whether it is in scope.
    pub in_scope: bool,
    /// A digest of the object, its assignment, its members and the job's definition: the same again means the same
    /// decision. Members that came and went are not in it.
    pub fingerprint: String,
    leaving: Leaving,
}

/// The job's rules for objects of a type; none where it does not provision such.
#[must_use]
pub fn rules(job: &Job, object_type: ObjectType) -> Option<&Rules> {
    match object_type {
        ObjectType::User => Some(&job.users),
        ObjectType::Group => job.groups.as_ref(),
    }
}

/// How the job takes leave of objects of a type.
#[must_use]
pub fn leaving(job: &Job, object_type: ObjectType) -> Leaving {
    Leaving { can_be_inactive: object_type == ObjectType::User, left_alone: job.skip_out_of_scope_deletions }
}

impl Subject {
    /// Judges an object under a job whose definition has the given digest.
    #[must_use]
    pub fn judge(mut object: Object, job: &Job, definition_digest: &str) -> Self {
        let presence = match (object.soft_deleted, object.enabled) {
            (true, _) => Presence::SoftDeleted,
            (false, false) => Presence::Disabled,
            (false, true) => Presence::Active,
        };
        let assigned = object.assignment != Assignment::Unassigned;
        let passes = rules(job, object.object_type).is_some_and(|r| r.scope.contains(&object.attributes));
        let in_scope = (assigned || !job.assigned_only) && passes;
        let leaving = leaving(job, object.object_type);
        let fingerprint = fingerprint(&object, assigned, definition_digest);
        let leaver = presence != Presence::Active || !in_scope;
        let text = if leaver { "True" } else { "False" };
        object.attributes.insert(IS_SOFT_DELETED.to_owned(), Value::from(text));
        Self { object, presence, in_scope, fingerprint, leaving }
    }

    /// What shall become of it.
    #[must_use]
    pub fn intent(&self, link: Option<LinkState>) -> Intent {
        decide(self.presence, self.in_scope, link, self.leaving)
    }

    /// Whether the source tells of members that came or went, which the fingerprint does not show.
    #[must_use]
    pub fn has_changed_members(&self) -> bool {
        let Some(Members::Changed { added, removed }) = &self.object.members else { return false };
        !added.is_empty() || !removed.is_empty()
    }

    /// What stands for the object.
    pub(crate) fn key(&self) -> Key {
        Key::of_object(self.object.object_type, &self.object.anchor)
    }

    /// The attributes that mappings read.
    #[must_use]
    pub fn attributes(&self) -> &Map<String, Value> {
        &self.object.attributes
    }
}

fn fingerprint(object: &Object, assigned: bool, definition_digest: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(definition_digest.as_bytes());
    hash.update([u8::from(object.enabled), u8::from(object.soft_deleted), u8::from(assigned)]);
    for (name, value) in &object.attributes {
        // Maps are sorted by key, so equal objects give equal bytes.
        hash.update(name.as_bytes());
        hash.update(value.to_string().as_bytes());
    }
    if let Some(Members::All(members)) = &object.members {
        let mut members: Vec<&Member> = members.iter().collect();
        members.sort_unstable();
        for member in members {
            hash.update(member.anchor.as_bytes());
            hash.update([0]);
        }
    }
    hex(&hash.finalize(), 16)
}

/// The first `length` bytes in hexadecimal digits. 16 bytes make an accidental equality impossible in practice.
pub(crate) fn hex(bytes: &[u8], length: usize) -> String {
    use std::fmt::Write as _;
    bytes.iter().take(length).fold(String::with_capacity(length * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
