//! What a job needs of its source.

use std::collections::BTreeSet;

/// What a job needs to know. A source need not deliver more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Who is assigned to the application: the job provisions nobody else.
    pub assignments: bool,
    /// Groups with their members.
    pub groups: bool,
    /// Members of groups in groups count as members of the outer group, also for assignments. Without it only direct
    /// members count, as in Entra. Groups may contain each other in a circle.
    pub nested_groups: bool,
    /// The attributes of users that mappings, scoping filters and matching read, by the source's own names.
    pub user_attributes: BTreeSet<String>,
    /// Those of groups.
    pub group_attributes: BTreeSet<String>,
}
