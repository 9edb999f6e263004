//! The watermark: where the delta queries go on, and what they do not tell.

use crate::assigned::Assigned;
use crate::limits::MAX_PRINCIPALS;
use connector::{Error, Watermark};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Changes when this source would read on differently.
const VERSION: &str = "entra-1";

/// What a watermark holds, as JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mark {
    version: String,
    /// A digest of what was asked for.
    query: String,
    /// The delta link of users.
    pub(crate) users: String,
    /// That of groups, where they are read.
    pub(crate) groups: Option<String>,
    /// The assignments, where they matter.
    pub(crate) assigned: Option<Assigned>,
    /// Groups that are, or were, members of groups, where nested groups matter: when one is deleted, nobody can tell
    /// whose member it was.
    pub(crate) nested: BTreeSet<String>,
    /// Users of whom more was said after they had been delivered: the next read looks at them again.
    pub(crate) again: BTreeSet<String>,
}

impl Mark {
    /// The beginning of a watermark.
    pub(crate) fn new(query: &str) -> Self {
        Self {
            version: VERSION.to_owned(),
            query: query.to_owned(),
            users: String::new(),
            groups: None,
            assigned: None,
            nested: BTreeSet::new(),
            again: BTreeSet::new(),
        }
    }

    /// Reads a watermark of the same question.
    ///
    /// # Errors
    /// [`Error::WatermarkExpired`] for any other text.
    pub(crate) fn parse(watermark: &Watermark, query: &str) -> Result<Self, Error> {
        let mark: Self = serde_json::from_str(&watermark.0).map_err(|_| Error::WatermarkExpired)?;
        let known = mark.version == VERSION && mark.query == query;
        known.then_some(mark).ok_or(Error::WatermarkExpired)
    }

    /// The watermark. One of too many assignments would be too long: it is made unusable, and the next read is a full
    /// one.
    pub(crate) fn watermark(&self) -> Watermark {
        let principals =
            self.assigned.as_ref().map_or(0, |assigned| assigned.users.len() + assigned.groups.len());
        if principals > MAX_PRINCIPALS
            || self.nested.len() > MAX_PRINCIPALS
            || self.again.len() > MAX_PRINCIPALS
        {
            return Watermark(format!("{{\"version\":\"{VERSION}\",\"tooLong\":true}}"));
        }
        Watermark(serde_json::to_string(self).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watermark_is_only_good_for_its_question() {
        let mut mark = Mark::new("q");
        mark.again.insert("a".to_owned());
        assert_eq!(Mark::parse(&mark.watermark(), "q").unwrap(), mark);
        assert!(matches!(Mark::parse(&mark.watermark(), "other"), Err(Error::WatermarkExpired)));
        assert!(matches!(Mark::parse(&Watermark("file-1:00".into()), "q"), Err(Error::WatermarkExpired)));
    }

    #[test]
    fn one_that_would_be_too_long_leads_to_a_full_read() {
        let mut mark = Mark::new("q");
        mark.again = (0..=MAX_PRINCIPALS).map(|n| n.to_string()).collect();
        let watermark = mark.watermark();
        assert!(watermark.0.len() < 100);
        assert!(matches!(Mark::parse(&watermark, "q"), Err(Error::WatermarkExpired)));
    }
}
