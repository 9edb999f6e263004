//! PATCH that works (RFC 7644 §3.5.2). What it must refuse is in `patch_refusals`.

use scim::builtin::ENTERPRISE_USER_URN;
use serde_json::{Value, json};

use crate::announced::Feature;
use crate::answer::Answer;
use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::{Finding, Verdict};
use crate::json::{at, elements, shown};
use crate::probe::{Fresh, Probe};

pub(super) const THEME: Theme = Theme {
    name: "patch",
    client: Client::Rfc,
    needs: &[Feature::Patch],
    checks: &[
        Check {
            name: "answer",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2",
            rule: "A PATCH is answered with 200 and the whole resource, or with 204.",
            fix: "Answer 200 with the changed resource, or 204 without a body.",
            run: |probe| Box::pin(answer(probe)),
        },
        Check {
            name: "replace",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2.3",
            rule: "replace changes the attribute that path names.",
            fix: "Apply replace to the attribute at path.",
            run: |probe| Box::pin(replace(probe)),
        },
        Check {
            name: "replace-sub-attribute",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2.3",
            rule: "replace changes just the sub-attribute that path names.",
            fix: "Keep the other sub-attributes.",
            run: |probe| Box::pin(replace_sub_attribute(probe)),
        },
        Check {
            name: "replace-without-path",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2.3",
            rule: "Without path, the value is an object of the attributes to replace.",
            fix: "Apply each member of the value, and keep what it does not name.",
            run: |probe| Box::pin(replace_without_path(probe)),
        },
        Check {
            name: "replace-in-value-path",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2.3",
            rule: "A value path changes only the values that match.",
            fix: "Apply the operation to the values that the filter in brackets matches.",
            run: |probe| Box::pin(replace_in_value_path(probe)),
        },
        Check {
            name: "add",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2.1",
            rule: "add sets an attribute that has no value, and replaces one that has.",
            fix: "Apply add to single-valued attributes as replace.",
            run: |probe| Box::pin(add(probe)),
        },
        Check {
            name: "add-without-path",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2.1",
            rule: "Without path, the value is an object of the attributes to add.",
            fix: "Apply each member of the value.",
            run: |probe| Box::pin(add_without_path(probe)),
        },
        Check {
            name: "add-value",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2.1",
            rule: "add to a multi-valued attribute keeps the values that are there.",
            fix: "Append the new values.",
            run: |probe| Box::pin(add_value(probe)),
        },
        Check {
            name: "add-same-value",
            requirement: Requirement::Should,
            source: "RFC 7644 §3.5.2.1",
            rule: "add of a value that is there changes nothing.",
            fix: "Do not store a value twice.",
            run: |probe| Box::pin(add_same_value(probe)),
        },
        Check {
            name: "add-primary",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2",
            rule: "A new primary value ends the old one's being primary.",
            fix: "Set primary to false on the others when a value becomes primary.",
            run: |probe| Box::pin(add_primary(probe)),
        },
        Check {
            name: "remove",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2.2",
            rule: "remove takes an attribute away.",
            fix: "Unassign the attribute at path.",
            run: |probe| Box::pin(remove(probe)),
        },
        Check {
            name: "remove-value",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2.2",
            rule: "remove with a value path takes away only the values that match.",
            fix: "Remove the values that the filter in brackets matches, and keep the others.",
            run: |probe| Box::pin(remove_value(probe)),
        },
        Check {
            name: "in-order",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2",
            rule: "Operations are applied in their order, each on what the one before left.",
            fix: "Apply the operations one after another.",
            run: |probe| Box::pin(in_order(probe)),
        },
        Check {
            name: "extension",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.10",
            rule: "An extension's attribute is named by URN, colon and name.",
            fix: "Read paths such as urn:…:User:employeeNumber.",
            run: |probe| Box::pin(extension(probe)),
        },
    ],
};

/// Applies operations, and reads the user again.
async fn patched(probe: &mut Probe, user: &Fresh, operations: Value) -> Result<Answer, Finding> {
    probe.patch(&user.path, operations).await?.is_one_of(&[200, 204])?;
    let answer = probe.get(&user.path).await?;
    answer.is(200)?;
    Ok(answer)
}

fn two_emails() -> Value {
    json!([
        { "value": "ann@work.example", "type": "work", "primary": true },
        { "value": "ann@home.example", "type": "home" },
    ])
}

/// The value of the e-mail address of a type.
fn email<'a>(answer: &'a Answer, kind: &str) -> &'a Value {
    let emails = elements(answer.at("/emails"));
    emails.iter().find(|email| at(email, "type") == kind).unwrap_or(&Value::Null)
}

async fn answer(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let operations = json!([{ "op": "replace", "path": "displayName", "value": "Berta" }]);
    let answer = probe.patch(&user.path, operations).await?;
    if answer.is_one_of(&[200, 204])?.status == 204 {
        return answer.that(answer.body.is_null(), "no body with 204", shown(&answer.body));
    }
    answer.has_at("/id", &json!(user.id))?.has_at("/displayName", &json!("Berta")).map(drop)
}

async fn replace(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let operations = json!([{ "op": "replace", "path": "displayName", "value": "Berta" }]);
    patched(probe, &user, operations).await?.has_at("/displayName", &json!("Berta")).map(drop)
}

async fn replace_sub_attribute(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let operations = json!([{ "op": "replace", "path": "name.familyName", "value": "Berg" }]);
    let answer = patched(probe, &user, operations).await?;
    answer.has_at("/name/familyName", &json!("Berg"))?.has_at("/name/givenName", &json!("Ann")).map(drop)
}

async fn replace_without_path(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let value = json!({ "displayName": "Berta", "name": { "givenName": "Berta" } });
    let answer = patched(probe, &user, json!([{ "op": "replace", "value": value }])).await?;
    answer.has_at("/displayName", &json!("Berta"))?.has_at("/name/givenName", &json!("Berta"))?;
    answer.has_some("/emails").map(drop)
}

async fn replace_in_value_path(probe: &mut Probe) -> Verdict {
    let user = probe.user_with(json!({ "emails": two_emails() })).await?;
    let path = "emails[type eq \"home\"].value";
    let operations = json!([{ "op": "replace", "path": path, "value": "new@home.example" }]);
    let answer = patched(probe, &user, operations).await?;
    for (kind, value) in [("home", "new@home.example"), ("work", "ann@work.example")] {
        let found = at(email(&answer, kind), "value");
        answer.that(found == value, format!("the {kind} address {value}"), shown(found))?;
    }
    Ok(())
}

async fn add(probe: &mut Probe) -> Verdict {
    probe.needs_attributes(&["title"])?;
    let user = probe.user().await?;
    for title in ["Clerk", "Head"] {
        let operations = json!([{ "op": "add", "path": "title", "value": title }]);
        patched(probe, &user, operations).await?.has_at("/title", &json!(title))?;
    }
    Ok(())
}

async fn add_without_path(probe: &mut Probe) -> Verdict {
    probe.needs_attributes(&["title"])?;
    let user = probe.user().await?;
    let operations = json!([{ "op": "add", "value": { "title": "Clerk" } }]);
    let answer = patched(probe, &user, operations).await?;
    answer.has_at("/title", &json!("Clerk"))?.has_some("/displayName").map(drop)
}

async fn add_value(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let value = json!([{ "value": "ann@home.example", "type": "home" }]);
    let answer = patched(probe, &user, json!([{ "op": "add", "path": "emails", "value": value }])).await?;
    for kind in ["work", "home"] {
        answer.that(
            email(&answer, kind).is_object(),
            format!("the {kind} address"),
            shown(answer.at("/emails")),
        )?;
    }
    Ok(())
}

async fn add_same_value(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let value = user.sent.get("emails").cloned();
    let answer = patched(probe, &user, json!([{ "op": "add", "path": "emails", "value": value }])).await?;
    let count = elements(answer.at("/emails")).len();
    answer.that(count == 1, "one address", count.to_string())
}

async fn add_primary(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let value = json!([{ "value": "ann@home.example", "type": "home", "primary": true }]);
    let answer = patched(probe, &user, json!([{ "op": "add", "path": "emails", "value": value }])).await?;
    for (kind, expected) in [("home", true), ("work", false)] {
        let is_primary = at(email(&answer, kind), "primary") == &json!(true);
        let expected_text = format!("the {kind} address primary = {expected}");
        answer.that(is_primary == expected, expected_text, shown(answer.at("/emails")))?;
    }
    Ok(())
}

async fn remove(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let operations = json!([{ "op": "remove", "path": "displayName" }]);
    let answer = patched(probe, &user, operations).await?;
    answer.has_not("/displayName")?.has_some("/userName").map(drop)
}

async fn remove_value(probe: &mut Probe) -> Verdict {
    let user = probe.user_with(json!({ "emails": two_emails() })).await?;
    let operations = json!([{ "op": "remove", "path": "emails[type eq \"home\"]" }]);
    let answer = patched(probe, &user, operations).await?;
    let emails = answer.at("/emails");
    let is_right = email(&answer, "work").is_object() && elements(emails).len() == 1;
    answer.that(is_right, "only the work address", shown(emails))
}

async fn in_order(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let operations = json!([
        { "op": "remove", "path": "displayName" },
        { "op": "add", "path": "displayName", "value": "Berta" },
        { "op": "replace", "path": "displayName", "value": "Cleo" },
    ]);
    patched(probe, &user, operations).await?.has_at("/displayName", &json!("Cleo")).map(drop)
}

async fn extension(probe: &mut Probe) -> Verdict {
    probe.needs(Feature::Enterprise)?;
    let user = probe.user().await?;
    let path = format!("{ENTERPRISE_USER_URN}:employeeNumber");
    let answer = patched(probe, &user, json!([{ "op": "add", "path": path, "value": "4711" }])).await?;
    answer.has_at(&format!("/{ENTERPRISE_USER_URN}/employeeNumber"), &json!("4711")).map(drop)
}
