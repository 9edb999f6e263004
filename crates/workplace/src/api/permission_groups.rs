//! Permission groups, and the SCIM groups that feed them.

use application::api::{Call, Method, Operation};
use application::resources::Error;
use model::ResourceId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Tx;
use uuid::Uuid;

use super::{ById, Made, Named, Nothing};
use crate::PermissionGroupId;
use crate::permission_group::{self, PermissionGroup};

pub(super) fn operations() -> Vec<Operation> {
    let group = "/permission-groups/{id}/groups/{group}";
    vec![
        Operation::new(
            (Method::Get, "/permission-groups"),
            "listPermissionGroups",
            "All permission groups, by name.",
            list,
        ),
        Operation::new(
            (Method::Post, "/permission-groups"),
            "createPermissionGroup",
            "Makes a permission group, which nobody is in yet.",
            create,
        )
        .creating(),
        Operation::new(
            (Method::Delete, "/permission-groups/{id}"),
            "removePermissionGroup",
            "Removes a permission group.",
            remove,
        ),
        Operation::new(
            (Method::Put, group),
            "feedPermissionGroup",
            "Lets the members of a SCIM group be in a permission group, those of nested groups too.",
            feed,
        ),
        Operation::new(
            (Method::Delete, group),
            "starvePermissionGroup",
            "Lets the members of a SCIM group be in a permission group no more.",
            starve,
        ),
    ]
}

/// Permission groups.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PermissionGroups {
    /// By name.
    permission_groups: Vec<PermissionGroup>,
}

fn list(tx: &mut Tx<'_>, call: &Call, _: Nothing, (): ()) -> Result<PermissionGroups, Error> {
    Ok(PermissionGroups { permission_groups: permission_group::list(tx, call.tenant)? })
}

fn create(tx: &mut Tx<'_>, call: &Call, _: Nothing, new: Named) -> Result<Made, Error> {
    let id = PermissionGroupId(call.ids.next());
    permission_group::create(tx, call.tenant, id, &new.name)?;
    call.audit(tx, "permissiongroup.create", &id.to_string(), json!({ "name": new.name }))?;
    Ok(Made { id: id.0 })
}

fn remove(tx: &mut Tx<'_>, call: &Call, of: ById, (): ()) -> Result<(), Error> {
    permission_group::remove(tx, call.tenant, PermissionGroupId(of.id))?;
    Ok(call.audit(tx, "permissiongroup.delete", &of.id.to_string(), json!({}))?)
}

/// Which SCIM group of which permission group.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Feeding {
    /// The permission group.
    id: Uuid,
    /// The SCIM group.
    group: Uuid,
}

fn feed(tx: &mut Tx<'_>, call: &Call, of: Feeding, (): ()) -> Result<(), Error> {
    permission_group::feed(tx, call.tenant, PermissionGroupId(of.id), ResourceId(of.group))?;
    Ok(call.audit(tx, "permissiongroup.feed", &of.id.to_string(), json!({ "group": of.group }))?)
}

fn starve(tx: &mut Tx<'_>, call: &Call, of: Feeding, (): ()) -> Result<(), Error> {
    permission_group::starve(tx, call.tenant, PermissionGroupId(of.id), ResourceId(of.group))?;
    Ok(call.audit(tx, "permissiongroup.starve", &of.id.to_string(), json!({ "group": of.group }))?)
}
