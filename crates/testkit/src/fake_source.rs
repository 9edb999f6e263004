//! A directory in memory: edited between reads, and failing when told.

use async_trait::async_trait;
use connector::{
    Assignment, Completed, Coverage, Entry, Error, Interruption, Member, Members, Object, ObjectType,
    Reading, Source, Watermark,
};
use scim::fold::fold_eq;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::Notify;

/// A source whose clones share one directory, so that a test edits what the engine reads.
///
/// Its watermark is a version number, and it keeps every deletion, so a read since any watermark is exact.
#[derive(Clone)]
pub struct FakeSource {
    state: Arc<Mutex<State>>,
    /// Tells who listens that something changed.
    changes: Arc<Notify>,
}

struct State {
    /// The last thing said of each object, with the version in which it was said.
    entries: BTreeMap<(ObjectType, String), (u64, Entry)>,
    version: u64,
    /// Watermarks below this are not known any more.
    oldest: u64,
    page_size: usize,
    always_full: bool,
    /// For each coming read: after how many pages it fails, and how.
    failing_reads: VecDeque<(usize, Error)>,
    down: Option<fn() -> Error>,
    /// How many calls for changes still fail.
    deaf: usize,
}

/// An enabled, directly assigned user with the attributes that mappings usually read.
pub fn user(anchor: &str, name: &str) -> Object {
    let attributes = json!({
        "id": anchor, "userPrincipalName": name, "displayName": name, "mail": name,
        "accountEnabled": true, "deletedDateTime": null,
    });
    Object {
        anchor: anchor.to_owned(),
        object_type: ObjectType::User,
        display: name.to_owned(),
        attributes: attributes.as_object().cloned().unwrap_or_default(),
        enabled: true,
        soft_deleted: false,
        assignment: Assignment::Direct,
        members: None,
    }
}

/// An assigned group of users.
pub fn group(anchor: &str, name: &str, members: &[&str]) -> Object {
    let attributes = json!({ "id": anchor, "displayName": name, "securityEnabled": true });
    Object {
        anchor: anchor.to_owned(),
        object_type: ObjectType::Group,
        display: name.to_owned(),
        attributes: attributes.as_object().cloned().unwrap_or_default(),
        enabled: true,
        soft_deleted: false,
        assignment: Assignment::Direct,
        members: Some(Members::All(members.iter().map(|member| Member::user(*member)).collect())),
    }
}

impl Default for FakeSource {
    fn default() -> Self {
        let state = State {
            entries: BTreeMap::new(),
            version: 1,
            oldest: 1,
            page_size: 2,
            always_full: false,
            failing_reads: VecDeque::new(),
            down: None,
            deaf: 0,
        };
        Self { state: Arc::new(Mutex::new(state)), changes: Arc::default() }
    }
}

impl FakeSource {
    /// A directory of some objects, in pages of two.
    pub fn new(objects: impl IntoIterator<Item = Object>) -> Self {
        let source = Self::default();
        for object in objects {
            source.put(object);
        }
        source
    }

    /// Adds an object, or changes the one of its type and anchor.
    pub fn put(&self, object: Object) {
        self.say(Entry::Present(object));
    }

    /// Changes a user that is there.
    pub fn edit(&self, anchor: &str, change: impl FnOnce(&mut Object)) {
        let found = self.state().entries.get(&(ObjectType::User, anchor.to_owned())).cloned();
        match found {
            Some((_, Entry::Present(mut object))) => {
                change(&mut object);
                self.put(object);
            }
            Some((_, Entry::Unchanged { .. } | Entry::Removed { .. })) | None => {
                panic!("there is no user {anchor} to edit")
            }
        }
    }

    /// Sets an attribute of a user that is there.
    pub fn set(&self, anchor: &str, attribute: &str, value: impl Into<Value>) {
        self.edit(anchor, |object| {
            object.attributes.insert(attribute.to_owned(), value.into());
        });
    }

    /// Deletes an object permanently.
    pub fn remove(&self, object_type: ObjectType, anchor: &str) {
        self.say(Entry::Removed { anchor: anchor.to_owned(), object_type });
    }

    /// How many entries a page holds.
    pub fn page_size(&self, entries: usize) {
        self.state().page_size = entries.max(1);
    }

    /// From now on every read that finds a change delivers everything, as a source of files does.
    pub fn always_full(&self) {
        self.state().always_full = true;
    }

    /// Makes a coming read fail after some pages: the first call for the next read, the second for the one after it.
    pub fn fail_read_after(&self, pages: usize, error: Error) {
        self.state().failing_reads.push_back((pages, error));
    }

    /// Forgets the watermarks given so far.
    pub fn expire_watermarks(&self) {
        let mut state = self.state();
        state.version += 1;
        state.oldest = state.version;
    }

    /// Tells whoever listens that something changed, now or when they listen.
    pub fn tell(&self) {
        self.changes.notify_one();
    }

    /// Lets so many calls for changes fail.
    pub fn deafen(&self, calls: usize) {
        self.state().deaf = calls;
    }

    /// From now on every call fails.
    pub fn break_down(&self, error: fn() -> Error) {
        self.state().down = Some(error);
    }

    /// Ends [`FakeSource::break_down`].
    pub fn mend(&self) {
        self.state().down = None;
    }

    fn say(&self, entry: Entry) {
        let mut state = self.state();
        state.version += 1;
        let key = (entry.object_type(), entry.anchor().to_owned());
        let version = state.version;
        state.entries.insert(key, (version, entry));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds the directory")
    }

    fn running(&self) -> Result<MutexGuard<'_, State>, Error> {
        let state = self.state();
        match state.down {
            Some(error) => Err(error()),
            None => Ok(state),
        }
    }
}

impl State {
    fn since(&self, watermark: Option<&Watermark>) -> Result<Option<u64>, Error> {
        let Some(Watermark(text)) = watermark else { return Ok(None) };
        match text.parse::<u64>() {
            Ok(version) if (self.oldest..=self.version).contains(&version) => Ok(Some(version)),
            Ok(_) | Err(_) => Err(Error::WatermarkExpired),
        }
    }

    fn full(&self) -> Vec<Entry> {
        let present = |(_, entry): &&(u64, Entry)| matches!(entry, Entry::Present(_));
        self.entries.values().filter(present).map(|(_, entry)| entry.clone()).collect()
    }

    fn changes(&self, since: u64) -> Vec<Entry> {
        self.entries
            .values()
            .filter(|(version, _)| *version > since)
            .map(|(_, entry)| entry.clone())
            .collect()
    }

    fn read(&self, since: Option<u64>) -> (Vec<Entry>, Coverage) {
        match since {
            Some(since) if !self.always_full || since == self.version => {
                (self.changes(since), Coverage::Changes)
            }
            Some(_) | None => (self.full(), Coverage::Full),
        }
    }
}

#[async_trait]
impl Source for FakeSource {
    async fn test(&self) -> Result<(), Error> {
        self.running().map(|_| ())
    }

    async fn read(&self, since: Option<&Watermark>) -> Result<Box<dyn Reading>, Error> {
        let mut state = self.running()?;
        let since = state.since(since)?;
        let (entries, coverage) = state.read(since);
        let pages: VecDeque<Vec<Entry>> = entries.chunks(state.page_size).map(<[Entry]>::to_vec).collect();
        let completed = Completed { watermark: Watermark(state.version.to_string()), coverage };
        let failing = state.failing_reads.pop_front();
        Ok(Box::new(FakeReading { expected: entries.len() as u64, pages, completed, failing, ended: false }))
    }

    async fn get(&self, object_type: ObjectType, anchors: &[String]) -> Result<Vec<Entry>, Error> {
        let state = self.running()?;
        let entry = |anchor: &String| match state.entries.get(&(object_type, anchor.clone())) {
            Some((_, entry)) => entry.clone(),
            None => Entry::Removed { anchor: anchor.clone(), object_type },
        };
        Ok(anchors.iter().map(entry).collect())
    }

    async fn find(&self, who: &str) -> Result<Vec<Object>, Error> {
        const NAMES: [&str; 3] = ["userPrincipalName", "originalUserPrincipalName", "mail"];
        let state = self.running()?;
        let bears = |object: &Object| {
            let named =
                |name| object.attributes.get(name).and_then(Value::as_str).is_some_and(|n| fold_eq(n, who));
            let group = object.object_type == ObjectType::Group && named("displayName");
            group || object.anchor.eq_ignore_ascii_case(who) || NAMES.into_iter().any(named)
        };
        let present = state.entries.values().filter_map(|(_, entry)| match entry {
            Entry::Present(object) => Some(object),
            Entry::Unchanged { .. } | Entry::Removed { .. } => None,
        });
        Ok(present.filter(|object| bears(object)).cloned().collect())
    }

    async fn changed(&self) -> Result<(), Error> {
        let is_deaf = {
            let mut state = self.state();
            let is_deaf = state.deaf > 0;
            state.deaf = state.deaf.saturating_sub(1);
            is_deaf
        };
        if is_deaf {
            return Err(Error::source("the fake source", "can't be listened to", "tell it to listen"));
        }
        self.changes.notified().await;
        Ok(())
    }
}

struct FakeReading {
    expected: u64,
    pages: VecDeque<Vec<Entry>>,
    completed: Completed,
    failing: Option<(usize, Error)>,
    ended: bool,
}

#[async_trait]
impl Reading for FakeReading {
    async fn next_page(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        match self.failing.take() {
            Some((0, error)) => {
                self.pages.clear();
                self.failing = Some((0, unfinished()));
                return Err(error);
            }
            Some((pages, error)) => self.failing = Some((pages - 1, error)),
            None => {}
        }
        let page = self.pages.pop_front();
        self.ended = page.is_none();
        Ok(page)
    }

    fn finish(self: Box<Self>) -> Result<Completed, Error> {
        if self.ended { Ok(self.completed) } else { Err(unfinished()) }
    }

    fn expected(&self) -> Option<u64> {
        Some(self.expected)
    }
}

fn unfinished() -> Error {
    Error::transient(Interruption::Changed, "the read of the directory did not reach its end")
}
