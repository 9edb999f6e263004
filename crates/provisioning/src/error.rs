//! What ends a cycle before its end.

use thiserror::Error;

/// An error that concerns every object, not one.
#[derive(Debug, Error)]
pub enum Error {
    /// The source can't be read.
    #[error("the source can't be read")]
    Source(#[source] connector::Error),
    /// The target can't be written.
    #[error("the target can't be used")]
    Target(#[source] connector::Error),
    /// Another process runs a cycle of this job.
    #[error("a cycle of {job} is running elsewhere")]
    Busy {
        /// The job.
        job: String,
    },
    /// Another process took this cycle's lease over; it has gone on from where this one was.
    #[error("another process took this cycle over")]
    LeaseLost,
    /// The engine's own store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Somebody is asked for whom the source does not know.
    #[error("the source knows nobody called {who:?}")]
    Nobody {
        /// What was asked for.
        who: String,
    },
    /// Somebody is asked for by a name that several have.
    #[error("{who:?} could be any of {}", names.join(", "))]
    SeveralPeople {
        /// What was asked for.
        who: String,
        /// Who it could be.
        names: Vec<String>,
    },
    /// A stored plan can't be read, does not exist, or is void.
    #[error("{0}")]
    Plan(String),
    /// A plan is over the deletion threshold, and nobody has allowed that.
    #[error("the plan is over the deletion threshold: {0}")]
    PlanHeld(String),
}

impl Error {
    /// What to look at next.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::Source(error) | Self::Target(error) => error.hint(),
            Self::Busy { .. } => "wait for it to end; `rollcall job show` tells where it stands",
            Self::LeaseLost => "this process was not heard of for too long; nothing is lost",
            Self::Store(error) => error.hint().unwrap_or_default(),
            Self::Nobody { .. } => "name a user by userPrincipalName, mail or object id",
            Self::SeveralPeople { .. } => "name the user by object id",
            Self::Plan(_) => "make a new plan with `rollcall plan`",
            Self::PlanHeld(_) => "apply it with --allow-deletions if that is meant",
        }
    }
}

/// An error with its causes, in one line, for a record.
#[must_use]
pub fn in_words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let words = inner.to_string();
        // A transparent error says what its cause says.
        if !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = inner.source();
    }
    text
}
