//! PATCH paths (RFC 7644 §3.5.2, Figure 7): `attribute`, `attribute.sub`, `attribute[filter]` and
//! `attribute[filter].sub`, with an optional schema URN in front, or the URN of an extension alone.

mod document;
mod untyped;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::error::Error;
use crate::filter::{AttributePath, Filter, parse_value_filter};
use crate::limits::MAX_PATH_LENGTH;
use crate::resource_type::{AttributeRef, ResourceType, SchemaRef};
use crate::schema::is_urn;
use crate::syntax::{Lexer, SyntaxError, Token, attribute_path};

/// A path as written. Names keep the letter case of the text; they compare without regard to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// The text before the last colon in front of the attribute name. For a bare extension URN this may be
    /// all but its last part; [`Path::resolve`] finds out.
    pub urn: Option<String>,
    /// The attribute name; empty when the text is a URN that cannot end in an attribute name.
    pub attribute: String,
    /// The value filter between brackets.
    pub filter: Option<Box<Filter>>,
    /// The sub-attribute name.
    pub sub: Option<String>,
}

/// What a path means for a resource type.
#[derive(Debug, Clone)]
pub enum Target<'a> {
    /// The whole object of the extension with this URN.
    Extension(Arc<str>),
    /// An attribute or sub-attribute; with a filter, of the selected values only.
    Attribute {
        /// The attribute, and the sub-attribute if the path names one.
        attribute: &'a Arc<AttributeRef>,
        /// The value filter, not yet resolved.
        filter: Option<&'a Filter>,
    },
}

impl Path {
    /// Parses a path.
    ///
    /// # Errors
    /// 400 `invalidPath` with the byte offset of the problem.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_PATH_LENGTH {
            return Err(Error::invalid_path(format!("the path is longer than {MAX_PATH_LENGTH} bytes")));
        }
        parse(text).map_err(|error| {
            Error::invalid_path(format!("path '{text}', at byte {}: {}", error.offset, error.message))
        })
    }

    /// Finds what the path means for a resource type.
    ///
    /// # Errors
    /// 400 `invalidPath` if the resource type has no such attribute, or the filter stands on a
    /// single-valued attribute.
    pub fn resolve<'a>(&'a self, resource_type: &'a ResourceType) -> Result<Target<'a>, Error> {
        if let Some(SchemaRef::Extension(urn)) =
            self.whole_urn().and_then(|urn| resource_type.find_schema(&urn))
        {
            return Ok(Target::Extension(urn));
        }
        let attribute = resource_type
            .find_attribute(self.urn.as_deref(), &self.attribute, self.sub.as_deref())
            .ok_or_else(|| self.unknown(resource_type))?;
        if self.filter.is_some() && !attribute.attribute.multi_valued {
            return Err(Error::invalid_path(format!(
                "path '{self}': {} has a single value, so a value filter cannot stand on it",
                attribute.attribute.name
            )));
        }
        Ok(Target::Attribute { attribute, filter: self.filter.as_deref() })
    }

    /// The whole path as a URN, if it can be one: no filter and no sub-attribute.
    fn whole_urn(&self) -> Option<String> {
        let urn = self.urn.as_ref()?;
        if self.filter.is_some() {
            return None;
        }
        let mut whole = urn.clone();
        for (separator, part) in [(':', Some(&self.attribute)), ('.', self.sub.as_ref())] {
            if let Some(part) = part.filter(|part| !part.is_empty()) {
                whole.push(separator);
                whole.push_str(part);
            }
        }
        Some(whole)
    }

    fn unknown(&self, resource_type: &ResourceType) -> Error {
        Error::invalid_path(format!("path '{self}': {} has no such attribute", resource_type.name))
    }
}

impl FromStr for Path {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(urn) = &self.urn {
            f.write_str(urn)?;
            if !self.attribute.is_empty() {
                f.write_str(":")?;
            }
        }
        f.write_str(&self.attribute)?;
        if let Some(filter) = &self.filter {
            write!(f, "[{filter}]")?;
        }
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

fn parse(text: &str) -> Result<Path, SyntaxError> {
    let mut lexer = Lexer::new(text);
    let (token, offset) = lexer.next()?;
    let Token::Word(word) = token else {
        return Err(SyntaxError::new(
            offset,
            format!("expected an attribute name, found {}", token.describe()),
        ));
    };
    let AttributePath { urn, attribute, sub } = match attribute_path(word, offset) {
        Ok(path) => path,
        Err(_) if is_urn(word) => {
            AttributePath { urn: Some(word.to_owned()), attribute: String::new(), sub: None }
        }
        Err(error) => return Err(error),
    };
    let (token, offset) = lexer.next()?;
    match token {
        Token::End => Ok(Path { urn, attribute, filter: None, sub }),
        Token::OpenBracket if sub.is_none() && !attribute.is_empty() => {
            let (filter, lexer) = parse_value_filter(lexer)?;
            let sub = trailing_sub_attribute(lexer)?;
            Ok(Path { urn, attribute, filter: Some(Box::new(filter)), sub })
        }
        Token::OpenBracket => {
            Err(SyntaxError::new(offset, "a value filter stands on an attribute, not on a sub-attribute"))
        }
        Token::Word(_)
        | Token::Quoted(_)
        | Token::OpenParenthesis
        | Token::CloseParenthesis
        | Token::CloseBracket => {
            Err(SyntaxError::new(offset, format!("expected '[' or the end, found {}", token.describe())))
        }
    }
}

fn trailing_sub_attribute(mut lexer: Lexer<'_>) -> Result<Option<String>, SyntaxError> {
    let (token, offset) = lexer.next()?;
    let sub = match token {
        Token::End => return Ok(None),
        Token::Word(word) => word.strip_prefix('.').filter(|name| !name.contains([':', '.'])),
        _ => None,
    };
    let Some(sub) = sub else {
        let message = format!("expected '.' and a sub-attribute after ']', found {}", token.describe());
        return Err(SyntaxError::new(offset, message));
    };
    let sub = attribute_path(sub, offset + 1)?.attribute;
    let (token, offset) = lexer.next()?;
    if token != Token::End {
        return Err(SyntaxError::new(offset, format!("expected the end, found {}", token.describe())));
    }
    Ok(Some(sub))
}
