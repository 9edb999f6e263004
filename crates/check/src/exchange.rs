//! A request and its answer, as a report shows them: without the token, and cut where they are long.

use std::fmt::Write;

use serde::Serialize;

use crate::limits::MAX_SHOWN_BYTES;

/// What stands in place of a token.
const HIDDEN: &str = "•••";

/// A request and its answer.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Exchange {
    /// The method.
    pub method: String,
    /// The address.
    pub url: String,
    /// The request's headers, without the token.
    pub request_headers: Vec<(String, String)>,
    /// The request's body.
    pub request_body: Option<String>,
    /// The status of the answer; none if there was no answer.
    pub status: Option<u16>,
    /// The answer's headers.
    pub response_headers: Vec<(String, String)>,
    /// The answer's body.
    pub response_body: Option<String>,
}

impl Exchange {
    /// The same without a secret, wherever an endpoint or a request repeats it, and cut to what a report shows.
    pub(crate) fn shown(mut self, secret: Option<&str>) -> Self {
        let hide = |text: &mut String| {
            if let Some(secret) = secret.filter(|secret| !secret.is_empty()) {
                *text = text.replace(secret, HIDDEN);
            }
        };
        hide(&mut self.url);
        for (name, value) in &mut self.request_headers {
            if name.eq_ignore_ascii_case("authorization") {
                let scheme = value.split_once(' ').map(|(scheme, _)| format!("{scheme} "));
                *value = format!("{}{HIDDEN}", scheme.unwrap_or_default());
            }
        }
        self.response_headers.iter_mut().for_each(|(_, value)| hide(value));
        for body in [&mut self.request_body, &mut self.response_body].into_iter().flatten() {
            hide(body);
            cut(body);
        }
        self
    }

    /// The request as it goes over the wire.
    #[must_use]
    pub fn request_text(&self) -> String {
        text(format!("{} {}", self.method, self.url), &self.request_headers, self.request_body.as_deref())
    }

    /// The answer as it came over the wire.
    #[must_use]
    pub fn response_text(&self) -> String {
        let Some(status) = self.status else { return "no answer".to_owned() };
        text(format!("HTTP {status}"), &self.response_headers, self.response_body.as_deref())
    }
}

fn text(mut text: String, headers: &[(String, String)], body: Option<&str>) -> String {
    for (name, value) in headers {
        // Writing to a string does not fail.
        let _ = write!(text, "\n{name}: {value}");
    }
    if let Some(body) = body.filter(|body| !body.is_empty()) {
        text.push_str("\n\n");
        text.push_str(body);
    }
    text
}

fn cut(text: &mut String) {
    if text.len() > MAX_SHOWN_BYTES {
        let end = text.floor_char_boundary(MAX_SHOWN_BYTES);
        text.truncate(end);
        text.push_str(" … (cut)");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_hidden_wherever_it_comes_back() {
        let exchange = Exchange {
            url: "https://a.example/Users?key=s3cret".to_owned(),
            request_headers: vec![("authorization".to_owned(), "Bearer s3cret".to_owned())],
            response_headers: vec![("x-echo".to_owned(), "token s3cret".to_owned())],
            response_body: Some("you sent s3cret".to_owned()),
            ..Exchange::default()
        };
        let shown = exchange.shown(Some("s3cret"));
        assert!(!format!("{shown:?}").contains("s3cret"), "{shown:?}");
        assert!(shown.request_text().contains("authorization: Bearer •••"));
    }

    #[test]
    fn a_token_that_is_not_the_callers_is_hidden_too() {
        let headers = vec![("Authorization".to_owned(), "wrong".to_owned())];
        let exchange = Exchange { request_headers: headers, ..Exchange::default() };
        assert_eq!(exchange.shown(None).request_headers[0].1, HIDDEN);
    }

    #[test]
    fn long_bodies_are_cut_between_characters() {
        let exchange = Exchange { response_body: Some("é".repeat(MAX_SHOWN_BYTES)), ..Exchange::default() };
        let body = exchange.shown(None).response_body.unwrap();
        assert!(body.len() < MAX_SHOWN_BYTES + 20 && body.ends_with("… (cut)"));
    }
}
