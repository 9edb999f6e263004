//! Warnings about tokens and client secrets that end soon: a client that is locked out one morning is the commonest way
//! for provisioning to stop.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use model::Clock;
use store::token::Ending;
use store::{Error, Store};
use tokio::time;

use crate::limits::{EXPIRY_INTERVAL, WARNING_DAYS};

/// Logs a warning 30, 7 and one day before a token or secret ends, until `stop` is done. Each is given once by a process;
/// one that starts anew gives the latest again.
pub async fn warn(store: Store, clock: Arc<dyn Clock>, stop: impl Future<Output = ()> + Send) {
    let mut warnings = Warnings::default();
    tokio::pin!(stop);
    loop {
        let now = clock.now();
        match ending(&store, now).await {
            Ok(ending) => warnings.due(ending, now).iter().for_each(tell),
            Err(error) => tracing::warn!(%error, "tokens that end soon can't be looked up"),
        }
        tokio::select! {
            () = &mut stop => return,
            () = time::sleep(EXPIRY_INTERVAL) => {}
        }
    }
}

/// Of [`WARNING_DAYS`], the fewest within which what ends at that instant will have ended.
#[must_use]
pub fn step(expires: Timestamp, now: Timestamp) -> Option<u8> {
    let left = expires.duration_since(now);
    WARNING_DAYS.into_iter().filter(|days| left <= span(*days)).min()
}

async fn ending(store: &Store, now: Timestamp) -> Result<Vec<Ending>, Error> {
    let longest = WARNING_DAYS.into_iter().max().map(span).unwrap_or_default();
    let until = now.checked_add(longest).unwrap_or(Timestamp::MAX);
    store.read(move |tx| store::token::ending(tx, now, until)).await
}

fn span(days: u8) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(days))
}

fn tell((ending, days): &(Ending, u8)) {
    let (kind, verb) = match ending.client {
        Some(_) => ("client secret", "client secret"),
        None => ("token", "token rotate"),
    };
    let unit = if *days == 1 { "day" } else { "days" };
    tracing::warn!(
        tenant = ending.tenant,
        connection = ending.connection,
        client = ending.client.map(tracing::field::display),
        id = ending.id,
        expires = %ending.expires,
        "a {kind} ends within {days} {unit}; make its successor with `rollcall {verb}`",
    );
}

/// What was warned of already, with the number of days of that warning.
#[derive(Default)]
struct Warnings(HashMap<String, u8>);

impl Warnings {
    /// Those to be warned of now, each with the days that are left at most.
    fn due(&mut self, ending: Vec<Ending>, now: Timestamp) -> Vec<(Ending, u8)> {
        let before = std::mem::take(&mut self.0);
        let mut due = Vec::new();
        for one in ending {
            let Some(days) = step(one.expires, now) else { continue };
            self.0.insert(one.id.clone(), days);
            if before.get(&one.id).is_none_or(|warned| days < *warned) {
                due.push((one, days));
            }
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_is_warned_of_once() {
        let start: Timestamp = "2026-11-22T08:00:00Z".parse().unwrap();
        let token = Ending {
            tenant: "contoso".to_owned(),
            connection: "default".to_owned(),
            id: "a".to_owned(),
            client: None,
            expires: start + SignedDuration::from_hours(24 * 31),
        };
        let mut warnings = Warnings::default();
        let mut told = Vec::new();
        for hour in 0..24 * 31 {
            let now = start + SignedDuration::from_hours(hour);
            let due = warnings.due(vec![token.clone()], now);
            told.extend(due.into_iter().map(|(_, days)| (hour / 24, days)));
        }
        assert_eq!(told, [(1, 30), (24, 7), (30, 1)]);
        assert_eq!(warnings.due(vec![], start).len(), 0);
        assert_eq!(warnings.0.len(), 0, "who is gone is forgotten");
    }
}
