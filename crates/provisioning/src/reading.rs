//! What the source tells, page by page: who of it is looked at, and that its references are kept.

use std::collections::{HashMap, HashSet};
use std::mem;

use connector::{Completed, Entry, Reading, Watermark};
use futures::future::join;
use model::escrow::Escrow;
use model::link::Link;

use crate::Error;
use crate::key::Key;
use crate::limits::{ESCROW_RETRIES, WORK_BATCH};
use crate::references::{self, Told};
use crate::step::Step;
use crate::subject::Subject;
use crate::walk::{Mode, Walk, Work};

impl Walk<'_> {
    /// Reads the source, all of it or what came since a watermark, and works off what there is to do.
    pub(crate) async fn read(&mut self, since: Option<&Watermark>) -> Result<Completed, Error> {
        let reading = match self.ends.source.read(since).await {
            Err(connector::Error::WatermarkExpired) => self.ends.source.read(None).await,
            other => other,
        };
        let mut reading = reading.map_err(Error::Source)?;
        self.progress.expected = reading.expected();
        self.observer.progress(self.progress);
        let read = self.take_pages(reading.as_mut()).await;
        if matches!(read, Ok(()) | Err(Error::Source(_))) {
            // What a source said before it failed is no less true.
            self.work_off().await?;
        }
        read?;
        reading.finish().map_err(Error::Source)
    }

    async fn take_pages(&mut self, reading: &mut dyn Reading) -> Result<(), Error> {
        let mut page = reading.next_page().await;
        while let Some(entries) = page.map_err(Error::Source)? {
            // The next page comes while the objects of this one are sent.
            let (taken, next) = join(Box::pin(self.take_page(entries)), reading.next_page()).await;
            taken?;
            page = next;
            self.observer.progress(self.progress);
        }
        Ok(())
    }

    /// Takes in what a page says, and works off what there is to do when that is enough.
    pub(crate) async fn take_page(&mut self, page: Vec<Entry>) -> Result<(), Error> {
        self.progress.read += page.len() as u64;
        let mut page = last_words(page);
        self.take_back(&page).await?;
        for object_type in self.object_types() {
            let entries: Vec<Entry> =
                page.extract_if(.., |entry| entry.object_type() == object_type).collect();
            let anchors: Vec<String> = entries.iter().map(|e| e.anchor().to_owned()).collect();
            if anchors.is_empty() {
                continue;
            }
            let links = self.ledger.links(object_type, anchors.clone()).await?;
            let escrows = self.ledger.escrows(object_type, anchors).await?;
            self.import(entries, links, &escrows).await?;
        }
        if self.news_of.len() >= WORK_BATCH { self.work_off().await } else { Ok(()) }
    }

    /// A source must not tell of an object twice in one read. If it does, what it says last counts: nothing is done of
    /// what was intended for it until now.
    async fn take_back(&mut self, page: &[Entry]) -> Result<(), Error> {
        let keys = page.iter().map(|entry| Key::of_object(entry.object_type(), entry.anchor()));
        let repeated: HashSet<Key> = keys.filter(|key| !self.seen.insert(*key)).collect();
        if repeated.is_empty() {
            return Ok(());
        }
        self.work_off().await?;
        let is_kept = |step: &Step| !repeated.contains(&Key::of_object(step.object_type, &step.source_id));
        self.leavers.retain(is_kept);
        self.steps.retain(is_kept);
        self.waiting.retain(|waiting| !repeated.contains(&waiting.subject.key()));
        Ok(())
    }

    /// Does what there is to do about the objects of which there is news.
    pub(crate) async fn work_off(&mut self) -> Result<(), Error> {
        let work = mem::take(&mut self.news_of);
        if self.mode != Mode::Collect {
            let linked = work.iter().filter(|work| work.link.is_some());
            let key = |work: &Work| (work.subject.object.object_type, work.subject.object.anchor.clone());
            self.ledger.doubt(linked.map(key).collect(), self.context.clock.now()).await?;
        }
        Box::pin(self.note_references(&work)).await?;
        self.process(work).await
    }

    /// Judges the objects of a page and leaves out those who need no evaluation.
    async fn import(
        &mut self,
        page: Vec<Entry>,
        mut links: HashMap<String, Link>,
        escrows: &HashMap<String, Escrow>,
    ) -> Result<(), Error> {
        for entry in page {
            let link = links.remove(entry.anchor());
            match entry {
                Entry::Removed { anchor, object_type } => self.gone(object_type, &anchor, link).await?,
                Entry::Unchanged { object_type, .. } => *self.held.entry(object_type).or_default() += 1,
                Entry::Present(object) => {
                    *self.held.entry(object.object_type).or_default() += 1;
                    let subject = Subject::judge(object, &self.job.definition, &self.job.digest);
                    self.meet(subject.object.object_type, &subject.object.anchor);
                    self.progress.tally.entitled += u64::from(subject.in_scope);
                    if self.has_news(&subject, link.as_ref(), escrows.get(&subject.object.anchor)) {
                        self.news_of.push(Work { subject, link });
                    }
                }
            }
        }
        Ok(())
    }

    /// What the source says of references is kept before anything is sent: a crash must not lose it.
    async fn note_references(&mut self, work: &[Work]) -> Result<(), Error> {
        let job = &self.job.definition;
        let told: Vec<Told> =
            work.iter().flat_map(|work| references::told(&work.subject, job, self.now)).collect();
        match self.mode {
            Mode::Execute { .. } => self.ledger.tell(told, self.context.clock.now()).await,
            Mode::Collect => {
                let news = self.ledger.news(told).await?;
                self.news.added.extend(news.added);
                self.news.removed.extend(news.removed);
                Ok(())
            }
        }
    }

    /// Whether the object differs from what was decided on last; one in escrow also when it is due, and one that is
    /// staged as [`Walk::staged_news`] says.
    fn has_news(&mut self, subject: &Subject, link: Option<&Link>, escrow: Option<&Escrow>) -> bool {
        if self.looks_at_everybody() || subject.has_changed_members() {
            return true;
        }
        if let Some(escrow) = escrow {
            let waits = escrow.fingerprint == subject.fingerprint && escrow.next_attempt > self.now;
            self.progress.counts.escrowed += u64::from(waits);
            return !waits;
        }
        if let Some(news) = self.staged_news(subject) {
            return news;
        }
        let known = link.is_some_and(|link| link.fingerprint == subject.fingerprint);
        self.progress.counts.skipped += u64::from(known);
        !known
    }

    /// After a read of changes: objects in escrow whose time has come are looked at again.
    pub(crate) async fn retry_escrow(&mut self) -> Result<(), Error> {
        for object_type in self.object_types() {
            let due = self.ledger.escrow_due(object_type, self.now, ESCROW_RETRIES).await?;
            if due.is_empty() {
                continue;
            }
            let page = self.ends.source.get(object_type, &due).await.map_err(Error::Source)?;
            self.take_page(page).await?;
        }
        self.work_off().await
    }
}

/// What is said last of each object counts: a source must not repeat one, and if it does, nobody is to be made twice.
fn last_words(page: Vec<Entry>) -> Vec<Entry> {
    let mut met = HashSet::new();
    let mut page: Vec<Entry> =
        page.into_iter().rev().filter(|e| met.insert((e.object_type(), e.anchor().to_owned()))).collect();
    page.reverse();
    page
}
