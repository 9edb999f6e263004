//! Who is assigned to the application: `appRoleAssignedTo`, for which Graph has no delta query.

use crate::answer::Answer;
use crate::client::Graph;
use crate::delta::{Pages, Record};
use crate::endpoint::segment;
use crate::limits::LIST_PAGE;
use connector::Error;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Assigned users and groups, each with the ids of its app roles.
#[derive(Debug, Clone, Default)]
pub(crate) struct Principals {
    pub(crate) users: BTreeMap<String, BTreeSet<String>>,
    pub(crate) groups: BTreeMap<String, BTreeSet<String>>,
}

/// The app roles that the application defines, by id, as `appRoleAssignments` shows them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Roles(BTreeMap<String, Value>);

impl Principals {
    /// Reads all assignments.
    pub(crate) async fn read(graph: &Graph, service_principal: &str) -> Result<Self, Error> {
        let id = segment(service_principal);
        let mut pages =
            Pages::of(format!("/servicePrincipals/{id}/appRoleAssignedTo?$top={LIST_PAGE}")).or_missing();
        let mut principals = Self::default();
        while let Some(records) = pages.next(graph).await? {
            for record in &records {
                principals.add(record)?;
            }
        }
        if pages.is_missing { Err(no_such_application()) } else { Ok(principals) }
    }

    /// Whether assignments can be read, by one of them.
    pub(crate) async fn check(graph: &Graph, service_principal: &str) -> Result<(), Error> {
        let path = format!("/servicePrincipals/{}/appRoleAssignedTo?$top=1", segment(service_principal));
        graph.get(&path).await?.document().map(drop)
    }

    fn add(&mut self, record: &Record) -> Result<(), Error> {
        let text = |name| record.get(name).and_then(Value::as_str);
        let (Some(kind), Some(id)) = (text("principalType"), text("principalId")) else {
            return Err(Answer::broken("GET /appRoleAssignedTo", "holds an assignment of nobody"));
        };
        let principals = match kind {
            "User" => &mut self.users,
            "Group" => &mut self.groups,
            // Another application, which is never provisioned.
            _ => return Ok(()),
        };
        let roles = principals.entry(id.to_owned()).or_default();
        roles.extend(text("appRoleId").map(str::to_owned));
        Ok(())
    }
}

impl Roles {
    /// Reads what the application defines.
    pub(crate) async fn read(graph: &Graph, service_principal: &str) -> Result<Self, Error> {
        let path = format!("/servicePrincipals/{}?$select=id,appRoles", segment(service_principal));
        let document = graph.get(&path).await?.found()?.ok_or_else(no_such_application)?;
        let roles = document.get("appRoles").and_then(Value::as_array).into_iter().flatten();
        let role = |role: &Value| {
            let id = role.get("id")?.as_str()?.to_owned();
            let shown =
                json!({ "id": id, "value": role.get("value"), "displayName": role.get("displayName") });
            Some((id, shown))
        };
        Ok(Self(roles.filter_map(role).collect()))
    }

    /// The roles of some ids. The id of default access, which is no role, stands alone.
    pub(crate) fn show(&self, ids: &BTreeSet<&str>) -> Value {
        let show = |id: &&str| {
            let unknown = || json!({ "id": id, "value": null, "displayName": null });
            self.0.get(*id).cloned().unwrap_or_else(unknown)
        };
        ids.iter().map(show).collect()
    }

    /// A short digest of what some ids mean, to notice when that changes.
    pub(crate) fn digest(&self, ids: &BTreeSet<String>) -> String {
        let ids = ids.iter().map(String::as_str).collect();
        Sha256::digest(self.show(&ids).to_string()).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }
}

fn no_such_application() -> Error {
    Error::source(
        "service_principal",
        "the tenant has no enterprise application of this object id",
        "give the Object ID that Entra shows under Enterprise applications, not the application (client) id",
    )
}
