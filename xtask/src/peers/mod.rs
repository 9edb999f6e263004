//! `cargo xtask peers`: the engine drives two service providers that are not ours through the four days of
//! `samples/contoso`, in each dialect.
//!
//! In the dialect `rfc` each must hold exactly the expected users every day, and refuse nothing. Where a peer and the
//! client of another dialect do not agree, the difference must be in the table of `known.rs`, and what is there must
//! still show. So the table of docs/conformance-peers.md is true whenever this chore succeeds.

mod course;
mod known;
mod peer;
mod users;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};

use crate::node::Node;
use crate::python::Python;
use crate::workspace;
use course::Course;
use known::Known;
use peer::{Installed, Peer};

const PEERS: [Peer; 2] = [Peer::Scim2Server, Peer::ScimmyRouters];

const RFC: &str = "rfc";

const DIALECTS: [&str; 6] = [RFC, "entra", "entra-2020", "okta-aiw", "okta-oin", "okta-oin-patch"];

/// Differences of one peer in one dialect that are printed in full.
const SHOWN: usize = 10;

/// Drives both peers in every dialect, or in one.
///
/// # Errors
/// When there is no such dialect, a peer or the engine does not run, a difference is not expected, or an expected one
/// is gone.
pub fn run(only: Option<&str>) -> Result<()> {
    let dialects: Vec<&str> =
        DIALECTS.into_iter().filter(|dialect| only.is_none_or(|only| only == *dialect)).collect();
    ensure!(!dialects.is_empty(), "no such dialect; use one of {}", DIALECTS.join(", "));
    workspace::build_release()?;
    let installed =
        Installed { python: Python::install("peers")?, node: Node::install("peers", &["scimmy.mjs"])? };
    let mut unexpected = 0;
    for dialect in dialects {
        for peer in PEERS {
            let course = course::run(peer, dialect, &installed)?;
            let verdict = Verdict::of(&course, &Known::of(peer, dialect), dialect == RFC);
            println!("{} as {dialect}: {}", peer.name(), verdict.told(course.differences.len()));
            for line in verdict.unexpected.iter().take(SHOWN) {
                println!("  unexpected: {line}");
            }
            unexpected += verdict.unexpected.len();
        }
    }
    ensure!(unexpected == 0, "{unexpected} differences are not as expected");
    Ok(())
}

/// What of a course is expected.
struct Verdict {
    /// What the peer does, with the number of objects that it befell.
    kinds: Vec<(&'static str, usize)>,
    unexpected: Vec<String>,
}

impl Verdict {
    fn of(course: &Course, known: &[&'static Known], is_strict: bool) -> Self {
        let mut befallen: BTreeMap<&'static str, BTreeSet<&str>> =
            known.iter().map(|known| (known.what, BTreeSet::new())).collect();
        let mut unexpected = Vec::new();
        if course.failures.is_empty() {
            unexpected.extend(course.restless.iter().cloned());
        }
        for failure in &course.failures {
            match known.iter().find(|known| failure.told.contains(known.told)) {
                Some(known) => drop(befallen.entry(known.what).or_default().insert(&failure.source_id)),
                None => unexpected.push(format!("{}: {}", failure.source_id, failure.told)),
            }
        }
        let is_explained = |id: &String| befallen.values().any(|ids| ids.contains(id.as_str()));
        let others = course.differences.iter().filter(|one| !one.source_ids.iter().any(is_explained));
        unexpected.extend(others.map(|one| one.told.clone()));
        if is_strict {
            unexpected.extend(course.refusals.iter().map(|refusal| format!("refused {refusal}")));
        }
        let gone = befallen.iter().filter(|(_, objects)| objects.is_empty());
        unexpected.extend(gone.map(|(what, _)| format!("it no longer {what}: strike that off")));
        let kinds = befallen.into_iter().map(|(what, objects)| (what, objects.len())).collect();
        Self { kinds, unexpected }
    }

    /// The verdict in a line.
    fn told(&self, differences: usize) -> String {
        let kinds: Vec<String> =
            self.kinds.iter().map(|(what, objects)| format!("{objects} × {what}")).collect();
        let plural = if differences == 1 { "difference" } else { "differences" };
        match kinds.as_slice() {
            [] => format!("{differences} {plural}"),
            kinds => format!("{differences} {plural}: {}", kinds.join(", ")),
        }
    }
}
