//! An application that is provisioned.

use crate::{Bulk, Capabilities, Error, ObjectType, text};
use async_trait::async_trait;
use scim::path::Path;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A user or group as the target answered it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TargetObject {
    /// The target's identifier, SCIM `id`; links store it.
    pub id: String,
    /// The SCIM resource. Empty where the target answered without a body (204).
    pub document: Map<String, Value>,
}

/// A part of the list of a target's objects.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// The objects, in the order of the list.
    pub objects: Vec<TargetObject>,
    /// Where the next page begins, counted from 1; `None` at the end of the list.
    pub next: Option<u64>,
}

/// One attribute that differs between what the mapping wants and what the target holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The attribute, such as `emails[type eq "work"].value`.
    #[serde(with = "text::path")]
    pub path: Path,
    /// What the target held, `None` when nothing.
    pub before: Option<Value>,
    /// What it shall hold; `None` clears the attribute.
    ///
    /// For a group's `members`, `before: None` adds the given members and `after: None` removes exactly those of
    /// `before`; no other member is touched.
    pub after: Option<Value>,
    /// The target holds no element that the path's filter selects, so that the change adds one.
    ///
    /// RFC 7644 §3.5.2.3: a `replace` whose value path selects nothing fails with `noTarget`. For `add` the RFC leaves it
    /// open, and strict service providers refuse it too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adds_element: bool,
}

impl Change {
    /// A change of what is there, or of an attribute that is no element of a list.
    #[must_use]
    pub fn new(path: Path, before: Option<Value>, after: Option<Value>) -> Self {
        Self { path, before, after, adds_element: false }
    }
}

/// One write to a target. Plans store it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Operation {
    /// Make an object.
    Create {
        /// What to make.
        object_type: ObjectType,
        /// Its attributes. A path with a filter makes the element the filter asks for.
        #[serde(with = "text::values")]
        values: Vec<(Path, Value)>,
    },
    /// Change attributes of a known object.
    Update {
        /// What it is.
        object_type: ObjectType,
        /// The target's identifier.
        id: String,
        /// The differences, in the order they are applied.
        changes: Vec<Change>,
    },
    /// Remove an object. Removing one that is gone is a success.
    Delete {
        /// What it is.
        object_type: ObjectType,
        /// The target's identifier.
        id: String,
    },
}

impl Operation {
    /// The type of the object written.
    pub fn object_type(&self) -> ObjectType {
        match self {
            Self::Create { object_type, .. }
            | Self::Update { object_type, .. }
            | Self::Delete { object_type, .. } => *object_type,
        }
    }

    /// The target's identifier of the object; `None` for one yet to be made.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Create { .. } => None,
            Self::Update { id, .. } | Self::Delete { id, .. } => Some(id),
        }
    }
}

/// A request as it would be sent, for people to read in a plan. It never holds the token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The HTTP method.
    pub method: String,
    /// Path and query below the Tenant URL, such as `/Users/2819c223`.
    pub path: String,
    /// The JSON body, where there is one.
    pub body: Option<Value>,
    /// What is not known before an earlier request is answered, in words; `None` when everything is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// An application's provisioning interface. Implementations repeat nothing that failed, the engine does, by the error's
/// class; but they may go another way when the answer says that nothing was done and why.
#[async_trait]
pub trait Target: Send + Sync {
    /// Checks URL, credentials and filtering by asking for an object that cannot exist.
    ///
    /// `nobody` is a fresh random value that no object bears; the caller makes it, so that a target needs no entropy.
    ///
    /// # Errors
    /// What is wrong with the connection, and in [`Error::hint`] what to look at next.
    async fn test(&self, nobody: &str) -> Result<(), Error>;

    /// The objects whose attribute equals `value`; empty when there is none, several when the match is ambiguous.
    ///
    /// # Errors
    /// [`Error::Ambiguous`] when the target says that there are more than it answered.
    async fn find(
        &self,
        object_type: ObjectType,
        attribute: &Path,
        value: &str,
    ) -> Result<Vec<TargetObject>, Error>;

    /// One object by its identifier; `None` when the target does not hold it. A group comes without its members.
    ///
    /// # Errors
    /// Any failure to look.
    async fn get(&self, object_type: ObjectType, id: &str) -> Result<Option<TargetObject>, Error>;

    /// The objects of a type from a place of their list on, counted from 1. Groups come without their members. Who is
    /// made or deleted while pages are read may be missed, or come twice: nothing may be deleted because of a list.
    ///
    /// # Errors
    /// Any failure to list.
    async fn list(&self, object_type: ObjectType, from: u64) -> Result<Page, Error>;

    /// The ids of a group's members; `None` when the target does not tell them, or does not hold the group. `known` is one
    /// that the target was given: where none is answered, a target may be asked for that one, to tell a group without
    /// members from one whose members are not told.
    ///
    /// # Errors
    /// Any failure to look.
    async fn members(&self, _id: &str, _known: Option<&str>) -> Result<Option<Vec<String>>, Error> {
        Ok(None)
    }

    /// The requests that [`Target::export`] would send, for a plan: byte for byte, but for what their notes say.
    fn preview(&self, operation: &Operation) -> Vec<Request>;

    /// Writes. The answer's document may be empty (204, deletions).
    ///
    /// # Errors
    /// [`Error::NotFound`] when the object of an update is gone. After [`Error::Transient`] the write may or may not
    /// have happened.
    async fn export(&self, operation: &Operation) -> Result<TargetObject, Error>;

    /// The same target for several writes in one request, where it takes them now.
    fn bulk(&self) -> Option<&dyn Bulk> {
        None
    }

    /// What is known of the target by now; `None` for one that has no choice.
    fn capabilities(&self) -> Option<Capabilities> {
        None
    }

    /// Begins with what was known of the target before, or with nothing.
    fn recall(&self, _known: Option<Capabilities>) {}

    /// Forgets what is known of the target, and asks it what it announces. A target that announces nothing is fine.
    ///
    /// # Errors
    /// Any failure to ask.
    async fn learn(&self) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn path(text: &str) -> Path {
        Path::parse(text).unwrap()
    }

    fn check(operation: Operation, expect: Value) {
        assert_eq!(serde_json::to_value(&operation).unwrap(), expect);
        assert_eq!(serde_json::from_value::<Operation>(expect).unwrap(), operation);
    }

    #[test]
    fn plans_hold_paths_as_scim_writes_them() {
        let work = "emails[type eq \"work\"].value";
        check(
            Operation::Create {
                object_type: ObjectType::User,
                values: vec![(path("userName"), json!("ana")), (path(work), json!("ana@contoso.com"))],
            },
            json!({"create": {"objectType": "User", "values": [["userName", "ana"], [work, "ana@contoso.com"]]}}),
        );
        let cleared = Change::new(path(work), Some(json!("a")), None);
        let added = Change { adds_element: true, ..Change::new(path(work), None, Some(json!("b"))) };
        check(
            Operation::Update {
                object_type: ObjectType::User,
                id: "7".into(),
                changes: vec![cleared, added],
            },
            json!({"update": {"objectType": "User", "id": "7", "changes": [
                {"path": work, "before": "a", "after": null},
                {"path": work, "before": null, "after": "b", "addsElement": true}]}}),
        );
        check(
            Operation::Delete { object_type: ObjectType::Group, id: "8".into() },
            json!({"delete": {"objectType": "Group", "id": "8"}}),
        );
    }

    #[test]
    fn a_plan_with_a_broken_path_is_refused() {
        let stored = json!({"create": {"objectType": "User", "values": [["emails[", "ana"]]}});
        assert!(serde_json::from_value::<Operation>(stored).is_err());
    }
}
