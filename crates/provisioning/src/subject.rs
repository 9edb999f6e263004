//! One object of the source, judged: its presence, its scope, its fingerprint. Pure.

use connector::{Assignment, Object};
use model::job::Job;
use model::link::LinkState;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::decide::{Intent, Presence, decide};

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
    /// A digest of the object, its assignment and the job's definition: the same again means the same decision.
    pub fingerprint: String,
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
        let in_scope = (assigned || !job.assigned_only) && job.users.scope.contains(&object.attributes);
        let fingerprint = fingerprint(&object, assigned, definition_digest);
        let leaver = presence != Presence::Active || !in_scope;
        let text = if leaver { "True" } else { "False" };
        object.attributes.insert(IS_SOFT_DELETED.to_owned(), Value::from(text));
        Self { object, presence, in_scope, fingerprint }
    }

    /// What shall become of it.
    #[must_use]
    pub fn intent(&self, link: Option<LinkState>) -> Intent {
        decide(self.presence, self.in_scope, link)
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
