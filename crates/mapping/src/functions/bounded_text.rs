//! A text that refuses to grow without bound.

use crate::expression::Fault;
use crate::limits::MAX_TEXT_LENGTH_BYTES;

/// A text under construction, at most [`MAX_TEXT_LENGTH_BYTES`] long.
#[derive(Debug, Default)]
pub(crate) struct BoundedText(String);

impl BoundedText {
    /// Appends `text`.
    ///
    /// # Errors
    /// [`Fault::TooLong`] when the whole would exceed the bound.
    pub(crate) fn push(&mut self, text: &str) -> Result<(), Fault> {
        if self.0.len().saturating_add(text.len()) > MAX_TEXT_LENGTH_BYTES {
            return Err(Fault::TooLong);
        }
        self.0.push_str(text);
        Ok(())
    }

    /// `parts` with `separator` between each two.
    pub(crate) fn join<'a>(
        parts: impl IntoIterator<Item = &'a str>,
        separator: &str,
    ) -> Result<String, Fault> {
        let mut output = BoundedText::default();
        for (index, part) in parts.into_iter().enumerate() {
            output.push(if index == 0 { "" } else { separator })?;
            output.push(part)?;
        }
        Ok(output.into_string())
    }

    /// The text built so far.
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}
