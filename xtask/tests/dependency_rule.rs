//! ARCHITECTURE.md, "Crates": the table says which crate may use which. This test reads that very table, so that the
//! document and the code cannot differ.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot read the repository has failed"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Crates that do no I/O, and what they therefore never depend on.
const PURE: [&str; 4] = ["scim", "mapping", "model", "saml"];
const IMPURE: [&str; 10] =
    ["tokio", "axum", "reqwest", "hyper", "rusqlite", "postgres", "rand", "getrandom", "tracing", "log"];
/// What a pure crate may have all the same: `mapping` draws from generators that are made of a seed, which is an argument.
const SEEDED: (&str, &str) = ("mapping", "rand");
/// Crates that a client's request goes through, and the engines of patterns that it must not meet there.
const REQUESTS: [&str; 5] = ["scim", "model", "store", "application", "service-provider"];
const PATTERNS: [&str; 5] = ["regex", "regex-lite", "fancy-regex", "onig", "pcre2"];
/// Crates that send HTTP requests: `egress` to whoever a tenant names, the others to whom an administrator does.
const SENDING: [&str; 5] = ["egress", "connector-entra", "connector-okta", "connector-scim", "check"];
/// Crates that may hold SQL text.
const SQL: [&str; 6] = ["store", "workplace", "print", "events", "sign-in", "connector-sql"];

/// What a crate may use of ours.
#[derive(Debug, PartialEq)]
enum Allowed {
    All,
    Only(BTreeSet<String>),
}

#[test]
fn every_crate_has_one_row_and_every_row_a_crate() {
    let in_workspace: BTreeSet<String> =
        metadata().workspace_packages().iter().map(|p| p.name.to_string()).collect();
    let in_table: BTreeSet<String> = table().into_keys().collect();
    assert_eq!(in_table, in_workspace, "ARCHITECTURE.md, \"Crates\"");
}

#[test]
fn crates_use_only_what_their_row_allows() {
    let metadata = metadata();
    let table = table();
    for package in metadata.workspace_packages() {
        let Some(Allowed::Only(allowed)) = table.get(package.name.as_str()) else { continue };
        let used = ours(package);
        let forbidden: Vec<_> = used.difference(allowed).collect();
        assert!(
            forbidden.is_empty(),
            "{} must not use {forbidden:?}: ARCHITECTURE.md, \"Crates\"",
            package.name
        );
    }
}

#[test]
fn rows_name_crates_that_exist() {
    let table = table();
    for (name, allowed) in &table {
        let Allowed::Only(allowed) = allowed else { continue };
        for other in allowed {
            assert!(table.contains_key(other), "the row of {name} names {other}, which has no row");
        }
    }
}

#[test]
fn the_product_does_not_contain_testkit() {
    for package in metadata().workspace_packages() {
        assert!(!ours(package).contains("testkit"), "{} uses testkit outside its tests", package.name);
    }
}

#[test]
fn pure_crates_depend_on_nothing_that_does_io() {
    for package in metadata().workspace_packages() {
        if PURE.contains(&package.name.as_str()) {
            let used = normal(package);
            let is_seeded = |name: &str| (package.name.as_str(), name) == SEEDED;
            let impure: Vec<_> =
                IMPURE.iter().filter(|name| used.contains(**name) && !is_seeded(name)).collect();
            assert!(impure.is_empty(), "{} is pure and must not depend on {impure:?}", package.name);
        }
    }
}

#[test]
fn row_d5_no_request_meets_a_pattern() {
    for package in metadata().workspace_packages() {
        if REQUESTS.contains(&package.name.as_str()) {
            let used = normal(package);
            let patterns: Vec<_> = PATTERNS.iter().filter(|name| used.contains(**name)).collect();
            assert!(
                patterns.is_empty(),
                "{} reads requests and must not depend on {patterns:?}",
                package.name
            );
        }
    }
}

#[test]
fn row_e6_addresses_are_asked_by_those_who_check_them() {
    for package in metadata().workspace_packages() {
        let sends = normal(package).contains("reqwest");
        let may = SENDING.contains(&package.name.as_str());
        assert!(!sends || may, "{} sends HTTP requests: use egress", package.name);
    }
}

#[test]
fn sql_is_only_in_the_crates_that_own_tables() {
    for package in metadata().workspace_packages() {
        if SQL.contains(&package.name.as_str()) {
            continue;
        }
        for file in rust_files(&folder(package).join("src")) {
            for (index, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
                assert!(!is_sql(line), "SQL outside {SQL:?}: {}:{}: {line}", file.display(), index + 1);
            }
        }
    }
}

#[test]
fn sql_is_recognised() {
    let statements =
        ["SELECT 1", "\"INSERT INTO tenant\"", "UPDATE link SET state = $1", "DELETE FROM attr WHERE"];
    for statement in statements {
        assert!(is_sql(statement), "{statement}");
    }
    for other in ["select the user", "UPDATE is the decision", "let SELECTED = 1;", "Update link SET"] {
        assert!(!is_sql(other), "{other}");
    }
}

#[test]
fn rows_are_read_as_written() {
    let only = |names: &[&str]| Allowed::Only(names.iter().map(|n| (*n).to_owned()).collect());
    assert_eq!(row("| `scim` | SCIM without I/O | nothing |"), Some(("scim".to_owned(), only(&[]))));
    assert_eq!(
        row("| `store` | the only SQL | scim, model |"),
        Some(("store".to_owned(), only(&["model", "scim"])))
    );
    assert_eq!(row("| `testkit` (dev) | fakes | all |"), Some(("testkit".to_owned(), Allowed::All)));
    assert_eq!(row("| crate (`crates/…`) | what lives there | may use, of ours |"), None);
    assert_eq!(row("| --- | --- | --- |"), None);
    assert_eq!(row("Arrows go one way."), None);
}

fn metadata() -> Metadata {
    MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The rows of the table under the heading "Crates".
fn table() -> BTreeMap<String, Allowed> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let section = text.split("\n## Crates\n").nth(1).expect("a section \"Crates\"");
    let section = section.split("\n## ").next().unwrap_or(section);
    let mut table = BTreeMap::new();
    for (name, allowed) in section.lines().filter_map(row) {
        assert!(table.insert(name.clone(), allowed).is_none(), "{name} has two rows");
    }
    table
}

/// A row's crate and what it may use; `None` for the heading, the ruler and other text.
fn row(line: &str) -> Option<(String, Allowed)> {
    let cells: Vec<&str> = line.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
    let [name, _, allowed] = cells.as_slice() else { return None };
    let name = name.strip_prefix('`')?.split('`').next()?;
    let allowed = match *allowed {
        "all" => Allowed::All,
        "nothing" => Allowed::Only(BTreeSet::new()),
        list => Allowed::Only(list.split(',').map(|name| name.trim().to_owned()).collect()),
    };
    Some((name.to_owned(), allowed))
}

/// The crates of this workspace that a crate uses outside its tests.
fn ours(package: &Package) -> BTreeSet<String> {
    let outside_tests = package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development);
    outside_tests.filter(|d| d.path.is_some()).map(|d| d.name.clone()).collect()
}

fn normal(package: &Package) -> BTreeSet<&str> {
    package
        .dependencies
        .iter()
        .filter(|d| d.kind == DependencyKind::Normal)
        .map(|d| d.name.as_str())
        .collect()
}

fn folder(package: &Package) -> PathBuf {
    package.manifest_path.parent().unwrap().as_std_path().to_owned()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn is_sql(line: &str) -> bool {
    ["SELECT ", "INSERT INTO ", "DELETE FROM "].iter().any(|word| line.contains(word))
        || line.split("UPDATE ").skip(1).any(|rest| rest.contains(" SET "))
}
