//! An answer, and what a check asserts about it. An assertion that does not hold is a finding with its exchange.

use reqwest::header::HeaderMap;
use scim::message::{ERROR_URN, LIST_RESPONSE_URN};
use serde_json::Value;

use crate::exchange::Exchange;
use crate::finding::{Finding, Verdict, Wrong};
use crate::json::{at, elements, holds, is_unassigned, shown};

/// What an endpoint answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub status: u16,
    headers: HeaderMap,
    /// The body; null if it is empty or no JSON.
    pub body: Value,
    exchange: Box<Exchange>,
}

impl Answer {
    pub fn new(status: u16, headers: HeaderMap, body: &[u8], exchange: Exchange) -> Self {
        let exchange = Box::new(exchange);
        Self { status, headers, body: serde_json::from_slice(body).unwrap_or_default(), exchange }
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The value at a place of the body.
    pub fn at(&self, place: &str) -> &Value {
        at(&self.body, place)
    }

    /// The id of the resource that was answered.
    pub fn id(&self) -> Option<&str> {
        self.at("/id").as_str().filter(|id| !id.is_empty())
    }

    /// The rule is broken by this answer.
    pub fn wrong(&self, expected: impl Into<String>, got: impl Into<String>) -> Finding {
        let got = Some(got.into()).filter(|got| !got.is_empty()).unwrap_or_else(|| "nothing".to_owned());
        Finding::Wrong(Wrong { expected: expected.into(), got, exchange: Some(self.exchange.clone()) })
    }

    /// Asserts something about it, `got` being what was found instead.
    pub fn that(&self, holds: bool, expected: impl Into<String>, got: impl Into<String>) -> Verdict {
        if holds { Ok(()) } else { Err(self.wrong(expected, got)) }
    }

    /// Asserts the status.
    pub fn is(&self, status: u16) -> Result<&Self, Finding> {
        self.is_one_of(&[status])
    }

    /// Asserts that the status is one of several.
    pub fn is_one_of(&self, statuses: &[u16]) -> Result<&Self, Finding> {
        let wanted: Vec<String> = statuses.iter().map(u16::to_string).collect();
        let expected = format!("status {}", wanted.join(" or "));
        self.that(statuses.contains(&self.status), expected, self.status_shown())?;
        Ok(self)
    }

    fn status_shown(&self) -> String {
        match self.at("/detail").as_str() {
            Some(detail) => format!("status {}: {}", self.status, shown(&Value::from(detail))),
            None => format!("status {}", self.status),
        }
    }

    /// Asserts that the body holds all of this; it may hold more.
    pub fn has(&self, expected: &Value) -> Result<&Self, Finding> {
        let differing = match expected {
            Value::Object(members) => members.iter().find(|(name, want)| !holds(self.at(name), want)),
            _ => None,
        };
        match differing {
            None => Ok(self),
            Some((name, want)) => Err(self.wrong(format!("{name} = {}", shown(want)), shown(self.at(name)))),
        }
    }

    /// Asserts what is at one place.
    pub fn has_at(&self, place: &str, expected: &Value) -> Result<&Self, Finding> {
        let found = self.at(place);
        self.that(holds(found, expected), format!("{place} = {}", shown(expected)), shown(found))?;
        Ok(self)
    }

    /// Asserts that there is nothing at a place: no such member, null, or empty.
    pub fn has_not(&self, place: &str) -> Result<&Self, Finding> {
        let found = self.at(place);
        self.that(is_unassigned(found), format!("nothing in {place}"), shown(found))?;
        Ok(self)
    }

    /// Asserts that there is something at a place.
    pub fn has_some(&self, place: &str) -> Result<&Self, Finding> {
        self.that(!is_unassigned(self.at(place)), format!("a value in {place}"), "nothing")?;
        Ok(self)
    }

    /// Asserts that `schemas` names a URN.
    pub fn has_schema(&self, urn: &str) -> Result<&Self, Finding> {
        let schemas = self.at("/schemas");
        let is_named =
            elements(schemas).iter().any(|s| s.as_str().is_some_and(|s| s.eq_ignore_ascii_case(urn)));
        self.that(is_named, format!("schemas with {urn}"), shown(schemas))?;
        Ok(self)
    }

    /// Asserts an error of this status in the form of RFC 7644 §3.12.
    pub fn error(&self, status: u16) -> Result<&Self, Finding> {
        self.is(status)?;
        self.has_schema(ERROR_URN)
    }

    /// Asserts an error with one of these statuses and keywords (RFC 7644 §3.12).
    pub fn error_of_type(&self, status: u16, scim_type: &str) -> Verdict {
        self.error(status)?.has_at("/scimType", &Value::from(scim_type)).map(drop)
    }

    /// Asserts a list response, and answers what is in it.
    pub fn list(&self) -> Result<List<'_>, Finding> {
        self.is(200)?.has_schema(LIST_RESPONSE_URN)?;
        let total = self.at("/totalResults");
        let Some(total) = total.as_u64() else {
            return Err(self.wrong("totalResults, a number", shown(total)));
        };
        Ok(List { answer: self, total, resources: elements(self.at("/Resources")) })
    }
}

/// A list response.
pub(crate) struct List<'a> {
    answer: &'a Answer,
    pub total: u64,
    pub resources: &'a [Value],
}

impl List<'_> {
    /// The ids, in the order in which they came.
    pub fn ids(&self) -> Vec<String> {
        self.resources.iter().filter_map(|r| at(r, "/id").as_str()).map(str::to_owned).collect()
    }

    /// Asserts that just these are found, in whatever order.
    pub fn finds(&self, ids: &[&str]) -> Verdict {
        let (mut wanted, mut found) = (ids.to_vec(), self.ids());
        wanted.sort_unstable();
        found.sort_unstable();
        let expected = format!("{} of the resources: {}", ids.len(), shown(&wanted.clone().into()));
        self.answer.that(
            found == wanted,
            expected,
            format!("{}: {}", found.len(), shown(&found.clone().into())),
        )?;
        let expected = format!("totalResults = {}", ids.len());
        self.answer.that(self.total == ids.len() as u64, expected, self.total.to_string())
    }
}
