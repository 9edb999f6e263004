//! What the documents name exists: files of the code, and the targets of links.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the repository has failed")]

use std::fs;
use std::path::{Path, PathBuf};

/// Files, and folders whose files are meant.
const DOCUMENTS: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "samples/README.md",
    "docs",
    "docs/decisions",
    "docs/how-to",
];

#[test]
fn files_that_documents_name_exist() {
    for (document, text) in documents() {
        for file in code_spans(&text).filter(|span| names_a_file(span)) {
            let known =
                [root().join(file), root().join("crates").join(file)].iter().any(|path| path.exists());
            assert!(known, "{} names {file}, which does not exist", document.display());
        }
    }
}

#[test]
fn tests_that_the_threats_name_exist() {
    let tests = Tests::all();
    let text = fs::read_to_string(root().join("docs/threats.md")).unwrap();
    let named = named_tests(&text).filter(|(file, _)| *file != "file");
    let count = named.inspect(|(file, test)| tests.find("docs/threats.md", file, test)).count();
    assert!(count > 20, "the page names tests");
}

#[test]
fn each_step_of_the_guides_names_the_tests_that_do_it() {
    let tests = Tests::all();
    let text = fs::read_to_string(root().join("docs/guides-coverage.md")).unwrap();
    let is_head = |row: &&str| row.ends_with("| tests |") || row.ends_with("| --- |");
    let rows = text.lines().filter(|line| line.starts_with('|')).filter(|row| !is_head(row));
    let count = rows.inspect(|row| {
        let cells: Vec<&str> = row.split(" | ").collect();
        let [_, _, last] = cells[..] else { panic!("a row has a step, what is done, and tests: {row}") };
        assert!(named_tests(last).next().is_some(), "docs/guides-coverage.md names no test for {row}");
        named_tests(last).for_each(|(file, test)| tests.find("docs/guides-coverage.md", file, test));
    });
    assert!(count.count() > 40, "the page has a row for each step");
}

/// What is written as `file::test`.
fn named_tests(text: &str) -> impl Iterator<Item = (&str, &str)> {
    code_spans(text).filter_map(|span| span.split_once("::"))
}

/// All files that may hold tests, with their texts.
struct Tests(Vec<(PathBuf, String)>);

impl Tests {
    fn all() -> Self {
        Self(["crates", "xtask/tests"].map(|folder| test_files(&root().join(folder))).concat())
    }

    /// Asserts that a test is in a file of this name.
    fn find(&self, document: &str, file: &str, test: &str) {
        let is_there = |(path, text): &(PathBuf, String)| {
            path.file_stem().is_some_and(|stem| stem == file) && text.contains(&format!("fn {test}("))
        };
        assert!(self.0.iter().any(is_there), "{document} names {file}::{test}");
    }
}

/// The files of a folder and all below it that are Rust, with their texts.
fn test_files(folder: &Path) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| match (path.is_dir(), path.extension()) {
        (true, _) => test_files(&path),
        (false, Some(extension)) if extension == "rs" => {
            let text = fs::read_to_string(&path).unwrap();
            vec![(path, text)]
        }
        (false, _) => Vec::new(),
    });
    files.collect()
}

#[test]
fn links_lead_somewhere() {
    for (document, text) in documents() {
        for link in links(&text).filter(|link| !link.contains("://")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target =
                if file.is_empty() { document.clone() } else { document.parent().unwrap().join(file) };
            assert!(target.exists(), "{} links to {link}, which does not exist", document.display());
            let is_there = heading.is_empty() || headings(&target).iter().any(|known| known == heading);
            assert!(is_there, "{} links to {link}, and there is no such heading", document.display());
        }
    }
}

#[test]
fn spans_and_links_are_found() {
    let text =
        "see `scim/src/path.rs` and `cargo run`, [more](docs/more.md) or [there](https://example.com/).";
    assert_eq!(code_spans(text).filter(|span| names_a_file(span)).collect::<Vec<_>>(), ["scim/src/path.rs"]);
    assert_eq!(links(text).collect::<Vec<_>>(), ["docs/more.md", "https://example.com/"]);
    for no_file in ["resource/patch.rs", "crates/connector-NAME/src/", "src/", "application/scim+json"] {
        assert!(!names_a_file(no_file), "{no_file}");
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn documents() -> Vec<(PathBuf, String)> {
    let named = DOCUMENTS.iter().map(|name| root().join(name));
    let files = named.flat_map(|path| match fs::read_dir(&path) {
        Ok(folder) => {
            let paths = folder.map(|entry| entry.unwrap().path());
            paths.filter(|path| path.extension().is_some_and(|kind| kind == "md")).collect()
        }
        Err(_) => vec![path],
    });
    files.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// What stands between two single backquotes on one line.
fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with("```")).flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// A path from the root, or from `crates`, without a part to be filled in.
fn names_a_file(span: &str) -> bool {
    let from_the_top = span.contains("/src/") || span.starts_with("crates/") || span.starts_with("xtask/");
    from_the_top
        && !span.contains(' ')
        && !span.contains("NAME")
        && !span.contains("NNNN")
        && !span.contains('…')
}

/// The headings of a document, as links name them.
fn headings(document: &Path) -> Vec<String> {
    let text = fs::read_to_string(document).unwrap();
    let titles = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#'));
    let anchor = |title: &str| -> String {
        let kept = title.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
    };
    titles.map(anchor).collect()
}

/// The targets of links.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}
