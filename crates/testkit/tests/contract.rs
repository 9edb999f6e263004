//! The contract of a source catches sources that break it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use async_trait::async_trait;
use connector::contract::{self, Subject};
use connector::{Completed, Coverage, Entry, Error, Object, ObjectType, Reading, Source, Watermark};
use testkit::{FakeSource, user};

/// The one rule that a source breaks.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Lie {
    RepeatsAnAnchor,
    FinishesEarly,
    CallsUnchangedFull,
    TakesAnyWatermark,
    AnswersOneAnchor,
    FindsNobody,
    HidesDeletions,
    TestsWellWhenBroken,
    CallsRemovedWhenBroken,
}

struct Liar {
    honest: FakeSource,
    lie: Lie,
}

#[async_trait]
impl Source for Liar {
    async fn test(&self) -> Result<(), Error> {
        let result = self.honest.test().await;
        if self.lie == Lie::TestsWellWhenBroken { Ok(()) } else { result }
    }

    async fn read(&self, since: Option<&Watermark>) -> Result<Box<dyn Reading>, Error> {
        let known = match since {
            Some(Watermark(text)) if self.lie == Lie::TakesAnyWatermark && text.parse::<u64>().is_err() => {
                Some(Watermark("1".into()))
            }
            other => other.cloned(),
        };
        let honest = self.honest.read(known.as_ref()).await?;
        Ok(Box::new(LyingReading { honest, lie: self.lie }))
    }

    async fn get(&self, object_type: ObjectType, anchors: &[String]) -> Result<Vec<Entry>, Error> {
        match self.honest.get(object_type, anchors).await {
            Ok(mut entries) => {
                if self.lie == Lie::AnswersOneAnchor {
                    entries.truncate(1);
                }
                Ok(entries)
            }
            Err(_) if self.lie == Lie::CallsRemovedWhenBroken => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    async fn find(&self, who: &str) -> Result<Vec<Object>, Error> {
        if self.lie == Lie::FindsNobody { Ok(Vec::new()) } else { self.honest.find(who).await }
    }
}

struct LyingReading {
    honest: Box<dyn Reading>,
    lie: Lie,
}

#[async_trait]
impl Reading for LyingReading {
    async fn next_page(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        let Some(mut page) = self.honest.next_page().await? else { return Ok(None) };
        match self.lie {
            Lie::RepeatsAnAnchor => page.extend(page.clone()),
            Lie::HidesDeletions => page.retain(|entry| matches!(entry, Entry::Present(_))),
            Lie::FinishesEarly
            | Lie::CallsUnchangedFull
            | Lie::TakesAnyWatermark
            | Lie::AnswersOneAnchor
            | Lie::FindsNobody
            | Lie::TestsWellWhenBroken
            | Lie::CallsRemovedWhenBroken => {}
        }
        Ok(Some(page))
    }

    fn finish(self: Box<Self>) -> Result<Completed, Error> {
        let full = Completed { watermark: Watermark("1".into()), coverage: Coverage::Full };
        match (self.honest.finish(), self.lie) {
            (Err(_), Lie::FinishesEarly) => Ok(full),
            (Ok(completed), Lie::CallsUnchangedFull) => {
                Ok(Completed { coverage: Coverage::Full, ..completed })
            }
            (result, _) => result,
        }
    }

    fn expected(&self) -> Option<u64> {
        None
    }
}

#[async_trait]
impl Subject for Liar {
    async fn source(&self) -> Box<dyn Source> {
        Box::new(Liar { honest: self.honest.clone(), lie: self.lie })
    }

    async fn change_one(&self) -> String {
        self.honest.set("a", "city", "Omaha");
        "a".into()
    }

    async fn remove_one(&self) -> String {
        self.honest.remove(ObjectType::User, "b");
        "b".into()
    }

    async fn break_it(&self) -> String {
        self.honest.break_down(|| Error::source("the directory", "is down", "wait"));
        "the directory".into()
    }
}

async fn check(lie: Lie, rule: &str) {
    let honest =
        FakeSource::new(["a", "b", "c"].map(|anchor| user(anchor, &format!("{anchor}@contoso.com"))));
    let breach = contract::check(&Liar { honest, lie }).await.unwrap_err();
    assert_eq!(breach.rule, rule, "{lie:?}: {breach}");
}

#[tokio::test]
async fn each_lie_is_caught_by_its_rule() {
    check(Lie::RepeatsAnAnchor, "read-full").await;
    check(Lie::FinishesEarly, "finish-early").await;
    check(Lie::CallsUnchangedFull, "read-unchanged").await;
    check(Lie::TakesAnyWatermark, "watermark-unknown").await;
    check(Lie::AnswersOneAnchor, "get-each").await;
    check(Lie::FindsNobody, "find").await;
    check(Lie::HidesDeletions, "read-removed").await;
    check(Lie::TestsWellWhenBroken, "broken").await;
    check(Lie::CallsRemovedWhenBroken, "broken").await;
}
