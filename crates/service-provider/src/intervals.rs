//! Work that is done in every interval, and a last time at the end: what requests leave behind in memory is written so.

use std::time::Duration;

use tokio::time;

/// Does the work now, in every interval, and once more when `stop` is done.
pub(crate) async fn at_intervals<F: Future<Output = ()>>(
    interval: Duration,
    stop: impl Future<Output = ()>,
    work: impl Fn() -> F,
) {
    let mut ticks = time::interval(interval);
    tokio::pin!(stop);
    loop {
        let stopped = tokio::select! {
            () = &mut stop => true,
            _ = ticks.tick() => false,
        };
        work().await;
        if stopped {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_done_in_every_interval_and_at_the_end() {
        let (times, begin) = (RefCell::new(Vec::new()), time::Instant::now());
        let work = async || times.borrow_mut().push(begin.elapsed().as_millis());
        let stop = time::sleep(Duration::from_millis(2_500));
        at_intervals(Duration::from_secs(1), stop, work).await;
        assert_eq!(times.into_inner(), [0, 1_000, 2_000, 2_500]);
    }
}
