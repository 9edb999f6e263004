//! From a job file to a schema.

use mapping::AttributeMapping;
use serde_json::{Map, Value, json};

use super::document::{AttributeDefinition, Directory, ObjectDefinition, ObjectMapping, Rule, Schema};
use super::{Warning, Warnings, attribute, filter};
use crate::job::{Actions, Empty, JobError, JobFile, NestedGroups, Rules};

/// A schema made of a job.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The schema.
    pub schema: Schema,
    /// What was not carried over.
    pub warnings: Vec<Warning>,
}

/// How Entra calls itself in a schema.
const SOURCE_DIRECTORY: &str = "Azure Active Directory";
/// How it calls a SCIM application.
const TARGET_DIRECTORY: &str = "customappsso";

/// What an object mapping is called there.
struct Names {
    mapping: &'static str,
    source: &'static str,
    target: &'static str,
}

const USERS: Names = Names {
    mapping: "Provision Microsoft Entra ID Users",
    source: "User",
    target: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
};

const GROUPS: Names = Names {
    mapping: "Provision Microsoft Entra ID Groups",
    source: "Group",
    target: "urn:ietf:params:scim:schemas:core:2.0:Group",
};

/// Makes a schema of a job, presets written out.
///
/// # Errors
/// [`JobError`] when the job file makes no sense.
pub fn export(file: &JobFile) -> Result<Exported, JobError> {
    let job = file.resolve()?;
    let mut warnings = Warnings::default();
    tell_settings(file, &mut warnings);
    let types = [("users", &USERS, Some(&job.users)), ("groups", &GROUPS, job.groups.as_ref())];
    let types: Vec<_> =
        types.into_iter().filter_map(|(table, names, rules)| Some((table, names, rules?))).collect();
    let rule = Rule {
        name: job.name.clone(),
        priority: 1,
        source_directory_name: SOURCE_DIRECTORY.to_owned(),
        target_directory_name: TARGET_DIRECTORY.to_owned(),
        object_mappings: types
            .iter()
            .map(|(table, names, rules)| object(table, names, rules, &mut warnings))
            .collect(),
        rest: members(&json!({ "editable": true, "metadata": [] })),
    };
    let directory = |name: &str, objects: Vec<ObjectDefinition>| Directory { name: name.to_owned(), objects };
    let sources = types.iter().map(|(_, names, rules)| source_definition(names, rules)).collect();
    let targets = types.iter().map(|(_, names, rules)| target_definition(names, rules)).collect();
    let schema = Schema {
        synchronization_rules: vec![rule],
        directories: vec![directory(SOURCE_DIRECTORY, sources), directory(TARGET_DIRECTORY, targets)],
        rest: Map::new(),
    };
    Ok(Exported { schema, warnings: warnings.0 })
}

fn object(table: &str, names: &Names, rules: &Rules, warnings: &mut Warnings) -> ObjectMapping {
    if rules.empty == Empty::Clear {
        let message = "Entra leaves the target's value where the source's becomes empty";
        warnings.add(format!("{table}.empty"), format!("`clear` is not carried over: {message}"));
    }
    let Actions { create, update, disable, delete } = rules.actions;
    if update != disable {
        let message = "Entra disables by an update, so both are switched together";
        warnings.add(format!("{table}.actions.disable"), format!("not carried over: {message}"));
    }
    let flows = [("Add", create), ("Update", update), ("Delete", delete)];
    let flows: Vec<_> = flows.into_iter().filter_map(|(name, on)| on.then_some(name)).collect();
    let exported = |mapping: &AttributeMapping| {
        attribute::export(mapping, &format!("{table}.mappings ({})", mapping.target), warnings)
    };
    ObjectMapping {
        name: names.mapping.to_owned(),
        enabled: true,
        flow_types: flows.join(","),
        source_object_name: names.source.to_owned(),
        target_object_name: names.target.to_owned(),
        attribute_mappings: rules.mappings.iter().map(exported).collect(),
        scope: filter::export(&rules.scope),
        metadata: Vec::new(),
        rest: Map::new(),
    }
}

/// What belongs to a job in Entra, and not to its schema.
fn tell_settings(file: &JobFile, warnings: &mut Warnings) {
    warnings.add(
        "source, target, interval, guard, notify",
        "no part of a schema; set them up at the application",
    );
    if file.scope.assigned_only {
        warnings.add(
            "scope.assigned_only",
            "no part of a schema; choose \"Sync only assigned users and groups\"",
        );
    }
    if file.scope.skip_out_of_scope_deletions {
        let message = "no part of a schema; set SkipOutOfScopeDeletions among the job's secrets";
        warnings.add("scope.skip_out_of_scope_deletions", message);
    }
    if file.scope.nested_groups == NestedGroups::Flatten {
        warnings.add("scope.nested_groups", "Entra knows direct members only");
    }
    let message = "the types of attributes are not known here; keep the directories of the schema that you replace, \
                   and the ids of its rules";
    warnings.add("directories", message);
}

/// The attributes that mappings and filters read.
fn source_definition(names: &Names, rules: &Rules) -> ObjectDefinition {
    let mut read = rules.mappings.attributes();
    for name in rules.scope.attributes() {
        if !read.contains(&name) {
            read.push(name);
        }
    }
    let attribute = |name: &str| AttributeDefinition { case_exact: None, ..definition(name) };
    ObjectDefinition { name: names.source.to_owned(), attributes: read.into_iter().map(attribute).collect() }
}

/// The attributes that mappings write.
fn target_definition(names: &Names, rules: &Rules) -> ObjectDefinition {
    let attribute = |mapping: &AttributeMapping| AttributeDefinition {
        case_exact: Some(mapping.case_exact),
        ..definition(mapping.target.as_str())
    };
    ObjectDefinition {
        name: names.target.to_owned(),
        attributes: rules.mappings.iter().map(attribute).collect(),
    }
}

fn definition(name: &str) -> AttributeDefinition {
    AttributeDefinition { name: name.to_owned(), kind: "String".to_owned(), ..AttributeDefinition::default() }
}

fn members(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}
