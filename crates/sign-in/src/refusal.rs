//! Why somebody is not signed in.

use axum::http::StatusCode;
use thiserror::Error;

use crate::MatchKey;

/// Why somebody is not signed in. The text is for the tenant's administrator and holds no secret; [`Refusal::advice`] is
/// for whoever wanted in.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Nobody of the tenant has the value.
    #[error(
        "no user of the tenant has this {0}; assign the person to the application, so that they are provisioned"
    )]
    NoSuchUser(MatchKey),
    /// Several have it.
    #[error("several users have this {0}; match by an attribute that is each user's own")]
    Ambiguous(MatchKey),
    /// The user is there and may not.
    #[error("the user is not active")]
    Inactive,
    /// The provider sent nothing to compare.
    #[error("the provider sent no {claim} to compare with {key}; have it sent, or name another with --claim")]
    NoValue {
        /// What was looked for.
        claim: String,
        /// What it would have been compared with.
        key: MatchKey,
    },
    /// The tenant's schemas have no such attribute, or nobody can be found by it.
    #[error("the tenant's schemas don't let users be found by {0}")]
    NotIndexed(MatchKey),
    /// An address that may be anybody's.
    #[error(
        "the provider does not say that the e-mail address is verified; claim its domain with --domain if it is the tenant's"
    )]
    Unverified,
    /// The user belongs to another subject of the same provider.
    #[error(
        "the user is linked to another subject of this provider; if it is the same person, unlink it with `rollcall sign-in unlink`"
    )]
    OtherSubject,
    /// Nobody is made just in time.
    #[error("the person is not there and is not made: {0}")]
    NotMade(String),
    /// The answer fits no sign-in that this browser began.
    #[error("the answer belongs to no sign-in that this browser began within a quarter of an hour")]
    NotStarted,
    /// It began at the provider.
    #[error(
        "the sign-in began at the provider, which the tenant does not allow; allow it with --provider-initiated on"
    )]
    ProviderInitiated,
    /// The provider itself refused.
    #[error("the provider refused: {0}")]
    Provider(String),
    /// What the provider sent proves nothing.
    #[error("the provider's answer is not accepted: {0}")]
    Proof(String),
    /// It was accepted before.
    #[error("the provider's answer was used before")]
    Replayed,
    /// There is no provider at this door.
    #[error("the tenant has no provider here")]
    NoProvider,
    /// The provider can't be asked.
    #[error("the provider can't be asked: {0}")]
    Unreachable(String),
    /// Only the provider lets users in.
    #[error("users of this tenant sign in with its provider alone")]
    SsoOnly,
    /// The key or link is none, or not any more.
    #[error("the key or link is not, or no longer, valid")]
    NotValid,
    /// A form of another site.
    #[error("the form was not sent from this site")]
    OtherSite,
    /// Too many attempts.
    #[error("there were too many attempts")]
    TooOften,
    /// The request is no request of this kind.
    #[error("the request is not complete: {0}")]
    BadRequest(&'static str),
    /// The store failed, or the operating system.
    #[error("the server failed; its log says why")]
    Failed,
}

impl Refusal {
    /// A name for it in tables and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchUser(_) => "no-such-user",
            Self::Ambiguous(_) => "ambiguous",
            Self::Inactive => "inactive",
            Self::NoValue { .. } => "no-value",
            Self::NotIndexed(_) => "not-indexed",
            Self::Unverified => "unverified-email",
            Self::OtherSubject => "other-subject",
            Self::NotMade(_) => "not-made",
            Self::NotStarted => "not-started",
            Self::ProviderInitiated => "provider-initiated",
            Self::Provider(_) => "refused-by-provider",
            Self::Proof(_) => "proof",
            Self::Replayed => "replayed",
            Self::NoProvider => "no-provider",
            Self::Unreachable(_) => "unreachable",
            Self::SsoOnly => "sso-only",
            Self::NotValid => "not-valid",
            Self::OtherSite => "other-site",
            Self::TooOften => "too-often",
            Self::BadRequest(_) => "bad-request",
            Self::Failed => "failed",
        }
    }

    /// What whoever wanted in is told. It says nothing about users of the tenant that they are not.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NoSuchUser(_) | Self::NotMade(_) => {
                "There is no account for you here. Only people who were provisioned can sign in: ask your administrator to \
                 assign you to this application."
            }
            Self::Inactive => "Your account here is not active. Ask your administrator.",
            Self::NotStarted => {
                "This sign-in took too long, or was begun in another browser. Please begin again."
            }
            Self::ProviderInitiated => "Please begin at this site's sign-in page.",
            Self::Replayed => "This sign-in was used already. Please begin again.",
            Self::Provider(_) => "Your organization's sign-in refused. Ask your administrator.",
            Self::NoProvider => "Your organization has not set up this way to sign in.",
            Self::Unreachable(_) | Self::Failed => {
                "Signing in does not work at the moment. Please try again later."
            }
            Self::SsoOnly => "Please sign in with your organization.",
            Self::NotValid => {
                "This key or link is not valid, or not any more. Ask your administrator for a new one."
            }
            Self::TooOften => "There were too many attempts. Please wait a minute.",
            Self::Ambiguous(_)
            | Self::NoValue { .. }
            | Self::NotIndexed(_)
            | Self::Unverified
            | Self::OtherSubject
            | Self::Proof(_) => "Signing in is not set up right. Give your administrator the number below.",
            Self::OtherSite | Self::BadRequest(_) => "This request can't be answered. Please begin again.",
        }
    }

    /// The status of the page that tells it.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TooOften => StatusCode::TOO_MANY_REQUESTS,
            Self::Unreachable(_) => StatusCode::BAD_GATEWAY,
            Self::Failed => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoProvider => StatusCode::NOT_FOUND,
            Self::BadRequest(_) | Self::NotStarted => StatusCode::BAD_REQUEST,
            Self::NoSuchUser(_)
            | Self::Ambiguous(_)
            | Self::Inactive
            | Self::NoValue { .. }
            | Self::NotIndexed(_)
            | Self::Unverified
            | Self::OtherSubject
            | Self::NotMade(_)
            | Self::ProviderInitiated
            | Self::Provider(_)
            | Self::Proof(_)
            | Self::Replayed
            | Self::SsoOnly
            | Self::NotValid
            | Self::OtherSite => StatusCode::FORBIDDEN,
        }
    }
}

/// What ends a transaction: a refusal, of which nothing is kept, or the store's failure.
#[derive(Debug, Error)]
pub(crate) enum Ended {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Ended {
    /// The refusal; a failure is logged here, once.
    pub(crate) fn into_refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Store(error) => {
                tracing::error!(%error, hint = error.hint(), "a sign-in failed in the store");
                Refusal::Failed
            }
        }
    }
}
