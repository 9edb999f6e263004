//! What a verb says when it fails: the message with its causes, and a hint what to do next.

use std::io::{self, Write};

use anyhow::Error;
use serde_json::json;

/// A request that a verb turns down.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    message: String,
    hint: String,
}

/// An error that says what is wrong and what to do next.
pub fn refusal(message: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::new(Refusal { message: message.into(), hint: hint.into() })
}

/// What to do next: the hint of the outermost cause that has one.
pub fn hint(error: &Error) -> Option<String> {
    error.chain().find_map(|cause| {
        let hint = if let Some(refusal) = cause.downcast_ref::<Refusal>() {
            refusal.hint.as_str()
        } else if let Some(engine) = cause.downcast_ref::<provisioning::Error>() {
            engine.hint()
        } else if let Some(end) = cause.downcast_ref::<connector::Error>() {
            end.hint()
        } else {
            cause.downcast_ref::<store::Error>()?.hint()?
        };
        (!hint.is_empty()).then(|| hint.to_owned())
    })
}

/// The message with its causes, in one line a cause has; a cause that its parent already quotes is left out.
pub fn message(error: &Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

/// Tells it on standard error. That nobody listens there either is no reason to fail again.
pub fn report(error: &Error, json: bool) {
    let mut out = io::stderr().lock();
    let told = if json {
        writeln!(out, "{}", json!({ "error": message(error), "hint": hint(error) }))
    } else {
        writeln!(out, "error: {}", message(error))
            .and_then(|()| hint(error).map_or(Ok(()), |hint| writeln!(out, "hint: {hint}")))
    };
    drop(told);
}

/// Whether the reader of the output has gone (`rollcall log … | head`), which ends a verb without ado.
pub fn is_broken_pipe(error: &Error) -> bool {
    let broken = |e: &io::Error| e.kind() == io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(broken))
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn the_hint_of_the_outermost_cause_counts() {
        let inner = refusal("no such job", "see rollcall job list");
        let error = inner.context("explaining failed");
        assert_eq!(message(&error), "explaining failed: no such job");
        assert_eq!(hint(&error).as_deref(), Some("see rollcall job list"));
    }

    #[test]
    fn the_engine_and_the_store_bring_their_own_hints() {
        let engine = Error::new(provisioning::Error::Nobody { who: "ana".into() });
        assert!(hint(&engine).is_some_and(|h| h.contains("object id")));
        let full = Error::new(provisioning::Error::Store(store::Error::Full)).context("a cycle failed");
        assert!(hint(&full).is_some_and(|h| h.contains("free some space")));
        assert_eq!(message(&full), "a cycle failed: the database has no space left");
    }

    #[test]
    fn an_error_without_a_hint_has_none() {
        let error = Error::new(io::Error::other("broken"));
        assert_eq!(hint(&error), None);
        assert!(!is_broken_pipe(&error));
        let gone: anyhow::Result<()> = Err(io::Error::from(io::ErrorKind::BrokenPipe)).context("printing");
        assert!(is_broken_pipe(&gone.unwrap_err()));
    }
}
