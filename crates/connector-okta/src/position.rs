//! The watermark: a position in the System Log. Pure.

use crate::event::LogEvent;
use crate::limits::{MAX_SEEN, OVERLAP, RETENTION};
use connector::{Error, Watermark};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// How far the log was read: everything since an instant is asked for again, and what was seen is left out.
///
/// An event may become visible after later ones. So the instant lies an overlap before the latest event that was seen,
/// and events are told apart by their `uuid`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Position {
    pub(crate) since: Timestamp,
    /// The `uuid`s of the events since then that were seen.
    seen: Vec<String>,
}

impl Position {
    /// Before a full read that begins at an instant by Okta's clock. Nothing was seen yet.
    pub(crate) fn before(instant: Timestamp) -> Self {
        Self { since: instant.checked_sub(OVERLAP).unwrap_or(instant), seen: Vec::new() }
    }

    /// A position that a read has stored.
    ///
    /// # Errors
    /// [`Error::WatermarkExpired`] when it is not one of this source, or the log does not reach back to it.
    pub(crate) fn parse(watermark: &Watermark, now: Timestamp) -> Result<Self, Error> {
        let position: Self = serde_json::from_str(&watermark.0).map_err(|_| Error::WatermarkExpired)?;
        let oldest = now.checked_sub(RETENTION).map_err(|_| Error::WatermarkExpired)?;
        if position.since < oldest { Err(Error::WatermarkExpired) } else { Ok(position) }
    }

    /// Those of the events since this position that were not seen before.
    pub(crate) fn news<'a>(&self, events: &'a [LogEvent]) -> Vec<&'a LogEvent> {
        let mut seen: HashSet<&str> = self.seen.iter().map(String::as_str).collect();
        events.iter().filter(|event| seen.insert(&event.uuid)).collect()
    }

    /// The position after the events since this one.
    pub(crate) fn after(&self, events: &[LogEvent]) -> Self {
        let latest = events.iter().map(|event| event.published).max();
        let since = latest.and_then(|latest| latest.checked_sub(OVERLAP).ok());
        let mut unique = HashSet::new();
        let newest_first = events.iter().rev().filter(|event| unique.insert(&event.uuid)).take(MAX_SEEN);
        Self {
            since: since.map_or(self.since, |since| since.max(self.since)),
            seen: newest_first.map(|event| event.uuid.clone()).collect(),
        }
    }

    pub(crate) fn watermark(&self) -> Watermark {
        // Instants and texts always have a JSON form.
        Watermark(serde_json::to_string(self).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_767_225_600 + minute * 60).unwrap()
    }

    fn event(uuid: &str, minute: i64) -> LogEvent {
        let event = json!({ "uuid": uuid, "published": at(minute), "eventType": "x", "target": [] });
        serde_json::from_value(event).unwrap()
    }

    fn news(position: &Position, events: &[LogEvent]) -> Vec<String> {
        position.news(events).into_iter().map(|event| event.uuid.clone()).collect()
    }

    #[test]
    fn what_was_seen_is_no_news() {
        let begin = Position::before(at(0));
        assert_eq!(begin.since, at(-15));
        let first = [event("a", 1), event("a", 1), event("b", 20)];
        assert_eq!(news(&begin, &first), ["a", "b"]);
        let next = begin.after(&first);
        assert_eq!(next.since, at(5));
        assert_eq!(news(&next, &first), [""; 0]);
        assert_eq!(news(&next, &[event("late", 6), event("b", 20)]), ["late"]);
    }

    #[test]
    fn a_position_never_goes_back() {
        let position = Position::before(at(60));
        assert_eq!(position.after(&[event("late", 1)]).since, position.since);
        assert_eq!(position.after(&[]).since, position.since);
    }

    #[test]
    fn an_old_or_foreign_watermark_has_expired() {
        let watermark = Position::before(at(0)).watermark();
        assert_eq!(Position::parse(&watermark, at(0)).unwrap(), Position::before(at(0)));
        assert!(Position::parse(&watermark, at(88 * 24 * 60)).is_ok());
        for (watermark, now) in [
            (watermark, at(89 * 24 * 60)),
            (Watermark("file-1:00".into()), at(0)),
            (Watermark("{}".into()), at(0)),
        ] {
            assert!(matches!(Position::parse(&watermark, now), Err(Error::WatermarkExpired)));
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let events: Vec<LogEvent> = (0..6000).map(|n| event(&n.to_string(), 0)).collect();
        let position = Position::before(at(0)).after(&events);
        assert_eq!(position.seen.len(), MAX_SEEN);
        assert_eq!(news(&position, &events).len(), 1000, "the oldest come again");
    }
}
