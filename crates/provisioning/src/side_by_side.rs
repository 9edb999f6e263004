//! Many objects in work at once, up to a bound.

use std::future::Future;

use futures::{StreamExt, stream};

use crate::Error;
use crate::limits::CONCURRENCY;

/// Does all of this side by side, in any order, until one tells of an error that concerns every object. What was done
/// until then is answered as well, because it must be recorded.
pub async fn side_by_side<T>(
    work: impl Iterator<Item = impl Future<Output = Result<T, Error>>>,
) -> (Vec<T>, Option<Error>) {
    let mut results = stream::iter(work).buffer_unordered(CONCURRENCY);
    let mut done = Vec::new();
    while let Some(result) = results.next().await {
        match result {
            Ok(one) => done.push(one),
            Err(error) => return (done, Some(error)),
        }
    }
    (done, None)
}
