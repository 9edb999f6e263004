//! What a job needs of Graph, in Graph's names.

use crate::endpoint::query_value;
use connector::Needs;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// What every object of a user is made with.
const USER: [&str; 4] = ["accountEnabled", "displayName", "mail", "userPrincipalName"];
/// What every object of a group is made with.
const GROUP: [&str; 2] = ["displayName", "securityEnabled"];
/// What Graph does not select: computed here or by the engine, read in other ways, or never readable.
const NOT_SELECTED: [&str; 8] = [
    "id",
    "IsSoftDeleted",
    "originalUserPrincipalName",
    "deletedDateTime",
    "manager",
    "members",
    "appRoleAssignments",
    "passwordProfile",
];

/// What is asked of Graph.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    /// `$select` of users, without `id`, which always comes.
    pub(crate) user: Vec<String>,
    /// `$select` of groups, without `id` and `members`.
    pub(crate) group: Vec<String>,
    /// Whether users come with their manager.
    pub(crate) manager: bool,
    /// Whether users come with `appRoleAssignments`.
    pub(crate) roles: bool,
    /// Whether it matters who is assigned.
    pub(crate) assignments: bool,
    /// Whether groups are delivered.
    pub(crate) groups: bool,
    /// Whether members of nested groups are members of the outer group.
    pub(crate) nested: bool,
}

impl Selection {
    pub(crate) fn of(needs: &Needs) -> Self {
        let user = names(&needs.user_attributes);
        let roles = user.contains("appRoleAssignments");
        Self {
            manager: user.contains("manager"),
            roles,
            user: selected(user, &USER),
            group: selected(names(&needs.group_attributes), &GROUP),
            assignments: needs.assignments || roles,
            groups: needs.groups,
            nested: needs.nested_groups,
        }
    }

    /// Whether groups are read at all.
    pub(crate) fn reads_groups(&self) -> bool {
        self.groups || self.assignments
    }

    /// The query of a request for users, as GET answers them.
    pub(crate) fn user_query(&self) -> String {
        let expand = if self.manager { "&$expand=manager($select=id)" } else { "" };
        format!("$select=id,{}{expand}", query_value(&self.user.join(",")))
    }

    /// The query of a request for users of the recycle bin, who have no manager.
    pub(crate) fn deleted_user_query(&self) -> String {
        format!("$select=id,deletedDateTime,{}", query_value(&self.user.join(",")))
    }

    /// The query of a delta query for users.
    pub(crate) fn user_delta_query(&self) -> String {
        let manager = if self.manager { ",manager" } else { "" };
        format!("$select={}{manager}", query_value(&self.user.join(",")))
    }

    /// The query of a request for groups.
    pub(crate) fn group_query(&self) -> String {
        format!("$select=id,{}", query_value(&self.group.join(",")))
    }

    /// The query of a delta query for groups.
    pub(crate) fn group_delta_query(&self) -> String {
        format!("$select={},members", query_value(&self.group.join(",")))
    }

    /// A digest of all that is asked: a watermark of another question is of no use.
    pub(crate) fn digest(&self, service_principal: Option<&str>) -> String {
        let all = format!("{self:?} {service_principal:?}");
        Sha256::digest(all).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Graph's names of what mappings name as Azure AD Graph did; of a dotted name its first part.
fn names(attributes: &BTreeSet<String>) -> BTreeSet<&str> {
    attributes.iter().map(|name| mapping::graph_name(name.split('.').next().unwrap_or(name))).collect()
}

fn selected(names: BTreeSet<&str>, always: &[&'static str]) -> Vec<String> {
    let mut names: BTreeSet<&str> = names.into_iter().filter(|name| !NOT_SELECTED.contains(name)).collect();
    names.extend(always);
    names.into_iter().filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_graph_and_come_once() {
        let needed = [
            "objectId",
            "telephoneNumber",
            "businessPhones",
            "mobile",
            "extensionAttribute3",
            "extensionAttribute1",
            "physicalDeliveryOfficeName",
            "IsSoftDeleted",
            "manager",
            "passwordProfile.password",
            "userPrincipalName",
        ];
        let needs = Needs { user_attributes: needed.map(str::to_owned).into(), ..Needs::default() };
        let selection = Selection::of(&needs);
        assert_eq!(
            selection.user_delta_query(),
            "$select=accountEnabled,businessPhones,displayName,mail,mobilePhone,officeLocation,\
             onPremisesExtensionAttributes,userPrincipalName,manager"
        );
        assert!(!selection.assignments && !selection.reads_groups());
    }

    #[test]
    fn roles_need_assignments() {
        let needs = Needs { user_attributes: ["appRoleAssignments".to_owned()].into(), ..Needs::default() };
        assert!(Selection::of(&needs).assignments);
    }
}
