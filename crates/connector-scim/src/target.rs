//! The connector: what the engine calls.

use crate::answer::Answer;
use crate::config::{Config, ConfigError, Secret};
use crate::limits::{MAX_ANSWER_BYTES, MAX_IDLE_CONNECTIONS};
use crate::request::Requests;
use crate::tenant_url::TenantUrl;
use async_trait::async_trait;
use connector::{Error, Interruption, ObjectType, Operation, Request, Target, TargetObject};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};
use reqwest::{Client, Method, Response, redirect};
use scim::path::Path;
use std::time::Instant;

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/scim+json");
const ACCEPTED: HeaderValue = HeaderValue::from_static("application/scim+json, application/json");

/// An application that speaks SCIM 2.0.
pub struct ScimTarget {
    client: Client,
    url: TenantUrl,
    requests: Requests,
    token: Secret,
    groups: bool,
}

impl ScimTarget {
    /// Prepares a connection. Nothing is sent yet.
    ///
    /// # Errors
    /// When the URL or the token cannot be used.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let url = TenantUrl::parse(&config.url)?;
        let mut builder = Client::builder()
            .http1_only()
            .default_headers(headers(&config.token)?)
            .user_agent(config.user_agent)
            .timeout(config.timeout)
            .redirect(redirect::Policy::none())
            .tcp_nodelay(true)
            .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS);
        if url.is_loopback {
            builder = builder.no_proxy();
        }
        Ok(Self {
            client: builder.build().map_err(ConfigError::Client)?,
            requests: Requests { dialect: config.dialect, query: url.query.clone() },
            url,
            token: config.token,
            groups: config.groups,
        })
    }

    /// Sends a request and reads the answer whole.
    async fn send(&self, request: &Request) -> Result<Answer, Error> {
        let place = format!("{} {}", request.method, request.path);
        let method = Method::from_bytes(request.method.as_bytes()).unwrap_or_default();
        let mut builder = self.client.request(method, self.url.join(&request.path));
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, MEDIA_TYPE).body(body.to_string());
        }
        let sent = Instant::now();
        let response = builder.send().await.map_err(|error| interrupted(&place, error))?;
        let answer = self.read(place, response).await?;
        tracing::debug!(
            method = request.method,
            status = answer.status,
            elapsed_ms = u64::try_from(sent.elapsed().as_millis()).unwrap_or(u64::MAX),
            "the target answered"
        );
        Ok(answer)
    }

    async fn read(&self, place: String, mut response: Response) -> Result<Answer, Error> {
        let header = |name: HeaderName| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let mut answer = Answer {
            place,
            status: response.status().as_u16(),
            content_type: header(CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase(),
            retry_after: header(RETRY_AFTER),
            date: header(DATE),
            body: Vec::new(),
        };
        while let Some(chunk) = response.chunk().await.map_err(|error| interrupted(&answer.place, error))? {
            if answer.body.len() + chunk.len() > MAX_ANSWER_BYTES {
                let detail = format!("the answer is larger than {MAX_ANSWER_BYTES} bytes");
                return Err(
                    answer.broken(detail, "the vendor must honour excludedAttributes=members for groups")
                );
            }
            answer.body.extend_from_slice(&chunk);
        }
        if answer.status >= 300 || !answer.content_type.contains("json") {
            // Such an answer's words go into errors, and some applications echo the request's headers.
            answer.body = self.token.redact(&String::from_utf8_lossy(&answer.body)).into_bytes();
        }
        Ok(answer)
    }

    async fn nobody_has(&self, object_type: ObjectType, attribute: &str, nobody: &str) -> Result<(), Error> {
        let attribute = Path { urn: None, attribute: attribute.to_owned(), filter: None, sub: None };
        let request = self.requests.find(object_type, &attribute, nobody);
        let answer = self.send(&request).await?;
        let found = answer.list()?;
        if found.total == 0 && found.objects.is_empty() {
            return Ok(());
        }
        Err(answer.broken(
            "answered objects for a value that nobody has, so the filter is ignored",
            "the application must filter on the matching attribute, or every user would match somebody else",
        ))
    }
}

#[async_trait]
impl Target for ScimTarget {
    async fn test(&self, nobody: &str) -> Result<(), Error> {
        self.nobody_has(ObjectType::User, "userName", nobody).await?;
        if self.groups {
            self.nobody_has(ObjectType::Group, "displayName", nobody).await?;
        }
        Ok(())
    }

    async fn find(
        &self,
        object_type: ObjectType,
        attribute: &Path,
        value: &str,
    ) -> Result<Vec<TargetObject>, Error> {
        let found = self.send(&self.requests.find(object_type, attribute, value)).await?.list()?;
        if found.total > found.objects.len() as u64 {
            // Matches that were not answered are as ambiguous as several that were.
            return Err(Error::Ambiguous {
                attribute: attribute.to_string(),
                value: value.to_owned(),
                count: found.total,
            });
        }
        Ok(found.objects)
    }

    async fn get(&self, object_type: ObjectType, id: &str) -> Result<Option<TargetObject>, Error> {
        self.send(&self.requests.get(object_type, id)).await?.resource()
    }

    fn preview(&self, operation: &Operation) -> Vec<Request> {
        vec![self.requests.export(operation)]
    }

    async fn export(&self, operation: &Operation) -> Result<TargetObject, Error> {
        let answer = self.send(&self.requests.export(operation)).await?;
        match operation {
            Operation::Create { .. } => answer.created(),
            Operation::Update { id, .. } => answer.updated(id),
            Operation::Delete { id, .. } => answer.deleted(id),
        }
    }
}

fn headers(token: &Secret) -> Result<HeaderMap, ConfigError> {
    if token.expose().is_empty() {
        return Err(ConfigError::Token);
    }
    let mut bearer =
        HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| ConfigError::Token)?;
    bearer.set_sensitive(true);
    Ok(HeaderMap::from_iter([(AUTHORIZATION, bearer), (ACCEPT, ACCEPTED)]))
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
