//! A directory that is read.

use crate::{Entry, Error, Object, ObjectType};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// How far a source has been read. Opaque to the engine, which stores it and hands it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watermark(pub String);

/// What absence from a finished read means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Coverage {
    /// Every object of the source was in the pages: what is linked and absent is gone.
    Full,
    /// Only what changed since the watermark was in the pages: absence says nothing.
    Changes,
}

/// The proof that a read reached its end.
///
/// Only [`Reading::finish`] makes one. The engine stores no watermark and deletes nothing without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completed {
    /// Where the next read may start.
    pub watermark: Watermark,
    /// What absence from this read means.
    pub coverage: Coverage,
}

/// A directory of users and groups. `docs/connectors.md` says what a source owes; [`crate::contract`] tests it.
#[async_trait]
pub trait Source: Send + Sync {
    /// Checks that the source can be read now, without reading all of it where that can be avoided.
    ///
    /// # Errors
    /// Names the place that is broken, and in [`Error::hint`] what to look at next.
    async fn test(&self) -> Result<(), Error>;

    /// Begins a read: of everything, or of what changed since a watermark of this source.
    ///
    /// A source that cannot tell changes apart may read everything and say so with [`Coverage::Full`].
    ///
    /// # Errors
    /// [`Error::WatermarkExpired`] when the watermark is too old or unknown: the engine then reads everything.
    async fn read(&self, since: Option<&Watermark>) -> Result<Box<dyn Reading>, Error>;

    /// The present state of some objects, for a retry: exactly one entry for each anchor, in the order asked,
    /// and [`Entry::Removed`] for one the source does not hold.
    ///
    /// # Errors
    /// Any failure to look; an object is never called removed because looking failed.
    async fn get(&self, object_type: ObjectType, anchors: &[String]) -> Result<Vec<Entry>, Error>;

    /// The objects that a person may mean by `who`: an anchor, a userPrincipalName in any letter case (as stored or
    /// cleaned, see [`crate::entra_names`]), or a mail address. Empty when there is none.
    ///
    /// # Errors
    /// Any failure to look.
    async fn find(&self, who: &str) -> Result<Vec<Object>, Error>;

    /// Waits until the source knows that something changed, so that the next cycle need not wait for its time.
    ///
    /// What changed between two calls is told by the second one. It may be told without need, and a change may go
    /// untold: cycles run at their times as well. Dropping the future loses nothing. A source that is never told of
    /// changes waits for ever, which is the default.
    ///
    /// # Errors
    /// When it can't listen any more. Asking again listens anew, and the caller decides how soon.
    async fn changed(&self) -> Result<(), Error> {
        std::future::pending().await
    }
}

/// A read under way. Dropping it abandons the read, which changes nothing at the source.
#[async_trait]
pub trait Reading: Send {
    /// The next page, or `None` at the end. A page may be empty, and an anchor comes once in a read.
    ///
    /// # Errors
    /// After an error the read is over: it yields no further page and no [`Completed`].
    async fn next_page(&mut self) -> Result<Option<Vec<Entry>>, Error>;

    /// Ends the read.
    ///
    /// # Errors
    /// When `next_page` has not yet answered `None`, or has failed.
    fn finish(self: Box<Self>) -> Result<Completed, Error>;

    /// How many entries the whole read will bring, where the source knows; for a progress bar only.
    fn expected(&self) -> Option<u64>;
}
