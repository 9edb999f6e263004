//! HTTP: sends one request and reads its answer, within bounds. No redirect is followed, and the token is never shown.

use std::time::Duration;

use reqwest::header::{
    ACCEPT, ACCEPT_CHARSET, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
    USER_AGENT,
};
use reqwest::{Method, Response, redirect};
use serde_json::Value;

use crate::answer::Answer;
use crate::check::Client;
use crate::endpoint::Endpoint;
use crate::exchange::Exchange;
use crate::finding::{Finding, Wrong};
use crate::limits::{ANSWER_TIMEOUT, CONNECT_TIMEOUT, MAX_ANSWER_BYTES, MAX_RETRIES, MAX_RETRY_WAIT};

const SCIM: HeaderValue = HeaderValue::from_static("application/scim+json");
const SCIM_UTF8: HeaderValue = HeaderValue::from_static("application/scim+json; charset=utf-8");

/// What a request says about who sends it.
#[derive(Clone, Debug)]
pub(crate) enum Credentials {
    /// The endpoint's token.
    Token,
    /// None.
    None,
    /// This, in place of the token.
    Other(&'static str),
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub method: Method,
    /// What follows the Tenant URL, with its query.
    pub path: String,
    /// The body as it is sent, which need not be JSON.
    pub body: Option<String>,
    /// Headers beyond those of the client.
    pub headers: Vec<(HeaderName, String)>,
    pub credentials: Credentials,
}

impl Request {
    pub fn new(method: Method, path: impl Into<String>, body: Option<&Value>) -> Self {
        Self {
            method,
            path: path.into(),
            body: body.map(Value::to_string),
            headers: Vec::new(),
            credentials: Credentials::Token,
        }
    }

    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }
}

/// A connection to the endpoint.
pub(crate) struct Wire {
    http: reqwest::Client,
    pub endpoint: Endpoint,
}

impl Wire {
    pub fn new(endpoint: Endpoint) -> Result<Self, reqwest::Error> {
        let mut builder = reqwest::Client::builder()
            .http1_only()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .redirect(redirect::Policy::none());
        if endpoint.is_loopback() {
            builder = builder.no_proxy();
        }
        Ok(Self { http: builder.build()?, endpoint })
    }

    /// Sends a request as this client. An endpoint that asks for time (429) gets it, within bounds.
    pub async fn send(&self, client: Client, request: &Request) -> Result<Answer, Finding> {
        for _ in 0..MAX_RETRIES {
            let answer = self.send_once(client, request).await?;
            let Some(wait) = wait_before_retry(&answer) else { return Ok(answer) };
            tokio::time::sleep(wait).await;
        }
        self.send_once(client, request).await
    }

    async fn send_once(&self, client: Client, request: &Request) -> Result<Answer, Finding> {
        let headers = self.headers(client, request);
        let url = self.endpoint.join(&request.path);
        let mut exchange = Exchange {
            method: request.method.to_string(),
            url: url.clone(),
            request_headers: shown(&headers),
            request_body: request.body.clone(),
            ..Exchange::default()
        };
        let mut builder = self.http.request(request.method.clone(), url).headers(headers);
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        let response = match builder.send().await {
            Ok(response) => response,
            Err(error) => return Err(self.no_answer(exchange, &error)),
        };
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        exchange.status = Some(status);
        exchange.response_headers = shown(&headers);
        let body = match read(response).await {
            Ok(Some(body)) => body,
            Ok(None) => return Err(self.too_large(exchange)),
            Err(error) => return Err(self.no_answer(exchange, &error)),
        };
        exchange.response_body = (!body.is_empty()).then(|| String::from_utf8_lossy(&body).into_owned());
        Ok(Answer::new(status, headers, &body, exchange.shown(Some(self.endpoint.token()))))
    }

    fn headers(&self, client: Client, request: &Request) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let media_type = match client {
            Client::Rfc => {
                headers.insert(ACCEPT, SCIM);
                headers.insert(
                    USER_AGENT,
                    HeaderValue::from_static(concat!("rollcall-check/", env!("CARGO_PKG_VERSION"))),
                );
                SCIM
            }
            // Entra sends no User-Agent.
            Client::Entra => SCIM,
            Client::Okta => {
                headers.insert(ACCEPT, SCIM);
                headers.insert(ACCEPT_CHARSET, HeaderValue::from_static("utf-8"));
                headers.insert(USER_AGENT, HeaderValue::from_static("Okta SCIM Client 1.0.0"));
                SCIM_UTF8
            }
        };
        if request.body.is_some() {
            headers.insert(CONTENT_TYPE, media_type);
        }
        let credentials = match &request.credentials {
            Credentials::Token if self.endpoint.token().is_empty() => None,
            Credentials::Token => Some(format!("Bearer {}", self.endpoint.token())),
            Credentials::None => None,
            Credentials::Other(text) => Some((*text).to_owned()),
        };
        let credentials = credentials.into_iter().map(|text| (AUTHORIZATION, text));
        for (name, value) in request.headers.iter().cloned().chain(credentials) {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        headers
    }

    fn no_answer(&self, exchange: Exchange, error: &reqwest::Error) -> Finding {
        let got = if error.is_timeout() {
            format!("none within {} seconds", ANSWER_TIMEOUT.as_secs())
        } else if error.is_connect() {
            "no connection".to_owned()
        } else {
            "the connection broke off".to_owned()
        };
        self.unreadable(exchange, got)
    }

    fn too_large(&self, exchange: Exchange) -> Finding {
        self.unreadable(exchange, format!("one of more than {MAX_ANSWER_BYTES} bytes"))
    }

    fn unreadable(&self, exchange: Exchange, got: String) -> Finding {
        let exchange = Some(Box::new(exchange.shown(Some(self.endpoint.token()))));
        Finding::Wrong(Wrong { expected: "an answer".to_owned(), got, exchange })
    }
}

fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

/// The body, or none if it is larger than what can be an answer.
async fn read(mut response: Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// How long to wait before the request is sent again; none if the answer stands.
fn wait_before_retry(answer: &Answer) -> Option<Duration> {
    if answer.status != 429 {
        return None;
    }
    let seconds = answer.header(RETRY_AFTER.as_str()).and_then(|text| text.trim().parse().ok());
    Some(Duration::from_secs(seconds.unwrap_or(1)).min(MAX_RETRY_WAIT))
}
