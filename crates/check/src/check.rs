//! What a check is: who asks, how binding it is, where that is written, and how it is carried out.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;

use serde::Serialize;

use crate::announced::Feature;
use crate::finding::Verdict;
use crate::probe::Probe;

/// Who sends the requests of a check. Each has headers and shapes of its own, which a service provider may recognise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Client {
    /// A client that does what RFC 7643 and RFC 7644 say, and nothing else.
    Rfc,
    /// The Microsoft Entra provisioning service.
    Entra,
    /// Okta.
    Okta,
}

impl Client {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rfc, Self::Entra, Self::Okta];

    /// The name on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rfc => "rfc",
            Self::Entra => "entra",
            Self::Okta => "okta",
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Client {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|client| client.name() == text);
        known.ok_or_else(|| "write rfc, entra or okta".to_owned())
    }
}

/// How binding a check is: the words of RFC 2119, or what a client relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Requirement {
    /// The rule says MUST or SHALL, or the service provider announces the feature.
    Must,
    /// The rule says SHOULD: not keeping it is a warning.
    Should,
    /// No rule demands it, but the client does not work without.
    Client,
}

impl Requirement {
    /// The word in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::Client => "client",
        }
    }
}

/// How a check is carried out.
pub type Run = for<'a> fn(&'a mut Probe) -> Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>;

/// One question that is asked of a service provider.
#[derive(Debug)]
pub struct Check {
    /// Its name within the theme.
    pub name: &'static str,
    /// How binding it is.
    pub requirement: Requirement,
    /// Where the rule is written: a section of an RFC, or whose behaviour it is.
    pub source: &'static str,
    /// The rule, in a sentence.
    pub rule: &'static str,
    /// What to do about a service provider that breaks it, in a sentence.
    pub fix: &'static str,
    /// How it is carried out.
    pub run: Run,
}

/// Checks that belong together.
#[derive(Debug)]
pub struct Theme {
    /// The name, which begins the full name of each check.
    pub name: &'static str,
    /// Who sends the requests.
    pub client: Client,
    /// Optional features that all of the checks need. Where one is not announced, they are skipped.
    pub needs: &'static [Feature],
    /// The checks, in the order in which they are carried out.
    pub checks: &'static [Check],
}
