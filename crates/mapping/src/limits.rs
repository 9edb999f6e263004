//! Bounds on what an expression may ask for.

/// Characters of an expression. Entra's documented limit.
pub(crate) const MAX_EXPRESSION_LENGTH: usize = 10_000;

/// Nesting of calls: far beyond what an administrator writes, and small enough for any stack.
pub(crate) const MAX_EXPRESSION_DEPTH: usize = 64;

/// Bytes of a text a function may build. Nested `Replace` and `Join` can otherwise grow exponentially.
pub(crate) const MAX_TEXT_LENGTH_BYTES: usize = 1 << 20;

/// Back-tracking steps of one pattern search, after which it gives up.
pub(crate) const MAX_PATTERN_STEPS: usize = 100_000;

/// Instructions of a compiled pattern with look-around or back-references.
pub(crate) const MAX_PATTERN_INSTRUCTIONS: usize = 50_000;

/// Bytes a compiled pattern may take, so that `(\d{1000}){1000}` is refused when it is read.
pub(crate) const MAX_PATTERN_SIZE_BYTES: usize = 1 << 20;
