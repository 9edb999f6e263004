//! The expression language of attribute mappings.
//!
//! `Switch([IsSoftDeleted], , "False", "True", "True", "False")`: function calls over `[attributes]`,
//! `"texts"`, whole numbers and nested calls, as in Entra's reference for writing attribute-mapping expressions.

mod error;
mod evaluate;
mod parse;
mod parts;
mod print;
mod seed;

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

pub use error::{EvaluateError, Fault, ParseError};
pub(crate) use evaluate::{Evaluator, Failure};
pub use parts::{Part, PartKind};
pub(crate) use print::Quoted;
pub(crate) use seed::Generator;
pub use seed::Seed;

use crate::attributes::Attributes;
use crate::functions::{Edition, Function, REDACT};
use crate::pattern::Pattern;
use crate::value::Value;

/// What stands for a value that a `Redact` keeps from everybody but the target.
pub const REDACTED: &str = "[Redact]";

/// A parsed expression. See the crate's invariants for what parsing guarantees.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression(Node);

/// What an expression may know besides the object's attributes.
#[derive(Clone, Copy, Debug)]
pub struct Environment {
    /// The instant `Now()` stands for; one for a whole cycle keeps its results comparable.
    pub now: Timestamp,
    /// What made-up values are made of.
    pub seed: Seed,
}

/// A value and how it came about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// What the expression evaluates to.
    pub value: Value,
    /// The same evaluation step by step.
    pub trace: Trace,
}

/// One step of an evaluation. Arguments that were not needed do not appear.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trace {
    /// The text of this part of the expression.
    pub expression: String,
    /// What it evaluated to.
    pub value: Value,
    /// The arguments, in the order they were evaluated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Trace>,
}

impl Expression {
    /// Parses a function call, or a bare `[attribute]`, `"text"` or number.
    ///
    /// # Errors
    /// Anything that could not be evaluated later whatever the object: broken syntax, an unknown function, a
    /// wrong number of arguments, a constant pattern that is no regular expression.
    pub fn parse(source: &str) -> Result<Expression, ParseError> {
        parse::parse(source).map(Expression)
    }

    /// The value for one object.
    ///
    /// # Errors
    /// The object's values do not fit, such as a text where a function needs a number.
    pub fn evaluate(
        &self,
        attributes: &dyn Attributes,
        environment: &Environment,
    ) -> Result<Value, EvaluateError> {
        self.evaluate_for("", attributes, environment)
    }

    /// As [`Expression::evaluate`], for this target attribute.
    pub(crate) fn evaluate_for(
        &self,
        target: &str,
        attributes: &dyn Attributes,
        environment: &Environment,
    ) -> Result<Value, EvaluateError> {
        let generator = Generator::new(environment.seed, target);
        Evaluator { attributes, now: environment.now, generator: &generator }.evaluate(&self.0, &mut None)
    }

    /// The value for one object together with its trace; slower than [`Expression::evaluate`]. The trace of an
    /// expression with a `Redact` in it shows [`REDACTED`] and no steps.
    ///
    /// # Errors
    /// As [`Expression::evaluate`].
    pub fn evaluate_traced(
        &self,
        attributes: &dyn Attributes,
        environment: &Environment,
    ) -> Result<Evaluation, EvaluateError> {
        self.evaluate_traced_for("", attributes, environment)
    }

    /// As [`Expression::evaluate_traced`], for this target attribute.
    pub(crate) fn evaluate_traced_for(
        &self,
        target: &str,
        attributes: &dyn Attributes,
        environment: &Environment,
    ) -> Result<Evaluation, EvaluateError> {
        if self.is_redacted() {
            let value = self.evaluate_for(target, attributes, environment)?;
            return Ok(Evaluation {
                value,
                trace: Trace::leaf(self.to_string(), Value::Text(REDACTED.to_owned())),
            });
        }
        let mut traces = Some(Vec::new());
        let generator = Generator::new(environment.seed, target);
        let evaluator = Evaluator { attributes, now: environment.now, generator: &generator };
        let value = evaluator.evaluate(&self.0, &mut traces)?;
        let trace = traces.and_then(|mut traces| traces.pop());
        let trace = trace.unwrap_or_else(|| Trace::leaf(self.to_string(), value.clone()));
        Ok(Evaluation { value, trace })
    }

    /// The source attributes the expression names, each once, in order of appearance.
    pub fn attributes(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.0.collect_attributes(&mut names);
        names
    }

    /// Whether the value is for the target only, because a `Redact` is part of the expression.
    pub fn is_redacted(&self) -> bool {
        self.0.any_call(&|function| function.name == REDACT)
    }

    /// Whether the value is another one each time.
    pub fn is_random(&self) -> bool {
        self.0.any_call(&|function| function.random)
    }

    /// The functions in it that Entra's application provisioning does not have.
    pub fn beyond_entra(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        self.0.for_each_call(&mut |function| {
            if function.edition != Edition::Provisioning && !names.contains(&function.name) {
                names.push(function.name);
            }
        });
        names
    }

    /// Whether values are added to the target and never removed, as Entra does with this function's.
    pub(crate) fn only_adds(&self) -> bool {
        matches!(&self.0, Node::Call(call) if call.function.name == "AppRoleAssignmentsComplex")
    }

    /// Whether a null or empty result leaves the target as it is (`IgnoreFlowIfNullOrEmpty`).
    pub(crate) fn ignores_flow_if_null_or_empty(&self) -> bool {
        matches!(&self.0, Node::Call(call) if call.function.name == "IgnoreFlowIfNullOrEmpty")
    }

    pub(crate) fn into_node(self) -> Node {
        self.0
    }

    pub(crate) fn is_call(&self) -> bool {
        matches!(self.0, Node::Call(_))
    }
}

impl Trace {
    /// A step without arguments.
    pub(crate) fn leaf(expression: String, value: Value) -> Trace {
        Trace { expression, value, children: Vec::new() }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// One part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// `[attribute]`
    Attribute(String),
    /// `"text"`
    Text(String),
    /// `42`, `&HF`
    Integer(i64),
    /// An enum name such as `vbBinaryCompare`.
    Name(&'static str),
    /// `[a] = "b"`, only as the condition of `IIF` or `CBool`.
    Comparison(Box<Comparison>),
    /// `Function(…)`
    Call(Call),
}

/// A function call. An argument that is `None` was left empty, which is null and not the empty text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) function: &'static Function,
    pub(crate) arguments: Vec<Option<Node>>,
    /// The call's pattern, compiled once, when it is a constant.
    pub(crate) pattern: Option<Pattern>,
}

/// The condition of an `IIF` or `CBool`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) left: Node,
    pub(crate) operator: ComparisonOperator,
    pub(crate) right: Node,
}

/// The operators of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ComparisonOperator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Node {
    fn for_each_call(&self, visit: &mut dyn FnMut(&'static Function)) {
        match self {
            Node::Attribute(_) | Node::Text(_) | Node::Integer(_) | Node::Name(_) => {}
            Node::Comparison(comparison) => {
                comparison.left.for_each_call(visit);
                comparison.right.for_each_call(visit);
            }
            Node::Call(call) => {
                visit(call.function);
                call.arguments.iter().flatten().for_each(|argument| argument.for_each_call(visit));
            }
        }
    }

    fn any_call(&self, test: &dyn Fn(&Function) -> bool) -> bool {
        let mut found = false;
        self.for_each_call(&mut |function| found |= test(function));
        found
    }

    fn collect_attributes<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Node::Attribute(name) if !names.contains(&name.as_str()) => names.push(name),
            Node::Attribute(_) | Node::Text(_) | Node::Integer(_) | Node::Name(_) => {}
            Node::Comparison(comparison) => {
                comparison.left.collect_attributes(names);
                comparison.right.collect_attributes(names);
            }
            Node::Call(call) => {
                for argument in call.arguments.iter().flatten() {
                    argument.collect_attributes(names);
                }
            }
        }
    }
}
