//! Instants and their formats.

use jiff::Timestamp;

use super::{Arguments, Function, date_format};
use crate::expression::{Failure, Fault};
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("CDate", &["expression"], c_date),
    Function::new("DateFromNum", &["value"], date_from_num),
    Function::new(
        "FormatDateTime",
        &["source", "dateTimeStyles", "inputFormat", "outputFormat"],
        format_date_time,
    )
    .required(3),
    Function::new("IsDate", &["expression"], is_date).connect(),
    Function::new("Now", &[], now),
    Function::new("NumFromDate", &["value"], num_from_date),
];

fn now(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    Ok(Value::DateTime(arguments.now()))
}

fn c_date(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    Ok(arguments.instant(0)?.map_or(Value::Null, Value::DateTime))
}

/// Whether `CDate` gives a date.
fn is_date(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let now = arguments.now();
    Ok(Value::Boolean(match arguments.value(0)?.into_single() {
        Some(Value::DateTime(_)) => true,
        Some(value) => date_format::read_any(&value.to_string(), now).is_some(),
        None => false,
    }))
}

/// 1601-01-01 in Unix time, where Active Directory's file times begin, in 100 nanoseconds.
const FILE_TIME_EPOCH: i128 = -116_444_736_000_000_000;

/// A file time counts 100 nanoseconds from 1601 on, in UTC.
fn date_from_num(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let Some(number) = arguments.integer(0)? else { return Ok(Value::Null) };
    let instant = Timestamp::from_nanosecond((i128::from(number) + FILE_TIME_EPOCH) * 100);
    Ok(Value::DateTime(instant.map_err(|_| Fault::DateOutOfRange)?))
}

fn num_from_date(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let Some(instant) = arguments.instant(0)? else { return Ok(Value::Null) };
    let number = instant.as_nanosecond().div_euclid(100) - FILE_TIME_EPOCH;
    Ok(Value::Integer(i64::try_from(number).map_err(|_| Fault::DateOutOfRange)?))
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
