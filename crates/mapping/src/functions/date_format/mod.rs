//! .NET custom date and time formats with the invariant culture, always in UTC.

mod any;
mod read;
mod write;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(crate) use any::read_any;
pub(crate) use read::read;
pub(crate) use write::write;

/// How an instant prints when no format is given, such as `7/2/2021 3:33:38 PM`.
pub(crate) const GENERAL: &str = "M/d/yyyy h:mm:ss tt";

/// `instant` in the [`GENERAL`] format.
pub(crate) fn general(instant: Timestamp) -> String {
    write(instant, GENERAL)
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Formats of one letter stand for a whole format.
const STANDARD: &[(&str, &str)] = &[
    ("d", "MM/dd/yyyy"),
    ("D", "dddd, dd MMMM yyyy"),
    ("G", "MM/dd/yyyy HH:mm:ss"),
    ("O", "yyyy-MM-ddTHH:mm:ss.fffffffK"),
    ("o", "yyyy-MM-ddTHH:mm:ss.fffffffK"),
    ("s", "yyyy-MM-ddTHH:mm:ss"),
    ("t", "HH:mm"),
    ("T", "HH:mm:ss"),
    ("u", "yyyy-MM-dd HH:mm:ssZ"),
];

/// A part of a format: a specifier letter with its repetitions, or a character that stands for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Specifier(char, usize),
    Literal(char),
}

/// Splits a format into its parts.
fn parts(format: &str) -> Vec<Part> {
    let format = STANDARD.iter().find(|(letter, _)| *letter == format).map_or(format, |(_, format)| format);
    let mut parts = Vec::new();
    let mut characters = format.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => parts.extend(characters.next().map(Part::Literal)),
            '\'' | '"' => {
                parts.extend(characters.by_ref().take_while(|next| *next != character).map(Part::Literal));
            }
            // A lone specifier may be marked so that it is not taken for a standard format.
            '%' => {}
            'd' | 'f' | 'F' | 'h' | 'H' | 'K' | 'm' | 'M' | 's' | 't' | 'y' | 'z' => {
                let mut length = 1;
                while characters.next_if_eq(&character).is_some() {
                    length += 1;
                }
                parts.push(Part::Specifier(character, length));
            }
            literal => parts.push(Part::Literal(literal)),
        }
    }
    parts
}

fn utc(instant: Timestamp) -> jiff::civil::DateTime {
    TimeZone::UTC.to_datetime(instant)
}
