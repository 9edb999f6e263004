//! A target at some distance.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use connector::{Bulk, BulkOutcome, Error, ObjectType, Operation, Page, Request, Target, TargetObject};
use scim::path::Path;
use testkit::FakeTarget;
use tokio::time::{Instant, sleep};

/// A target at some distance, that notes when it is asked and by how many at once.
#[derive(Clone)]
pub struct Distant {
    target: FakeTarget,
    pub asked: Arc<Mutex<Vec<Instant>>>,
    under_way: Arc<AtomicUsize>,
    pub most: Arc<AtomicUsize>,
}

impl Distant {
    pub fn new(target: &FakeTarget) -> Self {
        Self {
            target: target.clone(),
            asked: Arc::default(),
            under_way: Arc::default(),
            most: Arc::default(),
        }
    }

    async fn travel(&self) {
        self.asked.lock().unwrap().push(Instant::now());
        let under_way = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(under_way, Ordering::SeqCst);
        sleep(Duration::from_millis(50)).await;
        self.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Target for Distant {
    async fn test(&self, nobody: &str) -> Result<(), Error> {
        self.travel().await;
        self.target.test(nobody).await
    }

    async fn find(
        &self,
        kind: ObjectType,
        attribute: &Path,
        value: &str,
    ) -> Result<Vec<TargetObject>, Error> {
        self.travel().await;
        self.target.find(kind, attribute, value).await
    }

    async fn get(&self, kind: ObjectType, id: &str) -> Result<Option<TargetObject>, Error> {
        self.travel().await;
        self.target.get(kind, id).await
    }

    async fn list(&self, kind: ObjectType, from: u64) -> Result<Page, Error> {
        self.travel().await;
        self.target.list(kind, from).await
    }

    async fn members(&self, id: &str, known: Option<&str>) -> Result<Option<Vec<String>>, Error> {
        self.travel().await;
        self.target.members(id, known).await
    }

    fn preview(&self, operation: &Operation) -> Vec<Request> {
        self.target.preview(operation)
    }

    async fn export(&self, operation: &Operation) -> Result<TargetObject, Error> {
        self.travel().await;
        self.target.export(operation).await
    }
    fn bulk(&self) -> Option<&dyn Bulk> {
        self.target.bulk().map(|_| self as &dyn Bulk)
    }
}

#[async_trait]
impl Bulk for Distant {
    fn most(&self) -> usize {
        self.target.most()
    }

    fn fit(&self, operations: &[&Operation]) -> usize {
        self.target.fit(operations)
    }

    async fn write(&self, operations: &[&Operation]) -> Vec<BulkOutcome> {
        self.travel().await;
        self.target.write(operations).await
    }
}
