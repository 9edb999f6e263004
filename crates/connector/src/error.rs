//! What can go wrong with a source or a target, by what the engine must do about it.

use std::time::Duration;

/// The cause an error keeps, for logs.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Which end of a job an error speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// The directory.
    Source,
    /// The application.
    Target,
}

/// What kept an exchange from ending; trying again may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruption {
    /// No answer in time. A write may have happened.
    Timeout,
    /// The connection could not be made, or broke. A write may have happened.
    Connection,
    /// The other side answered that it failed (5xx).
    Server,
    /// The source changed while it was read.
    Changed,
}

/// What somebody lacks whom the other side refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// It does not know who asks: the credential is wrong, revoked or out of date (401).
    Identity,
    /// It knows who asks, who may not do that (403).
    Rights,
}

/// A failure at a source or a target. Each class is one thing the engine does.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Try the object again later.
    #[error("{detail}")]
    Transient {
        /// What interrupted.
        interruption: Interruption,
        /// For the administrator.
        detail: String,
        /// The cause.
        source: Option<BoxError>,
    },
    /// Slow down, and try again not before the given time (429).
    #[error("the other side answers that there are too many requests")]
    RateLimited {
        /// What `Retry-After` asked for.
        retry_after: Option<Duration>,
    },
    /// Stop the whole job: no request will succeed until somebody acts (401, 403).
    #[error("{detail}")]
    Credential {
        /// What is lacking.
        lack: Lack,
        /// For the administrator.
        detail: String,
        /// What to look at next: where the credential is kept, or the right is given.
        hint: &'static str,
    },
    /// This object was refused; the others go on.
    #[error("refused with status {status} ({code}): {detail}")]
    Rejected {
        /// The HTTP status.
        status: u16,
        /// The SCIM error's `scimType`, else `Conflict` for 409, else a word for the status.
        code: String,
        /// What the other side said.
        detail: String,
    },
    /// The linked object is gone at the target.
    #[error("the object does not exist in the target any more")]
    NotFound,
    /// Several objects match; nothing is written, because a guess would be somebody else's account.
    #[error("{count} objects have {attribute} \"{value}\"")]
    Ambiguous {
        /// The attribute that was asked for.
        attribute: String,
        /// Its value.
        value: String,
        /// How many objects have it.
        count: u64,
    },
    /// The source cannot tell what changed since that watermark: read everything.
    #[error("the source does not know this watermark any more")]
    WatermarkExpired,
    /// The other side does not speak as agreed. Nothing it said is used.
    #[error("{place}: {detail}")]
    Protocol {
        /// Which side.
        peer: Peer,
        /// Where: a file with line and column, or a method and path.
        place: String,
        /// What was found there.
        detail: String,
        /// What to look at next.
        hint: &'static str,
        /// The cause.
        source: Option<BoxError>,
    },
}

impl Error {
    /// A failure that may pass by itself.
    pub fn transient(interruption: Interruption, detail: impl Into<String>) -> Self {
        Self::Transient { interruption, detail: detail.into(), source: None }
    }

    /// A source that does not hold what it should.
    pub fn source(place: impl Into<String>, detail: impl Into<String>, hint: &'static str) -> Self {
        Self::Protocol { peer: Peer::Source, place: place.into(), detail: detail.into(), hint, source: None }
    }

    /// A target that does not answer as SCIM says.
    pub fn target(place: impl Into<String>, detail: impl Into<String>, hint: &'static str) -> Self {
        Self::Protocol { peer: Peer::Target, place: place.into(), detail: detail.into(), hint, source: None }
    }

    /// A credential that the other side does not know.
    pub fn credential(detail: impl Into<String>, hint: &'static str) -> Self {
        Self::Credential { lack: Lack::Identity, detail: detail.into(), hint }
    }

    /// A credential that does not give the right to do that.
    pub fn forbidden(detail: impl Into<String>, hint: &'static str) -> Self {
        Self::Credential { lack: Lack::Rights, detail: detail.into(), hint }
    }

    /// The same error with its cause kept, where the class keeps one.
    pub fn caused_by(mut self, cause: impl Into<BoxError>) -> Self {
        match &mut self {
            Self::Transient { source, .. } | Self::Protocol { source, .. } => *source = Some(cause.into()),
            Self::RateLimited { .. }
            | Self::Credential { .. }
            | Self::Rejected { .. }
            | Self::NotFound
            | Self::Ambiguous { .. }
            | Self::WatermarkExpired => {}
        }
        self
    }

    /// The error code for the provisioning log: Entra's, where Entra has one.
    pub fn code(&self) -> &str {
        match self {
            Self::Transient { interruption, .. } => match interruption {
                Interruption::Timeout => "Timeout",
                Interruption::Connection => "WebExceptionProtocolError",
                Interruption::Server => "InternalServerError",
                Interruption::Changed => "SourceChanged",
            },
            Self::RateLimited { .. } => "TooManyRequests",
            Self::Credential { lack: Lack::Identity, .. } => "InvalidCredentials",
            Self::Credential { lack: Lack::Rights, .. } => "InsufficientRights",
            Self::Rejected { status: 409, .. } => "Conflict",
            Self::Rejected { code, .. } => code,
            Self::NotFound => "InvalidAnchor",
            Self::Ambiguous { .. } => "DuplicateTargetEntries",
            Self::WatermarkExpired => "SyncStateNotFound",
            Self::Protocol { peer: Peer::Source, .. } => "SourceUnreadable",
            Self::Protocol { peer: Peer::Target, .. } => {
                "SystemForCrossDomainIdentityManagementServiceIncompatible"
            }
        }
    }

    /// What an administrator should look at next.
    pub fn hint(&self) -> &str {
        match self {
            Self::Transient { interruption, .. } => match interruption {
                Interruption::Timeout => {
                    "the other side took too long to answer; it is tried again by itself"
                }
                Interruption::Connection => {
                    "check that the URL of the source, or the Tenant URL of the target, is right and reachable from here; it is tried again by itself"
                }
                Interruption::Server => {
                    "the other side failed; look into its log. It is tried again by itself"
                }
                Interruption::Changed => {
                    "the next cycle reads again; write files under another name and rename them when complete"
                }
            },
            Self::RateLimited { .. } => {
                "the job slows down by itself; ask the vendor for a higher limit if it persists"
            }
            Self::Rejected { status: 409, .. } => {
                "another object in the application has the same value; rename one of them or match on that attribute"
            }
            Self::Rejected { status: 405 | 501, .. } => {
                "the application does not offer this; choose the dialect it was made for, or take the action out of the job"
            }
            Self::Rejected { status: 402, .. } => "the application has no licence left; buy one or free one",
            Self::Rejected { .. } => {
                "compare the value with what the application accepts, and correct it or its mapping"
            }
            Self::NotFound => "the object was deleted in the application; restart the job to match it again",
            Self::Ambiguous { .. } => {
                "make the value unique in the application, or match on another attribute"
            }
            Self::WatermarkExpired => "nothing to do: the next cycle reads the whole source",
            Self::Credential { hint, .. } | Self::Protocol { hint, .. } => hint,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_entra() {
        let rejected =
            |status, code: &str| Error::Rejected { status, code: code.into(), detail: String::new() };
        let cases = [
            (Error::transient(Interruption::Timeout, "slow"), "Timeout"),
            (Error::transient(Interruption::Server, "500"), "InternalServerError"),
            (Error::RateLimited { retry_after: None }, "TooManyRequests"),
            (Error::credential("401", "renew it"), "InvalidCredentials"),
            (Error::forbidden("403", "grant it"), "InsufficientRights"),
            (rejected(409, "uniqueness"), "Conflict"),
            (rejected(400, "invalidValue"), "invalidValue"),
            (Error::NotFound, "InvalidAnchor"),
            (
                Error::target("GET /Users", "HTML", "look"),
                "SystemForCrossDomainIdentityManagementServiceIncompatible",
            ),
        ];
        for (error, code) in cases {
            assert_eq!(error.code(), code, "{error}");
            assert!(!error.hint().is_empty(), "{error}");
        }
    }

    #[test]
    fn the_cause_is_kept_and_not_repeated_in_the_text() {
        let error = Error::source("users.jsonl", "cannot be opened", "check the path")
            .caused_by(std::io::Error::other("permission denied"));
        assert_eq!(error.to_string(), "users.jsonl: cannot be opened");
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        assert_eq!(cause.as_deref(), Some("permission denied"));
    }
}
