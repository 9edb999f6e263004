//! The table of `NormalizeDiacritics` as Microsoft documents it.

use super::check;

#[track_caller]
fn check_normal(text: &str, expect: &str) {
    check(&format!(r#"NormalizeDiacritics("{text}")"#), "{}", &format!("{expect:?}"));
}

#[test]
fn documented_letters() {
    check_normal("Zoë", "Zoe");
    check_normal("äàâãåáąăā āā̂ǟǡa̱å̄", "aaaaaaaaa aaaaaa");
    check_normal("æǣ çčć ďḏ ëèéêęěėēḗḕ", "aeae ccc dd eeeeeeeeee");
    check_normal("ğḡ ïîìíı ľłḹḻ ñńňṉ", "gg iiiii llll nnnn");
    check_normal("öòőõôóōṓṑȫǭȭȱ øœ̄ řṟṝ ß", "ooooooooooooo oeoe rrr ss");
    check_normal("šśșş ťțṯ üùûúůűūǖṻṳ̄ ÿýȳ źžżẕ", "ssss ttt uuuuuuuuuu yyy zzzz");
}

#[test]
fn upper_case_follows() {
    check_normal("ÅÄÖ Æ Ø Ł İ Ż", "AAO AE OE L I Z");
}

#[test]
fn combining_marks_count_like_composed_letters() {
    check_normal("Zoe\u{308}", "Zoe");
}

#[test]
fn letters_outside_of_the_table_stay() {
    check_normal("œ đ ð þ 張 ẹ", "œ đ ð þ 張 ẹ");
}
