//! One application over HTTP: a request goes out with the credential, the answer comes back whole and bounded.

use crate::answer::Answer;
use crate::config::{ConfigError, Secret};
use crate::dialect::Headers;
use crate::limits::MAX_IDLE_CONNECTIONS;
use crate::tenant_url::TenantUrl;
use connector::{Error, Interruption, Peer, Request};
use reqwest::header::{
    ACCEPT, ACCEPT_CHARSET, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue,
    RETRY_AFTER,
};
use reqwest::{Client, Method, Response, redirect};
use std::time::{Duration, Instant};

/// An application, or a directory that speaks SCIM.
pub(crate) struct Connection {
    client: Client,
    url: TenantUrl,
    token: Secret,
    content_type: HeaderValue,
    peer: Peer,
    max_answer_bytes: usize,
}

/// What a connection is made of.
pub(crate) struct Terms {
    pub(crate) url: TenantUrl,
    pub(crate) token: Secret,
    pub(crate) headers: Headers,
    pub(crate) timeout: Duration,
    pub(crate) user_agent: String,
    pub(crate) peer: Peer,
    pub(crate) max_answer_bytes: usize,
}

impl Connection {
    /// Prepares a connection. Nothing is sent yet.
    pub(crate) fn new(terms: Terms) -> Result<Self, ConfigError> {
        let Terms { url, token, headers, timeout, user_agent, peer, max_answer_bytes } = terms;
        let mut builder = Client::builder()
            .http1_only()
            .default_headers(sent_always(&headers, &token)?)
            .user_agent(user_agent)
            .timeout(timeout)
            .redirect(redirect::Policy::none())
            .tcp_nodelay(true)
            .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS);
        if url.is_loopback {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(ConfigError::Client)?;
        let content_type = HeaderValue::from_static(headers.content_type);
        Ok(Self { client, url, token, content_type, peer, max_answer_bytes })
    }

    /// Sends a request and reads the answer whole.
    pub(crate) async fn send(&self, request: &Request) -> Result<Answer, Error> {
        let place = format!("{} {}", request.method, request.path);
        let method = Method::from_bytes(request.method.as_bytes()).unwrap_or_default();
        let mut builder = self.client.request(method, self.url.join(&request.path));
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, self.content_type.clone()).body(body.to_string());
        }
        let sent = Instant::now();
        let response = builder.send().await.map_err(|error| interrupted(&place, error))?;
        let answer = self.read(place, response).await?;
        tracing::debug!(
            method = request.method,
            status = answer.status,
            elapsed_ms = u64::try_from(sent.elapsed().as_millis()).unwrap_or(u64::MAX),
            "the application answered"
        );
        Ok(answer)
    }

    /// The same answer, without the token should the other side have echoed it.
    pub(crate) fn redacted(&self, mut answer: Answer) -> Answer {
        answer.body = self.token.redact(&String::from_utf8_lossy(&answer.body)).into_bytes();
        answer
    }

    async fn read(&self, place: String, mut response: Response) -> Result<Answer, Error> {
        let header = |name: HeaderName| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let mut answer = Answer {
            peer: self.peer,
            place,
            status: response.status().as_u16(),
            content_type: header(CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase(),
            retry_after: header(RETRY_AFTER),
            date: header(DATE),
            body: Vec::new(),
        };
        while let Some(chunk) = response.chunk().await.map_err(|error| interrupted(&answer.place, error))? {
            if answer.body.len() + chunk.len() > self.max_answer_bytes {
                let detail = format!("the answer is larger than {} bytes", self.max_answer_bytes);
                return Err(answer.broken(
                    detail,
                    "the vendor must honour excludedAttributes=members for groups, and count for lists",
                ));
            }
            answer.body.extend_from_slice(&chunk);
        }
        if answer.status >= 300 || !answer.content_type.contains("json") {
            // Such an answer's words go into errors, and some applications echo the request's headers.
            return Ok(self.redacted(answer));
        }
        Ok(answer)
    }
}

fn sent_always(headers: &Headers, token: &Secret) -> Result<HeaderMap, ConfigError> {
    if token.expose().is_empty() {
        return Err(ConfigError::Token);
    }
    let mut bearer =
        HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| ConfigError::Token)?;
    bearer.set_sensitive(true);
    let mut all =
        HeaderMap::from_iter([(AUTHORIZATION, bearer), (ACCEPT, HeaderValue::from_static(headers.accept))]);
    if let Some(charset) = headers.accept_charset {
        all.insert(ACCEPT_CHARSET, HeaderValue::from_static(charset));
    }
    Ok(all)
}

fn interrupted(place: &str, error: reqwest::Error) -> Error {
    let (interruption, detail) = if error.is_timeout() {
        (Interruption::Timeout, "no answer in time")
    } else if error.is_connect() {
        (Interruption::Connection, "the application cannot be reached")
    } else {
        (Interruption::Connection, "the connection broke before the answer was complete")
    };
    // The URL is named already, and the cause would repeat it.
    Error::transient(interruption, format!("{place}: {detail}")).caused_by(error.without_url())
}
