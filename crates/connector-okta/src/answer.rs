//! One answer of the API, and what is read from it.

use crate::limits::MAX_EXCERPT_CHARS;
use crate::rate::Limits;
use crate::refusal;
use connector::Error;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

const NOT_OKTA: &str = "check that source.url is the org's own address, and that no proxy, firewall or sign-in page answers in its place";

/// One answer, read whole.
pub(crate) struct Answer {
    /// Method and path asked, for errors; without the query, which may hold names.
    pub(crate) place: String,
    pub(crate) status: u16,
    /// Where the next page is, as told.
    pub(crate) next: Option<String>,
    pub(crate) limits: Option<Limits>,
    /// When it was given, by Okta's clock.
    pub(crate) date: Option<Timestamp>,
    /// What a refused OAuth token lacks (RFC 6750 §3).
    pub(crate) authenticate: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// What Okta says when it refuses, and its token endpoint in the words of RFC 6749 §5.2.
#[derive(Default, Deserialize)]
pub(crate) struct Words {
    #[serde(default, rename = "errorCode", alias = "error")]
    pub(crate) code: String,
    #[serde(default, rename = "errorSummary", alias = "error_description")]
    pub(crate) summary: String,
}

impl Answer {
    /// The answer, if it is one that was hoped for.
    pub(crate) fn success(self) -> Result<Self, Error> {
        if (200..300).contains(&self.status) { Ok(self) } else { Err(refusal::error(&self)) }
    }

    /// The answer, or `None` where Okta says that what was asked for does not exist. A 404 that is not Okta's own comes
    /// from something else, and must not make an account look deleted.
    pub(crate) fn if_there(self) -> Result<Option<Self>, Error> {
        let is_gone = self.status == 404 && self.words().is_some_and(|words| words.code == "E0000007");
        if is_gone { Ok(None) } else { self.success().map(Some) }
    }

    /// The answer without the credential: words of an answer go into errors, and some proxies echo what they were sent.
    pub(crate) fn without(mut self, credential: &str) -> Self {
        let text = String::from_utf8_lossy(&self.body);
        if !credential.is_empty() && text.contains(credential) {
            self.body = text.replace(credential, "[credential]").into_bytes();
        }
        self
    }

    /// The body as what it should be.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let detail = match error.classify() {
                serde_json::error::Category::Data => format!("the answer is not what it should be: {error}"),
                _ => format!("answered no JSON but {}", self.excerpt()),
            };
            Error::source(self.place.clone(), detail, NOT_OKTA).caused_by(error)
        })
    }

    /// Okta's own words about an error.
    pub(crate) fn words(&self) -> Option<Words> {
        serde_json::from_slice(&self.body).ok().filter(|words: &Words| !words.code.is_empty())
    }

    /// The beginning of the answer, for an administrator to recognise who answered.
    pub(crate) fn excerpt(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("\"{}\"", words.chars().take(MAX_EXCERPT_CHARS).collect::<String>())
    }
}
