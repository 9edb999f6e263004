//! Exchanges with Graph: one request, sent until it is answered.

use crate::answer::Answer;
use crate::endpoint::Endpoint;
use crate::limits::{MAX_ANSWER_BYTES, REQUEST_TIMEOUT};
use crate::patience::Patience;
use crate::token::Tokens;
use crate::{Config, ConfigError, Secret};
use connector::{Error, Interruption};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, RETRY_AFTER};
use reqwest::{Client, Method, Response, redirect};
use serde_json::Value;
use std::time::{Duration, Instant};

/// RFC 7240. With `return=minimal` a delta query tells the properties that changed, and not the others as well.
const PREFER: HeaderName = HeaderName::from_static("prefer");

/// A client of one tenant's Graph.
pub(crate) struct Graph {
    http: Client,
    endpoint: Endpoint,
    tokens: Tokens,
    patience: Duration,
}

/// A request. Each may be sent again: it is a question, or about a subscription that would end by itself.
pub(crate) struct Ask {
    method: Method,
    url: String,
    /// Method and path for errors, without the query and its tokens.
    place: String,
    body: Option<Value>,
    /// Whether only what changed is wanted.
    minimal: bool,
}

impl Graph {
    /// Prepares a connection. Nothing is sent yet.
    pub(crate) fn new(config: Config) -> Result<Self, ConfigError> {
        let endpoint = Endpoint::parse("graph_url", &config.graph_url)?;
        let login = Endpoint::parse("login_url", &config.login_url)?;
        let mut builder = Client::builder()
            .user_agent(config.user_agent.clone())
            .timeout(REQUEST_TIMEOUT)
            .redirect(redirect::Policy::none())
            .referer(false);
        if endpoint.is_loopback() {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(ConfigError::Client)?;
        let patience = config.patience;
        Ok(Self { http, tokens: Tokens::new(config, &login, &endpoint)?, endpoint, patience })
    }

    /// Asks for a path with its query, below the base URL.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, Error> {
        let place = format!("GET {}", path.split('?').next().unwrap_or_default());
        let url = self.endpoint.join(path);
        self.exchange(Ask { method: Method::GET, url, place, body: None, minimal: false }).await
    }

    /// Follows a link that Graph gave, or that a watermark holds; `minimal` asks for changed properties alone.
    ///
    /// # Errors
    /// When it leads elsewhere: the token is for Graph alone.
    pub(crate) async fn follow(&self, place: &str, link: &str, minimal: bool) -> Result<Answer, Error> {
        if !self.endpoint.is_own(link) {
            let hint =
                "no page is read from another host than graph_url; check that no proxy rewrites answers";
            return Err(Error::source(place, "a link leads to another host", hint));
        }
        let (url, place) = (link.to_owned(), place.to_owned());
        self.exchange(Ask { method: Method::GET, url, place, body: None, minimal }).await
    }

    /// Asks with a body.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Result<Answer, Error> {
        let place = format!("POST {path}");
        let url = self.endpoint.join(path);
        self.exchange(Ask { method: Method::POST, url, place, body: Some(body), minimal: false }).await
    }

    /// Sends any other request; `place` is what errors call it.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        place: String,
        body: Option<Value>,
    ) -> Result<Answer, Error> {
        self.exchange(Ask { method, url: self.endpoint.join(path), place, body, minimal: false }).await
    }

    /// What a whole batch may wait.
    pub(crate) fn patience(&self) -> Patience {
        Patience::new(self.patience)
    }

    /// Sends a request until it is answered with something else than a request for patience.
    async fn exchange(&self, ask: Ask) -> Result<Answer, Error> {
        let mut patience = self.patience();
        let (mut renewed, mut resent) = (false, false);
        loop {
            let token = self.tokens.get(&self.http).await?;
            let answer = match self.send(&ask, &token).await {
                // One broken connection is no reason to begin a read of thousands of pages anew.
                Err(Error::Transient { .. }) if !resent => {
                    resent = true;
                    continue;
                }
                other => other?,
            };
            if answer.status == 401 && !renewed {
                // It may have been withdrawn before its end.
                self.tokens.forget(&token).await;
                renewed = true;
                continue;
            }
            match answer.refusal() {
                Some(refusal) => patience.wait(&ask.place, refusal).await?,
                None => return Ok(answer),
            }
        }
    }

    async fn send(&self, ask: &Ask, token: &Secret) -> Result<Answer, Error> {
        let mut request = self.http.request(ask.method.clone(), &ask.url).bearer_auth(token.expose());
        if let Some(body) = &ask.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        if ask.minimal {
            request = request.header(PREFER, "return=minimal");
        }
        let sent = Instant::now();
        let response = request.send().await.map_err(|error| interrupted(&ask.place, error))?;
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        let body = read_body(&ask.place, response, MAX_ANSWER_BYTES).await?;
        tracing::debug!(
            place = ask.place,
            status,
            elapsed_ms = u64::try_from(sent.elapsed().as_millis()).unwrap_or(u64::MAX),
            "Graph answered"
        );
        Ok(Answer::read(ask.place.clone(), status, retry_after, &body))
    }
}

/// Graph says it in seconds.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// The body of an answer, up to a bound.
pub(crate) async fn read_body(place: &str, mut response: Response, most: usize) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| interrupted(place, error))? {
        if body.len() + chunk.len() > most {
            let detail = format!("the answer is larger than {most} bytes");
            return Err(Error::source(
                place,
                detail,
                "something else than Microsoft answers there; check the URLs of the source",
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// No answer came.
pub(crate) fn interrupted(place: &str, error: reqwest::Error) -> Error {
    let (interruption, detail) = if error.is_timeout() {
        (Interruption::Timeout, "no answer in time")
    } else if error.is_connect() {
        (Interruption::Connection, "the directory cannot be reached")
    } else {
        (Interruption::Connection, "the connection broke before the answer was complete")
    };
    // A delta link in the cause would be pages long.
    Error::transient(interruption, format!("{place}: {detail}")).caused_by(error.without_url())
}
