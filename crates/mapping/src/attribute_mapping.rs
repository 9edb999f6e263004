//! One line of a mapping: a target attribute and where its value comes from.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::attributes::Attributes;
use crate::expression::{Environment, EvaluateError, ParseError, Trace};
use crate::source::Source;
use crate::target_path::TargetPath;

/// An attribute mapping.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeMapping {
    /// The attribute that is written.
    pub target: TargetPath,
    /// Where the value comes from.
    pub source: Source,
    /// "Default value if null": taken when the source gives no value, on create only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// "Match objects using this attribute" with its precedence, lowest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matching: Option<u32>,
    /// When the mapping applies.
    #[serde(default)]
    pub apply: Apply,
}

/// When a mapping applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Apply {
    /// On create and on update.
    #[default]
    Always,
    /// On create; an update leaves the target as it is.
    OnlyDuringCreation,
}

/// What the mapped values are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// A resource that is not in the target yet.
    Create,
    /// A resource that is.
    Update,
}

/// The value one mapping gives for one object.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MappedValue<'a> {
    /// The attribute to write.
    pub target: &'a TargetPath,
    /// The value, or `None` when the source is null or empty; the engine decides whether that clears the target.
    pub value: Option<Json>,
    /// When the mapping applies.
    pub apply: Apply,
    /// How the value came about, when that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
}

/// A mapping whose value cannot be computed for an object.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the value of {target} cannot be computed")]
pub struct MappingError {
    /// The mapping's target, as text.
    pub target: String,
    /// What was wrong with the object's values.
    pub source: EvaluateError,
}

impl AttributeMapping {
    /// A mapping that always applies, has no default and is not used for matching.
    pub fn new(target: TargetPath, source: Source) -> AttributeMapping {
        AttributeMapping { target, source, default: None, matching: None, apply: Apply::Always }
    }

    /// Reads a source as a job file spells it: see [`Source::parse`].
    ///
    /// # Errors
    /// As [`Source::parse`].
    pub fn parse_source(text: &str) -> Result<Source, ParseError> {
        Source::parse(text)
    }

    /// The value for one object, or `None` when nothing flows: the mapping does not apply in this phase, or
    /// its `IgnoreFlowIfNullOrEmpty` found nothing.
    ///
    /// # Errors
    /// The object's values do not fit the expression.
    pub fn evaluate(
        &self,
        attributes: &dyn Attributes,
        environment: &Environment,
        phase: Phase,
    ) -> Result<Option<MappedValue<'_>>, MappingError> {
        if !self.applies(phase) {
            return Ok(None);
        }
        let value = self.source.evaluate(attributes, environment).map_err(|error| self.error(error))?;
        Ok(self.mapped(value, None, phase))
    }

    /// As [`AttributeMapping::evaluate`], with the trace filled in.
    ///
    /// # Errors
    /// As [`AttributeMapping::evaluate`].
    pub fn evaluate_traced(
        &self,
        attributes: &dyn Attributes,
        environment: &Environment,
        phase: Phase,
    ) -> Result<Option<MappedValue<'_>>, MappingError> {
        if !self.applies(phase) {
            return Ok(None);
        }
        let evaluated = self.source.evaluate_traced(attributes, environment);
        let (value, trace) = evaluated.map_err(|error| self.error(error))?;
        Ok(self.mapped(value, Some(trace), phase))
    }

    fn applies(&self, phase: Phase) -> bool {
        match self.apply {
            Apply::Always => true,
            Apply::OnlyDuringCreation => phase == Phase::Create,
        }
    }

    fn error(&self, source: EvaluateError) -> MappingError {
        MappingError { target: self.target.to_string(), source }
    }

    fn mapped(&self, value: Json, trace: Option<Trace>, phase: Phase) -> Option<MappedValue<'_>> {
        let value = self.present(value);
        if value.is_none() && self.source.ignores_flow_if_null_or_empty() {
            return None;
        }
        let default = || self.default.clone().filter(|_| phase == Phase::Create).map(Json::String);
        let value = value.or_else(|| self.present(default()?)).map(|value| self.typed(value));
        Some(MappedValue { target: &self.target, value, apply: self.apply, trace })
    }

    /// The value unless it is null or empty. A one-element list is its element where one value is wanted.
    fn present(&self, value: Json) -> Option<Json> {
        match value {
            Json::Null => None,
            Json::String(text) if text.is_empty() => None,
            Json::Array(values) if values.is_empty() => None,
            Json::Array(mut values) if values.len() == 1 && self.target.is_single_valued() => {
                self.present(values.pop()?)
            }
            other => Some(other),
        }
    }

    /// Booleans travel as `"True"` and `"False"` in expressions; a boolean target gets a JSON boolean.
    fn typed(&self, value: Json) -> Json {
        match &value {
            Json::String(text) if self.target.is_boolean() && text.eq_ignore_ascii_case("true") => {
                true.into()
            }
            Json::String(text) if self.target.is_boolean() && text.eq_ignore_ascii_case("false") => {
                false.into()
            }
            _ => value,
        }
    }
}
