//! A queue in which tenants take turns, and none takes all threads.
//!
//! Whatever one tenant sends, and however long its searches take, another one's closure is the next but one, and finds a
//! thread that is not busy with the first one's.

use std::cell::Cell;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use model::TenantId;

use crate::error::Error;
use crate::work::Work;

/// Closures that may wait. At 10,000 a second this is half a second's work: what comes on top is better told to try
/// again than to wait longer than its client will.
const WAITING: usize = 4096;

/// Whose closure it is: a tenant's, or the installation's own.
pub(crate) type Lane = Option<TenantId>;

/// A new queue whose threads serve at most so many closures of one lane at once.
pub(crate) fn queue(most: usize) -> (Entrance, Queue) {
    let lines = Lines {
        waiting: HashMap::new(),
        turns: VecDeque::new(),
        length: 0,
        serving: HashMap::new(),
        open: true,
    };
    let shared = Arc::new(Shared { lines: Mutex::new(lines), arrival: Condvar::new(), most });
    (Entrance(Arc::clone(&shared)), Queue { shared, serving: Cell::new(None) })
}

struct Shared {
    lines: Mutex<Lines>,
    arrival: Condvar,
    most: usize,
}

impl Shared {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Lines {
    /// What waits, by lane; a lane without anything is not there.
    waiting: HashMap<Lane, VecDeque<Box<dyn Work>>>,
    /// The lanes that wait, in the order of their turns.
    turns: VecDeque<Lane>,
    /// How many wait altogether.
    length: usize,
    /// How many threads are at a lane's closures.
    serving: HashMap<Lane, usize>,
    open: bool,
}

impl Lines {
    fn push(&mut self, lane: Lane, work: Box<dyn Work>) {
        let line = self.waiting.entry(lane).or_default();
        if line.is_empty() {
            self.turns.push_back(lane);
        }
        line.push_back(work);
        self.length += 1;
    }

    /// The closure whose turn it is, of a lane that fewer than so many threads are at.
    fn pop(&mut self, most: usize) -> Option<(Lane, Box<dyn Work>)> {
        let free = |lane: &Lane| self.serving.get(lane).is_none_or(|threads| *threads < most);
        let lane = self.turns.remove(self.turns.iter().position(free)?)?;
        let line = self.waiting.get_mut(&lane)?;
        let work = line.pop_front()?;
        self.length -= 1;
        if line.is_empty() {
            self.waiting.remove(&lane);
        } else {
            self.turns.push_back(lane);
        }
        Some((lane, work))
    }

    fn begin(&mut self, lane: Lane) {
        *self.serving.entry(lane).or_default() += 1;
    }

    fn end(&mut self, lane: Lane) {
        if let Some(threads) = self.serving.get_mut(&lane) {
            *threads -= 1;
            if *threads == 0 {
                self.serving.remove(&lane);
            }
        }
    }
}

/// One thread's end of a queue.
pub(crate) struct Queue {
    shared: Arc<Shared>,
    /// The lane of the closure that the thread is at.
    serving: Cell<Option<Lane>>,
}

/// Another thread's end.
impl Clone for Queue {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), serving: Cell::new(None) }
    }
}

impl Queue {
    /// Waits for the next closure; whoever asks for it is done with the one before. `None`: the store is closed and
    /// nothing is left to do for this thread.
    pub(crate) fn next(&self) -> Option<Box<dyn Work>> {
        let mut lines = self.shared.lines();
        if let Some(lane) = self.serving.take() {
            lines.end(lane);
        }
        loop {
            if let Some((lane, work)) = lines.pop(self.shared.most) {
                lines.begin(lane);
                self.serving.set(Some(lane));
                return Some(work);
            }
            if !lines.open {
                return None;
            }
            lines = self.shared.arrival.wait(lines).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next closure, if one is waiting already, to be served together with the one that the thread is at.
    pub(crate) fn try_next(&self) -> Option<Box<dyn Work>> {
        self.shared.lines().pop(usize::MAX).map(|(_, work)| work)
    }
}

/// The callers' end of a queue.
#[derive(Clone)]
pub(crate) struct Entrance(Arc<Shared>);

impl Entrance {
    /// Puts a closure into its lane.
    ///
    /// # Errors
    /// [`Error::Busy`] if too many wait; [`Error::Closed`].
    pub(crate) fn push(&self, lane: Lane, work: Box<dyn Work>) -> Result<(), Error> {
        let mut lines = self.0.lines();
        if !lines.open {
            return Err(Error::Closed);
        }
        if lines.length >= WAITING {
            return Err(Error::Busy);
        }
        lines.push(lane, work);
        drop(lines);
        self.0.arrival.notify_one();
        Ok(())
    }

    /// How many closures wait.
    pub(crate) fn length(&self) -> usize {
        self.0.lines().length
    }

    /// Takes nothing more; what waits is still served.
    pub(crate) fn close(&self) {
        self.0.lines().open = false;
        self.0.arrival.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::tx::Tx;
    use crate::work::{Access, pack};

    fn lane(number: u128) -> Lane {
        Some(TenantId(Uuid::from_u128(number)))
    }

    fn push(entrance: &Entrance, lane: Lane) -> Result<(), Error> {
        let (work, _) = pack(Access::Read, |_: &mut Tx<'_>| Ok::<(), Error>(()));
        entrance.push(lane, work)
    }

    /// Takes what waits in turn, and tells whose each was.
    fn order(queue: &Queue) -> Vec<Lane> {
        std::iter::from_fn(|| queue.next().map(|_| queue.serving.get().unwrap())).collect()
    }

    #[test]
    fn lanes_take_turns() {
        let (entrance, queue) = queue(1);
        for number in [1, 1, 1, 2, 3, 2] {
            push(&entrance, lane(number)).unwrap();
        }
        push(&entrance, None).unwrap();
        entrance.close();
        let expected = [lane(1), lane(2), lane(3), None, lane(1), lane(2), lane(1)];
        assert_eq!(order(&queue), expected);
    }

    #[test]
    fn one_lane_does_not_take_all_threads() {
        let (entrance, one) = queue(1);
        let other = one.clone();
        for number in [1, 1, 2] {
            push(&entrance, lane(number)).unwrap();
        }
        assert!(one.next().is_some() && one.serving.get() == Some(lane(1)));
        assert!(
            other.next().is_some() && other.serving.get() == Some(lane(2)),
            "the first lane has its thread"
        );
        entrance.close();
        assert!(other.next().is_none(), "what is left is for the thread of the first lane");
        assert!(one.next().is_some() && one.next().is_none());
    }

    #[test]
    fn what_shares_a_commit_is_taken_in_turn_too() {
        let (entrance, queue) = queue(1);
        for number in [1, 1, 2] {
            push(&entrance, lane(number)).unwrap();
        }
        assert!(queue.next().is_some() && queue.try_next().is_some() && queue.try_next().is_some());
        assert!(queue.try_next().is_none());
    }

    #[test]
    fn a_queue_is_bounded_and_closed() {
        let (entrance, queue) = queue(1);
        for _ in 0..WAITING {
            push(&entrance, lane(1)).unwrap();
        }
        assert!(matches!(push(&entrance, lane(2)), Err(Error::Busy)));
        assert!(queue.next().is_some());
        push(&entrance, lane(2)).unwrap();
        entrance.close();
        assert!(matches!(push(&entrance, lane(2)), Err(Error::Closed)));
        assert_eq!(order(&queue).len(), WAITING);
    }
}
