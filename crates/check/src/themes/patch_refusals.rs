//! PATCH that must be refused (RFC 7644 §3.5.2), and then change nothing.

use serde_json::{Value, json};

use crate::announced::Feature;
use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::Verdict;
use crate::probe::{Fresh, Probe};

pub(super) const THEME: Theme = Theme {
    name: "patch-refusals",
    client: Client::Rfc,
    needs: &[Feature::Patch],
    checks: &[
        Check {
            name: "no-target",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2.3",
            rule: "replace with a value path that matches nothing is refused with 400 and scimType noTarget.",
            fix: "Answer 400 with scimType noTarget when the filter in brackets matches no value.",
            run: |probe| Box::pin(no_target(probe)),
        },
        Check {
            name: "remove-without-path",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2.2",
            rule: "remove without path is refused with 400 and scimType noTarget.",
            fix: "Answer 400 with scimType noTarget.",
            run: |probe| Box::pin(remove_without_path(probe)),
        },
        Check {
            name: "malformed-path",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.12",
            rule: "A path that can't be read is refused with 400.",
            fix: "Answer 400 with scimType invalidPath.",
            run: |probe| Box::pin(malformed_path(probe)),
        },
        Check {
            name: "unknown-operation",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2",
            rule: "An op other than add, remove and replace is refused with 400.",
            fix: "Answer 400 with scimType invalidSyntax.",
            run: |probe| Box::pin(unknown_operation(probe)),
        },
        Check {
            name: "read-only",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2",
            rule: "An operation on a read-only attribute is refused with 400 and scimType mutability.",
            fix: "Answer 400 with scimType mutability to a change of id.",
            run: |probe| Box::pin(read_only(probe)),
        },
        Check {
            name: "required",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2.2",
            rule: "Removing a required attribute is refused with 400 and scimType mutability.",
            fix: "Answer 400 with scimType mutability to the removal of userName.",
            run: |probe| Box::pin(required(probe)),
        },
        Check {
            name: "wrong-type",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.12",
            rule: "A value of the wrong type is refused with 400.",
            fix: "Answer 400 with scimType invalidValue.",
            run: |probe| Box::pin(wrong_type(probe)),
        },
        Check {
            name: "taken-user-name",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.12",
            rule: "A change to a userName that is taken is refused with 409.",
            fix: "Answer 409 with scimType uniqueness.",
            run: |probe| Box::pin(taken_user_name(probe)),
        },
        Check {
            name: "all-or-nothing",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2",
            rule: "When one operation fails, none is applied.",
            fix: "Apply all operations to a copy, and store it only if none failed.",
            run: |probe| Box::pin(all_or_nothing(probe)),
        },
        Check {
            name: "unknown-resource",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.12",
            rule: "A PATCH of a resource that does not exist is answered with 404.",
            fix: "Answer 404 with an Error body.",
            run: |probe| Box::pin(unknown_resource(probe)),
        },
    ],
};

/// Asserts that one operation is refused with a keyword, and changed nothing of the user.
async fn refused(probe: &mut Probe, operation: Value, scim_type: Option<&str>) -> Verdict {
    let user = probe.user().await?;
    let answer = probe.patch(&user.path, json!([operation])).await?;
    answer.error(400)?;
    if let Some(scim_type) = scim_type {
        answer.error_of_type(400, scim_type)?;
    }
    unchanged(probe, &user).await
}

async fn unchanged(probe: &mut Probe, user: &Fresh) -> Verdict {
    let answer = probe.get(&user.path).await?;
    for place in ["/userName", "/displayName", "/name", "/emails"] {
        answer.is(200)?.has_at(place, user.answer.at(place))?;
    }
    Ok(())
}

async fn no_target(probe: &mut Probe) -> Verdict {
    let path = "emails[type eq \"nowhere\"].value";
    refused(probe, json!({ "op": "replace", "path": path, "value": "x@example.com" }), Some("noTarget")).await
}

async fn remove_without_path(probe: &mut Probe) -> Verdict {
    refused(probe, json!({ "op": "remove" }), Some("noTarget")).await
}

async fn malformed_path(probe: &mut Probe) -> Verdict {
    refused(probe, json!({ "op": "replace", "path": "emails[type eq", "value": "x" }), None).await
}

async fn unknown_operation(probe: &mut Probe) -> Verdict {
    refused(probe, json!({ "op": "rename", "path": "displayName", "value": "Berta" }), None).await
}

async fn read_only(probe: &mut Probe) -> Verdict {
    refused(probe, json!({ "op": "replace", "path": "id", "value": "other" }), Some("mutability")).await
}

async fn required(probe: &mut Probe) -> Verdict {
    refused(probe, json!({ "op": "remove", "path": "userName" }), Some("mutability")).await
}

async fn wrong_type(probe: &mut Probe) -> Verdict {
    refused(probe, json!({ "op": "replace", "path": "displayName", "value": { "is": ["no text"] } }), None)
        .await
}

async fn taken_user_name(probe: &mut Probe) -> Verdict {
    let (user, other) = (probe.user().await?, probe.user().await?);
    let operations = json!([{ "op": "replace", "path": "userName", "value": other.name }]);
    probe.patch(&user.path, operations).await?.error(409)?;
    unchanged(probe, &user).await
}

async fn all_or_nothing(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let operations = json!([
        { "op": "replace", "path": "displayName", "value": "Berta" },
        { "op": "remove" },
    ]);
    probe.patch(&user.path, operations).await?.error(400)?;
    unchanged(probe, &user).await
}

async fn unknown_resource(probe: &mut Probe) -> Verdict {
    let path = format!("/Users/{}", probe.unknown_id());
    let operations = json!([{ "op": "replace", "path": "displayName", "value": "Berta" }]);
    probe.patch(&path, operations).await?.error(404).map(drop)
}
