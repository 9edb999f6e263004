//! Events of the System Log, and whom they touch. Pure.

use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeSet;

/// What tells of changes: everything else in the log, sign-ins above all, is not asked for.
pub(crate) const CHANGES: &str = "eventType sw \"user.lifecycle.\" or eventType sw \"user.account.\" \
    or eventType sw \"group.\" or eventType sw \"application.user_membership.\" \
    or eventType sw \"system.import.user.\"";

/// What hides a user's memberships, or shows them again: lists of members leave out who is deprovisioned.
const RETURNING: [&str; 3] =
    ["user.lifecycle.activate", "user.lifecycle.deactivate", "user.lifecycle.reactivate"];

/// A `LogEvent`, as far as it matters here.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LogEvent {
    pub(crate) uuid: String,
    pub(crate) published: Timestamp,
    #[serde(rename = "eventType")]
    event_type: String,
    target: Option<Vec<Target>>,
}

#[derive(Debug, Clone, Deserialize)]
struct Target {
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// Whom events touch. What became of them is read from the API, so that order and repetition of events do not matter.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    pub(crate) users: BTreeSet<String>,
    pub(crate) groups: BTreeSet<String>,
    /// Groups all of whose members are touched, because their assignment to the app changed.
    pub(crate) with_members: BTreeSet<String>,
    /// Users who came back or went. Their memberships come and go with them, and the log tells of no group.
    pub(crate) with_groups: BTreeSet<String>,
    /// A group was deleted. Who was assigned through it can't be asked any more.
    pub(crate) group_deleted: bool,
}

impl Touched {
    /// Adds whom an event touches; `app` is the app whose assignments count.
    pub(crate) fn add(&mut self, event: &LogEvent, app: Option<&str>) {
        let mut apps = event.targets("AppInstance").peekable();
        // Assignments to other apps touch nobody here.
        if apps.peek().is_some() && !apps.any(|id| Some(id) == app) {
            return;
        }
        self.users.extend(event.targets("User").map(str::to_owned));
        self.groups.extend(event.targets("UserGroup").map(str::to_owned));
        if event.event_type.starts_with("group.application_assignment.") {
            self.with_members.extend(event.targets("UserGroup").map(str::to_owned));
        }
        if RETURNING.contains(&event.event_type.as_str()) {
            self.with_groups.extend(event.targets("User").map(str::to_owned));
        }
        self.group_deleted |= event.event_type == "group.lifecycle.delete";
    }

    /// Whether nobody is touched.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many objects are known to be touched.
    pub(crate) fn len(&self) -> usize {
        self.users.len() + self.groups.len()
    }
}

impl LogEvent {
    /// The ids of the targets of a type.
    fn targets(&self, kind: &str) -> impl Iterator<Item = &str> {
        let targets = self.target.as_deref().unwrap_or_default();
        let is_kind = move |target: &&Target| target.kind.as_deref() == Some(kind);
        targets.iter().filter(is_kind).filter_map(|target| target.id.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn touched(event_type: &str, targets: &[(&str, &str)]) -> Touched {
        let target: Vec<_> = targets.iter().map(|(kind, id)| json!({ "type": kind, "id": id })).collect();
        let event = json!({
            "uuid": "1", "published": "2026-01-01T00:00:00.000Z", "eventType": event_type, "target": target,
        });
        let mut touched = Touched::default();
        touched.add(&serde_json::from_value(event).unwrap(), Some("0oa1"));
        touched
    }

    fn ids(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn targets_are_touched() {
        let found = touched("user.account.update_profile", &[("User", "00u1")]);
        assert_eq!(found, Touched { users: ids(&["00u1"]), ..Touched::default() });
        let found = touched("group.user_membership.add", &[("User", "00u1"), ("UserGroup", "00g1")]);
        assert_eq!(found, Touched { users: ids(&["00u1"]), groups: ids(&["00g1"]), ..Touched::default() });
    }

    #[test]
    fn only_one_app_counts() {
        let membership = |app| {
            touched(
                "application.user_membership.add",
                &[("AppUser", "0ua1"), ("AppInstance", app), ("User", "00u1")],
            )
        };
        assert_eq!(membership("0oa1").users, ids(&["00u1"]));
        assert_eq!(membership("0oa2"), Touched::default());
    }

    #[test]
    fn the_assignment_of_a_group_touches_its_members() {
        let found =
            touched("group.application_assignment.update", &[("UserGroup", "00g1"), ("AppInstance", "0oa1")]);
        assert_eq!(found.with_members, ids(&["00g1"]));
        assert!(touched("group.lifecycle.delete", &[("UserGroup", "00g1")]).group_deleted);
    }

    #[test]
    fn who_comes_back_touches_groups() {
        let user = [("User", "00u1")];
        assert_eq!(touched("user.lifecycle.reactivate", &user).with_groups, ids(&["00u1"]));
        assert_eq!(touched("user.lifecycle.suspend", &user).with_groups, ids(&[]));
    }

    #[test]
    fn an_event_without_targets_touches_nobody() {
        let event = json!({
            "uuid": "1", "published": "2026-01-01T00:00:00Z", "eventType": "user.lifecycle.create", "target": null,
        });
        let mut touched = Touched::default();
        touched.add(&serde_json::from_value(event).unwrap(), None);
        assert_eq!(touched, Touched::default());
    }
}
