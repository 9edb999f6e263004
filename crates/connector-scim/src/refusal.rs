//! Answers that refuse, sorted by what the engine must do.

use crate::answer::{Answer, member};
use crate::limits::MAX_DETAIL_CHARS;
use connector::{Error, Interruption, Peer};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::time::Duration;

/// The error that an answer outside 200 to 299 means.
pub(crate) fn error(answer: &Answer) -> Error {
    match answer.status {
        401 => Error::credential(format!("{}: answered {}", answer.place, words(answer)), token(answer.peer)),
        403 => Error::forbidden(format!("{}: answered {}", answer.place, words(answer)), rights(answer.peer)),
        404 | 410 => not_found(answer),
        408 => {
            Error::transient(Interruption::Timeout, format!("{}: answered {}", answer.place, words(answer)))
        }
        429 => Error::RateLimited { retry_after: retry_after(answer) },
        // RFC 9110 §15.6.4: for now it does nothing for anybody, and says when it will.
        503 if answer.retry_after.is_some() => Error::RateLimited { retry_after: retry_after(answer) },
        // Not a failure that passes: the application does not offer this at all.
        501 => rejected(answer),
        500.. => {
            Error::transient(Interruption::Server, format!("{}: answered {}", answer.place, words(answer)))
        }
        400..=499 => rejected(answer),
        300..=399 => answer.broken(
            format!("answered {}, a redirect, and none is followed", answer.status),
            "enter the address that the application redirects to as Tenant URL",
        ),
        _ => answer.broken(format!("answered {}", words(answer)), "ask the vendor what this status means"),
    }
}

/// Where the token is that the other side does not know.
fn token(peer: Peer) -> &'static str {
    match peer {
        Peer::Source => "renew source.token of the job, apply it, and test the connection",
        Peer::Target => "renew target.token, the Secret Token of the job, apply it, and test the connection",
    }
}

/// Where the right is given that is lacking.
fn rights(peer: Peer) -> &'static str {
    match peer {
        Peer::Source => {
            "the directory knows source.token of the job, and does not let it do that: grant it what it lacks, or renew it"
        }
        Peer::Target => {
            "the application knows target.token of the job, and does not let it do that: grant it what it lacks there, or \
             renew it; a firewall in between may answer so, too"
        }
    }
}

fn not_found(answer: &Answer) -> Error {
    answer.broken(
        format!("answered {} where the application's SCIM endpoint is expected", words(answer)),
        "check the path of the Tenant URL; a query without a match is answered with 200 and an empty list (RFC 7644 §3.4.2)",
    )
}

fn rejected(answer: &Answer) -> Error {
    let code = scim_type(answer).unwrap_or_else(|| status_code(answer.status).to_owned());
    Error::Rejected { status: answer.status, code, detail: words(answer) }
}

/// A word for a status where the application gives no `scimType`: Entra's, where it has one, else the name of the status.
fn status_code(status: u16) -> &'static str {
    match status {
        400 => "BadRequest",
        402 => "LicenseLimitExceeded",
        405 => "MethodNotAllowed",
        409 => "Conflict",
        412 => "PreconditionFailed",
        413 => "PayloadTooLarge",
        415 => "UnsupportedMediaType",
        422 => "UnprocessableEntity",
        501 => "NotImplemented",
        _ => "WebExceptionProtocolError",
    }
}

/// The status and what the application says about it.
fn words(answer: &Answer) -> String {
    let said = scim_error(answer).and_then(|error| text(&error, "detail"));
    match said {
        Some(detail) => {
            let detail: String = detail.chars().take(MAX_DETAIL_CHARS).collect();
            format!("{}: {detail}", answer.status)
        }
        None if answer.body.is_empty() => answer.status.to_string(),
        None => format!("{} with {}", answer.status, answer.excerpt()),
    }
}

/// The `scimType` of an error (RFC 7644 §3.12).
pub(crate) fn scim_type(answer: &Answer) -> Option<String> {
    text(&scim_error(answer)?, "scimType")
}

fn scim_error(answer: &Answer) -> Option<Map<String, Value>> {
    serde_json::from_slice(&answer.body).ok()
}

fn text(error: &Map<String, Value>, name: &str) -> Option<String> {
    member(error, name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// RFC 9110 §10.2.3: seconds, or an instant. An instant is measured from the answer's own `Date`, so that the clocks
/// need not agree.
fn retry_after(answer: &Answer) -> Option<Duration> {
    let value = answer.retry_after.as_deref()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = instant(value)?;
    Some(Duration::try_from(then.duration_since(answer.instant())).unwrap_or_default())
}

/// An instant as HTTP writes it (RFC 9110 §5.6.7).
pub(crate) fn instant(value: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(value).ok().map(|time| time.timestamp())
}
