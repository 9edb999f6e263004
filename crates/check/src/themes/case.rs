//! Names of attributes are the same in any letter case (RFC 7643 §2.1).

use serde_json::json;

use crate::announced::Feature;
use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::Verdict;
use crate::probe::Probe;

pub(super) const THEME: Theme = Theme {
    name: "case",
    client: Client::Rfc,
    needs: &[],
    checks: &[
        Check {
            name: "body",
            requirement: Requirement::Must,
            source: "RFC 7643 §2.1",
            rule: "Names in a body may be in any letter case.",
            fix: "Look attributes up case-insensitively.",
            run: |probe| Box::pin(body(probe)),
        },
        Check {
            name: "patch-path",
            requirement: Requirement::Must,
            source: "RFC 7643 §2.1",
            rule: "Names in a path may be in any letter case.",
            fix: "Read paths case-insensitively.",
            run: |probe| Box::pin(patch_path(probe)),
        },
        Check {
            name: "attributes",
            requirement: Requirement::Must,
            source: "RFC 7643 §2.1",
            rule: "Names in attributes may be in any letter case.",
            fix: "Compare names in attributes and excludedAttributes case-insensitively.",
            run: |probe| Box::pin(attributes(probe)),
        },
    ],
};

async fn body(probe: &mut Probe) -> Verdict {
    let user = probe.user_body();
    let body = json!({
        "schemas": user.get("schemas"),
        "USERNAME": user.get("userName"),
        "Name": { "GIVENNAME": "Ann", "familyname": "Rollcall-Check" },
        "EMails": user.get("emails"),
    });
    let answer = probe.post("/Users", &body).await?;
    answer.is(201)?.has_some("/userName")?.has_at("/name/givenName", &json!("Ann")).map(drop)
}

async fn patch_path(probe: &mut Probe) -> Verdict {
    probe.needs(Feature::Patch)?;
    let user = probe.user().await?;
    let operations = json!([{ "op": "replace", "path": "DISPLAYNAME", "value": "Berta" }]);
    probe.patch(&user.path, operations).await?.is_one_of(&[200, 204])?;
    probe.get(&user.path).await?.is(200)?.has_at("/displayName", &json!("Berta")).map(drop)
}

async fn attributes(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let answer = probe.ask(&user.path, &[("attributes", "DISPLAYNAME")]).await?;
    answer.is(200)?.has_some("/displayName")?.has_not("/emails").map(drop)
}
