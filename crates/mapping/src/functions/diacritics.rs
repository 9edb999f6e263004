//! `NormalizeDiacritics`: the documented table, and nothing that is not in it.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A plain spelling and the letters it stands for. Letters composed in Unicode and letters with combining
/// marks are the same after decomposition. Upper case follows from lower case.
const TABLE: &[(&str, &str)] = &[
    ("a", "ä à â ã å á ą ă ā ā́ ā̀ ā̂ ā̃ ǟ ā̈ ǡ a̱ å̄"),
    ("ae", "æ ǣ"),
    ("c", "ç č ć c̄ c̱"),
    ("d", "ď d̄ ḏ"),
    ("e", "ë è é ê ę ě ė ē ḗ ḕ ē̂ ē̃ ê̄ e̱ ë̄ e̊̄"),
    ("g", "ğ ḡ g̱"),
    ("i", "ï î ì í ı i̇ ī ī́ ī̀ ī̂ ī̃ i̱"),
    ("l", "ľ ł l̄ ḹ ḻ"),
    ("n", "ñ ń ň n̄ ṉ"),
    ("o", "ö ò ő õ ô ó ō ṓ ṑ ō̂ ō̃ ȫ ō̈ ǭ ȭ ȱ o̱"),
    ("oe", "ø ø̄ œ̄"),
    ("r", "ř r̄ ṟ ṝ"),
    ("ss", "ß"),
    ("s", "š ś ș ş s̄ s̱"),
    ("t", "ť ț t̄ ṯ"),
    ("u", "ü ù û ú ů ű ū ū́ ū̀ ū̂ ū̃ u̇̄ ǖ ṻ ṳ̄ u̱"),
    ("y", "ÿ ý ȳ ȳ́ ȳ̀ ȳ̃ y̱"),
    ("z", "ź ž ż z̄ ẕ"),
];

static PLAIN: LazyLock<HashMap<String, &str>> = LazyLock::new(|| {
    let letters = |(plain, letters): &(&'static str, &'static str)| {
        let plain = *plain;
        letters.split(' ').map(move |letter| (letter.nfd().collect(), plain)).collect::<Vec<_>>()
    };
    TABLE.iter().flat_map(letters).collect()
});

/// `text` with the letters of the table in their plain spelling, all else in composed form.
pub(super) fn normalize(text: String) -> String {
    if text.is_ascii() {
        return text;
    }
    let mut output = String::with_capacity(text.len());
    let mut letter = String::new();
    for character in text.nfd() {
        if !is_combining_mark(character) {
            flush(&mut letter, &mut output);
        }
        letter.push(character);
    }
    flush(&mut letter, &mut output);
    output.nfc().collect()
}

/// Moves one letter with its marks to the output, in its plain spelling when it has one.
fn flush(letter: &mut String, output: &mut String) {
    let lower = letter.to_lowercase();
    match PLAIN.get(&lower) {
        Some(plain) if lower == *letter => output.push_str(plain),
        Some(plain) => output.push_str(&plain.to_uppercase()),
        None => output.push_str(letter),
    }
    letter.clear();
}
