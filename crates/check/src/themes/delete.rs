//! DELETE (RFC 7644 §3.6).

use serde_json::json;

use crate::announced::Feature;
use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::Verdict;
use crate::probe::Probe;

pub(super) const THEME: Theme = Theme {
    name: "delete",
    client: Client::Rfc,
    needs: &[],
    checks: &[
        Check {
            name: "deletes",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.6",
            rule: "A DELETE is answered with 204, and the resource is gone.",
            fix: "Answer 204, and afterwards 404 to GET.",
            run: |probe| Box::pin(deletes(probe)),
        },
        Check {
            name: "gone-for-all",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.6",
            rule: "Every later request for the resource is answered with 404.",
            fix: "Answer 404 to PUT, PATCH and DELETE of a deleted resource.",
            run: |probe| Box::pin(gone_for_all(probe)),
        },
        Check {
            name: "not-found",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.6",
            rule: "A deleted resource is in no list.",
            fix: "Leave deleted resources out of queries.",
            run: |probe| Box::pin(not_found(probe)),
        },
        Check {
            name: "name-is-free",
            requirement: Requirement::Should,
            source: "RFC 7644 §3.6",
            rule: "The userName of a deleted user can be used again.",
            fix: "Leave deleted resources out of the check for uniqueness.",
            run: |probe| Box::pin(name_is_free(probe)),
        },
        Check {
            name: "unknown",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.12",
            rule: "A DELETE of a resource that never was is answered with 404.",
            fix: "Answer 404 with an Error body.",
            run: |probe| Box::pin(unknown(probe)),
        },
    ],
};

async fn deletes(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    probe.delete(&user.path).await?.is(204)?;
    probe.get(&user.path).await?.error(404).map(drop)
}

async fn gone_for_all(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    probe.delete(&user.path).await?.is(204)?;
    probe.delete(&user.path).await?.error(404)?;
    probe.put(&user.path, &user.sent).await?.error(404)?;
    if probe.needs(Feature::Patch).is_err() {
        return Ok(());
    }
    let operations = json!([{ "op": "replace", "path": "displayName", "value": "Berta" }]);
    probe.patch(&user.path, operations).await?.error(404).map(drop)
}

async fn not_found(probe: &mut Probe) -> Verdict {
    probe.needs(Feature::Filter)?;
    let user = probe.user().await?;
    probe.delete(&user.path).await?.is(204)?;
    let filter = format!("userName eq {}", json!(user.name));
    probe.find("/Users", &filter).await?.list()?.finds(&[])
}

async fn name_is_free(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    probe.delete(&user.path).await?.is(204)?;
    probe.post("/Users", &user.sent).await?.is(201).map(drop)
}

async fn unknown(probe: &mut Probe) -> Verdict {
    let path = format!("/Users/{}", probe.unknown_id());
    probe.delete(&path).await?.error(404).map(drop)
}
