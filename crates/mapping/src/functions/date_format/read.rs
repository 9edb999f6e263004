//! Reading an instant.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use super::{DAYS, MONTHS, Part, parts, utc};

/// The instant that `text` means in a .NET format, or `None` when it does not have that format.
///
/// White space around the text is ignored, a time without an offset is in UTC, and date parts that the format
/// lacks are those of `now`, as .NET takes them from the current day.
pub(crate) fn read(text: &str, format: &str, now: Timestamp) -> Option<Timestamp> {
    let mut reader = Reader { rest: text.trim(), fields: Fields::default() };
    for part in parts(format.trim()) {
        match part {
            Part::Literal(character) => reader.rest = reader.rest.strip_prefix(character)?,
            Part::Specifier(letter, length) => reader.field(letter, length)?,
        }
    }
    if reader.rest.is_empty() { reader.fields.instant(now) } else { None }
}

struct Reader<'a> {
    rest: &'a str,
    fields: Fields,
}

#[derive(Default)]
struct Fields {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    hour: i64,
    /// Whether the hour counts to twelve, and in the second half of the day.
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    nanosecond: i64,
    offset_seconds: i64,
}

impl<'a> Reader<'a> {
    fn field(&mut self, letter: char, length: usize) -> Option<()> {
        // A single letter reads one or two digits, a doubled one exactly two.
        let least = length.min(2);
        match (letter, length) {
            ('y', 1 | 2) => self.fields.year = Some(century(self.number(least, 2)?)),
            ('y', _) => self.fields.year = Some(self.number(length, length)?),
            ('M', 1 | 2) => self.fields.month = Some(self.number(least, 2)?),
            ('M', _) => self.fields.month = Some(self.name(&MONTHS, length)? + 1),
            ('d', 1 | 2) => self.fields.day = Some(self.number(least, 2)?),
            ('d', _) => self.name(&DAYS, length).map(|_| ())?,
            ('h' | 'H', _) => self.fields.hour = self.number(least, 2)?,
            ('m', _) => self.fields.minute = self.number(least, 2)?,
            ('s', _) => self.fields.second = self.number(least, 2)?,
            ('f', _) => self.fields.nanosecond = self.fraction(length, length)?,
            ('F', _) => self.fields.nanosecond = self.fraction(0, length)?,
            ('t', _) => self.fields.afternoon = Some(self.half_of_day(length)?),
            ('z', _) => self.fields.offset_seconds = self.offset(length)?,
            ('K', _) => self.fields.offset_seconds = self.kind()?,
            (_, _) => return None,
        }
        Some(())
    }

    fn digits(&mut self, least: usize, most: usize) -> Option<&'a str> {
        let count = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        (count >= least).then_some(digits)
    }

    fn number(&mut self, least: usize, most: usize) -> Option<i64> {
        self.digits(least, most)?.parse().ok()
    }

    /// Digits behind the second, as nanoseconds; digits beyond the ninth are dropped.
    fn fraction(&mut self, least: usize, most: usize) -> Option<i64> {
        let digits = self.digits(least, most)?;
        format!("{digits:0<9}").get(..9)?.parse().ok()
    }

    /// The position of the name that stands here, in full or as its first three letters.
    fn name(&mut self, names: &[&str], length: usize) -> Option<i64> {
        let spelled = |name: &&str| if length == 3 { name.get(..3).map(str::len) } else { Some(name.len()) };
        let index = names.iter().position(|name| {
            let here = spelled(name).and_then(|length| self.rest.get(..length));
            here.is_some_and(|here| {
                name.get(..here.len()).is_some_and(|name| name.eq_ignore_ascii_case(here))
            })
        })?;
        self.rest = self.rest.get(spelled(names.get(index)?)?..)?;
        i64::try_from(index).ok()
    }

    fn half_of_day(&mut self, length: usize) -> Option<bool> {
        let (here, rest) = self.rest.split_at_checked(length.min(2))?;
        self.rest = rest;
        let is = |half: &str| half.get(..here.len()).is_some_and(|half| half.eq_ignore_ascii_case(here));
        if is("AM") { Some(false) } else { is("PM").then_some(true) }
    }

    /// `+8`, `+08` or `+08:00`, in seconds east of UTC.
    fn offset(&mut self, length: usize) -> Option<i64> {
        let sign = if self.rest.starts_with('-') { -1 } else { 1 };
        self.rest = self.rest.strip_prefix(['+', '-'])?;
        let hours = self.number(length.min(2), 2)?;
        let mut minutes = 0;
        if length > 2 {
            self.rest = self.rest.strip_prefix(':').unwrap_or(self.rest);
            minutes = self.number(2, 2)?;
        }
        Some(sign * (hours * 3600 + minutes * 60))
    }

    /// `Z`, an offset, or nothing.
    fn kind(&mut self) -> Option<i64> {
        if let Some(rest) = self.rest.strip_prefix(['Z', 'z']) {
            self.rest = rest;
            return Some(0);
        }
        if self.rest.is_empty() { Some(0) } else { self.offset(3) }
    }
}

/// Two digits mean a year up to 2049, as in .NET.
fn century(year: i64) -> i64 {
    if year < 50 { 2000 + year } else { 1900 + year }
}

impl Fields {
    fn instant(&self, now: Timestamp) -> Option<Timestamp> {
        let today = utc(now);
        let given = self.year.is_some() || self.month.is_some() || self.day.is_some();
        let absent = |today: i8| if given { 1 } else { i64::from(today) };
        let time = DateTime::new(
            self.year.unwrap_or(i64::from(today.year())).try_into().ok()?,
            self.month.unwrap_or(absent(today.month())).try_into().ok()?,
            self.day.unwrap_or(absent(today.day())).try_into().ok()?,
            self.hour_of_day()?.try_into().ok()?,
            self.minute.try_into().ok()?,
            self.second.try_into().ok()?,
            self.nanosecond.try_into().ok()?,
        )
        .ok()?;
        let offset = Offset::from_seconds(self.offset_seconds.try_into().ok()?).ok()?;
        TimeZone::fixed(offset).to_timestamp(time).ok()
    }

    fn hour_of_day(&self) -> Option<i64> {
        match self.afternoon {
            None => Some(self.hour),
            // Twelve comes before one; an hour past twelve contradicts AM and PM.
            Some(afternoon) if self.hour <= 12 => Some(self.hour % 12 + if afternoon { 12 } else { 0 }),
            Some(_) => None,
        }
    }
}
