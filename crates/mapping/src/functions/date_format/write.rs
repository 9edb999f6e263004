//! Printing an instant.

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::{DAYS, MONTHS, Part, parts, utc};

/// `instant` in UTC in a .NET format.
pub(crate) fn write(instant: Timestamp, format: &str) -> String {
    let time = utc(instant);
    let mut output = String::new();
    for part in parts(format) {
        match part {
            Part::Literal(character) => output.push(character),
            Part::Specifier(letter, length) => output.push_str(&field(time, letter, length)),
        }
    }
    output
}

fn field(time: DateTime, letter: char, length: usize) -> String {
    match (letter, length) {
        ('y', 1 | 2) => digits(i64::from(time.year()) % 100, length),
        ('y', _) => digits(i64::from(time.year()), length),
        ('M', 1 | 2) => digits(i64::from(time.month()), length),
        ('M', _) => name(&MONTHS, i64::from(time.month()) - 1, length),
        ('d', 1 | 2) => digits(i64::from(time.day()), length),
        ('d', _) => name(&DAYS, i64::from(time.weekday().to_sunday_zero_offset()), length),
        ('h', _) => digits((i64::from(time.hour()) + 11) % 12 + 1, length.min(2)),
        ('H', _) => digits(i64::from(time.hour()), length.min(2)),
        ('m', _) => digits(i64::from(time.minute()), length.min(2)),
        ('s', _) => digits(i64::from(time.second()), length.min(2)),
        ('f', _) => fraction(time, length),
        ('F', _) => fraction(time, length).trim_end_matches('0').to_owned(),
        ('t', _) => (if time.hour() < 12 { "AM" } else { "PM" }).chars().take(length).collect(),
        ('z', 1) => "+0".to_owned(),
        ('z', 2) => "+00".to_owned(),
        ('z', _) => "+00:00".to_owned(),
        ('K', _) => "Z".repeat(length),
        (other, _) => other.to_string().repeat(length),
    }
}

/// `number` with leading zeros, of which there are no more than a year of any calendar needs.
fn digits(number: i64, width: usize) -> String {
    format!("{number:0width$}", width = width.min(9))
}

/// The full name from four letters on, else its first three characters.
fn name(names: &[&str], index: i64, length: usize) -> String {
    let name = usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or_default();
    name.chars().take(if length == 3 { 3 } else { usize::MAX }).collect()
}

fn fraction(time: DateTime, length: usize) -> String {
    format!("{:09}", time.subsec_nanosecond()).chars().take(length).collect()
}
