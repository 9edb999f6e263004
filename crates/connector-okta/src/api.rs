//! Questions to the API, asked until they are answered: at Okta's pace, and again after a failure on the way.

use crate::answer::Answer;
use crate::config::{Config, ConfigError};
use crate::http::Http;
use crate::limits::{MAX_LIMITED, MAX_PAGES, MAX_WAIT, RETRY_WAITS};
use crate::login::Login;
use crate::rate::{Gate, Pause, bucket};
use connector::Error;
use jiff::Timestamp;
use model::Clock;
use serde::de::{DeserializeOwned, IgnoredAny};
use std::sync::Arc;
use std::time::Duration;

/// An org's API.
pub(crate) struct Api {
    http: Http,
    login: Login,
    gate: Gate,
    clock: Arc<dyn Clock>,
    pause: Arc<dyn Pause>,
}

/// A page of a list.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// The path of the next page.
    pub(crate) next: Option<String>,
}

/// How often a question was asked in vain.
#[derive(Default)]
struct Failures {
    limited: u32,
    interrupted: usize,
    unknown: bool,
}

impl Api {
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        Ok(Self {
            http: Http::new(config)?,
            login: Login::new(&config.credentials, &config.needs, config.app.is_some())?,
            gate: Gate::default(),
            clock: Arc::clone(&config.clock),
            pause: Arc::clone(&config.pause),
        })
    }

    /// The time here.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What is at a path, which must be there.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, Error> {
        self.ask(path).await?.success()
    }

    /// Checks that a list may be read, and that it is one.
    pub(crate) async fn probe(&self, path: &str) -> Result<(), Error> {
        self.page::<IgnoredAny>(path).await.map(|_| ())
    }

    /// What is at a path, or `None` where Okta says that it does not exist.
    pub(crate) async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, Error> {
        self.ask(path).await?.if_there()?.map(|answer| answer.json()).transpose()
    }

    /// A page of a list.
    pub(crate) async fn page<T: DeserializeOwned>(&self, path: &str) -> Result<Page<T>, Error> {
        self.page_of(self.get(path).await?)
    }

    /// A page of a list, or `None` where Okta says that what the list belongs to does not exist.
    pub(crate) async fn find_page<T: DeserializeOwned>(&self, path: &str) -> Result<Option<Page<T>>, Error> {
        self.ask(path).await?.if_there()?.map(|answer| self.page_of(answer)).transpose()
    }

    fn page_of<T: DeserializeOwned>(&self, answer: Answer) -> Result<Page<T>, Error> {
        let next = answer.next.as_deref().map(|link| self.http.org.path_of(link)).transpose()?;
        Ok(Page { items: answer.json()?, next })
    }

    /// A whole list, which is to be held in memory.
    pub(crate) async fn all<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Error> {
        self.rest(self.page(path).await?).await
    }

    /// A page and all that follow it.
    pub(crate) async fn rest<T: DeserializeOwned>(&self, first: Page<T>) -> Result<Vec<T>, Error> {
        let Page { mut items, mut next } = first;
        for _ in 0..MAX_PAGES {
            let Some(path) = next else { return Ok(items) };
            let page = self.page(&path).await?;
            items.extend(page.items);
            next = page.next;
        }
        Err(endless())
    }

    /// Asks until there is an answer that asking again would not change.
    async fn ask(&self, path: &str) -> Result<Answer, Error> {
        let bucket = bucket(path);
        let mut failures = Failures::default();
        loop {
            self.wait_for_the_gate(&bucket).await;
            let now = self.now();
            let header = self.login.header(&self.http, now).await?;
            let outcome = self.http.get(path, header.clone(), now).await;
            if let Some(limits) = outcome.as_ref().ok().and_then(|answer| answer.limits) {
                self.gate.note(&bucket, limits, now);
            }
            let is_unknown = matches!(&outcome, Ok(answer) if answer.status == 401) && !failures.unknown;
            if is_unknown && self.login.forget(&header).await {
                failures.unknown = true;
                continue;
            }
            match failures.wait_after(&outcome) {
                Some(wait) => self.pause.pause(wait).await,
                None => return outcome,
            }
        }
    }

    async fn wait_for_the_gate(&self, bucket: &str) {
        while let Some(wait) = self.gate.wait(bucket, self.now()) {
            tracing::debug!(bucket, wait_s = wait.as_secs(), "waiting for the rate limit of the org");
            self.pause.pause(wait).await;
        }
    }
}

impl Failures {
    /// How long to wait before asking again, if that may help. Only reads are sent, so that all may be repeated.
    fn wait_after(&mut self, outcome: &Result<Answer, Error>) -> Option<Duration> {
        match outcome {
            Ok(answer) if answer.status == 429 => {
                self.limited += 1;
                let wait = self.wait_for_limit(answer);
                (self.limited < MAX_LIMITED && wait <= MAX_WAIT).then_some(wait)
            }
            Ok(answer) if answer.status >= 500 => self.wait_to_retry(),
            Err(Error::Transient { .. }) => self.wait_to_retry(),
            Ok(_) | Err(_) => None,
        }
    }

    /// The window's end, or, where too many requests were under way, longer each time.
    fn wait_for_limit(&self, answer: &Answer) -> Duration {
        match answer.limits.filter(|limits| !limits.is_about_concurrency()) {
            Some(limits) => limits.resets_in.max(Duration::from_secs(1)),
            None => Duration::from_secs(1 << self.limited.min(6)),
        }
    }

    fn wait_to_retry(&mut self) -> Option<Duration> {
        self.interrupted += 1;
        RETRY_WAITS.get(self.interrupted - 1).copied()
    }
}

/// A list whose pages lead in a circle.
pub(crate) fn endless() -> Error {
    Error::source("the link to the next page", "never ends", "try again; if it persists, ask Okta's support")
}
