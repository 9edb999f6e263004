//! Finding the resource that an object is: by matching attributes, in their precedence, never by a guess.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use connector::{ObjectType, TargetObject};
use mapping::MappedValue;
use model::link::{Link, LinkState};
use scim::path::Path;

use crate::evaluate::{Evaluator, ObjectError};
use crate::key::Key;
use crate::subject::Subject;

/// What this cycle or plan has decided about resources so far, by their types and ids in the target; known once every object was
/// looked at.
#[derive(Debug, Default)]
pub struct Fates {
    /// They will be gone: a match with one of them is none.
    pub deleted: HashSet<ResourceKey>,
    /// Their people have left: they can be taken over.
    pub free: HashSet<ResourceKey>,
    /// Their people have come back: they can't.
    pub kept: HashSet<ResourceKey>,
}

/// A resource of the target.
pub type ResourceKey = (ObjectType, String);

/// What objects have laid claim to in this cycle, and who: two that are evaluated at the same time must not both get
/// one resource, or both make one.
#[derive(Debug, Default)]
pub struct Claims(Mutex<HashMap<Key, Key>>);

impl Claims {
    /// Whether it is this object's, because nobody else was before.
    fn take(&self, what: &str, anchor: &str) -> bool {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let anchor = Key::of(anchor);
        *claims.entry(Key::of(what)).or_insert(anchor) == anchor
    }

    /// Claims the right to bear a value of a matching attribute.
    fn value(&self, object_type: ObjectType, path: &Path, value: &str, anchor: &str) -> bool {
        self.take(&format!("{object_type} {path} {}", scim::fold(value)), anchor)
    }

    /// Claims a resource.
    pub(crate) fn resource(&self, object_type: ObjectType, target_id: &str, anchor: &str) -> bool {
        // No path begins with a space.
        self.take(&format!("{object_type}  {target_id}"), anchor)
    }
}

/// A resource of the target that the object is, and how it was found.
pub(crate) struct Matched {
    pub(crate) found: TargetObject,
    pub(crate) reason: String,
    pub(crate) takes_over: Option<String>,
}

impl Evaluator<'_> {
    /// Looks for the object in the target.
    pub(crate) async fn find(
        &self,
        subject: &Subject,
        mapped: &[MappedValue<'_>],
    ) -> Result<Search, ObjectError> {
        let mut asked = false;
        let object_type = subject.object.object_type;
        for matching in self.matching(object_type) {
            let path = matching.target.path();
            let value = mapped.iter().find(|m| m.target.path() == path).and_then(|m| m.value.as_ref());
            let Some(value) = value.and_then(|v| v.as_str()).filter(|v| !v.is_empty()) else { continue };
            asked = true;
            // Before the target is asked: whoever asks second must not find what the first one is just making.
            if !self.claims.value(object_type, path, value, &subject.object.anchor) {
                return Ok(Search::waits(path, value, SOMEBODY_ELSE.to_owned(), None));
            }
            let mut found = self.target.find(object_type, path, value).await?;
            found.retain(|f| {
                self.fates.is_none_or(|fates| !fates.deleted.contains(&(object_type, f.id.clone())))
            });
            match (found.pop(), found.len()) {
                (None, _) => {}
                (Some(only), 0) => return self.claim(subject, path, value, only).await,
                (Some(_), others) => {
                    let count = others as u64 + 1;
                    let (attribute, value) = (path.to_string(), value.to_owned());
                    return Err(connector::Error::Ambiguous { count, attribute, value }.into());
                }
            }
        }
        Ok(if asked { Search::Nothing } else { Search::NoValue })
    }

    /// A match is this object's unless it is linked to another one. A leaver's resource is taken over: it is the same
    /// person under a new account. Two objects that both are there are never merged.
    async fn claim(
        &self,
        subject: &Subject,
        path: &Path,
        value: &str,
        found: TargetObject,
    ) -> Result<Search, ObjectError> {
        check_match(path, value, &found)?;
        let object_type = subject.object.object_type;
        let owner = self.ledger.link_by_target(object_type, &found.id).await?;
        let owner = owner.filter(|owner| owner.source_id != subject.object.anchor);
        let reason = format!("matched by {path} \"{value}\"");
        match owner {
            Some(owner) if !self.has_left(object_type, &owner) => {
                Ok(Search::waits(path, value, owner.display, Some(found.id)))
            }
            _ if !self.claims.resource(object_type, &found.id, &subject.object.anchor) => {
                Ok(Search::waits(path, value, SOMEBODY_ELSE.to_owned(), None))
            }
            None => Ok(Search::Found(Matched { found, reason, takes_over: None })),
            Some(owner) => {
                let reason = format!("{reason}; taken over from {}, who left", owner.display);
                Ok(Search::Found(Matched { found, reason, takes_over: Some(owner.source_id) }))
            }
        }
    }

    /// Whether a resource's owner has left for certain: that is known when every object was looked at.
    fn has_left(&self, object_type: ObjectType, owner: &Link) -> bool {
        let resource = (object_type, owner.target_id.clone());
        self.fates.is_some_and(|fates| {
            let left = owner.state != LinkState::Managed || fates.free.contains(&resource);
            left && !fates.kept.contains(&resource)
        })
    }
}

const SOMEBODY_ELSE: &str = "somebody else of this cycle";

/// A target that ignores the filter, or compares otherwise, answers somebody: that must not become a match.
fn check_match(path: &Path, value: &str, found: &TargetObject) -> Result<(), ObjectError> {
    let held = path.read(&found.document);
    if held.is_empty() || held.iter().any(|v| v.as_str().is_some_and(|v| scim::fold_eq(v, value))) {
        return Ok(());
    }
    Err(ObjectError::WrongMatch { attribute: path.to_string(), value: value.to_owned() })
}

fn duplicate(path: &Path, value: &str, other: String) -> ObjectError {
    ObjectError::DuplicateSource { attribute: path.to_string(), value: value.to_owned(), other }
}

/// What a search came to.
pub(crate) enum Search {
    /// The target has no such resource.
    Nothing,
    /// The source gives no value to look for.
    NoValue,
    /// It has one, and it is this object's.
    Found(Matched),
    /// Somebody else has what it matches, or may have.
    Waits { error: ObjectError, wants: Option<String> },
}

impl Search {
    fn waits(path: &Path, value: &str, other: String, wants: Option<String>) -> Self {
        Self::Waits { error: duplicate(path, value, other), wants }
    }
}
