//! `[scope]`, `[users]` and `[groups]`: who of them, and what of them.

use mapping::{AttributeMapping, Mappings, Scope, ScopingFilter};
use serde::{Deserialize, Serialize};

use super::JobError;

/// `[scope]`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScopeSettings {
    /// Only who is assigned, directly or as direct member of an assigned group.
    pub assigned_only: bool,
    /// Whether members of groups in groups count as members. Entra: they don't.
    pub nested_groups: NestedGroups,
    /// Leave alone who leaves the scope (Entra's `SkipOutOfScopeDeletions`).
    pub skip_out_of_scope_deletions: bool,
    /// Scoping filters of users; who passes one of them is in scope. None: everybody passes.
    pub filters: Vec<ScopingFilter>,
}

/// What a group in a group means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NestedGroups {
    /// Nothing for its members: only direct members count (Entra).
    #[default]
    Off,
    /// Its members count as members of the outer group, at any depth.
    Flatten,
}

/// `[users]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserSettings {
    /// A named table of mappings to begin with, for example `workplace`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// What an emptied source value does. Default: `clear`; in Entra's dialects `keep`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<Empty>,
    /// What may be done in the target.
    #[serde(default)]
    pub actions: Actions,
    /// Mappings that are added to the preset's, or take the place of those with the same target.
    #[serde(default)]
    pub mappings: Vec<AttributeMapping>,
}

/// `[groups]`; without it, groups are not provisioned.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupSettings {
    /// A named table of mappings to begin with; `groups` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// As in `[users]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<Empty>,
    /// What may be done in the target.
    #[serde(default)]
    pub actions: Actions,
    /// Scoping filters of groups; a group that passes one of them is in scope. None: every group passes.
    #[serde(default)]
    pub filters: Vec<ScopingFilter>,
    /// As in `[users]`.
    #[serde(default)]
    pub mappings: Vec<AttributeMapping>,
}

/// What may be done to objects of a type in the target (Entra's target object actions; Okta's To App).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Actions {
    /// Make them.
    pub create: bool,
    /// Change them.
    pub update: bool,
    /// Set them inactive.
    pub disable: bool,
    /// Delete them.
    pub delete: bool,
}

impl Default for Actions {
    fn default() -> Self {
        Self { create: true, update: true, disable: true, delete: true }
    }
}

/// What a source value that became empty does to the target's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Empty {
    /// The target's value stays (Entra: null values are not provisioned).
    Keep,
    /// The target's value is removed.
    Clear,
}

/// How the objects of one type are provisioned.
#[derive(Clone, Debug, Serialize)]
pub struct Rules {
    /// The scoping filters.
    pub scope: Scope,
    /// The attribute mappings.
    pub mappings: Mappings,
    /// What an emptied source value does.
    pub empty: Empty,
    /// What may be done in the target.
    pub actions: Actions,
}

impl Rules {
    pub(super) fn of_users(
        users: &UserSettings,
        scope: &ScopeSettings,
        empty: Empty,
    ) -> Result<Self, JobError> {
        Ok(Self {
            scope: filters("scope", &scope.filters)?,
            mappings: mappings("users", users.preset.as_deref(), &users.mappings)?,
            empty: users.empty.unwrap_or(empty),
            actions: users.actions,
        })
    }

    pub(super) fn of_groups(groups: &GroupSettings, empty: Empty) -> Result<Self, JobError> {
        Ok(Self {
            scope: filters("groups", &groups.filters)?,
            mappings: mappings("groups", groups.preset.as_deref().or(Some("groups")), &groups.mappings)?,
            empty: groups.empty.unwrap_or(empty),
            actions: groups.actions,
        })
    }
}

fn filters(table: &str, filters: &[ScopingFilter]) -> Result<Scope, JobError> {
    match filters.iter().position(|filter| filter.clauses.is_empty()) {
        Some(i) => Err(JobError::at(
            format!("{table}.filters[{i}].clauses"),
            "a filter without clauses would let everybody pass; leave the filter out to mean that",
        )),
        None => Ok(Scope { filters: filters.to_vec() }),
    }
}

fn mappings(table: &str, preset: Option<&str>, own: &[AttributeMapping]) -> Result<Mappings, JobError> {
    let preset = match preset {
        None => Mappings::default(),
        Some(name) => mapping::preset(name).ok_or_else(|| {
            let names = mapping::PRESETS.join(", ");
            JobError::at(
                format!("{table}.preset"),
                format!("there is no preset {name:?}; the presets are: {names}"),
            )
        })?,
    };
    for (i, mapping) in own.iter().enumerate() {
        let wrong = |fault: mapping::MappingFault| {
            JobError::at(format!("{table}.mappings[{i}] ({})", mapping.target), fault.to_string())
        };
        mapping.check().map_err(wrong)?;
    }
    let all = preset.overridden_by(own.to_vec());
    if all.matching().is_empty() {
        return Err(JobError::at(
            format!("{table}.mappings"),
            "no mapping has `matching`; name the attribute by which objects are found in the target, \
             for example { target = \"userName\", source = \"[userPrincipalName]\", matching = 1 }",
        ));
    }
    Ok(all)
}
