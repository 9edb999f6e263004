//! Wakes the schedule: somebody knows that a job has something to do, and need not wait for its interval.

use std::collections::{BTreeSet, HashMap};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use connector::ObjectType;
use model::JobId;
use tokio::sync::Notify;

use crate::limits::{MAX_TOLD, MAX_TOLD_ANCHOR_BYTES};

/// Objects by type and anchor.
pub type Objects = BTreeSet<(ObjectType, String)>;

/// A handle of a schedule. Its clones wake the same one.
#[derive(Clone, Debug, Default)]
pub struct Waker(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// No more than there are jobs.
    told: Mutex<HashMap<JobId, Told>>,
    notify: Notify,
}

/// What a job was told of and has not looked at yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Something changed, and nobody knows what: a cycle finds out.
    pub(crate) wants_cycle: bool,
    /// Who changed; [`MAX_TOLD`] at most.
    pub(crate) objects: Objects,
}

impl Told {
    pub(crate) fn cycle() -> Self {
        Self { wants_cycle: true, ..Self::default() }
    }

    pub(crate) fn of(objects: Objects) -> Self {
        Self { wants_cycle: false, objects }
    }

    /// Takes in more. Too many objects are a cycle's matter.
    fn add(&mut self, more: Self) {
        self.wants_cycle |= more.wants_cycle;
        self.objects.extend(more.objects);
        let is_bounded = |(_, anchor): &(ObjectType, String)| anchor.len() <= MAX_TOLD_ANCHOR_BYTES;
        if self.objects.len() > MAX_TOLD || !self.objects.iter().all(is_bounded) {
            *self = Self::cycle();
        }
    }

    fn is_nothing(&self) -> bool {
        !self.wants_cycle && self.objects.is_empty()
    }
}

impl Waker {
    /// Makes a job due now, if it is on and not in quarantine. While its cycle is under way, another one follows.
    pub fn wake(&self, job: JobId) {
        self.keep(job, Told::cycle());
        self.0.notify.notify_one();
    }

    /// Has some objects of a job looked at now, under the same conditions. Told of more than a few hundred before they
    /// are looked at, the job is woken instead.
    pub fn nudge(&self, job: JobId, objects: Objects) {
        self.keep(job, Told::of(objects));
        self.0.notify.notify_one();
    }

    /// Waits until somebody is told of something.
    pub(crate) async fn wait(&self) {
        self.0.notify.notified().await;
    }

    /// Who was told of what since the last time.
    pub(crate) fn take(&self) -> HashMap<JobId, Told> {
        mem::take(&mut *self.told())
    }

    /// Keeps for the next look what could not be served in this one.
    pub(crate) fn keep(&self, job: JobId, told: Told) {
        if !told.is_nothing() {
            self.told().entry(job).or_default().add(told);
        }
    }

    /// Whether nobody waits to be looked at.
    pub(crate) fn is_idle(&self) -> bool {
        self.told().is_empty()
    }

    fn told(&self) -> MutexGuard<'_, HashMap<JobId, Told>> {
        self.0.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn users(anchors: impl IntoIterator<Item = String>) -> Objects {
        anchors.into_iter().map(|anchor| (ObjectType::User, anchor)).collect()
    }

    fn told(waker: &Waker) -> Told {
        waker.take().remove(&job()).unwrap()
    }

    fn job() -> JobId {
        JobId(Uuid::nil())
    }

    #[test]
    fn who_is_told_of_twice_is_told_of_once() {
        let waker = Waker::default();
        waker.nudge(job(), users(["a".into(), "b".into()]));
        waker.nudge(job(), users(["b".into(), "c".into()]));
        assert_eq!(told(&waker), Told::of(users(["a".into(), "b".into(), "c".into()])));
        assert!(waker.is_idle());
    }

    #[test]
    fn more_than_the_limit_are_a_cycles_matter() {
        let waker = Waker::default();
        let some = |count: usize| users((0..count).map(|number| number.to_string()));
        waker.nudge(job(), some(MAX_TOLD));
        assert_eq!(told(&waker).objects.len(), MAX_TOLD);
        waker.nudge(job(), some(MAX_TOLD + 1));
        assert_eq!(told(&waker), Told::cycle());
        waker.nudge(job(), users(["a".repeat(MAX_TOLD_ANCHOR_BYTES + 1)]));
        assert_eq!(told(&waker), Told::cycle());
    }

    #[test]
    fn nothing_wakes_nobody() {
        let waker = Waker::default();
        waker.nudge(job(), Objects::new());
        assert!(waker.is_idle());
    }
}
