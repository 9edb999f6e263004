//! `filter` and `search`: the part of SCIM's filters that Okta knows.

use scim::filter::{AttributePath, Filter, Literal, Op};
use serde_json::Value;

/// How texts are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Letters {
    /// `filter`.
    Exact,
    /// `search`.
    AnyCase,
}

/// A filter, or `None` where Okta answers E0000031.
pub(super) fn parse(text: &str) -> Option<Filter> {
    Filter::parse(text).ok()
}

/// Whether an object matches. What Okta does not know matches nothing.
pub(super) fn matches(filter: &Filter, object: &Value, letters: Letters) -> bool {
    match filter {
        Filter::And(all) => all.iter().all(|one| matches(one, object, letters)),
        Filter::Or(any) => any.iter().any(|one| matches(one, object, letters)),
        Filter::Compare { path, op, value: Literal::String(text) } => {
            value(path, object).is_some_and(|found| compare(found, *op, text, letters))
        }
        Filter::Compare { .. } | Filter::Not(_) | Filter::Present(_) | Filter::ValuePath { .. } => false,
    }
}

fn value<'a>(path: &AttributePath, object: &'a Value) -> Option<&'a str> {
    let value = object.get(&path.attribute)?;
    path.sub.as_ref().map_or(Some(value), |sub| value.get(sub))?.as_str()
}

fn compare(found: &str, op: Op, text: &str, letters: Letters) -> bool {
    let fold = |text: &str| if letters == Letters::AnyCase { text.to_lowercase() } else { text.to_owned() };
    let (found, text) = (fold(found), fold(text));
    match op {
        Op::Eq => found == text,
        Op::Sw => found.starts_with(&text),
        // Instants are all written alike, so that they order as text.
        Op::Gt => found > text,
        Op::Ge => found >= text,
        Op::Lt => found < text,
        Op::Le => found <= text,
        Op::Ne | Op::Co | Op::Ew => false,
    }
}
