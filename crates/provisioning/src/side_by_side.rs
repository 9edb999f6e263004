//! Many objects in work at once, as many as the target's pace is worth.

use std::future::Future;

use futures::StreamExt;
use futures::stream::FuturesUnordered;

use crate::Error;
use crate::export::Exporter;

/// Does all of this side by side, in any order, until one tells of an error that concerns every object. What was done
/// until then is answered as well, because it must be recorded.
pub async fn side_by_side<T>(
    exporter: &Exporter<'_>,
    work: impl IntoIterator<Item = impl Future<Output = Result<T, Error>>>,
) -> (Vec<T>, Option<Error>) {
    let mut work = work.into_iter().fuse();
    let mut under_way = FuturesUnordered::new();
    let mut done = Vec::new();
    loop {
        while under_way.len() < exporter.objects_at_once()
            && let Some(next) = work.next()
        {
            under_way.push(next);
        }
        match under_way.next().await {
            Some(Ok(one)) => done.push(one),
            Some(Err(error)) => return (done, Some(error)),
            None => return (done, None),
        }
    }
}
