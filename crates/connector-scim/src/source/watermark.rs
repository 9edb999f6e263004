//! What a read knows of the one before it, so that it can say who has not changed.
//!
//! Somebody is unchanged whose `meta.lastModified` is older than the begin of the last read, by the directory's own clock
//! and with a margin for writes that were under way. Those who changed later than that are remembered with a digest each.
//! That holds only for those who were listed in the last read: where the ids are not the same ones any more, somebody may
//! have come back as they were, and the next read calls nobody unchanged.

use super::groups::Groups;
use super::person::hex;
use crate::answer::member;
use crate::limits::MAX_RECENT;
use connector::{TargetObject, Watermark};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How long a write may be under way before it is seen.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// The watermark as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mark {
    /// Who changed before this instant, and not since, was read as they are.
    before: Timestamp,
    /// Digests of those who changed later, or whose change nobody dates.
    recent: BTreeMap<String, String>,
    /// A sum over the ids of all users.
    ids: u64,
    /// Whether all of these were told of at some time.
    complete: bool,
    /// A digest of who is assigned by what.
    assignments: String,
    /// A digest of the groups.
    groups: String,
}

/// What is known of the last read, and still holds.
pub(super) struct Since {
    last: Option<Mark>,
    users_hold: bool,
    /// Whether no group has changed.
    pub(super) groups_hold: bool,
}

impl Mark {
    /// The watermark of a read that begins now.
    pub(super) fn begin(now: Timestamp, groups: &Groups) -> Self {
        Self {
            before: now.checked_sub(MARGIN).unwrap_or(Timestamp::MIN),
            recent: BTreeMap::new(),
            ids: 0,
            complete: false,
            assignments: groups.assignments_digest(),
            groups: groups.digest(),
        }
    }

    /// Takes in a user that was listed.
    pub(super) fn note(&mut self, user: &TargetObject) {
        self.ids = self.ids.wrapping_add(first_word(&Sha256::digest(&user.id)));
        let is_old = modified(user).is_some_and(|modified| modified < self.before);
        if !is_old && self.recent.len() < MAX_RECENT {
            self.recent.insert(user.id.clone(), digest(user));
        }
    }

    /// The watermark of a read that has ended.
    pub(super) fn end(mut self, since: &Since) -> Watermark {
        self.complete = !since.users_hold || since.last.as_ref().is_some_and(|last| last.ids == self.ids);
        Watermark(serde_json::to_string(&self).unwrap_or_default())
    }
}

impl Since {
    /// Reads a watermark, as a read begins. One that is not understood is none: everybody is told of.
    pub(super) fn of(watermark: Option<&Watermark>, now: &Mark) -> Self {
        let last: Option<Mark> = watermark.and_then(|Watermark(text)| serde_json::from_str(text).ok());
        let users_hold = last.as_ref().is_some_and(|last| {
            // Assignments are part of a user, and `meta` knows nothing of them.
            last.complete && last.assignments == now.assignments
        });
        let groups_hold = last.as_ref().is_some_and(|last| last.groups == now.groups);
        Self { last, users_hold, groups_hold }
    }

    /// Whether a user is as in the last read.
    pub(super) fn holds(&self, user: &TargetObject) -> bool {
        let Some(last) = self.last.as_ref().filter(|_| self.users_hold) else { return false };
        match last.recent.get(&user.id) {
            Some(known) => *known == digest(user),
            None => modified(user).is_some_and(|modified| modified < last.before),
        }
    }
}

fn modified(user: &TargetObject) -> Option<Timestamp> {
    let meta = member(&user.document, "meta").and_then(Value::as_object)?;
    member(meta, "lastModified").and_then(Value::as_str)?.parse().ok()
}

fn digest(user: &TargetObject) -> String {
    hex(&Sha256::digest(serde_json::to_vec(&user.document).unwrap_or_default()))
}

fn first_word(hash: &[u8]) -> u64 {
    hash.iter().take(8).fold(0, |word, byte| (word << 8) | u64::from(*byte))
}
