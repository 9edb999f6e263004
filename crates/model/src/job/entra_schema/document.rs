//! The schema as JSON, as far as Rollcall has something to do with it (Graph's `synchronizationSchema`).
//!
//! What is not known by name is kept in `rest`, so that it can be told.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// A synchronization schema.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schema {
    /// The rules, of which a provisioning job to an application has one.
    pub(super) synchronization_rules: Vec<Rule>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) directories: Vec<Directory>,
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub priority: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub source_directory_name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub target_directory_name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub object_mappings: Vec<ObjectMapping>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ObjectMapping {
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default = "yes")]
    pub enabled: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub flow_types: String,
    #[serde(default, deserialize_with = "or_default")]
    pub source_object_name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub target_object_name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub scope: Filter,
    #[serde(default, deserialize_with = "or_default")]
    pub attribute_mappings: Vec<Attribute>,
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Vec<Metadata>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Metadata {
    #[serde(default, deserialize_with = "or_default")]
    pub key: String,
    #[serde(default)]
    pub value: Value,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attribute {
    pub target_attribute_name: String,
    #[serde(default)]
    pub source: Option<Source>,
    #[serde(default)]
    pub default_value: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub matching_priority: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub flow_type: String,
    #[serde(default, deserialize_with = "or_default")]
    pub flow_behavior: String,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Source {
    #[serde(default, deserialize_with = "or_default")]
    pub expression: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default, rename = "type", deserialize_with = "or_default")]
    pub kind: String,
    #[serde(default, deserialize_with = "or_default")]
    pub parameters: Vec<Parameter>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Parameter {
    pub key: String,
    pub value: Source,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Filter {
    #[serde(default, deserialize_with = "or_default")]
    pub groups: Vec<Group>,
    #[serde(default, deserialize_with = "or_default")]
    pub input_filter_groups: Vec<Value>,
    #[serde(default, deserialize_with = "or_default")]
    pub category_filter_groups: Vec<Value>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Group {
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub clauses: Vec<Clause>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Clause {
    #[serde(default, deserialize_with = "or_default")]
    pub operator_name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub source_operand_name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub target_operand: Operand,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Operand {
    #[serde(default, deserialize_with = "or_default")]
    pub values: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Directory {
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub objects: Vec<ObjectDefinition>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct ObjectDefinition {
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub attributes: Vec<AttributeDefinition>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttributeDefinition {
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, rename = "type", deserialize_with = "or_default")]
    pub kind: String,
    #[serde(default)]
    pub case_exact: Option<bool>,
    #[serde(default, deserialize_with = "or_default")]
    pub required: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub flow_null_values: bool,
}

fn yes() -> bool {
    true
}

/// Graph writes null for what is not there.
fn or_default<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(value)?.unwrap_or_default())
}
