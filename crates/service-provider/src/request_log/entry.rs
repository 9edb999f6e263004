//! The row of a request: what of it may be kept.

use std::borrow::Cow;

use axum::http::Uri;
use model::RequestId;
use model::request_log::RequestEntry;
use model::token::SecretKind;
use scim::redact::{LEFT_OUT, Secrets, without_literals};
use serde_json::Value;

use super::Finished;
use crate::limits::{MAX_LOGGED_BODY_BYTES, MAX_LOGGED_PATH_CHARACTERS};

/// What every Tenant URL ends with, in both its forms.
const TENANT_URL_END: &str = "/scim/v2";

/// Parameters whose values name attributes and numbers, and no person.
const PLAIN_PARAMETERS: [&str; 6] =
    ["attributes", "excludedAttributes", "startIndex", "count", "sortBy", "sortOrder"];

/// The row; `None` for a request whose tenant is not known.
pub(super) fn entry(finished: &Finished) -> Option<RequestEntry> {
    let Finished { record, outcome } = finished;
    let secrets =
        record.bodies().map(|profile| Secrets::of(profile.types().iter().map(|kind| kind.resource_type())));
    let kept = |bytes: Option<&[u8]>, size: usize| {
        secrets.as_ref().and_then(|secrets| (size > 0).then(|| body(secrets, bytes, size)))
    };
    let response_bytes = usize::try_from(outcome.bytes).unwrap_or(usize::MAX);
    Some(RequestEntry {
        id: RequestId(record.id),
        tenant: record.tenant()?,
        at: record.began,
        method: record.method.to_string(),
        path: path(&record.uri, secrets.as_ref()),
        status: outcome.status,
        scim_type: outcome.scim_type.map(|keyword| keyword.as_str().to_owned()),
        client_kind: record.client_kind().map(str::to_owned),
        connection: record.connection().map(str::to_owned),
        token: record.token()?.to_owned(),
        user_agent: record.user_agent.as_deref().map(without_tokens),
        quirks: record.quirks().into_iter().map(str::to_owned).collect(),
        duration_us: i64::try_from(outcome.duration.as_micros()).unwrap_or(i64::MAX),
        request_bytes: i64::try_from(record.request_bytes()).unwrap_or(i64::MAX),
        response_bytes: i64::try_from(outcome.bytes).unwrap_or(i64::MAX),
        request: kept(record.request_body().map(AsRef::as_ref), record.request_bytes()),
        response: kept(outcome.body.as_deref(), response_bytes),
    })
}

/// A body without secrets, or why there is none.
fn body(secrets: &Secrets, bytes: Option<&[u8]>, size: usize) -> String {
    let Some(bytes) = bytes else {
        return format!("({size} bytes: more than the {MAX_LOGGED_BODY_BYTES} that are kept)");
    };
    match serde_json::from_slice::<Value>(bytes) {
        Ok(mut value) => {
            secrets.redact(&mut value);
            without_tokens(&value.to_string())
        }
        // What can't be understood could hold a secret anywhere.
        Err(error) => format!("({size} bytes that are no JSON: {error})"),
    }
}

/// Path and query behind the Tenant URL, decoded. With `secrets`, filters are whole unless they are about a secret.
fn path(uri: &Uri, secrets: Option<&Secrets>) -> String {
    let path = uri.path();
    let path = path.split_once(TENANT_URL_END).map_or(path, |(_, path)| path);
    let mut text = path.to_owned();
    let parameters = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    for (number, (name, value)) in parameters.enumerate() {
        text.push(if number == 0 { '?' } else { '&' });
        text.push_str(&name);
        if !value.is_empty() {
            text.push('=');
            text.push_str(&parameter(&name, &value, secrets));
        }
    }
    without_tokens(&text).chars().take(MAX_LOGGED_PATH_CHARACTERS).collect()
}

fn parameter<'a>(name: &str, value: &'a str, secrets: Option<&Secrets>) -> Cow<'a, str> {
    if PLAIN_PARAMETERS.contains(&name) {
        return Cow::Borrowed(value);
    }
    match secrets {
        _ if name != "filter" => Cow::Borrowed(LEFT_OUT),
        Some(secrets) if !secrets.is_named_in(value) => Cow::Borrowed(value),
        Some(_) | None => Cow::Owned(without_literals(value)),
    }
}

/// A text without tokens: they get into paths and names by being pasted there, and from there into error messages. Also
/// one that is not quite right is left out, because it is most of a secret.
fn without_tokens(text: &str) -> String {
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || c == '_';
    SecretKind::ALL.into_iter().fold(text.to_owned(), |text, kind| {
        let mut parts = text.split(kind.prefix());
        let mut kept = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            kept.push_str(LEFT_OUT);
            kept.push_str(part.trim_start_matches(is_of_token));
        }
        kept
    })
}

#[cfg(test)]
mod tests {
    use model::token::{MINT_BYTES, Secret};
    use scim::ResourceType;
    use serde_json::json;

    use super::*;

    fn check(target: &str, without: &str, with: &str) {
        let secrets = Secrets::of([&ResourceType::user()]);
        let uri: Uri = target.parse().unwrap();
        assert_eq!(path(&uri, None), without, "{target}");
        assert_eq!(path(&uri, Some(&secrets)), with, "{target}");
    }

    #[test]
    fn a_path_is_that_behind_the_tenant_url() {
        for target in ["/t/contoso/scim/v2/Users/7", "/scim/v2/Users/7"] {
            check(target, "/Users/7", "/Users/7");
        }
        check("/t/contoso/scim/v2", "", "");
        check("/elsewhere", "/elsewhere", "/elsewhere");
    }

    #[test]
    fn literals_are_kept_with_bodies_only_and_secrets_never() {
        check(
            "/scim/v2/Users?filter=userName+eq+%22babs%22&count=1&aadOptscim062020",
            "/Users?filter=userName eq \"…\"&count=1&aadOptscim062020",
            "/Users?filter=userName eq \"babs\"&count=1&aadOptscim062020",
        );
        let secret = "/Users?filter=password eq \"…\"";
        check("/scim/v2/Users?filter=password%20eq%20%22x%22", secret, secret);
        check("/scim/v2/Users?access_token=x", "/Users?access_token=…", "/Users?access_token=…");
    }

    #[test]
    fn tokens_are_left_out_wherever_they_are() {
        let secrets = Secrets::of([&ResourceType::user()]);
        for kind in SecretKind::ALL {
            let token = Secret::mint(kind, &[7; MINT_BYTES]);
            check(&format!("/scim/v2/Users/{}x/y", token.reveal()), "/Users/…/y", "/Users/…/y");
            let answer = json!({ "detail": format!("there is no {}", token.reveal()) }).to_string();
            let kept = body(&secrets, Some(answer.as_bytes()), answer.len());
            assert_eq!(kept, r#"{"detail":"there is no …"}"#);
        }
    }

    #[test]
    fn a_path_is_cut() {
        let uri: Uri = format!("/scim/v2/{}", "x".repeat(2 * MAX_LOGGED_PATH_CHARACTERS)).parse().unwrap();
        assert_eq!(path(&uri, None).len(), MAX_LOGGED_PATH_CHARACTERS);
    }

    #[test]
    fn a_body_is_kept_without_secrets_or_its_absence_explained() {
        let secrets = Secrets::of([&ResourceType::user()]);
        let kept = |text: &str| body(&secrets, Some(text.as_bytes()), text.len());
        assert_eq!(kept(r#"{"userName":"babs","password":"x"}"#), r#"{"password":"…","userName":"babs"}"#);
        assert!(kept(r#"{"password":"swordfish"#).contains("no JSON"));
        assert!(!kept(r#"{"password":"swordfish"#).contains("swordfish"));
        assert!(body(&secrets, None, 99_999).contains("99999"));
    }
}
