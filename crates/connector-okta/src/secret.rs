//! What is sent and never shown.

/// A text that is sent and never shown: it has neither `Debug` nor `Display`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the header or the signature that needs it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}
