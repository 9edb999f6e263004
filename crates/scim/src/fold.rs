//! Case folding: the one rule by which strings with `caseExact` false, attribute names and URNs compare.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// Folds text for comparison without regard to case: NFC, then each letter to upper and then to lower case, then NFC
/// again because that may leave a composable pair behind.
///
/// Lower case alone would keep apart what has one upper case: `σ` and `ς`, `µ` and `μ`, `s` and `ſ`. Letters are
/// folded one at a time, without regard to context, so that a folded prefix of a text is a prefix of the folded
/// text. Compatibility forms (NFKC) are never unified: `ﬁ` and `fi` name two users.
#[must_use]
pub fn fold(text: &str) -> String {
    folded(text).into_owned()
}

/// As [`fold`], borrowing when the text is already folded ASCII.
#[must_use]
pub fn folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Cow::Owned(text.to_ascii_lowercase());
        }
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfc().flat_map(|letter| upper(letter).to_lowercase()).nfc().collect())
}

/// The upper case of a letter, if that is one letter with the same meaning. `ß` is not `ss` and `ﬁ` not `fi`; the
/// Turkish `ı` is not `i` in any other language. This is Unicode's simple case folding, which leaves them alone.
fn upper(letter: char) -> char {
    let mut upper = letter.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) if letter != 'ı' => one,
        _ => letter,
    }
}

/// Whether two texts are equal when folded.
#[must_use]
pub fn fold_eq(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    folded(left) == folded(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_case_and_canonical_equivalence() {
        let table = [
            ("Babs", "babs", true),
            ("MÜLLER", "müller", true),
            ("Mu\u{308}ller", "müller", true),
            ("\u{399}\u{308}\u{301}", "\u{390}", true),
            ("straße", "strasse", false),
            ("\u{fb01}n", "fin", false),
            ("babs", "bab", false),
            ("ΝΙΚΟΣ", "νικος", true),
            ("νικοσ", "νικος", true),
            ("\u{b5}", "\u{3bc}", true),
            ("\u{17f}am", "SAM", true),
            ("STRAẞE", "straße", true),
            ("\u{212a}", "k", true),
            ("ǅ", "Ǆ", true),
            ("ᾼ", "ᾳ", true),
            ("adm\u{131}n", "admin", false),
        ];
        for (left, right, equal) in table {
            assert_eq!(fold_eq(left, right), equal, "{left} / {right}");
            assert_eq!(fold(left) == fold(right), equal, "{left} / {right}");
        }
    }

    #[test]
    fn a_folded_prefix_is_a_prefix_of_the_folded_text() {
        assert!(fold("ΟΔΟΣΑ").starts_with(&fold("ΟΔΟΣ")));
        assert!(fold("ΟΔΟΣΑ").starts_with(&fold("οδος")));
    }

    #[test]
    fn folding_is_idempotent() {
        for letter in '\0'..=char::MAX {
            let once = fold(letter.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&once), once, "{letter:?}");
        }
        for text in ["İstanbul", "\u{399}\u{308}\u{301}"] {
            assert_eq!(fold(&fold(text)), fold(text));
        }
    }
}
