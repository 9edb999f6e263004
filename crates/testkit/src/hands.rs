//! A clock that goes forward when it is told to.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use model::Clock;

/// A clock whose hands a test moves.
#[derive(Debug)]
pub struct Hands(Mutex<Timestamp>);

impl Hands {
    /// A clock that shows this.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    /// Lets time pass; a negative time comes back.
    pub fn pass(&self, time: SignedDuration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += time;
    }

    /// Shows something else.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
