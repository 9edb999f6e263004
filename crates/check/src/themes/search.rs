//! Queries by POST (RFC 7644 §3.4.3).

use scim::message::SEARCH_REQUEST_URN;
use serde_json::{Value, json};

use crate::announced::Feature;
use crate::answer::Answer;
use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::{Finding, Verdict};
use crate::probe::Probe;

pub(super) const THEME: Theme = Theme {
    name: "search",
    client: Client::Rfc,
    needs: &[Feature::Filter],
    checks: &[
        Check {
            name: "users",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.3",
            rule: "A POST to /Users/.search is answered as the query would be.",
            fix: "Read the query's parameters from the body of POST /Users/.search.",
            run: |probe| Box::pin(users(probe)),
        },
        Check {
            name: "attributes",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.3",
            rule: "attributes in a search request is a list of names.",
            fix: "Honour attributes and excludedAttributes of a search request.",
            run: |probe| Box::pin(attributes(probe)),
        },
        Check {
            name: "root",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.1",
            rule: "A POST to /.search finds resources of all types.",
            fix: "Search all resource types for POST /.search.",
            run: |probe| Box::pin(root(probe)),
        },
    ],
};

/// Searches. The RFC says that clients may search so, and leaves open whether it must work.
async fn search(probe: &mut Probe, path: &str, request: Value) -> Result<Answer, Finding> {
    let answer = probe.post(path, &request).await?;
    match answer.status {
        403 | 404 | 405 | 501 => Err(Finding::skip(format!("POST {path} is not offered"))),
        _ => Ok(answer),
    }
}

async fn users(probe: &mut Probe) -> Verdict {
    let (user, _other) = (probe.user().await?, probe.user().await?);
    let filter = format!("userName eq {}", json!(user.name));
    let request = json!({ "schemas": [SEARCH_REQUEST_URN], "filter": filter, "startIndex": 1, "count": 10 });
    search(probe, "/Users/.search", request).await?.list()?.finds(&[&user.id])
}

async fn attributes(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let filter = format!("userName eq {}", json!(user.name));
    let request = json!({ "schemas": [SEARCH_REQUEST_URN], "filter": filter, "attributes": ["userName"] });
    let answer = search(probe, "/Users/.search", request).await?;
    answer.list()?.finds(&[&user.id])?;
    answer.has_some("/Resources/0/userName")?.has_not("/Resources/0/emails").map(drop)
}

async fn root(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let filter = format!("userName eq {}", json!(user.name));
    let request = json!({ "schemas": [SEARCH_REQUEST_URN], "filter": filter });
    search(probe, "/.search", request).await?.list()?.finds(&[&user.id])
}
