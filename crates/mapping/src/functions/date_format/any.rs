//! Reading an instant without being told its format.

use jiff::Timestamp;

use super::read;

/// The formats that .NET's invariant culture reads unasked and that directories use, the ones with an offset first.
/// A time without one is in UTC.
const FORMATS: &[&str] = &[
    "yyyy-MM-ddTHH:mm:ss.FFFFFFFK",
    "yyyy-MM-ddTHH:mm:ssK",
    "yyyy-MM-ddTHH:mmK",
    "yyyy-MM-dd HH:mm:ss.FFFFFFFK",
    "yyyy-MM-dd HH:mm:ssK",
    "yyyy-MM-dd HH:mm:ss zzz",
    "yyyy-MM-dd HH:mmK",
    "yyyy-MM-ddK",
    "yyyy/M/d H:mm:ss",
    "yyyy/M/d",
    "yyyy-MM",
    "M/d/yyyy h:mm:ss tt",
    "M/d/yyyy h:mm:ss tt zzz",
    "M/d/yyyy H:mm:ss",
    "M/d/yyyy H:mm:ss zzz",
    "M/d/yyyy h:mm tt",
    "M/d/yyyy H:mm",
    "M/d/yyyy",
    "ddd, d MMM yyyy HH:mm:ss 'GMT'",
    "d MMM yyyy HH:mm:ss",
    "d MMM yyyy",
    "d MMMM yyyy",
    "MMM d, yyyy",
    "MMMM d, yyyy",
    "dddd, d MMMM yyyy",
];

/// The instant that `text` means in the first format that fits.
pub(crate) fn read_any(text: &str, now: Timestamp) -> Option<Timestamp> {
    FORMATS.iter().find_map(|format| read(text, format, now))
}
