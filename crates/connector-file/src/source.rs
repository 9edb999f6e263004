//! The connector: what the engine calls.

use crate::pages::Pages;
use crate::snapshot::Snapshot;
use crate::watching::Watching;
use async_trait::async_trait;
use connector::{
    Completed, Coverage, Entry, Error, Interruption, Needs, Object, ObjectType, Paged, Reading, Remaining,
    Source, Watermark,
};
use scim::fold::fold_eq;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Mutex;

/// A directory in files.
#[derive(Debug, Clone)]
pub struct FileSource {
    path: PathBuf,
    needs: Needs,
    watching: Arc<Mutex<Option<Watching>>>,
}

impl FileSource {
    /// A source over a folder, or over one `.jsonl` or `.csv` file of users. Nothing is opened yet. Groups are always
    /// delivered. Where the job needs assignments, a directory without an assignments file, or with an empty one, is an
    /// error.
    pub fn new(path: impl Into<PathBuf>, needs: Needs) -> Self {
        Self { path: path.into(), needs, watching: Arc::default() }
    }

    /// Checks every line, then does `work` on what was checked, away from the threads that serve requests.
    async fn checked<T: Send + 'static>(
        &self,
        work: impl FnOnce(Snapshot) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (path, needs) = (self.path.clone(), self.needs.clone());
        blocking(move || work(Snapshot::take(&path, &needs)?)).await
    }

    /// Every object that `wanted` wants.
    async fn select(&self, wanted: impl Fn(&Object) -> bool + Send + 'static) -> Result<Vec<Object>, Error> {
        self.checked(move |snapshot| {
            let mut pages = Pages::new(snapshot)?;
            let mut found = Vec::new();
            while let Some((object, _)) = pages.next_object()? {
                if wanted(&object) {
                    found.push(object);
                }
            }
            Ok(found)
        })
        .await
    }
}

#[async_trait]
impl Source for FileSource {
    async fn test(&self) -> Result<(), Error> {
        self.checked(|_| Ok(())).await
    }

    async fn read(&self, since: Option<&Watermark>) -> Result<Box<dyn Reading>, Error> {
        let since = since.cloned();
        let remains = self.checked(move |snapshot| Remains::new(snapshot, since.as_ref())).await?;
        Ok(Box::new(Paged::new(remains)))
    }

    async fn get(&self, object_type: ObjectType, anchors: &[String]) -> Result<Vec<Entry>, Error> {
        let wanted = anchors.to_vec();
        let found = self
            .select(move |object| object.object_type == object_type && wanted.contains(&object.anchor))
            .await?;
        let found: HashMap<&str, &Object> =
            found.iter().map(|object| (object.anchor.as_str(), object)).collect();
        Ok(anchors
            .iter()
            .map(|anchor| match found.get(anchor.as_str()) {
                Some(object) => Entry::Present((*object).clone()),
                None => Entry::Removed { anchor: anchor.clone(), object_type },
            })
            .collect())
    }

    async fn find(&self, who: &str) -> Result<Vec<Object>, Error> {
        const NAMES: [&str; 3] = ["userPrincipalName", "originalUserPrincipalName", "mail"];
        let who = who.to_owned();
        self.select(move |object| {
            let is_named = |name| object.attributes.get(name).and_then(|name| name.as_str());
            object.anchor.eq_ignore_ascii_case(&who)
                || NAMES.into_iter().filter_map(is_named).any(|name| fold_eq(name, &who))
        })
        .await
    }

    async fn changed(&self) -> Result<(), Error> {
        let mut watching = self.watching.lock().await;
        let current = match &mut *watching {
            Some(current) => current,
            none => none.insert(Watching::start(&self.path)?),
        };
        let changed = current.changed().await;
        if changed.is_err() {
            *watching = None;
        }
        changed
    }
}

/// What remains of the files.
struct Remains {
    /// Absent when nothing changed, and while a thread reads.
    pages: Option<Pages>,
    completed: Completed,
    expected: u64,
}

impl Remains {
    fn new(snapshot: Snapshot, since: Option<&Watermark>) -> Result<Self, Error> {
        let watermark = snapshot.watermark();
        if since == Some(&watermark) {
            let completed = Completed { watermark, coverage: Coverage::Changes };
            return Ok(Self { pages: None, completed, expected: 0 });
        }
        let expected = snapshot.users.rows + snapshot.groups.as_ref().map_or(0, |groups| groups.rows);
        let completed = Completed { watermark, coverage: Coverage::Full };
        Ok(Self { pages: Some(Pages::new(snapshot)?), completed, expected })
    }
}

#[async_trait]
impl Remaining for Remains {
    async fn next(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        let Some(mut pages) = self.pages.take() else { return Ok(None) };
        let (pages, page) = blocking(move || {
            let page = pages.next_page()?;
            Ok((pages, page))
        })
        .await?;
        self.pages = Some(pages);
        Ok(page)
    }

    fn completed(self) -> Completed {
        self.completed
    }

    fn expected(&self) -> Option<u64> {
        Some(self.expected)
    }
}

/// Runs file work on tokio's blocking threads, because a large directory takes seconds to check.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => {
            Err(Error::transient(Interruption::Changed, "the files were not read to their end")
                .caused_by(error))
        }
    }
}
