//! A read under way, of either kind.

use crate::changes::ChangesRead;
use crate::full::FullRead;
use async_trait::async_trait;
use connector::{Completed, Entry, Error, Interruption, Reading};

/// What is being read.
pub(crate) enum Read {
    Full(FullRead),
    Changes(ChangesRead),
}

/// A read.
pub(crate) struct GraphReading {
    state: State,
    expected: Option<u64>,
}

enum State {
    /// Pages may remain.
    Open(Box<Read>),
    /// The last page was delivered.
    Ended(Completed),
    /// A page failed, or a call for one was abandoned half-way.
    Failed,
}

impl GraphReading {
    pub(crate) fn new(read: Read) -> Self {
        let expected = match &read {
            Read::Full(_) => None,
            Read::Changes(changes) => Some(changes.left()),
        };
        Self { state: State::Open(Box::new(read)), expected }
    }
}

#[async_trait]
impl Reading for GraphReading {
    async fn next_page(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Open(mut read) => {
                let (page, completed) = match read.as_mut() {
                    Read::Full(read) => (read.next().await?, read.completed()),
                    Read::Changes(read) => (read.next().await?, read.completed()),
                };
                self.state = if page.is_some() { State::Open(read) } else { State::Ended(completed) };
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
    Error::transient(Interruption::Changed, "the read of the directory did not reach its end")
}
