//! Where a definition and what is stored do not go together.

use std::collections::BTreeMap;
use std::fmt;

use model::ResourceId;
use serde::Serialize;

/// One way in which a definition contradicts stored resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contradiction {
    /// The resource type.
    pub resource_type: String,
    /// What is wrong.
    pub problem: String,
    /// How many resources it concerns.
    pub resources: u64,
    /// One of them, to look at; values are personal and not told.
    pub example: Option<ResourceId>,
    /// What to do about it.
    pub hint: &'static str,
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (resources: {}", self.resource_type, self.problem, self.resources)?;
        if let Some(example) = self.example {
            write!(f, ", for example {example}")?;
        }
        write!(f, "); {}", self.hint)
    }
}

/// Contradictions while they are counted.
#[derive(Default)]
pub(super) struct Contradictions(BTreeMap<(String, String), Contradiction>);

impl Contradictions {
    /// Counts one resource.
    pub(super) fn note(
        &mut self,
        resource_type: &str,
        problem: String,
        example: ResourceId,
        hint: &'static str,
    ) {
        self.count(resource_type, problem, 1, Some(example), hint);
    }

    /// Counts several.
    pub(super) fn count(
        &mut self,
        resource_type: &str,
        problem: String,
        resources: u64,
        example: Option<ResourceId>,
        hint: &'static str,
    ) {
        let key = (resource_type.to_owned(), problem);
        let new = |(resource_type, problem): (String, String)| Contradiction {
            resource_type,
            problem,
            resources: 0,
            example,
            hint,
        };
        let known = self.0.entry(key.clone()).or_insert_with(|| new(key));
        known.resources += resources;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_list(self) -> Vec<Contradiction> {
        self.0.into_values().collect()
    }
}
