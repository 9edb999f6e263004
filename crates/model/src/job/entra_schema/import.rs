//! From a schema to what a job file says of it.

use mapping::{AttributeMapping, ScopingFilter};
use serde_json::{Map, Value};
use thiserror::Error;

use super::document::{AttributeDefinition, ObjectMapping, Rule, Schema};
use super::{Warning, Warnings, attribute, filter};
use crate::job::{
    Actions, GroupSettings, GuardSettings, JobFile, NotifySettings, ScopeSettings, SourceSettings,
    TargetSettings, UserSettings,
};

/// What a schema says of users and groups.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The scoping filters of users.
    pub filters: Vec<ScopingFilter>,
    /// How users are provisioned.
    pub users: UserSettings,
    /// How groups are, if they are.
    pub groups: Option<GroupSettings>,
    /// What was not carried over.
    pub warnings: Vec<Warning>,
}

/// A schema that no job can be made of.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ImportError {
    /// Nothing in it is about users.
    #[error(
        "the schema maps no users: none of its object mappings has the sourceObjectName \"User\"; \
         it should be the schema of a job that provisions from Microsoft Entra ID to an application"
    )]
    NoUsers,
}

impl Imported {
    /// A job file with these mappings and filters.
    #[must_use]
    pub fn into_job(self, name: &str, source: SourceSettings, target: TargetSettings) -> JobFile {
        JobFile {
            name: name.to_owned(),
            interval: "40m".to_owned(),
            source,
            target,
            // Entra's default, and the one that provisions fewer people.
            scope: ScopeSettings { assigned_only: true, filters: self.filters, ..ScopeSettings::default() },
            users: self.users,
            groups: self.groups,
            guard: GuardSettings::default(),
            notify: NotifySettings::default(),
        }
    }
}

/// Members of the documents that say nothing about who is provisioned with what.
const DECIDE_NOTHING: [&str; 9] = [
    "id",
    "version",
    "provisioningTaskIdentifier",
    "editable",
    "metadata",
    "sourceDirectoryName",
    "targetDirectoryName",
    "containerFilter@odata.type",
    "groupFilter@odata.type",
];

/// Metadata of an object mapping that only Entra's portal reads.
const PORTAL_METADATA: [&str; 3] = ["IsCustomerDefined", "OriginalJoiningProperty", "ExcludeFromReporting"];

/// Reads a schema.
///
/// # Errors
/// [`ImportError`] when no job can be made of it.
pub fn import(schema: &Schema) -> Result<Imported, ImportError> {
    let mut warnings = Warnings::default();
    tell_rest("schema", &schema.rest, &mut warnings);
    let mut rules: Vec<(usize, &Rule)> = schema.synchronization_rules.iter().enumerate().collect();
    rules.sort_by_key(|(_, rule)| rule.priority);
    let (mut users, mut groups) = (None, None);
    for (i, rule) in rules {
        let place = format!("synchronizationRules[{i}]");
        tell_rest(&place, &rule.rest, &mut warnings);
        for (j, mapping) in rule.object_mappings.iter().enumerate() {
            let place = format!("{place}.objectMappings[{j}] ({})", mapping.name);
            let slot = match mapping.source_object_name.as_str() {
                name if name.eq_ignore_ascii_case("User") => &mut users,
                name if name.eq_ignore_ascii_case("Group") => &mut groups,
                other => {
                    warnings
                        .add(place, format!("objects of the type {other:?} are not provisioned; left out"));
                    continue;
                }
            };
            if slot.is_some() {
                warnings.add(place, "there is a mapping of this type already; this one is left out");
                continue;
            }
            *slot = Some(object(mapping, definitions(schema, rule, mapping), place, &mut warnings));
        }
    }
    let users = users.ok_or(ImportError::NoUsers)?;
    if !users.enabled {
        warnings.add(&users.place, "it is not enabled; nothing is done to users unless you change `actions`");
    }
    let actions = if users.enabled { users.actions } else { NO_ACTIONS };
    let groups = groups.filter(|groups| {
        if !groups.enabled {
            warnings.add(&groups.place, "it is not enabled; groups are left out");
        }
        groups.enabled
    });
    Ok(Imported {
        filters: users.filters,
        users: UserSettings { preset: None, empty: None, actions, mappings: users.mappings },
        groups: groups.map(|groups| GroupSettings {
            // What the schema does not map must not come from the preset that groups begin with.
            preset: Some("none".to_owned()),
            empty: None,
            actions: groups.actions,
            filters: groups.filters,
            mappings: groups.mappings,
        }),
        warnings: warnings.0,
    })
}

pub(super) const NO_ACTIONS: Actions =
    Actions { create: false, update: false, disable: false, delete: false };

/// An object mapping, read.
struct ObjectRules {
    place: String,
    enabled: bool,
    actions: Actions,
    filters: Vec<ScopingFilter>,
    mappings: Vec<AttributeMapping>,
}

fn object(
    mapping: &ObjectMapping,
    definitions: &[AttributeDefinition],
    place: String,
    warnings: &mut Warnings,
) -> ObjectRules {
    tell_rest(&place, &mapping.rest, warnings);
    for metadata in mapping.metadata.iter().filter(|m| !PORTAL_METADATA.contains(&m.key.as_str())) {
        warnings.add(format!("{place}.metadata"), format!("{} is not carried over", metadata.key));
    }
    let flows = |name: &str| mapping.flow_types.split(',').any(|flow| flow.trim().eq_ignore_ascii_case(name));
    // Entra disables by an update.
    let update = flows("Update");
    let actions = Actions { create: flows("Add"), update, disable: update, delete: flows("Delete") };
    let scope = format!("{place}.scope");
    tell_rest(&scope, &mapping.scope.rest, warnings);
    let filters = filter::import(&mapping.scope, &scope, warnings);
    let mappings = attributes(mapping, definitions, &place, warnings);
    tell_definitions(&mappings, definitions, &place, warnings);
    ObjectRules { place, enabled: mapping.enabled, actions, filters, mappings }
}

fn attributes(
    mapping: &ObjectMapping,
    definitions: &[AttributeDefinition],
    place: &str,
    warnings: &mut Warnings,
) -> Vec<AttributeMapping> {
    let mut mappings: Vec<AttributeMapping> = Vec::new();
    for (k, one) in mapping.attribute_mappings.iter().enumerate() {
        let place = format!("{place}.attributeMappings[{k}] ({})", one.target_attribute_name);
        tell_rest(&place, &one.rest, warnings);
        let definition = definition(definitions, &one.target_attribute_name);
        let text = definition.filter(|d| d.kind.is_empty() || d.kind == "String");
        let case_exact = text.and_then(|d| d.case_exact).unwrap_or(true);
        let Some(read) = attribute::import(one, case_exact, &place, warnings) else { continue };
        if mappings.iter().any(|known| known.target == read.target) {
            warnings.add(place, "the attribute is mapped already; this mapping is left out");
        } else {
            mappings.push(read);
        }
    }
    mappings
}

/// The definitions of the attributes that an object mapping writes.
fn definitions<'a>(schema: &'a Schema, rule: &Rule, mapping: &ObjectMapping) -> &'a [AttributeDefinition] {
    let directory = schema.directories.iter().find(|d| d.name == rule.target_directory_name);
    let object = directory.and_then(|d| d.objects.iter().find(|o| o.name == mapping.target_object_name));
    object.map_or(&[], |object| &object.attributes)
}

fn definition<'a>(definitions: &'a [AttributeDefinition], target: &str) -> Option<&'a AttributeDefinition> {
    definitions.iter().find(|definition| definition.name.eq_ignore_ascii_case(target))
}

/// What definitions say of mapped attributes that a mapping cannot.
fn tell_definitions(
    mappings: &[AttributeMapping],
    definitions: &[AttributeDefinition],
    place: &str,
    warnings: &mut Warnings,
) {
    let mapped = |test: fn(&AttributeDefinition) -> bool| {
        let names = mappings.iter().filter_map(|mapping| definition(definitions, mapping.target.as_str()));
        names.filter(|d| test(d)).map(|d| d.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let required = mapped(|d| d.required);
    if !required.is_empty() {
        let message = "Entra refuses users without a value for them; here the application decides";
        warnings.add(place, format!("required attributes are not carried over: {required}. {message}"));
    }
    let cleared = mapped(|d| d.flow_null_values);
    if !cleared.is_empty() {
        let message = "`empty = \"clear\"` does so for all attributes";
        warnings.add(place, format!("flowNullValues is not carried over: {cleared}. {message}"));
    }
}

/// Tells members that are neither known nor empty.
fn tell_rest(place: &str, rest: &Map<String, Value>, warnings: &mut Warnings) {
    let is_nothing = |value: &Value| match value {
        Value::Null => true,
        Value::Bool(truth) => !truth,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Number(_) => false,
    };
    for (name, value) in rest {
        if !is_nothing(value) && !name.starts_with('@') && !DECIDE_NOTHING.contains(&name.as_str()) {
            warnings.add(format!("{place}.{name}"), "not carried over");
        }
    }
}
