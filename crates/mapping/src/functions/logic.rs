//! Conditions and choices.

use super::{Arguments, Function};
use crate::expression::{Call, Comparison, ComparisonOperator, Failure, Fault, Node, ParseError};
use crate::pattern::Pattern;
use crate::value::Value;

/// The function whose argument only the target gets to see.
pub(crate) const REDACT: &str = "Redact";

pub(super) static FUNCTIONS: &[Function] = &[
    Function { condition: true, ..Function::new("CBool", &["expression"], c_bool) },
    Function::new("Coalesce", &["source"], coalesce).repeating(1),
    Function::new("Error", &["message"], error).cloud_sync(),
    Function {
        condition: true,
        prepare: check_condition,
        ..Function::new("IIF", &["condition", "valueIfTrue", "valueIfFalse"], iif)
    },
    Function::new("IgnoreFlowIfNullOrEmpty", &["expression"], ignore_flow_if_null_or_empty),
    Function::new("IsNull", &["expression"], is_null),
    Function::new("IsNullOrEmpty", &["expression"], is_null_or_empty),
    Function::new("IsPresent", &["expression"], is_present),
    Function::new("IsEmpty", &["expression"], is_empty).connect(),
    Function::new("IsString", &["expression"], is_string),
    Function::new("Not", &["source"], not),
    Function::new(REDACT, &["value"], redact),
    Function {
        prepare: check_pairs,
        ..Function::new("Switch", &["source", "defaultValue", "key", "value"], switch).repeating(2)
    },
];

fn c_bool(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    truth(arguments).map(Value::Boolean)
}

/// The first argument as a truth value: `True`, or a number that is not zero.
fn truth(arguments: &mut Arguments<'_, '_>) -> Result<bool, Failure> {
    let value = arguments.single(0)?;
    match &value {
        Value::Boolean(truth) => return Ok(*truth),
        Value::Text(text) if text.eq_ignore_ascii_case("true") => return Ok(true),
        Value::Text(text) if text.eq_ignore_ascii_case("false") => return Ok(false),
        _ if value.is_null_or_empty() => return Ok(false),
        Value::Null
        | Value::Text(_)
        | Value::Integer(_)
        | Value::DateTime(_)
        | Value::Complex(_)
        | Value::List(_) => {}
    }
    let expected = "True, False or a whole number";
    let number =
        value.as_integer().ok_or(Fault::Unexpected { parameter: arguments.parameter(0), expected })?;
    Ok(number != 0)
}

/// The first value that is not null; the empty text is a value.
fn coalesce(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    for index in 0..arguments.count() {
        let value = arguments.value(index)?;
        if !value.is_null() {
            return Ok(value);
        }
    }
    Ok(Value::Null)
}

fn iif(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let branch = if truth(arguments)? { 1 } else { 2 };
    arguments.value(branch)
}

/// Refuses conditions that Entra documents as unsupported: a null or empty attribute makes every condition
/// fail, so a test for emptiness would never do what it says.
fn check_condition(arguments: &[Option<Node>]) -> Result<Option<Pattern>, ParseError> {
    const HINT: &str = "use Switch, as in Switch([country], [country], \"\", \"Other\")";
    let never_holds = match arguments.first() {
        None | Some(None) => return Err(ParseError::new(0, "IIF needs a condition")),
        Some(Some(Node::Call(Call { function, .. }))) => {
            matches!(function.name, "IsNull" | "IsNullOrEmpty" | "IsPresent")
        }
        Some(Some(Node::Comparison(comparison))) => {
            let Comparison { left, operator, right } = comparison.as_ref();
            let is_empty = |node: &Node| matches!(node, Node::Text(text) if text.is_empty());
            *operator == ComparisonOperator::Equal && (is_empty(left) || is_empty(right))
        }
        Some(Some(_)) => false,
    };
    if never_holds {
        return Err(ParseError::new(0, "IIF cannot test for a null or empty value").with_hint(HINT));
    }
    Ok(None)
}

/// Fails the object with a message of the administrator's own.
fn error(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let message = arguments.required_text(0)?;
    Err(Fault::Raised { message }.into())
}

/// At the top of a mapping's expression a null result also keeps the attribute from flowing at all.
fn ignore_flow_if_null_or_empty(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let value = arguments.value(0)?;
    Ok(if value.is_null_or_empty() { Value::Null } else { value })
}

fn is_null(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    Ok(Value::Boolean(arguments.value(0)?.is_null()))
}

fn is_null_or_empty(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    Ok(Value::Boolean(arguments.value(0)?.is_null_or_empty()))
}

fn is_present(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    Ok(Value::Boolean(!arguments.value(0)?.is_null_or_empty()))
}

/// There is a text, and it is empty. An absent attribute is not empty but null.
fn is_empty(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let value = arguments.value(0)?;
    Ok(Value::Boolean(!value.is_null() && value.is_null_or_empty()))
}

/// Whether `CStr` gives a text: there is exactly one value.
fn is_string(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let single = arguments.value(0)?.into_single();
    Ok(Value::Boolean(single.is_some_and(|value| !value.is_null())))
}

/// The value itself; that it is shown to nobody is a matter of whoever shows it, see [`crate::REDACTED`].
fn redact(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    arguments.value(0)
}

/// `False` for true in any letter case, `True` for anything else.
fn not(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let source = arguments.text(0)?;
    Ok(Value::Boolean(!source.is_some_and(|text| text.eq_ignore_ascii_case("true"))))
}

/// Keys compare case-sensitively; the key `""` stands for an absent or empty source.
fn switch(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let source = arguments.text(0)?.unwrap_or_default();
    for key in (2..arguments.count()).step_by(2) {
        if key + 1 < arguments.count() && arguments.text(key)?.unwrap_or_default() == source {
            return arguments.value(key + 1);
        }
    }
    arguments.value(1)
}

fn check_pairs(arguments: &[Option<Node>]) -> Result<Option<Pattern>, ParseError> {
    match arguments.last() {
        Some(Some(_)) if arguments.len() % 2 == 1 => {
            Err(ParseError::new(0, "Switch has a key without a value")
                .with_hint("after the source and the default value, keys and values come in pairs"))
        }
        _ => Ok(None),
    }
}
