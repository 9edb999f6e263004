//! Instants and their formats.

use super::{Arguments, Function, date_format};
use crate::expression::{Failure, Fault};
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "FormatDateTime",
        &["source", "dateTimeStyles", "inputFormat", "outputFormat"],
        format_date_time,
    )
    .required(3),
    Function::new("Now", &[], now),
];

fn now(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    Ok(Value::DateTime(arguments.now()))
}

/// Three arguments leave the styles out, as the cloud sync edition is called. The styles make no difference:
/// white space around the source is always allowed and results are always in UTC.
fn format_date_time(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let input = if arguments.count() == 3 { 1 } else { 2 };
    let source = match arguments.single(0)? {
        value if value.is_null_or_empty() => return Ok(Value::Null),
        value => value,
    };
    let format = arguments.text(input)?.unwrap_or_else(|| date_format::GENERAL.to_owned());
    let output = arguments.required_text(input + 1)?;
    let instant = match source {
        Value::DateTime(instant) => instant,
        other => {
            let parameter = arguments.parameter(0);
            let instant = date_format::read(&other.to_string(), &format, arguments.now());
            instant.ok_or(Fault::DateFormat { parameter, format })?
        }
    };
    Ok(Value::Text(date_format::write(instant, &output)))
}
