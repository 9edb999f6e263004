//! PUT (RFC 7644 §3.5.1).

use serde_json::{Value, json};

use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::Verdict;
use crate::probe::{Fresh, Probe};

pub(super) const THEME: Theme = Theme {
    name: "replace",
    client: Client::Rfc,
    needs: &[],
    checks: &[
        Check {
            name: "replaces",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.1",
            rule: "A PUT replaces the attributes and is answered with 200 and the resource.",
            fix: "Answer 200 with the stored resource.",
            run: |probe| Box::pin(replaces(probe)),
        },
        Check {
            name: "values",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.1",
            rule: "The values of a multi-valued attribute are replaced by those sent.",
            fix: "Do not merge the lists.",
            run: |probe| Box::pin(values(probe)),
        },
        Check {
            name: "echo",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.1",
            rule: "What was read can be written back unchanged.",
            fix: "Ignore read-only attributes in a PUT.",
            run: |probe| Box::pin(echo(probe)),
        },
        Check {
            name: "read-only-is-ignored",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.1",
            rule: "Read-only attributes such as id are ignored.",
            fix: "Keep id and meta, whatever a PUT says.",
            run: |probe| Box::pin(read_only_is_ignored(probe)),
        },
        Check {
            name: "taken-user-name",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.12",
            rule: "A userName that is taken is refused with 409.",
            fix: "Answer 409 with scimType uniqueness.",
            run: |probe| Box::pin(taken_user_name(probe)),
        },
        Check {
            name: "without-user-name",
            requirement: Requirement::Should,
            source: "RFC 7644 §3.5.1",
            rule: "A PUT without a required attribute is refused with 400.",
            fix: "Answer 400 with scimType invalidValue when userName is missing.",
            run: |probe| Box::pin(without_user_name(probe)),
        },
        Check {
            name: "unknown",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.1",
            rule: "A PUT does not create: a resource that does not exist is answered with 404.",
            fix: "Answer 404 with an Error body.",
            run: |probe| Box::pin(unknown(probe)),
        },
    ],
};

/// The body that was sent for a user, with one attribute changed.
fn with(user: &Fresh, name: &str, value: Value) -> Value {
    let mut body = user.sent.clone();
    body.as_object_mut().and_then(|body| body.insert(name.to_owned(), value));
    body
}

async fn replaces(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let answer = probe.put(&user.path, &with(&user, "displayName", json!("Berta"))).await?;
    answer.is(200)?.has_at("/displayName", &json!("Berta"))?.has_at("/id", &json!(user.id))?;
    probe.get(&user.path).await?.is(200)?.has_at("/displayName", &json!("Berta")).map(drop)
}

async fn values(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let emails = json!([{ "value": "ann@home.example", "type": "home" }]);
    probe.put(&user.path, &with(&user, "emails", emails.clone())).await?.is(200)?;
    probe.get(&user.path).await?.is(200)?.has_at("/emails", &emails).map(drop)
}

async fn echo(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let read = probe.get(&user.path).await?;
    let answer = probe.put(&user.path, &read.is(200)?.body).await?;
    for place in ["/id", "/userName", "/displayName", "/name", "/emails", "/meta/created"] {
        answer.is(200)?.has_at(place, read.at(place))?;
    }
    Ok(())
}

async fn read_only_is_ignored(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let answer = probe.put(&user.path, &with(&user, "id", json!(probe.unknown_id()))).await?;
    answer.is(200)?.has_at("/id", &json!(user.id)).map(drop)
}

async fn taken_user_name(probe: &mut Probe) -> Verdict {
    let (user, other) = (probe.user().await?, probe.user().await?);
    probe.put(&user.path, &with(&user, "userName", json!(other.name))).await?.error(409).map(drop)
}

async fn without_user_name(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    probe.put(&user.path, &with(&user, "userName", Value::Null)).await?.error(400).map(drop)
}

async fn unknown(probe: &mut Probe) -> Verdict {
    let path = format!("/Users/{}", probe.unknown_id());
    let body = probe.user_body();
    // Should it create one all the same, it is removed.
    probe.will_make("/Users", &body);
    probe.put(&path, &body).await?.error(404).map(drop)
}
