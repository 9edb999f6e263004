//! The tokens that filters and paths share, and the attribute path (RFC 7644 §3.10, Figure 1).

use crate::filter::AttributePath;
use crate::schema::{has_urn_scheme, is_attribute_name, is_urn};

/// What is wrong with a text, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub offset: usize,
    pub message: String,
}

impl SyntaxError {
    pub fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into() }
    }
}

/// A token of a filter or path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// A run of anything but white space, brackets, parentheses and quotation marks.
    Word(&'a str),
    /// A JSON string with its quotation marks, escapes not yet resolved.
    Quoted(&'a str),
    OpenParenthesis,
    CloseParenthesis,
    OpenBracket,
    CloseBracket,
    End,
}

impl Token<'_> {
    pub fn describe(self) -> String {
        match self {
            Self::Word(text) | Self::Quoted(text) => format!("{}", Shortened(text)),
            Self::OpenParenthesis => "'('".to_owned(),
            Self::CloseParenthesis => "')'".to_owned(),
            Self::OpenBracket => "'['".to_owned(),
            Self::CloseBracket => "']'".to_owned(),
            Self::End => "the end".to_owned(),
        }
    }
}

/// A text as a message quotes it: not longer than a line.
struct Shortened<'a>(&'a str);

impl std::fmt::Display for Shortened<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let head: String = self.0.chars().take(60).collect();
        let dots = if head.len() < self.0.len() { "…" } else { "" };
        write!(f, "'{head}{dots}'")
    }
}

/// Splits a text into tokens, one at a time.
pub(crate) struct Lexer<'a> {
    rest: &'a str,
    length: usize,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { rest: text, length: text.len() }
    }

    /// The next token and the byte at which it begins.
    pub fn next(&mut self) -> Result<(Token<'a>, usize), SyntaxError> {
        self.rest = self.rest.trim_start();
        let offset = self.length - self.rest.len();
        let mut chars = self.rest.chars();
        let single = match chars.next() {
            None => return Ok((Token::End, offset)),
            Some('(') => Token::OpenParenthesis,
            Some(')') => Token::CloseParenthesis,
            Some('[') => Token::OpenBracket,
            Some(']') => Token::CloseBracket,
            Some('"') => return Ok((Token::Quoted(self.quoted(offset)?), offset)),
            Some(_) => return Ok((Token::Word(self.word()), offset)),
        };
        self.rest = chars.as_str();
        Ok((single, offset))
    }

    fn word(&mut self) -> &'a str {
        let end = self
            .rest
            .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '"'))
            .unwrap_or(self.rest.len());
        self.take(end)
    }

    fn quoted(&mut self, offset: usize) -> Result<&'a str, SyntaxError> {
        let mut escaped = false;
        for (index, byte) in self.rest.bytes().enumerate().skip(1) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => return Ok(self.take(index + 1)),
                _ => {}
            }
        }
        Err(SyntaxError::new(offset, "the string has no closing '\"'"))
    }

    fn take(&mut self, end: usize) -> &'a str {
        let (head, tail) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = tail;
        head
    }
}

/// Parses `[URI ":"] ATTRNAME ["." subAttr]`.
///
/// The URN ends at the last colon, since no attribute name contains one. Whether a text such as
/// `urn:…:2.0:User` is a schema or an attribute of another only its resource type can tell.
pub(crate) fn attribute_path(text: &str, offset: usize) -> Result<AttributePath, SyntaxError> {
    let (urn, name) = match text.rsplit_once(':') {
        Some((urn, name)) => (Some(urn), name),
        None => (None, text),
    };
    if let Some(urn) = urn
        && !is_urn(urn)
    {
        let problem = if has_urn_scheme(urn) { "is not a URN" } else { "does not begin with 'urn:'" };
        return Err(SyntaxError::new(offset, format!("{} {problem}", Shortened(urn))));
    }
    let (attribute, sub) = match name.split_once('.') {
        Some((attribute, sub)) => (attribute, Some(sub)),
        None => (name, None),
    };
    if !is_attribute_name(attribute) || sub.is_some_and(|sub| !is_attribute_name(sub)) {
        let message =
            format!("{} is not an attribute name such as userName or name.familyName", Shortened(text));
        return Err(SyntaxError::new(offset, message));
    }
    Ok(AttributePath {
        urn: urn.map(str::to_owned),
        attribute: attribute.to_owned(),
        sub: sub.map(str::to_owned),
    })
}
