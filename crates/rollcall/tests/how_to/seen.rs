//! Whether what came out is what a page shows.

/// Compares line by line. `…` stands for anything within a line, and alone in a line for any number of lines; how wide
/// white space is does not matter.
pub fn is_as_shown(shown: &str, came: &str) -> bool {
    let lines = |text: &str| text.lines().map(words).collect::<Vec<_>>();
    matches(&lines(shown), &lines(came), |line| line == "…", |shown, came| line_matches(shown, came))
}

fn words(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn line_matches(shown: &str, came: &str) -> bool {
    let letters = |text: &str| text.chars().collect::<Vec<_>>();
    matches(&letters(shown), &letters(came), |letter| *letter == '…', |shown, came| shown == came)
}

/// Whether a pattern is found, in which some elements stand for any number of others.
fn matches<T>(pattern: &[T], found: &[T], is_any: fn(&T) -> bool, is_same: fn(&T, &T) -> bool) -> bool {
    let (mut at, mut place) = (0, 0);
    // Where to go on after the last element that stands for anything, should what follows it not be found.
    let mut again = None;
    while place < found.len() {
        if pattern.get(at).is_some_and(is_any) {
            at += 1;
            again = Some((at, place));
        } else if pattern.get(at).is_some_and(|shown| is_same(shown, &found[place])) {
            (at, place) = (at + 1, place + 1);
        } else if let Some((after, from)) = again {
            (at, place) = (after, from + 1);
            again = Some((after, from + 1));
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(is_any)
}

#[test]
fn what_changes_each_time_is_left_out() {
    for (shown, came, is_same) in [
        ("a  b\nc\n", "a b\nc", true),
        ("a\n", "a\nb\n", false),
        ("a\nb\n", "a\n", false),
        ("id … ends\n", "id 4711 ends\n", true),
        ("id … ends\n", "id 4711 begins\n", false),
        ("a\n…\nd\n", "a\nb\nc\nd\n", true),
        ("a\n…\nd\n", "a\nd\n", true),
        ("a\n…\n", "b\n", false),
        ("…x…x", "1x2x", true),
    ] {
        assert_eq!(is_as_shown(shown, came), is_same, "{shown:?} and {came:?}");
    }
}
