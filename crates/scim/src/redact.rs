//! What of a request may be kept: names and structure, but no secret.
//!
//! A secret is the value of an attribute that is never returned (RFC 7643 §2.2, `returned` "never"), such as
//! `password`. It is found by the attribute's name wherever that stands, because a body that is kept may be one that
//! was refused for its form.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::fold::{fold, folded};
use crate::resource_type::ResourceType;
use crate::schema::{Attribute, Returned};

/// What stands for what is left out.
pub const LEFT_OUT: &str = "…";

/// The names of attributes whose values are secrets, folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secrets(BTreeSet<String>);

impl Secrets {
    /// The secrets among the attributes of these resource types, and always `password`.
    #[must_use]
    pub fn of<'a>(types: impl IntoIterator<Item = &'a ResourceType>) -> Self {
        let mut names = BTreeSet::from(["password".to_owned()]);
        for resource_type in types {
            let extensions = resource_type.extensions.iter().map(|extension| &extension.schema);
            for schema in std::iter::once(&resource_type.schema).chain(extensions) {
                schema.attributes.iter().for_each(|attribute| collect(attribute, &mut names));
            }
        }
        Self(names)
    }

    /// Whether the text, such as a path or a filter, names a secret attribute.
    #[must_use]
    pub fn is_named_in(&self, text: &str) -> bool {
        let words = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '$')));
        words.into_iter().any(|word| self.0.contains(folded(word).as_ref()))
    }

    /// Replaces secrets in the body of a request or answer by `…`: members with a secret's name, the value of a PATCH
    /// operation whose path names one, and the literals of a filter that does.
    pub fn redact(&self, body: &mut Value) {
        match body {
            Value::Array(elements) => elements.iter_mut().for_each(|element| self.redact(element)),
            Value::Object(members) => {
                let path = members.iter().find(|(name, _)| name.eq_ignore_ascii_case("path"));
                let is_about_secret =
                    path.and_then(|(_, path)| path.as_str()).is_some_and(|path| self.is_named_in(path));
                for (name, value) in members {
                    let is_value = is_about_secret && name.eq_ignore_ascii_case("value");
                    if is_value || self.is_named_in(name) {
                        *value = Value::from(LEFT_OUT);
                    } else {
                        self.redact(value);
                    }
                }
            }
            Value::String(text) if self.is_named_in(text) => *text = without_literals(text),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

fn collect(attribute: &Attribute, names: &mut BTreeSet<String>) {
    if attribute.returned == Returned::Never {
        names.insert(fold(&attribute.name));
    }
    attribute.sub_attributes.iter().for_each(|sub_attribute| collect(sub_attribute, names));
}

/// A filter (RFC 7644 §3.4.2.2), or text that was meant as one, with `"…"` for everything that is compared with and
/// everything in quotes.
#[must_use]
pub fn without_literals(filter: &str) -> String {
    let mut kept = String::with_capacity(filter.len());
    let mut rest = filter;
    let mut after_operator = false;
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' || (after_operator && !first.is_whitespace()) {
            kept.push_str("\"…\"");
            after_operator = false;
            literal_length(rest)
        } else if is_boundary(first) {
            kept.push(first);
            first.len_utf8()
        } else {
            let word = rest.split(is_boundary).next().unwrap_or(rest);
            kept.push_str(word);
            after_operator = is_comparison(word);
            word.len()
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    kept
}

/// What ends a word of a filter.
fn is_boundary(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '"')
}

fn is_comparison(word: &str) -> bool {
    let operators = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];
    operators.iter().any(|operator| word.eq_ignore_ascii_case(operator))
}

/// The length in bytes of the literal at the beginning of a text: to the quote that ends it, and on to the end of the
/// word, because what follows a quote at once belongs to a value that was quoted wrongly.
fn literal_length(text: &str) -> usize {
    let mut is_quoted = false;
    let mut is_escaped = false;
    for (place, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = is_quoted,
            '"' => is_quoted = !is_quoted,
            c if !is_quoted && (c.is_whitespace() || matches!(c, ')' | ']')) => return place,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn literals_of_a_filter_are_left_out() {
        for (filter, expected) in [
            (r#"userName eq "babs@example.com""#, r#"userName eq "…""#),
            (r#"userName EQ "a \" b" and active eq true"#, r#"userName EQ "…" and active eq "…""#),
            (
                r#"emails[type eq "work" and value co "x"].value pr"#,
                r#"emails[type eq "…" and value co "…"].value pr"#,
            ),
            (r#"not (title eq "a (b) c")"#, r#"not (title eq "…")"#),
            ("userName eq babs@example.com", r#"userName eq "…""#),
            (r#"userName eq "a"b@x" or"#, r#"userName eq "…""#),
            (r#"userName eq "unterminated and more"#, r#"userName eq "…""#),
            (r#""babs" eq userName"#, r#""…" eq "…""#),
            ("", ""),
            ("userName pr", "userName pr"),
            ("meta.lastModified gt 5", r#"meta.lastModified gt "…""#),
            ("ü eq ü", r#"ü eq "…""#),
        ] {
            assert_eq!(without_literals(filter), expected, "{filter}");
        }
    }

    fn check(body: Value, expected: &Value) {
        let mut redacted = body;
        Secrets::of([&ResourceType::user()]).redact(&mut redacted);
        assert_eq!(&redacted, expected);
    }

    #[test]
    fn secrets_are_left_out_of_bodies() {
        check(
            json!({ "userName": "babs", "PassWord": "x" }),
            &json!({ "userName": "babs", "PassWord": "…" }),
        );
        check(json!([{ "password": { "value": 1 } }]), &json!([{ "password": "…" }]));
        let user = "urn:ietf:params:scim:schemas:core:2.0:User";
        check(
            json!({ "Operations": [
                { "op": "replace", "path": "password", "value": "x" },
                { "op": "Replace", "path": format!("{user}:Password"), "Value": "x" },
                { "op": "add", "value": { "password": "x", (format!("{user}:password")): "x", "title": "t" } },
                { "op": "replace", "path": "title", "value": "t" },
            ] }),
            &json!({ "Operations": [
                { "op": "replace", "path": "password", "value": "…" },
                { "op": "Replace", "path": format!("{user}:Password"), "Value": "…" },
                { "op": "add", "value": { "password": "…", (format!("{user}:password")): "…", "title": "t" } },
                { "op": "replace", "path": "title", "value": "t" },
            ] }),
        );
        check(
            json!({ "filter": "password eq \"x\"", "nested": [{ "path": "/Users", "value": "y" }] }),
            &json!({ "filter": "password eq \"…\"", "nested": [{ "path": "/Users", "value": "y" }] }),
        );
    }

    #[test]
    fn a_secret_of_an_extension_is_one_too() {
        let mut schema = crate::builtin::enterprise_user();
        schema.attributes[0].returned = Returned::Never;
        let name = schema.attributes[0].name.clone();
        let extension = crate::resource_type::Extension { schema, required: false };
        let user = ResourceType::user();
        let users = ResourceType::new("User", "/Users", "", user.schema, vec![extension]).unwrap();
        let secrets = Secrets::of([&users]);
        assert!(secrets.is_named_in(&format!("x:{name}")) && secrets.is_named_in("password"));
        assert!(!secrets.is_named_in("passwords") && !secrets.is_named_in("title"));
    }
}
