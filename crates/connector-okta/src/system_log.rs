//! The System Log, polled.

use crate::api::Api;
use crate::event::{CHANGES, LogEvent};
use crate::limits::{EVENTS_A_PAGE, MAX_LOG_PAGES};
use crate::org_url::encoded;
use crate::position::Position;
use connector::Error;
use jiff::Timestamp;

/// The events since an instant that tell of changes, in the order in which they became visible.
///
/// Without `until` this is what Okta calls a polling request: events come in the order in which they were stored, and
/// every page, also an empty one, has a next. The first empty page is the end.
///
/// # Errors
/// [`Error::WatermarkExpired`] where there are so many that reading everything is faster.
pub(crate) async fn since(api: &Api, since: Timestamp) -> Result<Vec<LogEvent>, Error> {
    let mut events = Vec::new();
    let mut path = format!("{}&limit={EVENTS_A_PAGE}", path_since(since));
    for _ in 0..MAX_LOG_PAGES {
        let page = api.page::<LogEvent>(&path).await?;
        let is_end = page.items.is_empty();
        events.extend(page.items);
        match page.next {
            Some(next) if !is_end => path = next,
            Some(_) | None => return Ok(events),
        }
    }
    Err(Error::WatermarkExpired)
}

/// The position before a full read that begins now.
pub(crate) async fn present(api: &Api) -> Result<Position, Error> {
    let answer = api.get(&probe(api.now())).await?;
    let before = Position::before(answer.date.unwrap_or_else(|| api.now()));
    match since(api, before.since).await {
        Ok(events) => Ok(before.after(&events)),
        // So many in so short a time: some come again in the next read, or make it a full one.
        Err(Error::WatermarkExpired) => Ok(before),
        Err(error) => Err(error),
    }
}

/// A request that shows whether the log may be read.
pub(crate) fn probe(now: Timestamp) -> String {
    format!("{}&limit=1", path_since(now))
}

fn path_since(since: Timestamp) -> String {
    let since = since.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    format!("/api/v1/logs?since={}&sortOrder=ASCENDING&filter={}", encoded(&since), encoded(CHANGES))
}
