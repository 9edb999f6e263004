//! Requests that wait for news in the change feed, so that nobody has to ask again and again.

use std::future::pending;
use std::pin::pin;
use std::time::Duration;

use application::api::{Reply, Wait};
use store::feed::{self, Head};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::application_api::Question;
use crate::caller::Caller;
use crate::error::Error;
use crate::limits::{LOOK_EVERY, MAX_WAIT};

/// Asks until the answer has news, but no longer than the caller waits, and not while the server ends: then the last
/// answer counts.
pub(crate) async fn for_news(
    question: &Question<'_>,
    wait: Wait,
    ending: Option<watch::Receiver<bool>>,
) -> Result<Reply, Error> {
    let caller = question.caller;
    let (tenant, seconds) = (caller.tenant().id, (wait.seconds)(&question.arguments));
    // Before the first look, so that what is committed after it is heard.
    let mut listener = caller.listen();
    let mut seen = head(caller).await?;
    let reply = question.ask().await?;
    if seconds == 0 || (wait.has_news)(&reply.body) {
        return Ok(reply);
    }
    let _patience = caller.wait()?;
    let end = Instant::now() + Duration::from_secs(seconds).min(MAX_WAIT);
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ending = pin!(told(ending));
    loop {
        tokio::select! {
            () = sleep_until(end) => return Ok(reply),
            () = &mut ending => return Ok(reply),
            () = listener.of(tenant) => {}
            _ = looks.tick() => {}
        }
        let now = head(caller).await?;
        if now == seen && !now.is_some_and(|head| head.waiting) {
            continue;
        }
        seen = now;
        let reply = question.ask().await?;
        if (wait.has_news)(&reply.body) {
            return Ok(reply);
        }
    }
}

/// Done when the server ends; never, if nobody tells.
async fn told(ending: Option<watch::Receiver<bool>>) {
    match ending {
        Some(mut ending) => drop(ending.wait_for(|ending| *ending).await),
        None => pending().await,
    }
}

/// How far the tenant's feed goes. Asking that holds nobody up, as asking for events would.
async fn head(caller: &Caller) -> Result<Option<Head>, Error> {
    let tenant = caller.tenant().id;
    let heads = caller.look_up(move |tx| Ok(feed::heads(tx, &[tenant])?)).await?;
    Ok(heads.into_iter().next())
}
