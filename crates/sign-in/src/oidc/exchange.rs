//! A code for an ID token (OpenID Connect Core §3.1.3).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use egress::Client;
use form_urlencoded::{Serializer, byte_serialize};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;

use super::discovery::Discovery;
use super::{Begun, shown_error};
use crate::limits::MAX_TOKEN_ANSWER_BYTES;
use crate::{Refusal, provider};

#[derive(Deserialize)]
struct Answer {
    id_token: Option<String>,
    error: Option<String>,
}

/// Sends the code to the provider, with what proves that it was meant for us.
pub(super) async fn id_token(
    egress: &Client,
    known: &Discovery,
    (provider, secret): (&provider::Oidc, &str),
    (begun, code): (&Begun<'_>, &str),
) -> Result<String, Refusal> {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", begun.redirect_uri),
        ("code_verifier", &begun.verifier),
    ];
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if known.wants_secret_in_body() {
        form.extend([("client_id", &*provider.client_id), ("client_secret", secret)]);
    } else {
        headers.insert(AUTHORIZATION, basic(&provider.client_id, secret)?);
    }
    let body = Serializer::new(String::new()).extend_pairs(form).finish();
    let sent = egress.exchange(&known.token_endpoint, headers, body, MAX_TOKEN_ANSWER_BYTES).await;
    let (status, body) =
        sent.map_err(|error| Refusal::Unreachable(format!("its token endpoint: {error}")))?;
    let answer: Answer = serde_json::from_slice(&body)
        .map_err(|_| Refusal::Unreachable(format!("its token endpoint answered {status}, and no JSON")))?;
    match answer {
        Answer { error: Some(error), .. } => {
            Err(Refusal::Provider(format!("{} at the token endpoint", shown_error(&error))))
        }
        Answer { id_token: Some(token), .. } if status == 200 => Ok(token),
        Answer { .. } => Err(Refusal::Proof("the token endpoint sent no ID token".to_owned())),
    }
}

/// RFC 6749 §2.3.1: both are encoded as in a form before they are put together.
fn basic(client: &str, secret: &str) -> Result<HeaderValue, Refusal> {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let text = STANDARD.encode(format!("{}:{}", encoded(client), encoded(secret)));
    let mut value = HeaderValue::from_str(&format!("Basic {text}")).map_err(|_| Refusal::Failed)?;
    value.set_sensitive(true);
    Ok(value)
}
