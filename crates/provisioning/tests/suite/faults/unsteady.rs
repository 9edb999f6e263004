//! Ends that give up the turn where a network would, so that a killed cycle may die there, and a source that lies.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use connector::{
    Bulk, BulkOutcome, Completed, Coverage, Entry, Error, Interruption, Object, ObjectType, Operation, Page,
    Reading, Request, Source, Target, TargetObject, Watermark,
};
use proptest::prelude::*;
use scim::path::Path;
use testkit::{FakeSource, FakeTarget};
use tokio::task::yield_now;

/// What is wrong with the next read.
#[derive(Clone, Debug)]
pub enum Lie {
    /// It can't be begun.
    Down,
    /// It breaks off after so many pages.
    BreaksOff(usize),
    /// The watermark is not known any more.
    Expired,
    /// Objects of the first page come again in the last.
    Repeats,
    /// It tells of the former state of an object before it tells of the present one.
    Hesitates,
    /// It says that it has read everything, and so many objects are missing.
    Short(usize),
}

pub fn lies() -> impl Strategy<Value = Lie> {
    prop_oneof![
        Just(Lie::Down),
        (0_usize..6).prop_map(Lie::BreaksOff),
        Just(Lie::Expired),
        Just(Lie::Repeats),
        Just(Lie::Hesitates),
        prop_oneof![1_usize..4, Just(usize::MAX)].prop_map(Lie::Short),
    ]
}

#[derive(Clone)]
pub struct UnsteadySource {
    source: FakeSource,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    lie: Option<Lie>,
    /// Whether a read has hidden objects from who asks for changes later.
    has_hidden: bool,
}

impl UnsteadySource {
    pub fn new(source: FakeSource) -> Self {
        Self { source, state: Arc::default() }
    }

    pub fn lie(&self, lie: Option<Lie>) {
        self.state.lock().unwrap().lie = lie;
    }

    pub fn has_hidden(&self) -> bool {
        self.state.lock().unwrap().has_hidden
    }
}

#[async_trait]
impl Source for UnsteadySource {
    async fn test(&self) -> Result<(), Error> {
        self.source.test().await
    }

    async fn read(&self, since: Option<&Watermark>) -> Result<Box<dyn Reading>, Error> {
        yield_now().await;
        let lie = self.state.lock().unwrap().lie.clone();
        match lie {
            Some(Lie::Down) => return Err(Error::transient(Interruption::Connection, "the source is away")),
            Some(Lie::BreaksOff(pages)) => {
                let error = Error::transient(Interruption::Connection, "the source went away");
                self.source.fail_read_after(pages, error);
            }
            Some(Lie::Expired) if since.is_some() => return Err(Error::WatermarkExpired),
            Some(Lie::Expired | Lie::Repeats | Lie::Hesitates | Lie::Short(_)) | None => {}
        }
        let mut reading = self.source.read(since).await?;
        if matches!(lie, Some(Lie::BreaksOff(_))) {
            return Ok(reading);
        }
        let mut pages = VecDeque::new();
        while let Some(page) = reading.next_page().await? {
            pages.push_back(page);
        }
        let completed = reading.finish()?;
        match lie {
            Some(Lie::Repeats) => pages.extend(pages.front().cloned()),
            Some(Lie::Hesitates) => pages.push_front(pages.iter().flatten().map(former).collect()),
            Some(Lie::Short(missing)) if completed.coverage == Coverage::Full => {
                self.state.lock().unwrap().has_hidden = true;
                hide(&mut pages, missing);
            }
            Some(Lie::Down | Lie::BreaksOff(_) | Lie::Expired | Lie::Short(_)) | None => {}
        }
        Ok(Box::new(UnsteadyReading { pages, completed, ended: false }))
    }

    async fn get(&self, object_type: ObjectType, anchors: &[String]) -> Result<Vec<Entry>, Error> {
        yield_now().await;
        self.source.get(object_type, anchors).await
    }

    async fn find(&self, who: &str) -> Result<Vec<Object>, Error> {
        self.source.find(who).await
    }
}

/// What was not true of an object any more when it was told: it was gone, or it was somebody else.
fn former(entry: &Entry) -> Entry {
    let (object_type, anchor) = (entry.object_type(), entry.anchor().to_owned());
    match entry {
        Entry::Present(object) if object.enabled && !object.soft_deleted => {
            let mut former = object.clone();
            former.enabled = false;
            Entry::Present(former)
        }
        Entry::Present(_) | Entry::Unchanged { .. } | Entry::Removed { .. } => {
            Entry::Removed { anchor, object_type }
        }
    }
}

fn hide(pages: &mut VecDeque<Vec<Entry>>, mut missing: usize) {
    for page in pages {
        let kept = page.len().saturating_sub(missing);
        missing -= page.len() - kept;
        page.truncate(kept);
    }
}

struct UnsteadyReading {
    pages: VecDeque<Vec<Entry>>,
    completed: Completed,
    ended: bool,
}

#[async_trait]
impl Reading for UnsteadyReading {
    async fn next_page(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        yield_now().await;
        let page = self.pages.pop_front();
        self.ended = page.is_none();
        Ok(page)
    }

    fn finish(self: Box<Self>) -> Result<Completed, Error> {
        let unfinished = || Error::transient(Interruption::Changed, "the read did not reach its end");
        if self.ended { Ok(self.completed) } else { Err(unfinished()) }
    }

    fn expected(&self) -> Option<u64> {
        None
    }
}

/// A target at some distance.
pub struct UnsteadyTarget(pub FakeTarget);

#[async_trait]
impl Target for UnsteadyTarget {
    async fn test(&self, nobody: &str) -> Result<(), Error> {
        yield_now().await;
        self.0.test(nobody).await
    }

    async fn find(
        &self,
        object_type: ObjectType,
        attribute: &Path,
        value: &str,
    ) -> Result<Vec<TargetObject>, Error> {
        yield_now().await;
        let found = self.0.find(object_type, attribute, value).await;
        yield_now().await;
        found
    }

    async fn get(&self, object_type: ObjectType, id: &str) -> Result<Option<TargetObject>, Error> {
        yield_now().await;
        let found = self.0.get(object_type, id).await;
        yield_now().await;
        found
    }

    async fn list(&self, object_type: ObjectType, from: u64) -> Result<Page, Error> {
        yield_now().await;
        self.0.list(object_type, from).await
    }

    fn preview(&self, operation: &Operation) -> Vec<Request> {
        self.0.preview(operation)
    }

    async fn export(&self, operation: &Operation) -> Result<TargetObject, Error> {
        yield_now().await;
        let done = self.0.export(operation).await;
        yield_now().await;
        done
    }

    fn bulk(&self) -> Option<&dyn Bulk> {
        self.0.bulk().map(|_| self as &dyn Bulk)
    }
}

#[async_trait]
impl Bulk for UnsteadyTarget {
    fn most(&self) -> usize {
        self.0.most()
    }

    fn fit(&self, operations: &[&Operation]) -> usize {
        self.0.fit(operations)
    }

    async fn write(&self, operations: &[&Operation]) -> Vec<BulkOutcome> {
        yield_now().await;
        let done = self.0.write(operations).await;
        yield_now().await;
        done
    }
}
