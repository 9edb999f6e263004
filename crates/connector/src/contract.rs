//! The contract of a source as a test suite; `docs/connectors.md` is the same contract in words, under the same names.
//!
//! A connector's tests begin with one line: `contract::check(&subject).await`. Nothing here panics: a breach comes back
//! as a [`Breach`], so that the failing rule is the first thing the tester reads.

use crate::{Completed, Coverage, Entry, Error, Object, ObjectType, Reading, Source, Watermark};
use async_trait::async_trait;
use std::collections::HashMap;

/// A directory under test, and the ways in which the suite disturbs it.
#[async_trait]
pub trait Subject: Send + Sync {
    /// A new source over the directory as it now is. At first it holds two users or more, each with a userPrincipalName.
    async fn source(&self) -> Box<dyn Source>;

    /// Changes an attribute of one user, and tells its anchor.
    async fn change_one(&self) -> String;

    /// Deletes one user permanently, and tells its anchor.
    async fn remove_one(&self) -> String;

    /// Breaks the directory, and tells a word that an error must contain to name the place.
    async fn break_it(&self) -> String;
}

/// A rule of the contract that a source breaks.
#[derive(Debug, thiserror::Error)]
#[error("{rule}: {found}")]
pub struct Breach {
    /// The rule's name in `docs/connectors.md`.
    pub rule: &'static str,
    /// What the source did.
    pub found: String,
}

/// Runs every rule. The directory is broken afterwards.
///
/// # Errors
/// The first rule that does not hold.
pub async fn check(subject: &dyn Subject) -> Result<(), Breach> {
    let source = subject.source().await;
    let source = source.as_ref();
    healthy_source_tests_well(source).await?;
    let (objects, completed) = full_read_holds_each_object_once(source).await?;
    reading_ends_once(source).await?;
    finish_before_the_end_is_refused(source).await?;
    unchanged_source_says_nothing(source, &completed.watermark).await?;
    unknown_watermark_is_never_taken_for_changes(source).await?;
    get_answers_each_anchor(source, &objects).await?;
    find_knows_a_person(source, &objects).await?;
    change_is_seen(subject, &completed.watermark).await?;
    removal_is_seen(subject).await?;
    broken_source_delivers_nothing(subject).await
}

/// What a whole read brought: the entries by type and anchor, and its end.
type Read = (HashMap<(ObjectType, String), Entry>, Completed);

async fn drain(rule: &'static str, mut reading: Box<dyn Reading>) -> Result<Read, Breach> {
    let mut entries = HashMap::new();
    while let Some(page) = expect(rule, "next_page", reading.next_page().await)? {
        for entry in page {
            let key = (entry.object_type(), entry.anchor().to_owned());
            if entries.insert(key, entry.clone()).is_some() {
                return breach(rule, format!("the anchor {} came twice", entry.anchor()));
            }
        }
    }
    Ok((entries, expect(rule, "finish", reading.finish())?))
}

async fn healthy_source_tests_well(source: &dyn Source) -> Result<(), Breach> {
    expect("test-healthy", "test", source.test().await)
}

async fn full_read_holds_each_object_once(source: &dyn Source) -> Result<(Vec<Object>, Completed), Breach> {
    const RULE: &str = "read-full";
    let reading = expect(RULE, "read", source.read(None).await)?;
    let expected = reading.expected();
    let (entries, completed) = drain(RULE, reading).await?;
    if completed.coverage != Coverage::Full {
        return breach(RULE, "a read without watermark did not say Coverage::Full");
    }
    if expected.is_some_and(|expected| expected != entries.len() as u64) {
        return breach(RULE, format!("expected() said {expected:?}, and {} entries came", entries.len()));
    }
    let objects: Vec<Object> = entries
        .into_values()
        .filter_map(|entry| match entry {
            Entry::Present(object) => Some(object),
            Entry::Unchanged { .. } | Entry::Removed { .. } => None,
        })
        .collect();
    if objects.iter().filter(|object| object.object_type == ObjectType::User).count() < 2 {
        return breach(RULE, "fewer than two users came");
    }
    Ok((objects, completed))
}

async fn reading_ends_once(source: &dyn Source) -> Result<(), Breach> {
    const RULE: &str = "read-end";
    let mut reading = expect(RULE, "read", source.read(None).await)?;
    while expect(RULE, "next_page", reading.next_page().await)?.is_some() {}
    match reading.next_page().await {
        Ok(None) => Ok(()),
        Ok(Some(_)) => breach(RULE, "a page came after the end"),
        Err(error) => breach(RULE, format!("next_page after the end failed: {error}")),
    }
}

async fn finish_before_the_end_is_refused(source: &dyn Source) -> Result<(), Breach> {
    const RULE: &str = "finish-early";
    let untouched = expect(RULE, "read", source.read(None).await)?;
    if untouched.finish().is_ok() {
        return breach(RULE, "finish succeeded before the first page");
    }
    let mut begun = expect(RULE, "read", source.read(None).await)?;
    expect(RULE, "next_page", begun.next_page().await)?;
    match begun.finish() {
        Ok(_) => breach(RULE, "finish succeeded before next_page answered None"),
        Err(_) => Ok(()),
    }
}

async fn unchanged_source_says_nothing(source: &dyn Source, watermark: &Watermark) -> Result<(), Breach> {
    const RULE: &str = "read-unchanged";
    let reading = expect(RULE, "read", source.read(Some(watermark)).await)?;
    let (entries, completed) = drain(RULE, reading).await?;
    let told = entries.values().filter(|entry| !matches!(entry, Entry::Unchanged { .. })).count();
    match (told, entries.len(), completed.coverage) {
        (0, 0, Coverage::Changes) | (0, 1.., Coverage::Full) => Ok(()),
        (count, _, coverage) => breach(RULE, format!("{count} entries came, with Coverage::{coverage:?}")),
    }
}

async fn unknown_watermark_is_never_taken_for_changes(source: &dyn Source) -> Result<(), Breach> {
    const RULE: &str = "watermark-unknown";
    let reading = match source.read(Some(&Watermark("no watermark of this source".into()))).await {
        Err(Error::WatermarkExpired) => return Ok(()),
        other => expect(RULE, "read", other)?,
    };
    match drain(RULE, reading).await?.1.coverage {
        Coverage::Full => Ok(()),
        Coverage::Changes => breach(RULE, "a read since an unknown watermark said Coverage::Changes"),
    }
}

async fn get_answers_each_anchor(source: &dyn Source, objects: &[Object]) -> Result<(), Breach> {
    const RULE: &str = "get-each";
    const NOBODY: &str = "nobody-0b8f";
    let users: Vec<&Object> =
        objects.iter().filter(|object| object.object_type == ObjectType::User).collect();
    let mut anchors: Vec<String> = users.iter().take(2).map(|user| user.anchor.clone()).collect();
    anchors.insert(1, NOBODY.to_owned());
    let entries = expect(RULE, "get", source.get(ObjectType::User, &anchors).await)?;
    let answered: Vec<&str> = entries.iter().map(Entry::anchor).collect();
    if answered != anchors {
        return breach(RULE, format!("{anchors:?} was asked and {answered:?} answered"));
    }
    for entry in &entries {
        let right = match entry {
            Entry::Present(object) => users.contains(&object),
            Entry::Removed { anchor, object_type } => anchor == NOBODY && *object_type == ObjectType::User,
            Entry::Unchanged { .. } => false,
        };
        if !right {
            return breach(RULE, format!("{} is not answered as read() delivered it", entry.anchor()));
        }
    }
    Ok(())
}

async fn find_knows_a_person(source: &dyn Source, objects: &[Object]) -> Result<(), Breach> {
    const RULE: &str = "find";
    let Some(user) = objects.iter().find(|object| object.object_type == ObjectType::User) else {
        return breach(RULE, "there is no user to find");
    };
    let Some(name) = user.attributes.get("userPrincipalName").and_then(|name| name.as_str()) else {
        return breach(RULE, "a user has no userPrincipalName");
    };
    for who in [user.anchor.clone(), name.to_owned(), name.to_uppercase()] {
        let found = expect(RULE, "find", source.find(&who).await)?;
        if !found.contains(user) {
            return breach(RULE, format!("{who} does not find the object that bears it"));
        }
    }
    match expect(RULE, "find", source.find("nobody-0b8f@example.invalid").await)?.len() {
        0 => Ok(()),
        found => breach(RULE, format!("{found} objects were found for a name that nobody has")),
    }
}

async fn change_is_seen(subject: &dyn Subject, before: &Watermark) -> Result<(), Breach> {
    const RULE: &str = "read-changed";
    let anchor = subject.change_one().await;
    let source = subject.source().await;
    let reading = expect(RULE, "read", source.read(Some(before)).await)?;
    let (entries, completed) = drain(RULE, reading).await?;
    if completed.watermark == *before {
        return breach(RULE, "the watermark did not move although an object changed");
    }
    match entries.get(&(ObjectType::User, anchor.clone())) {
        Some(Entry::Present(_)) => Ok(()),
        Some(Entry::Removed { .. }) => breach(RULE, format!("{anchor} changed and is called removed")),
        Some(Entry::Unchanged { .. }) => breach(RULE, format!("{anchor} changed and is called unchanged")),
        None => breach(RULE, format!("{anchor} changed and did not come")),
    }
}

async fn removal_is_seen(subject: &dyn Subject) -> Result<(), Breach> {
    const RULE: &str = "read-removed";
    let reading = expect(RULE, "read", subject.source().await.read(None).await)?;
    let (_, before) = drain(RULE, reading).await?;
    let anchor = subject.remove_one().await;
    let source = subject.source().await;
    let reading = expect(RULE, "read", source.read(Some(&before.watermark)).await)?;
    let (entries, completed) = drain(RULE, reading).await?;
    match (entries.get(&(ObjectType::User, anchor.clone())), completed.coverage) {
        (Some(Entry::Removed { .. }), _) | (None, Coverage::Full) => Ok(()),
        (Some(Entry::Present(_) | Entry::Unchanged { .. }), _) => {
            breach(RULE, format!("{anchor} was deleted and still came"))
        }
        (None, Coverage::Changes) => {
            breach(RULE, format!("the changes do not say that {anchor} was deleted"))
        }
    }
}

async fn broken_source_delivers_nothing(subject: &dyn Subject) -> Result<(), Breach> {
    const RULE: &str = "broken";
    let place = subject.break_it().await;
    let source = subject.source().await;
    match source.test().await {
        Ok(()) => return breach(RULE, "test() finds nothing wrong"),
        Err(error) if !error.to_string().contains(&place) => {
            return breach(RULE, format!("test() does not name {place}: {error}"));
        }
        Err(error) if error.hint().is_empty() => return breach(RULE, "the error has no hint"),
        Err(_) => {}
    }
    if let Ok(mut reading) = source.read(None).await {
        if reading.next_page().await.is_ok() {
            return breach(RULE, "a page came");
        }
        if reading.finish().is_ok() {
            return breach(RULE, "finish succeeded after a failure");
        }
    }
    match source.get(ObjectType::User, &["nobody-0b8f".to_owned()]).await {
        Ok(_) => breach(RULE, "get() answers, as if the object were removed"),
        Err(_) => Ok(()),
    }
}

fn expect<T>(rule: &'static str, call: &str, result: Result<T, Error>) -> Result<T, Breach> {
    result.map_err(|error| Breach { rule, found: format!("{call} failed: {error} (hint: {})", error.hint()) })
}

fn breach<T>(rule: &'static str, found: impl Into<String>) -> Result<T, Breach> {
    Err(Breach { rule, found: found.into() })
}
