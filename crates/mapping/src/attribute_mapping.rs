//! One line of a mapping: a target attribute and where its value comes from.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::attributes::Attributes;
use crate::expression::{Environment, EvaluateError, Expression, ParseError, REDACTED, Trace};
use crate::flow::{Apply, Flow, Phase};
use crate::source::Source;
use crate::target_path::TargetPath;

/// An attribute mapping.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeMapping {
    /// The attribute that is written.
    pub target: TargetPath,
    /// Where the value comes from; nowhere when it is left out, see [`Source::None`].
    #[serde(default, skip_serializing_if = "Source::is_none")]
    pub source: Source,
    /// "Default value if null": taken when the source gives no value, on create only. Without a source, it is taken
    /// whenever the target has no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// "Match objects using this attribute" with its precedence, lowest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matching: Option<u32>,
    /// When the mapping applies.
    #[serde(default)]
    pub apply: Apply,
    /// Whether a value that the target has already is sent.
    #[serde(default, skip_serializing_if = "Flow::is_when_changed")]
    pub flow: Flow,
    /// Whether a difference in letter case alone is a difference. Entra's `caseExact` is false unless set; here it is
    /// true, so that a corrected spelling reaches the target.
    #[serde(default = "case_exact", skip_serializing_if = "is_case_exact")]
    pub case_exact: bool,
}

fn case_exact() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_case_exact(case_exact: &bool) -> bool {
    *case_exact
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
    /// Whether a value that the target has already is sent.
    pub flow: Flow,
    /// Whether a difference in letter case alone is a difference.
    pub case_exact: bool,
    /// Whether nobody but the target may see the value (`Redact`).
    pub redacted: bool,
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

impl MappedValue<'_> {
    /// The value for logs, plans and explanations: [`REDACTED`] stands for one that only the target may see.
    pub fn shown(&self) -> Option<Json> {
        let value = self.value.as_ref()?;
        Some(if self.redacted { REDACTED.into() } else { value.clone() })
    }
}

impl AttributeMapping {
    /// A mapping that always applies, has no default and is not used for matching.
    pub fn new(target: TargetPath, source: Source) -> AttributeMapping {
        let (apply, flow) = (Apply::Always, Flow::WhenChanged);
        AttributeMapping { target, source, default: None, matching: None, apply, flow, case_exact: true }
    }

    /// Reads a source as a job file spells it: see [`Source::parse`].
    ///
    /// # Errors
    /// As [`Source::parse`].
    pub fn parse_source(text: &str) -> Result<Source, ParseError> {
        Source::parse(text)
    }

    /// The value for one object, or `None` when nothing flows: the mapping does not apply in this phase, or
    /// its `IgnoreFlowIfNullOrEmpty` found nothing. A matching attribute has a value in every phase.
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
        let value = self
            .source
            .evaluate(self.target.as_str(), attributes, environment)
            .map_err(|error| self.error(error))?;
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
        let evaluated = self.source.evaluate_traced(self.target.as_str(), attributes, environment);
        let (value, trace) = evaluated.map_err(|error| self.error(error))?;
        Ok(self.mapped(value, Some(trace), phase))
    }

    /// Whether nobody but the target may see the value.
    pub fn is_redacted(&self) -> bool {
        self.source.expression().is_some_and(Expression::is_redacted)
    }

    fn applies(&self, phase: Phase) -> bool {
        match self.apply {
            Apply::OnlyDuringCreation => phase == Phase::Create || self.matching.is_some(),
            Apply::Always | Apply::MultiValueAddOnly | Apply::ValueAddOnly | Apply::AttributeAddOnly => true,
        }
    }

    /// When the mapping applies, as its source has it where the job file says nothing else.
    fn effective_apply(&self) -> Apply {
        match (self.apply, &self.source) {
            (Apply::Always, Source::None) => Apply::AttributeAddOnly,
            (Apply::Always, Source::Expression(expression)) if expression.only_adds() => {
                Apply::MultiValueAddOnly
            }
            (apply, _) => apply,
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
        let has_default = phase == Phase::Create || self.source.is_none();
        let default = || self.default.clone().filter(|_| has_default).map(Json::String);
        let value = value.or_else(|| self.present(default()?)).map(|value| self.typed(value));
        Some(MappedValue {
            target: &self.target,
            value,
            apply: self.effective_apply(),
            flow: self.flow,
            case_exact: self.case_exact,
            redacted: self.is_redacted(),
            trace,
        })
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
