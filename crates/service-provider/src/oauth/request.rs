//! What a client sends to the token endpoint: a form, and what proves the client.

use std::borrow::Cow;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::ClientId;
use model::token::{Secret, SecretKind};

use super::error::Error;

/// RFC 7523 §2.2.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The request, understood.
pub(crate) struct TokenRequest {
    /// Which client asks.
    pub(crate) client: ClientId,
    /// What proves that.
    pub(crate) proof: Proof,
    /// What the token shall be good for, as the client wrote it.
    pub(crate) scope: String,
}

/// What proves a client.
pub(crate) enum Proof {
    /// A secret of its own (RFC 6749 §2.3.1).
    Secret(Secret),
    /// The word of an issuer (RFC 7523 §2.2).
    Assertion(String),
}

/// The parameters that count; unknown ones are ignored (RFC 6749 §3.2).
#[derive(Default)]
struct Form<'f> {
    grant_type: Option<Cow<'f, str>>,
    client_id: Option<Cow<'f, str>>,
    client_secret: Option<Cow<'f, str>>,
    client_assertion_type: Option<Cow<'f, str>>,
    client_assertion: Option<Cow<'f, str>>,
    scope: Option<Cow<'f, str>>,
}

impl<'f> Form<'f> {
    fn parse(body: &'f [u8]) -> Result<Self, Error> {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            let place = match &*name {
                "grant_type" => &mut form.grant_type,
                "client_id" => &mut form.client_id,
                "client_secret" => &mut form.client_secret,
                "client_assertion_type" => &mut form.client_assertion_type,
                "client_assertion" => &mut form.client_assertion,
                "scope" => &mut form.scope,
                _ => continue,
            };
            // RFC 6749 §3.2: what has no value is not there, and what is there twice could mean either.
            if !value.is_empty() && place.replace(value).is_some() {
                return Err(Error::InvalidRequest("a parameter is there twice"));
            }
        }
        Ok(form)
    }
}

impl TokenRequest {
    /// Reads headers and body. Forms and checksums are checked here, before the store is asked anything.
    ///
    /// # Errors
    /// What RFC 6749 §5.2 says of requests that can't be granted whoever sends them.
    pub(crate) fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Self, Error> {
        let form = Form::parse(body)?;
        match form.grant_type.as_deref() {
            Some("client_credentials") => {}
            Some(_) => return Err(Error::UnsupportedGrantType),
            None => return Err(Error::InvalidRequest("grant_type is missing")),
        }
        let basic = basic(headers)?;
        let given = [basic.is_some(), form.client_secret.is_some(), form.client_assertion.is_some()];
        // RFC 6749 §2.3: one method a request.
        if given.into_iter().filter(|given| *given).count() > 1 {
            return Err(Error::InvalidRequest("the client must be proven in one way, not in several"));
        }
        let (client, proof) = match (basic, form.client_secret, form.client_assertion) {
            (Some((client, secret)), _, _) => {
                if form.client_id.is_some_and(|other| other != client) {
                    return Err(Error::InvalidRequest("client_id is not that of Authorization"));
                }
                (client, Proof::Secret(parse_secret(&secret)?))
            }
            (None, Some(secret), _) => (named(form.client_id)?, Proof::Secret(parse_secret(&secret)?)),
            (None, None, Some(assertion)) => {
                if form.client_assertion_type.as_deref() != Some(JWT_BEARER) {
                    return Err(Error::InvalidRequest("client_assertion_type must be that of RFC 7523"));
                }
                (named(form.client_id)?, Proof::Assertion(assertion.into_owned()))
            }
            (None, None, None) => return Err(Error::InvalidClient("a client secret or assertion is needed")),
        };
        let client = client.parse().map_err(|_| unknown())?;
        Ok(Self { client, proof, scope: form.scope.unwrap_or_default().into_owned() })
    }
}

/// The same whatever is wrong with a client's secret, so that it tells nothing about others.
pub(crate) fn unknown() -> Error {
    Error::InvalidClient("there is no such client of this tenant with this secret")
}

fn named(client: Option<Cow<'_, str>>) -> Result<String, Error> {
    client.map(Cow::into_owned).ok_or(Error::InvalidRequest("client_id is missing"))
}

fn parse_secret(text: &str) -> Result<Secret, Error> {
    let secret = text.parse().ok().filter(|secret: &Secret| secret.kind() == SecretKind::Client);
    secret.ok_or_else(unknown)
}

/// Client id and secret of `Authorization: Basic …`, each form-encoded before it was put there (RFC 6749 §2.3.1).
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, Error> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let only = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(only), None) => only,
        (Some(_), Some(_)) => return Err(Error::InvalidRequest("Authorization is there twice")),
    };
    let text = only.to_str().ok().and_then(|text| text.trim().split_once(' '));
    let encoded =
        text.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Basic")).map(|(_, rest)| rest.trim());
    let decoded = encoded.and_then(|encoded| String::from_utf8(STANDARD.decode(encoded).ok()?).ok());
    let pair = decoded.as_deref().and_then(|pair| pair.split_once(':'));
    let (client, secret) = pair.ok_or_else(unknown)?;
    Ok(Some((form_decoded(client), form_decoded(secret))))
}

fn form_decoded(text: &str) -> String {
    form_urlencoded::parse(text.as_bytes()).next().map(|(text, _)| text.into_owned()).unwrap_or_default()
}
