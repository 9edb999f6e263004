//! A read made of pages, held to what every [`Reading`] owes.

use crate::{Completed, Entry, Error, Interruption, Reading};
use async_trait::async_trait;

/// What remains to be read. [`Paged`] makes a [`Reading`] of it.
#[async_trait]
pub trait Remaining: Send + Sized {
    /// The next page, or `None` at the end. It is not called again after the end, after an error, or after a call that
    /// was dropped half-way.
    ///
    /// # Errors
    /// As [`Reading::next_page`].
    async fn next(&mut self) -> Result<Option<Vec<Entry>>, Error>;

    /// What the read came to. It is called after the end, and only then.
    fn completed(self) -> Completed;

    /// As [`Reading::expected`], before the first page.
    fn expected(&self) -> Option<u64>;
}

/// A read, page by page. It delivers nothing after its end, and neither pages nor a [`Completed`] after it has failed.
pub struct Paged<R> {
    state: State<R>,
    expected: Option<u64>,
}

enum State<R> {
    /// Pages may remain.
    Open(R),
    /// The last page was delivered.
    Ended(Completed),
    /// A page failed, or a call for one was dropped half-way.
    Failed,
}

impl<R: Remaining> Paged<R> {
    /// A read of all that remains.
    pub fn new(remaining: R) -> Self {
        Self { expected: remaining.expected(), state: State::Open(remaining) }
    }
}

#[async_trait]
impl<R: Remaining> Reading for Paged<R> {
    async fn next_page(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Open(mut remaining) => {
                let page = remaining.next().await?;
                self.state = match page {
                    Some(_) => State::Open(remaining),
                    None => State::Ended(remaining.completed()),
                };
                Ok(page)
            }
            State::Ended(completed) => {
                self.state = State::Ended(completed);
                Ok(None)
            }
            State::Failed => Err(unfinished()),
        }
    }

    fn finish(self: Box<Self>) -> Result<Completed, Error> {
        match self.state {
            State::Ended(completed) => Ok(completed),
            State::Open(_) | State::Failed => Err(unfinished()),
        }
    }

    fn expected(&self) -> Option<u64> {
        self.expected
    }
}

fn unfinished() -> Error {
    Error::transient(Interruption::Changed, "the read did not reach its end")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::{Coverage, Watermark};
    use futures::FutureExt;
    use std::collections::VecDeque;

    /// What comes of a call: a page, an error, or nothing for ever.
    enum Call {
        Page,
        Error,
        Never,
    }

    #[async_trait]
    impl Remaining for VecDeque<Call> {
        async fn next(&mut self) -> Result<Option<Vec<Entry>>, Error> {
            match self.pop_front() {
                Some(Call::Page) => Ok(Some(Vec::new())),
                Some(Call::Error) => Err(Error::WatermarkExpired),
                Some(Call::Never) => std::future::pending().await,
                None => Ok(None),
            }
        }

        fn completed(self) -> Completed {
            Completed { watermark: Watermark("w".to_owned()), coverage: Coverage::Full }
        }

        fn expected(&self) -> Option<u64> {
            Some(self.len() as u64)
        }
    }

    fn reading<const N: usize>(calls: [Call; N]) -> Box<Paged<VecDeque<Call>>> {
        Box::new(Paged::new(VecDeque::from(calls)))
    }

    /// Whether a call brings a page; `None` where it is not answered.
    fn next(reading: &mut Paged<VecDeque<Call>>) -> Option<Result<bool, Error>> {
        reading.next_page().now_or_never().map(|page| page.map(|page| page.is_some()))
    }

    #[test]
    fn a_read_that_has_ended_stays_so_and_is_complete() {
        let mut reading = reading([Call::Page, Call::Page]);
        let pages = [(); 4].map(|()| next(&mut reading).unwrap().unwrap());
        assert_eq!(pages, [true, true, false, false]);
        assert_eq!(reading.expected(), Some(2));
        assert_eq!(reading.finish().unwrap().watermark.0, "w");
    }

    #[test]
    fn a_read_that_is_not_at_its_end_is_not_complete() {
        assert!(reading([]).finish().is_err());
        let mut reading = reading([Call::Page]);
        next(&mut reading).unwrap().unwrap();
        assert!(reading.finish().is_err());
    }

    #[test]
    fn a_read_that_failed_or_was_dropped_half_way_stays_so() {
        for broken in [Call::Error, Call::Never] {
            let mut reading = reading([broken, Call::Page]);
            assert!(!matches!(next(&mut reading), Some(Ok(_))));
            assert!(next(&mut reading).unwrap().is_err(), "it goes on after a page is missing");
            assert!(reading.finish().is_err());
        }
    }
}
