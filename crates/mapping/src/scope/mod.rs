//! Scoping filters: which source objects are provisioned at all.

mod clause;
mod operator;

use serde::{Deserialize, Serialize};

pub use clause::{Clause, ClauseError, ClauseFault, ClauseOutcome};
pub use operator::{Operator, UnknownOperator};

use crate::attributes::Attributes;

/// The scoping filters of one object type. An object is in scope when any filter passes, or when there is none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scope {
    /// The filters, of which one has to pass.
    pub filters: Vec<ScopingFilter>,
}

/// A scoping filter: it passes when all its clauses do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopingFilter {
    /// What administrators call the filter.
    #[serde(default)]
    pub title: String,
    /// The clauses, all of which have to pass.
    pub clauses: Vec<Clause>,
}

/// Whether an object is in scope, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScopeOutcome {
    /// Whether the object is in scope.
    pub in_scope: bool,
    /// Every filter with its clauses.
    pub filters: Vec<FilterOutcome>,
}

/// What one filter said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FilterOutcome {
    /// The filter's title.
    pub title: String,
    /// Whether all clauses passed.
    pub passed: bool,
    /// Every clause, also those after the first that failed.
    pub clauses: Vec<ClauseOutcome>,
}

impl Scope {
    /// Whether the object is in scope.
    pub fn contains(&self, attributes: &dyn Attributes) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| filter.passes(attributes))
    }

    /// Whether the object is in scope, with the outcome of every clause.
    pub fn evaluate(&self, attributes: &dyn Attributes) -> ScopeOutcome {
        let filters: Vec<_> = self.filters.iter().map(|filter| filter.evaluate(attributes)).collect();
        let in_scope = filters.is_empty() || filters.iter().any(|filter| filter.passed);
        ScopeOutcome { in_scope, filters }
    }

    /// The source attributes the clauses read, each once.
    pub fn attributes(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for clause in self.filters.iter().flat_map(|filter| &filter.clauses) {
            if !names.contains(&clause.attribute()) {
                names.push(clause.attribute());
            }
        }
        names
    }
}

impl ScopingFilter {
    /// Whether all clauses pass.
    pub fn passes(&self, attributes: &dyn Attributes) -> bool {
        self.clauses.iter().all(|clause| clause.passes(attributes))
    }

    /// Whether all clauses pass, with the outcome of each.
    pub fn evaluate(&self, attributes: &dyn Attributes) -> FilterOutcome {
        let clauses: Vec<_> = self.clauses.iter().map(|clause| clause.evaluate(attributes)).collect();
        let passed = clauses.iter().all(|clause| clause.passed);
        FilterOutcome { title: self.title.clone(), passed, clauses }
    }
}
