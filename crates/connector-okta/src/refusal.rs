//! Answers that refuse, sorted by what the engine must do.

use crate::answer::Answer;
use crate::limits::MAX_DETAIL_CHARS;
use crate::rate::bucket;
use connector::{Error, Interruption};

const RIGHTS: &str = "grant what is missing in the Okta Admin Console to whom source.token or source.client_id of the job \
                      names, and test the connection";

/// The error that an answer outside 200 to 299 means.
pub(crate) fn error(answer: &Answer) -> Error {
    let said = format!("{}: answered {}", answer.place, words(answer));
    match answer.status {
        401 => Error::credential(said, unknown(answer)),
        403 => Error::forbidden(format!("{said}; {}", forbidden(answer)), RIGHTS),
        429 => Error::RateLimited { retry_after: answer.limits.map(|limits| limits.resets_in) },
        300..=399 => Error::source(
            answer.place.clone(),
            format!("answered {}, a redirect, and none is followed", answer.status),
            "set source.url to the org's own address, without \"-admin\"",
        ),
        404 => Error::source(
            answer.place.clone(),
            format!("answered {}", words(answer)),
            "check source.url, and source.app: an app's id is the last part of its address in the Admin Console, 0oa…",
        ),
        408 | 500.. => Error::transient(Interruption::Server, said),
        _ => Error::source(
            answer.place.clone(),
            format!("answered {}", words(answer)),
            "look up the error code in Okta's documentation; it is tried again by the next cycle",
        ),
    }
}

/// What to do about a 401: E0000011 is a token that Okta does not know.
fn unknown(answer: &Answer) -> &'static str {
    match answer.words().map(|words| words.code).as_deref() {
        Some("invalid_client") => {
            "check source.client_id, and that the app holds the public key of source.private_key (key_id, if it has several)"
        }
        _ => {
            "the API token is wrong, revoked, or unused for 30 days: create another under Security > API > Tokens, and \
             check that source.url is the org it was made in"
        }
    }
}

/// What to do about a 403: which scope and which administrator permission the path wants.
fn forbidden(answer: &Answer) -> String {
    let path = answer.place.split(' ').nth(1).unwrap_or_default();
    let (scope, permission) = match bucket(path).split('/').nth(1) {
        Some("logs") => ("okta.logs.read", "view the System Log (Report Administrator has it)"),
        Some("apps") => ("okta.apps.read", "view applications and their users"),
        Some("groups") => ("okta.groups.read", "view groups"),
        Some(_) | None => ("okta.users.read", "view users"),
    };
    let missing = answer.authenticate.as_deref().is_some_and(|text| text.contains("insufficient_scope"));
    if missing {
        return format!("grant the app {scope} under its Okta API Scopes");
    }
    format!(
        "give whoever reads an administrator role that may {permission}; an OAuth client also needs {scope}"
    )
}

/// The status and what Okta says about it.
fn words(answer: &Answer) -> String {
    match answer.words() {
        Some(words) => {
            let summary: String = words.summary.chars().take(MAX_DETAIL_CHARS).collect();
            format!("{} {}: {summary}", answer.status, words.code)
        }
        None if answer.body.is_empty() => answer.status.to_string(),
        None => format!("{} with {}", answer.status, answer.excerpt()),
    }
}
