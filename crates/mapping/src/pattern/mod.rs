//! Regular expressions as Entra's documentation writes them: .NET syntax, bounded effort.

mod classes;
mod substitution;

use fancy_regex::{Captures, Regex, RegexBuilder};

use crate::expression::Fault;
use crate::functions::BoundedText;
use crate::limits::{MAX_PATTERN_INSTRUCTIONS, MAX_PATTERN_SIZE_BYTES, MAX_PATTERN_STEPS};

/// A text is not a regular expression, or one too large to compile.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the pattern is not a regular expression: {0}")]
pub struct PatternError(Box<fancy_regex::Error>);

/// A compiled pattern. Case-sensitive and not anchored, as in Entra.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    source: String,
    regex: Regex,
}

/// Start and end of a part of a text, in bytes.
type Span = (usize, usize);

impl Pattern {
    /// Compiles `source`, which may name groups `(?<name>…)`.
    pub(crate) fn new(source: &str) -> Result<Pattern, PatternError> {
        let regex = RegexBuilder::new(&classes::translate(source))
            .backtrack_limit(MAX_PATTERN_STEPS)
            .max_prog_size(MAX_PATTERN_INSTRUCTIONS)
            .delegate_size_limit(MAX_PATTERN_SIZE_BYTES)
            .build()
            .map_err(|error| PatternError(Box::new(error)))?;
        Ok(Pattern { source: source.to_owned(), regex })
    }

    /// Whether the pattern names a group `name`.
    pub(crate) fn has_group(&self, name: &str) -> bool {
        self.regex.capture_names().flatten().any(|group| group == name)
    }

    /// Whether the pattern matches anywhere in `text`.
    pub(crate) fn is_match(&self, text: &str) -> Result<bool, Fault> {
        self.regex.is_match(text).map_err(|_| Fault::PatternTooExpensive)
    }

    /// Every match replaced by `replacement`, in which `$1`, `${name}`, `$&` and `$$` are substituted.
    pub(crate) fn replace_all(&self, text: &str, replacement: &str) -> Result<String, Fault> {
        self.rewrite(text, |captures, whole| {
            Ok((whole, substitution::expand(replacement, &self.regex, captures)?))
        })
    }

    /// In every match, the span of the group `name` replaced by `replacement`.
    pub(crate) fn replace_group(&self, text: &str, name: &str, replacement: &str) -> Result<String, Fault> {
        self.rewrite(text, |captures, whole| {
            Ok(match captures.name(name) {
                Some(group) => ((group.start(), group.end()), replacement.to_owned()),
                None => (whole, slice(text, whole).to_owned()),
            })
        })
    }

    /// The text of the group `name` in the first match.
    pub(crate) fn extract(&self, text: &str, name: &str) -> Result<Option<String>, Fault> {
        let captures = self.regex.captures(text).map_err(|_| Fault::PatternTooExpensive)?;
        Ok(captures.and_then(|captures| captures.name(name)).map(|group| group.as_str().to_owned()))
    }

    /// Copies `text`, putting in place of the span that `edit` answers for a match the text it answers.
    /// As in .NET, an empty match may follow directly on another match.
    fn rewrite<'t>(
        &self,
        text: &'t str,
        edit: impl Fn(&Captures<'t, str>, Span) -> Result<(Span, String), Fault>,
    ) -> Result<String, Fault> {
        let mut output = BoundedText::default();
        let (mut copied, mut position) = (0, 0);
        while position <= text.len() {
            let found =
                self.regex.captures_from_pos(text, position).map_err(|_| Fault::PatternTooExpensive)?;
            let Some(captures) = found else { break };
            let Some(whole) = captures.get(0).map(|all| (all.start(), all.end())) else { break };
            let (span, replacement) = edit(&captures, whole)?;
            output.push(slice(text, (copied, span.0)))?;
            output.push(&replacement)?;
            copied = span.1;
            position = if whole.0 < whole.1 { whole.1 } else { next_character(text, whole.1) };
        }
        output.push(slice(text, (copied, text.len())))?;
        Ok(output.into_string())
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.source == other.source
    }
}

fn slice(text: &str, (start, end): Span) -> &str {
    text.get(start..end).unwrap_or_default()
}

/// The position behind the character at `position`, which is past the end of the text behind its last one.
fn next_character(text: &str, position: usize) -> usize {
    let length = slice(text, (position, text.len())).chars().next().map_or(1, char::len_utf8);
    position.saturating_add(length)
}
