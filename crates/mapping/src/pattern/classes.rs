//! Character classes of .NET in the syntax of the regex library.
//!
//! Inside a .NET class `[`, `&&` and `~~` are plain characters and `-[…]` subtracts; the library nests and
//! intersects classes instead and subtracts with `--`.

/// `pattern` with its character classes translated; everything else is common to both.
pub(super) fn translate(pattern: &str) -> String {
    let mut output = String::with_capacity(pattern.len() + 8);
    let mut characters = pattern.chars().peekable();
    let mut depth = 0_usize;
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                output.push('\\');
                output.extend(characters.next());
            }
            '[' if depth == 0 => {
                depth = 1;
                open(&mut characters, &mut output);
            }
            '-' if depth > 0 && characters.peek() == Some(&'[') => {
                characters.next();
                depth += 1;
                output.push_str("--");
                open(&mut characters, &mut output);
            }
            ']' if depth > 0 => {
                depth -= 1;
                output.push(']');
            }
            '[' | '&' | '~' if depth > 0 => output.extend(['\\', character]),
            plain => output.push(plain),
        }
    }
    output
}

/// Opens a class. A `]` directly after the opening is a plain character.
fn open(characters: &mut std::iter::Peekable<std::str::Chars<'_>>, output: &mut String) {
    output.push('[');
    output.extend(characters.next_if_eq(&'^'));
    if characters.next_if_eq(&']').is_some() {
        output.push_str("\\]");
    }
}
