//! What the org was asked, and what goes wrong with it.

use super::org::Org;

/// A request that the org received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `GET` or `POST`.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// The header of that name.
    pub authorization: String,
    /// A form, decoded.
    pub form: Vec<(String, String)>,
}

impl Asked {
    /// A parameter of the query.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        value(&self.query, name)
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        value(&self.form, name)
    }
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Okta fails: this status, and JSON with this error code.
    Code(u16, &'static str),
    /// Something in between answers with this status and an HTML page.
    Page(u16),
    /// Too many requests are under way at once.
    Concurrency,
    /// The link to the next page leads to another host.
    LinkElsewhere,
}

type Script = Box<dyn FnMut(&Asked) -> Option<Fault> + Send>;

#[derive(Default)]
pub(super) struct Faults {
    asked: Vec<Asked>,
    script: Option<Script>,
}

impl Faults {
    pub(super) fn note(&mut self, asked: &Asked) -> Option<Fault> {
        self.asked.push(asked.clone());
        self.script.as_mut().and_then(|script| script(asked))
    }
}

impl Org {
    /// Lets a script decide for each request what goes wrong.
    pub fn fail_when(&mut self, script: impl FnMut(&Asked) -> Option<Fault> + Send + 'static) {
        self.faults.script = Some(Box::new(script));
    }

    /// Ends all faults.
    pub fn mend(&mut self) {
        self.faults.script = None;
    }

    /// The requests since the last call.
    pub fn take_asked(&mut self) -> Vec<Asked> {
        std::mem::take(&mut self.faults.asked)
    }

    /// Sets how many requests a minute may begin with a path; there is no limit where none was set.
    pub fn limit(&mut self, path: &str, requests_a_minute: u64) {
        self.limits.set(path, requests_a_minute);
    }
}
