//! Resolving a filter against a resource type: every name is looked up once and every literal is turned
//! into the form its attribute compares by.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Number;

use super::{AttributePath, Filter, Literal, Op};
use crate::error::Error;
use crate::quirks::{self, Tolerance};
use crate::resource_type::{AttributeRef, ResourceType};
use crate::schema::{Attribute, Returned, Type};
use crate::value::{comparable, compared_attribute, instant};

/// A filter whose names and literals are known to fit a resource type.
#[derive(Debug, Clone)]
pub struct ResolvedFilter {
    pub(super) root: Node,
}

/// A filter on one value of a multi-valued attribute: what stands between the brackets of a value path.
#[derive(Debug, Clone)]
pub struct ValueFilter {
    pub(super) root: Node,
}

#[derive(Debug, Clone)]
pub(super) enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Compare(Place, Test),
    Present(Place),
    Value(Arc<AttributeRef>, Box<Node>),
}

/// Where the values of a comparison are found.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// Of a resource.
    Resource(Arc<AttributeRef>),
    /// Of one value of the complex attribute: its sub-attribute.
    Part(Arc<AttributeRef>),
    /// The value of a simple multi-valued attribute itself, called `value` in a value path.
    Itself(Arc<AttributeRef>),
}

/// A comparison with a literal already in comparable form. `ne` is the negation of `Eq`.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Text { op: Op, case_exact: bool, text: String },
    Boolean(bool),
    Number(Op, Number),
    Instant(Op, Timestamp),
}

impl Filter {
    /// Resolves the filter against a resource type.
    ///
    /// # Errors
    /// 400 `invalidFilter` for an unknown attribute, an operator the attribute type does not have, or a
    /// literal of another type; 403 `sensitive` for an attribute that is never returned, since a filter
    /// would reveal it.
    pub fn resolve(
        &self,
        resource_type: &ResourceType,
        tolerance: &Tolerance,
    ) -> Result<ResolvedFilter, Error> {
        Ok(ResolvedFilter { root: resolve(self, &Scope::Resource(resource_type), tolerance)? })
    }

    /// Resolves the filter against each of these resource types (RFC 7644 §3.4.2.1). An attribute that one of them does
    /// not have is one without a value there.
    ///
    /// # Errors
    /// As [`Filter::resolve`]; an attribute is unknown if none of the types has it.
    pub fn resolve_each(
        &self,
        types: &[&ResourceType],
        tolerance: &Tolerance,
    ) -> Result<Vec<ResolvedFilter>, Error> {
        let mut paths = Vec::new();
        self.paths(&mut paths);
        let is_known = |path: &AttributePath| types.iter().any(|kind| find(kind, path).is_some());
        if let Some(path) = paths.into_iter().find(|path| !is_known(path)) {
            return Err(unknown(path, "no resource type here"));
        }
        let resolved = |kind: &&ResourceType| {
            Ok(ResolvedFilter { root: resolve(self, &Scope::AnyResource(kind), tolerance)? })
        };
        types.iter().map(resolved).collect()
    }

    /// The paths to attributes of a resource.
    fn paths<'f>(&'f self, paths: &mut Vec<&'f AttributePath>) {
        match self {
            Self::And(operands) | Self::Or(operands) => {
                operands.iter().for_each(|operand| operand.paths(paths));
            }
            Self::Not(operand) => operand.paths(paths),
            Self::Compare { path, .. } | Self::Present(path) | Self::ValuePath { path, .. } => {
                paths.push(path)
            }
        }
    }

    /// Resolves the filter as the value filter of a multi-valued attribute.
    ///
    /// # Errors
    /// As [`Filter::resolve`].
    pub fn resolve_value(
        &self,
        resource_type: &ResourceType,
        attribute: &AttributeRef,
        tolerance: &Tolerance,
    ) -> Result<ValueFilter, Error> {
        Ok(ValueFilter { root: resolve(self, &Scope::Value(resource_type, attribute), tolerance)? })
    }
}

enum Scope<'a> {
    Resource(&'a ResourceType),
    /// As `Resource`, but the filter may name attributes of other types.
    AnyResource(&'a ResourceType),
    Value(&'a ResourceType, &'a AttributeRef),
}

impl Scope<'_> {
    fn place(&self, path: &AttributePath) -> Result<Place, Error> {
        match self {
            Self::Resource(resource_type) | Self::AnyResource(resource_type) => find(resource_type, path)
                .map(|found| Place::Resource(Arc::clone(found)))
                .ok_or_else(|| unknown(path, &resource_type.name)),
            Self::Value(resource_type, parent) => place_in_value(resource_type, parent, path)
                .ok_or_else(|| unknown(path, &format!("a value of {}", parent.attribute.name))),
        }
    }
}

fn find<'t>(resource_type: &'t ResourceType, path: &AttributePath) -> Option<&'t Arc<AttributeRef>> {
    resource_type.find_attribute(path.urn.as_deref(), &path.attribute, path.sub.as_deref())
}

/// A name in a value path is a sub-attribute of the attribute in front of the bracket.
fn place_in_value(
    resource_type: &ResourceType,
    parent: &AttributeRef,
    path: &AttributePath,
) -> Option<Place> {
    if path.urn.is_some() || path.sub.is_some() {
        return None;
    }
    let urn = parent.extension.as_deref();
    if parent.attribute.is_complex() {
        let found = resource_type.find_attribute(urn, &parent.attribute.name, Some(&path.attribute))?;
        return Some(Place::Part(Arc::clone(found)));
    }
    if !path.attribute.eq_ignore_ascii_case("value") {
        return None;
    }
    resource_type
        .find_attribute(urn, &parent.attribute.name, None)
        .map(|found| Place::Itself(Arc::clone(found)))
}

fn unknown(path: &AttributePath, owner: &str) -> Error {
    Error::invalid_filter(format!("filter: {owner} has no attribute '{path}'"))
}

fn resolve(filter: &Filter, scope: &Scope<'_>, tolerance: &Tolerance) -> Result<Node, Error> {
    let all = |operands: &[Filter]| -> Result<Vec<Node>, Error> {
        operands.iter().map(|operand| resolve(operand, scope, tolerance)).collect()
    };
    if let Some(node) = foreign(filter, scope) {
        return Ok(node);
    }
    match filter {
        Filter::And(operands) => Ok(Node::And(all(operands)?)),
        Filter::Or(operands) => Ok(Node::Or(all(operands)?)),
        Filter::Not(operand) => Ok(Node::Not(Box::new(resolve(operand, scope, tolerance)?))),
        Filter::Present(path) => {
            note_spelling(path, tolerance)?;
            let place = scope.place(path)?;
            check_readable(place.attribute(), path)?;
            Ok(Node::Present(place))
        }
        Filter::Compare { path, op, value } => {
            note_spelling(path, tolerance)?;
            let place = scope.place(path)?;
            if place.attribute().kind == Type::Boolean {
                quirks::note_boolean(value, tolerance)?;
            }
            compare(place, path, *op, value)
        }
        Filter::ValuePath { path, filter } => value_path(scope, path, filter, tolerance),
    }
}

/// What a condition on an attribute of another resource type comes to: there is no value that could satisfy it.
fn foreign(filter: &Filter, scope: &Scope<'_>) -> Option<Node> {
    let Scope::AnyResource(resource_type) = scope else { return None };
    let (path, holds) = match filter {
        Filter::Compare { path, op: Op::Ne, value } => (path, !matches!(value, Literal::Null)),
        Filter::Compare { path, op: Op::Eq, value } => (path, matches!(value, Literal::Null)),
        Filter::Compare { path, .. } | Filter::Present(path) | Filter::ValuePath { path, .. } => {
            (path, false)
        }
        Filter::And(_) | Filter::Or(_) | Filter::Not(_) => return None,
    };
    let nothing = Node::Or(Vec::new());
    let node = if holds { Node::Not(Box::new(nothing)) } else { nothing };
    find(resource_type, path).is_none().then_some(node)
}

fn note_spelling(path: &AttributePath, tolerance: &Tolerance) -> Result<(), Error> {
    path.urn.as_deref().map_or(Ok(()), |urn| quirks::note_spelling(urn, tolerance))
}

fn value_path(
    scope: &Scope<'_>,
    path: &AttributePath,
    filter: &Filter,
    tolerance: &Tolerance,
) -> Result<Node, Error> {
    let (Scope::Resource(resource_type) | Scope::AnyResource(resource_type), Place::Resource(attribute)) =
        (scope, scope.place(path)?)
    else {
        return Err(Error::invalid_filter("filter: a value filter cannot contain another '['"));
    };
    if attribute.sub_attribute.is_some() || !attribute.attribute.multi_valued {
        return Err(Error::invalid_filter(format!(
            "filter: '{path}' has a single value, so '[' cannot follow; write {path}.sub-attribute"
        )));
    }
    check_readable(&attribute.attribute, path)?;
    let inner = resolve(filter, &Scope::Value(resource_type, &attribute), tolerance)?;
    Ok(Node::Value(attribute, Box::new(inner)))
}

/// A filter on a secret would let a client guess it one comparison at a time (RFC 7644 §7.5.2).
fn check_readable(attribute: &Attribute, path: &AttributePath) -> Result<(), Error> {
    if attribute.returned == Returned::Never {
        return Err(Error::sensitive(format!(
            "filter: '{path}' is never returned and cannot be filtered by"
        )));
    }
    Ok(())
}

impl Place {
    /// The attribute whose values are found here.
    pub(super) fn attribute(&self) -> &Attribute {
        match self {
            Self::Resource(found) | Self::Part(found) | Self::Itself(found) => found.leaf(),
        }
    }
}

fn compare(place: Place, path: &AttributePath, op: Op, literal: &Literal) -> Result<Node, Error> {
    check_readable(place.attribute(), path)?;
    if matches!(literal, Literal::Null) {
        return compare_null(place, path, op);
    }
    let Some(attribute) = compared_attribute(place.attribute()) else {
        return Err(Error::invalid_filter(format!(
            "filter: '{path}' is complex; compare one of its sub-attributes, such as {path}.{}",
            place.attribute().sub_attributes.first().map_or("value", |sub_attribute| &sub_attribute.name)
        )));
    };
    // `ne` is true exactly when `eq` is not, so also when the attribute has no value.
    let (effective, negated) = if op == Op::Ne { (Op::Eq, true) } else { (op, false) };
    let test = test(attribute, path, effective, literal)?;
    let node = Node::Compare(place, test);
    Ok(if negated { Node::Not(Box::new(node)) } else { node })
}

/// RFC 7643 §2.5: `null` is the absence of a value.
fn compare_null(place: Place, path: &AttributePath, op: Op) -> Result<Node, Error> {
    match op {
        Op::Eq => Ok(Node::Not(Box::new(Node::Present(place)))),
        Op::Ne => Ok(Node::Present(place)),
        Op::Co | Op::Sw | Op::Ew | Op::Gt | Op::Ge | Op::Lt | Op::Le => Err(Error::invalid_filter(format!(
            "filter: '{path} {op} null' has no meaning; use pr or eq null"
        ))),
    }
}

fn test(attribute: &Attribute, path: &AttributePath, op: Op, literal: &Literal) -> Result<Test, Error> {
    let wrong_operator = || {
        let kind = kind_name(attribute.kind);
        Error::invalid_filter(format!("filter: '{path}' is {kind}, which operator {op} cannot compare"))
    };
    let wrong_literal = || {
        let kind = kind_name(attribute.kind);
        Error::invalid_filter(format!("filter: '{path}' is {kind}, which {literal} is not"))
    };
    match attribute.kind {
        Type::Boolean => match quirks::literal_boolean(literal) {
            Some(_) if op != Op::Eq => Err(wrong_operator()),
            Some(boolean) => Ok(Test::Boolean(boolean)),
            None => Err(wrong_literal()),
        },
        Type::Integer | Type::Decimal => match literal {
            Literal::Number(_) if op.is_substring() => Err(wrong_operator()),
            Literal::Number(number) => Ok(Test::Number(op, number.clone())),
            Literal::String(_) | Literal::Boolean(_) | Literal::Null => Err(wrong_literal()),
        },
        Type::DateTime => match literal {
            Literal::String(text) if op.is_substring() => Ok(text_test(attribute, op, text)),
            Literal::String(text) => Ok(Test::Instant(op, instant(text).ok_or_else(wrong_literal)?)),
            Literal::Number(_) | Literal::Boolean(_) | Literal::Null => Err(wrong_literal()),
        },
        Type::Binary | Type::Complex if op.is_ordering() => Err(wrong_operator()),
        Type::String | Type::Reference | Type::Binary | Type::Complex => match literal {
            Literal::String(text) => Ok(text_test(attribute, op, text)),
            Literal::Number(_) | Literal::Boolean(_) | Literal::Null => Err(wrong_literal()),
        },
    }
}

fn text_test(attribute: &Attribute, op: Op, text: &str) -> Test {
    Test::Text { op, case_exact: attribute.case_exact, text: comparable(attribute, text).into_owned() }
}

fn kind_name(kind: Type) -> &'static str {
    match kind {
        Type::String => "a string",
        Type::Boolean => "a boolean",
        Type::Decimal => "a number",
        Type::Integer => "an integer",
        Type::DateTime => "a dateTime",
        Type::Binary => "binary",
        Type::Reference => "a reference",
        Type::Complex => "complex",
    }
}
