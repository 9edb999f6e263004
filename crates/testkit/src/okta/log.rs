//! The System Log.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::clock::written;
use super::org::Org;

const RETENTION: SignedDuration = SignedDuration::from_hours(90 * 24);

#[derive(Default)]
pub(super) struct SystemLog {
    /// In the order of storing, which is the one in which a polling client sees them.
    events: Vec<Event>,
    /// Happened, and not stored yet.
    delayed: Vec<Event>,
    is_delaying: bool,
    is_repeating: bool,
    /// How many of the events the event hook has delivered.
    delivered: usize,
}

#[derive(Clone)]
struct Event {
    stored: Timestamp,
    json: Value,
}

/// A page of events, and the place after it.
pub(super) struct Events {
    pub(super) items: Vec<Value>,
    pub(super) next: usize,
}

impl Org {
    /// From now on events happen and can't be seen, until the next call with `false` stores them.
    pub fn delay_log(&mut self, is_delaying: bool) {
        self.log.is_delaying = is_delaying;
        if !is_delaying {
            for event in std::mem::take(&mut self.log.delayed) {
                let stored = self.clock.tick();
                self.log.events.push(Event { stored, ..event });
            }
        }
    }

    /// From now on every event is stored twice.
    pub fn repeat_log(&mut self) {
        self.log.is_repeating = true;
    }

    /// Writes an event, also one that nothing of the simulator leads to.
    pub fn record(&mut self, event_type: &str, targets: &[(&str, &str)]) {
        let now = self.clock.tick();
        let target: Vec<Value> = targets
            .iter()
            .map(
                |(kind, id)| json!({ "id": id, "type": kind, "alternateId": "unknown", "displayName": null }),
            )
            .collect();
        let event = json!({
            "uuid": Uuid::new_v4(), "published": written(now), "eventType": event_type, "version": "0",
            "severity": "INFO", "displayMessage": event_type, "outcome": { "result": "SUCCESS", "reason": null },
            "actor": { "id": "00uadmin", "type": "User", "alternateId": "admin@example.com" }, "target": target,
        });
        let event = Event { stored: now, json: event };
        for _ in 0..=usize::from(self.log.is_repeating) {
            let log = if self.log.is_delaying { &mut self.log.delayed } else { &mut self.log.events };
            log.push(event.clone());
        }
    }

    /// The body that Okta's event hook sends of what was stored since the last one.
    pub fn delivery(&mut self) -> Value {
        let now = written(self.clock.tick());
        let events: Vec<Value> =
            self.log.events.iter().skip(self.log.delivered).map(|event| event.json.clone()).collect();
        self.log.delivered = self.log.events.len();
        json!({
            "eventType": "com.okta.event_hook", "eventTypeVersion": "1.0", "cloudEventsVersion": "0.1",
            "source": format!("{}/api/v1/eventHooks/who1", self.url), "eventId": Uuid::new_v4(), "eventTime": now,
            "contentType": "application/json", "data": { "events": events },
        })
    }

    /// The events from a place on that were stored since an instant and match.
    pub(super) fn events(
        &self,
        from: usize,
        since: Timestamp,
        limit: usize,
        matches: impl Fn(&Value) -> bool,
    ) -> Events {
        let oldest = self.clock.now().checked_sub(RETENTION).unwrap_or(since).max(since);
        let (mut items, mut next) = (Vec::new(), from);
        for event in self.log.events.iter().skip(from) {
            if items.len() == limit {
                break;
            }
            next += 1;
            if event.stored >= oldest && matches(&event.json) {
                items.push(event.json.clone());
            }
        }
        Events { items, next }
    }
}
