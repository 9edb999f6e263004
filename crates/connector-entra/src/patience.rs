//! Waiting while Graph throttles or is busy, within bounds (Microsoft Graph, "Throttling guidance": wait for
//! `Retry-After`, else back off exponentially).

use crate::limits::{FIRST_WAIT, MAX_ATTEMPTS};
use connector::{Error, Interruption};
use std::time::Duration;

/// What is left of the time that one request may wait.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    left: Duration,
    refusals: u32,
}

/// Why a request is to be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 429
    Throttled(Option<Duration>),
    /// 503 or 504
    Busy(Option<Duration>),
}

impl Patience {
    pub(crate) fn new(total: Duration) -> Self {
        Self { left: total, refusals: 0 }
    }

    /// Waits as long as Graph asks.
    ///
    /// # Errors
    /// When that is more than is left.
    pub(crate) async fn wait(&mut self, place: &str, refusal: Refusal) -> Result<(), Error> {
        let (Refusal::Throttled(asked) | Refusal::Busy(asked)) = refusal;
        let pause = asked.unwrap_or_else(|| FIRST_WAIT * 2_u32.saturating_pow(self.refusals));
        self.refusals += 1;
        if pause > self.left || self.refusals >= MAX_ATTEMPTS {
            return Err(match refusal {
                Refusal::Throttled(retry_after) => Error::RateLimited { retry_after },
                Refusal::Busy(_) => {
                    Error::transient(Interruption::Server, format!("{place}: Graph is not available"))
                }
            });
        }
        self.left -= pause;
        tracing::debug!(
            pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
            "Graph asks to wait"
        );
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }
}
