//! Bounds of the print application, each with its reason.

use jiff::SignedDuration;

/// The longest name that is looked for, in bytes: an e-mail address has 254 (RFC 5321 §4.5.3.1.3).
pub const MAX_NAME_BYTES: usize = 256;

/// The longest PIN, card number or code, in characters. Card numbers in hexadecimal have up to 64.
pub const MAX_SECRET_CHARACTERS: usize = 128;

/// How long guesses count.
pub const GUESS_WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// Wrong PINs of one user within [`GUESS_WINDOW`]. Of the 10,000 PINs with four digits that is 480 a day, so that one is
/// found after some ten days on average - and a person who mistypes waits a quarter of an hour.
pub const MAX_PIN_GUESSES: i64 = 5;

/// Wrong registration codes of all of a tenant within [`GUESS_WINDOW`]: a code alone tells who somebody is, so guesses are
/// nobody's in particular. People who register cards mistype now and then; where a hundred codes of eight digits wait to
/// be used, one is found by chance after a year and a half.
pub const MAX_CODE_GUESSES: i64 = 20;

/// Look-ups by card or PIN that found nobody, of one token within [`GUESS_WINDOW`]: what asks is a device or the backend
/// of some. Visitors hold strange cards to devices, and people mistype; whoever tries numbers of 32 bits finds one of
/// 1,000 cards after half a year.
pub const MAX_MISSES_OF_TOKEN: i64 = 200;

/// The same of all tokens of a tenant together, so that more tokens are not more tries without end.
pub const MAX_MISSES: i64 = 1_000;

/// How many different names and cards are listed that belong to nobody, the latest ones. A person looks at them.
pub const MAX_UNRESOLVED: i64 = 1_000;

/// How long somebody is listed after having been asked for last.
pub const UNRESOLVED_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);
