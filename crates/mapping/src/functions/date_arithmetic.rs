//! `DateAdd` and `DateDiff`, which count as .NET's `Microsoft.VisualBasic.DateAndTime` does.

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::{Arguments, Function};
use crate::expression::{Failure, Fault};
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("DateAdd", &["interval", "value", "dateTime"], date_add),
    Function::new("DateDiff", &["interval", "date1", "date2"], date_diff),
];

/// What is counted.
#[derive(Clone, Copy)]
enum Interval {
    Years,
    Quarters,
    Months,
    /// `w` in a difference: spans of seven days, wherever they begin.
    Weekdays,
    /// `ww`: weeks of the calendar, which begin on Sunday.
    Weeks,
    Days,
    Hours,
    Minutes,
    Seconds,
}

impl Interval {
    /// `y`, the day of the year, counts days; so does `w`, the weekday, when it is added.
    fn of(text: &str) -> Option<Interval> {
        match text {
            "yyyy" => Some(Interval::Years),
            "q" => Some(Interval::Quarters),
            "m" => Some(Interval::Months),
            "w" => Some(Interval::Weekdays),
            "ww" => Some(Interval::Weeks),
            "d" | "y" => Some(Interval::Days),
            "h" => Some(Interval::Hours),
            "n" => Some(Interval::Minutes),
            "s" => Some(Interval::Seconds),
            _ => None,
        }
    }
}

fn interval(arguments: &mut Arguments<'_, '_>) -> Result<Interval, Failure> {
    let text = arguments.required_text(0)?;
    let expected = "yyyy, q, m, ww, w, d, y, h, n or s";
    let parameter = arguments.parameter(0);
    Ok(Interval::of(&text).ok_or(Fault::Unexpected { parameter, expected })?)
}

/// Months and years go by the calendar; a day that the month does not have becomes its last.
fn date_add(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let interval = interval(arguments)?;
    let value = arguments.required_integer(1)?;
    let Some(instant) = arguments.instant(2)? else { return Ok(Value::Null) };
    Ok(Value::DateTime(added(instant, interval, value).ok_or(Fault::DateOutOfRange)?))
}

fn added(instant: Timestamp, interval: Interval, value: i64) -> Option<Timestamp> {
    let span = Span::new();
    let span = match interval {
        Interval::Years => span.try_years(value),
        Interval::Quarters => span.try_months(value.checked_mul(3)?),
        Interval::Months => span.try_months(value),
        Interval::Weeks => span.try_weeks(value),
        Interval::Days | Interval::Weekdays => span.try_days(value),
        Interval::Hours => span.try_hours(value),
        Interval::Minutes => span.try_minutes(value),
        Interval::Seconds => span.try_seconds(value),
    };
    let moved = utc(instant).checked_add(span.ok()?).ok()?;
    TimeZone::UTC.to_timestamp(moved).ok()
}

/// Positive when the second date is the later one.
fn date_diff(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let interval = interval(arguments)?;
    let (Some(from), Some(to)) = (arguments.instant(1)?, arguments.instant(2)?) else {
        return Ok(Value::Null);
    };
    Ok(Value::Integer(difference(from, to, interval)))
}

fn difference(from: Timestamp, to: Timestamp, interval: Interval) -> i64 {
    // Whole seconds first would round a span that ends before the full second; .NET cuts the span itself.
    let nanoseconds = to.as_nanosecond() - from.as_nanosecond();
    let whole = |seconds: i128| i64::try_from(nanoseconds / (seconds * 1_000_000_000)).unwrap_or_default();
    let (first, second) = (utc(from), utc(to));
    match interval {
        Interval::Seconds => whole(1),
        Interval::Minutes => whole(60),
        Interval::Hours => whole(3_600),
        Interval::Days => whole(86_400),
        Interval::Weekdays => whole(7 * 86_400),
        Interval::Weeks => sunday(second) - sunday(first),
        Interval::Months => months(second) - months(first),
        Interval::Quarters => months(second).div_euclid(3) - months(first).div_euclid(3),
        Interval::Years => i64::from(second.year()) - i64::from(first.year()),
    }
}

fn utc(instant: Timestamp) -> DateTime {
    TimeZone::UTC.to_datetime(instant)
}

/// The number of the calendar week, counted from any Sunday.
fn sunday(time: DateTime) -> i64 {
    let days =
        TimeZone::UTC.to_timestamp(time.start_of_day()).map_or(0, |day| day.as_second().div_euclid(86_400));
    (days - i64::from(time.weekday().since(Weekday::Sunday))).div_euclid(7)
}

/// Months since the year 0.
fn months(time: DateTime) -> i64 {
    i64::from(time.year()) * 12 + i64::from(time.month()) - 1
}
