//! A process that dies while it waits for an answer.

use std::fmt::Debug;
use std::future::{Future, pending};
use std::sync::Arc;

use async_trait::async_trait;
use connector::{Error, ObjectType, Operation, Page, Request, Target, TargetObject};
use jiff::SignedDuration;
use provisioning::Ends;
use scim::path::Path;
use testkit::FakeTarget;
use tokio::sync::Notify;

use crate::world::World;

/// An application in front of which the process dies with its first write: the answer never comes.
struct Deadly {
    application: FakeTarget,
    does_it: bool,
    reached: Arc<Notify>,
}

#[async_trait]
impl Target for Deadly {
    async fn test(&self, nobody: &str) -> Result<(), Error> {
        self.application.test(nobody).await
    }

    async fn find(
        &self,
        object_type: ObjectType,
        attribute: &Path,
        value: &str,
    ) -> Result<Vec<TargetObject>, Error> {
        self.application.find(object_type, attribute, value).await
    }

    async fn get(&self, object_type: ObjectType, id: &str) -> Result<Option<TargetObject>, Error> {
        self.application.get(object_type, id).await
    }

    async fn list(&self, object_type: ObjectType, from: u64) -> Result<Page, Error> {
        self.application.list(object_type, from).await
    }

    fn preview(&self, operation: &Operation) -> Vec<Request> {
        self.application.preview(operation)
    }

    async fn export(&self, operation: &Operation) -> Result<TargetObject, Error> {
        if self.does_it {
            self.application.export(operation).await?;
        }
        self.reached.notify_one();
        pending().await
    }
}

/// Ends whose first write is done, or not, and never answered; and who tells of it.
pub fn deadly(world: &World, does_it: bool) -> (Ends, Arc<Notify>) {
    let reached = Arc::new(Notify::new());
    let deadly = Deadly { application: world.target.clone(), does_it, reached: Arc::clone(&reached) };
    (Ends { target: Box::new(deadly), ..world.ends() }, reached)
}

/// Works until the write is reached, and dies. The lease runs out.
pub async fn die_at<T: Debug>(world: &World, reached: &Notify, work: impl Future<Output = T>) {
    tokio::select! {
        ended = work => panic!("nothing was written: {ended:?}"),
        () = reached.notified() => {}
    }
    world.hands.pass(SignedDuration::from_secs(10));
}
