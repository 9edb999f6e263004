//! The header `Authorization` in the forms in which clients send a Secret Token.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use model::token::{Secret, SecretKind};

/// Padding or none: RFC 7617 asks for it, and not every client does it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How a token was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `Bearer TOKEN` (RFC 6750 §2.1).
    Bearer,
    /// `TOKEN`, as Okta's header authentication sends it.
    Raw,
    /// `Bearer Bearer TOKEN`: somebody typed the scheme into a field that adds it.
    BearerTwice,
    /// `Basic base64(ANYTHING:TOKEN)` (RFC 7617), as Okta's basic authentication sends it.
    Basic,
}

/// The token of the one header, and how it was sent. Schemes are read in any letter case (RFC 9110 §11.1).
///
/// `None` for anything else: no header or two, another scheme, or text without a token's form and checksum. All of
/// that is found out here, before the store is asked anything.
pub(crate) fn read(headers: &HeaderMap) -> Option<(Secret, Form)> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (only, None) = (values.next()?, values.next()) else { return None };
    let text = only.to_str().ok()?.trim();
    let Some((scheme, rest)) = text.split_once(' ') else { return secret(text, Form::Raw) };
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("Basic") {
        let decoded = String::from_utf8(BASE64.decode(rest).ok()?).ok()?;
        return secret(decoded.split_once(':')?.1, Form::Basic);
    }
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return None;
    }
    match rest.split_once(' ') {
        Some((again, rest)) if again.eq_ignore_ascii_case("Bearer") => secret(rest.trim(), Form::BearerTwice),
        Some(_) | None => secret(rest, Form::Bearer),
    }
}

fn secret(text: &str, form: Form) -> Option<(Secret, Form)> {
    let secret: Secret = text.parse().ok()?;
    (secret.kind() == SecretKind::Scim).then_some((secret, form))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use model::token::MINT_BYTES;

    use super::*;

    fn form_of(values: &[&[u8]]) -> Option<Form> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        read(&headers).map(|(_, form)| form)
    }

    fn token() -> String {
        Secret::mint(SecretKind::Scim, &[5; MINT_BYTES]).reveal().to_owned()
    }

    #[test]
    fn a_token_is_found_in_each_form() {
        let token = token();
        let basic = |user: &str| format!("Basic {}", BASE64.encode(format!("{user}:{token}")));
        for (value, form) in [
            (format!("Bearer {token}"), Form::Bearer),
            (format!("bEARER   {token} "), Form::Bearer),
            (token.clone(), Form::Raw),
            (format!("Bearer Bearer {token}"), Form::BearerTwice),
            (format!("bearer  BEARER  {token}"), Form::BearerTwice),
            (basic("scim"), Form::Basic),
            (basic(""), Form::Basic),
            (basic("a").trim_end_matches('=').to_owned(), Form::Basic),
        ] {
            assert_eq!(form_of(&[value.as_bytes()]), Some(form), "{value}");
        }
    }

    #[test]
    fn row_a6_a_secret_for_another_door_is_no_token() {
        for kind in [SecretKind::Admin, SecretKind::Client] {
            let secret = Secret::mint(kind, &[5; MINT_BYTES]);
            assert_eq!(form_of(&[format!("Bearer {}", secret.reveal()).as_bytes()]), None, "{kind:?}");
        }
    }

    #[test]
    fn row_b5_nothing_else_is_a_token() {
        let token = token();
        let basic = |text: &str| format!("Basic {}", BASE64.encode(text));
        let long = "x".repeat(1024 * 1024);
        for value in [
            String::new(),
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            "Bearer null".to_owned(),
            "null".to_owned(),
            format!("Bearer {token},Bearer {token}"),
            format!("Bearer {token}, {token}"),
            format!("Bearer Bearer Bearer {token}"),
            format!("Digest {token}"),
            format!("Bearer\u{a0}{token}"),
            format!("Bearer {token}\u{a0}"),
            format!("Bearer {long}"),
            long,
            format!("Basic {token}"),
            basic(&token),
            basic(&format!("{token}:")),
            basic(&format!("user:x{token}")),
            basic("user:"),
            "Basic ====".to_owned(),
        ] {
            assert_eq!(form_of(&[value.as_bytes()]), None, "{}", value.get(..80).unwrap_or(&value));
        }
        let good = format!("Bearer {token}");
        assert_eq!(form_of(&[]), None);
        assert_eq!(form_of(&[good.as_bytes(), good.as_bytes()]), None);
        assert_eq!(form_of(&[good.as_bytes(), b""]), None);
    }
}
