//! Requests to the org, each answered whole or not at all.

use crate::answer::Answer;
use crate::config::{Config, ConfigError};
use crate::limits::{MAX_ANSWER_BYTES, PARALLEL};
use crate::link;
use crate::org_url::OrgUrl;
use crate::rate::{Limits, date};
use connector::{Error, Interruption};
use jiff::Timestamp;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, LINK, WWW_AUTHENTICATE};
use reqwest::{Client, RequestBuilder, Response, redirect};

/// The connection to an org.
pub(crate) struct Http {
    client: Client,
    pub(crate) org: OrgUrl,
}

impl Http {
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let org = OrgUrl::parse(&config.url)?;
        let json = HeaderValue::from_static("application/json");
        let mut builder = Client::builder()
            .http1_only()
            .default_headers(HeaderMap::from_iter([(ACCEPT, json)]))
            .user_agent(&config.user_agent)
            .timeout(config.timeout)
            .redirect(redirect::Policy::none())
            .tcp_nodelay(true)
            .pool_max_idle_per_host(PARALLEL);
        if org.is_loopback {
            builder = builder.no_proxy();
        }
        Ok(Self { client: builder.build().map_err(ConfigError::Client)?, org })
    }

    /// Asks for a path with its query.
    pub(crate) async fn get(
        &self,
        path: &str,
        authorization: HeaderValue,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let token = authorization.to_str().unwrap_or_default().rsplit(' ').next().map(str::to_owned);
        let request = self.client.get(self.org.join(path)).header(AUTHORIZATION, authorization);
        let answer = exchange("GET", path, request, now).await?;
        Ok(answer.without(&token.unwrap_or_default()))
    }

    /// Sends a form.
    pub(crate) async fn post(
        &self,
        path: &str,
        form: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<Answer, Error> {
        exchange("POST", path, self.client.post(self.org.join(path)).form(form), now).await
    }
}

async fn exchange(
    method: &str,
    path: &str,
    request: RequestBuilder,
    now: Timestamp,
) -> Result<Answer, Error> {
    let place = format!("{method} {}", path.split('?').next().unwrap_or_default());
    let response = request.send().await.map_err(|error| interrupted(&place, error))?;
    let answer = read(place, response, now).await?;
    tracing::debug!(status = answer.status, place = answer.place, "the org answered");
    Ok(answer)
}

async fn read(place: String, mut response: Response, now: Timestamp) -> Result<Answer, Error> {
    let headers = response.headers();
    let mut answer = Answer {
        place,
        status: response.status().as_u16(),
        next: link::next(headers.get_all(LINK).iter().filter_map(|v| v.to_str().ok())).map(str::to_owned),
        limits: Limits::of(headers, now),
        date: date(headers),
        authenticate: headers.get(WWW_AUTHENTICATE).and_then(|v| v.to_str().ok()).map(str::to_owned),
        body: Vec::new(),
    };
    while let Some(chunk) = response.chunk().await.map_err(|error| interrupted(&answer.place, error))? {
        if answer.body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(Error::source(
                answer.place,
                format!("the answer is larger than {MAX_ANSWER_BYTES} bytes"),
                "check that source.url is the org's own address",
            ));
        }
        answer.body.extend_from_slice(&chunk);
    }
    Ok(answer)
}

fn interrupted(place: &str, error: reqwest::Error) -> Error {
    let (interruption, detail) = if error.is_timeout() {
        (Interruption::Timeout, "no answer in time")
    } else if error.is_connect() {
        (Interruption::Connection, "the org cannot be reached; check source.url")
    } else {
        (Interruption::Connection, "the connection broke before the answer was complete")
    };
    // The URL may hold names, and the place is named already.
    Error::transient(interruption, format!("{place}: {detail}")).caused_by(error.without_url())
}
