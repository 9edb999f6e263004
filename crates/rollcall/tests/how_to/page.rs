//! A page as the runner reads it: what is typed into a shell, what is seen there, and what is done in a portal.
//!
//! - A fenced block of the language `sh` is typed. One that is marked `sh fails` ends with an error.
//! - A fenced block `text` after it is all that is seen, standard error included.
//! - A numbered item that begins with bold words is a step in somebody else's portal: the bold words name the field or
//!   button, and the code right after them is what is entered.

/// A part of a page, with the number of its line.
#[derive(Debug, PartialEq)]
pub struct Part {
    pub line: usize,
    pub what: What,
}

#[derive(Debug, PartialEq)]
pub enum What {
    Commands { text: String, fails: bool },
    Seen(String),
    Step { name: String, value: Option<String> },
}

/// The parts of a page, in order.
pub fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut lines = (1..).zip(text.lines());
    while let Some((line, text)) = lines.next() {
        let what = match text.strip_prefix("```") {
            Some(kind) => {
                let block = lines.by_ref().map(|(_, text)| text).take_while(|text| *text != "```");
                Some(block_of(line, kind, block.map(|text| format!("{text}\n")).collect()))
            }
            None => step(text),
        };
        parts.extend(what.map(|what| Part { line, what }));
    }
    parts
}

fn block_of(line: usize, kind: &str, text: String) -> What {
    match kind {
        "sh" => What::Commands { text, fails: false },
        "sh fails" => What::Commands { text, fails: true },
        "text" => What::Seen(text),
        _ => panic!(
            "line {line}: a block is either sh, which is run, or text, which is compared; not {kind:?}"
        ),
    }
}

fn step(text: &str) -> Option<What> {
    let (number, rest) = text.split_once(". **")?;
    number.parse::<u32>().ok()?;
    let (name, rest) = rest.split_once("**")?;
    let value = rest.strip_prefix(": `").and_then(|rest| rest.split_once('`'));
    Some(What::Step { name: name.to_owned(), value: value.map(|(value, _)| value.to_owned()) })
}

#[test]
fn a_page_has_parts() {
    let page = "# Title\n\n```sh\na\nb\n```\n```text\nseen\n```\n\n1. **Scope**: `all`, where `it` is.\n2. **Save**.\n3. No step.\n```sh fails\nc\n```\n";
    let commands = |text: &str, fails| What::Commands { text: text.to_owned(), fails };
    let step = |name: &str, value: Option<&str>| What::Step {
        name: name.to_owned(),
        value: value.map(str::to_owned),
    };
    let expected = [
        (3, commands("a\nb\n", false)),
        (7, What::Seen("seen\n".to_owned())),
        (11, step("Scope", Some("all"))),
        (12, step("Save", None)),
        (14, commands("c\n", true)),
    ];
    assert_eq!(parts(page), expected.map(|(line, what)| Part { line, what }));
}
