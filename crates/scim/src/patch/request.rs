//! The PATCH message (RFC 7644 §3.5.2).

use serde_json::Value;

use crate::error::Error;
use crate::limits::MAX_PATCH_OPERATIONS;
use crate::path::Path;
use crate::quirks::{Quirk, Tolerance};
use crate::value::member;

/// A PATCH message as sent.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchRequest {
    /// The operations in order.
    pub operations: Vec<Operation>,
}

/// One operation of a PATCH message.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// What to do.
    pub op: Op,
    /// Where; without it, the names in `value` say where.
    pub path: Option<Path>,
    /// The value, with `null` distinct from absent.
    pub value: Option<Value>,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// Adds values or sets an attribute.
    Add,
    /// Sets an attribute.
    Replace,
    /// Removes an attribute or some of its values.
    Remove,
}

impl PatchRequest {
    /// Reads a PATCH message. Names and `op` may be in any letter case, as Entra writes `Add` and `Replace`;
    /// `schemas` is not insisted upon.
    ///
    /// # Errors
    /// 400 `invalidSyntax` if it is no PATCH message, has no or too many operations, or an unknown `op`;
    /// 400 `invalidPath` for a malformed path; 400 `noTarget` for a `remove` without path; 400 `invalidValue`
    /// for an `add` or `replace` without value.
    pub fn parse(body: &Value, tolerance: &Tolerance) -> Result<Self, Error> {
        let Some(Value::Array(list)) = body.as_object().and_then(|body| member(body, "Operations")) else {
            return Err(Error::invalid_syntax("a PATCH body needs a list named Operations"));
        };
        if list.is_empty() {
            let refusal = || Error::invalid_syntax("Operations must hold at least one operation");
            tolerance.require(Quirk::EmptyOperations, refusal)?;
        }
        if list.len() > MAX_PATCH_OPERATIONS {
            let message = format!(
                "Operations holds more than {MAX_PATCH_OPERATIONS} operations; send several requests"
            );
            return Err(Error::invalid_syntax(message));
        }
        let operations =
            list.iter().map(|operation| Operation::parse(operation, tolerance)).collect::<Result<_, _>>()?;
        Ok(Self { operations })
    }
}

impl Operation {
    fn parse(operation: &Value, tolerance: &Tolerance) -> Result<Self, Error> {
        let Value::Object(operation) = operation else {
            return Err(Error::invalid_syntax("an operation must be an object"));
        };
        let op = parse_op(member(operation, "op"), tolerance)?;
        let path = match member(operation, "path") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.is_empty() => None,
            Some(Value::String(text)) => Some(Path::parse(text)?),
            Some(_) => return Err(Error::invalid_path("path must be a string")),
        };
        let value = member(operation, "value").cloned();
        match op {
            // RFC 7644 §3.5.2.2: "If "path" is unspecified, the operation fails with … "noTarget"".
            Op::Remove if path.is_none() => Err(Error::no_target("remove needs a path")),
            Op::Add | Op::Replace if value.is_none() => {
                Err(Error::invalid_value("add and replace need a value; send null to clear an attribute"))
            }
            Op::Add | Op::Replace | Op::Remove => Ok(Self { op, path, value }),
        }
    }
}

fn parse_op(op: Option<&Value>, tolerance: &Tolerance) -> Result<Op, Error> {
    let refusal = || Error::invalid_syntax("op must be add, replace or remove");
    let written = op.and_then(Value::as_str).unwrap_or_default();
    let known = [("add", Op::Add), ("replace", Op::Replace), ("remove", Op::Remove)];
    let (name, op) =
        known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(written)).ok_or_else(refusal)?;
    if name != written {
        tolerance.require(Quirk::CapitalizedOps, refusal)?;
    }
    Ok(op)
}
