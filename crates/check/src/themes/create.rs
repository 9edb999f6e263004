//! POST of a resource (RFC 7644 §3.3).

use scim::builtin::{ENTERPRISE_USER_URN, USER_URN};
use serde_json::{Value, json};

use crate::announced::Feature;
use crate::answer::Answer;
use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::{Finding, Verdict};
use crate::json::{at, elements, shown};
use crate::probe::Probe;

pub(super) const THEME: Theme = Theme {
    name: "create",
    client: Client::Rfc,
    needs: &[],
    checks: &[
        Check {
            name: "user",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.3",
            rule: "A POST creates the user and is answered with 201 and the whole resource.",
            fix: "Answer 201 with the stored resource, its id, schemas and meta.",
            run: |probe| Box::pin(user(probe)),
        },
        Check {
            name: "location",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.3",
            rule: "The Location header and meta.location are the address of the new resource.",
            fix: "Send the resource's absolute URL as Location header and as meta.location.",
            run: |probe| Box::pin(location(probe)),
        },
        Check {
            name: "stored",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.3",
            rule: "What was created is read back as it was sent.",
            fix: "Store every attribute that the schema announces, and return it on GET.",
            run: |probe| Box::pin(stored(probe)),
        },
        Check {
            name: "read-only-is-ignored",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.3",
            rule: "Read-only attributes in the request, such as id, are ignored.",
            fix: "Assign id and meta yourself, whatever the client sends.",
            run: |probe| Box::pin(read_only_is_ignored(probe)),
        },
        Check {
            name: "duplicate",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.3",
            rule: "A userName that is taken is refused with 409 and scimType uniqueness.",
            fix: "Answer 409 with scimType uniqueness when the userName is in use.",
            run: |probe| Box::pin(duplicate(probe)),
        },
        Check {
            name: "duplicate-in-other-case",
            requirement: Requirement::Must,
            source: "RFC 7643 §4.1.1",
            rule: "userName is unique without regard to letter case.",
            fix: "Compare userName case-insensitively before you store it.",
            run: |probe| Box::pin(duplicate_in_other_case(probe)),
        },
        Check {
            name: "without-user-name",
            requirement: Requirement::Must,
            source: "RFC 7643 §4.1.1",
            rule: "A user without userName is refused with 400.",
            fix: "Refuse a user without userName with 400 and scimType invalidValue.",
            run: |probe| Box::pin(without_user_name(probe)),
        },
        Check {
            name: "extension",
            requirement: Requirement::Must,
            source: "RFC 7643 §3.3",
            rule: "An extension's attributes are stored below its URN, which schemas names.",
            fix: "Keep the object below the extension's URN, and name the URN in schemas.",
            run: |probe| Box::pin(extension(probe)),
        },
        Check {
            name: "one-primary",
            requirement: Requirement::Must,
            source: "RFC 7643 §2.4",
            rule: "At most one value of an attribute is primary.",
            fix: "Refuse a second primary value, or make it not primary.",
            run: |probe| Box::pin(one_primary(probe)),
        },
        Check {
            name: "password",
            requirement: Requirement::Must,
            source: "RFC 7643 §4.1.1",
            rule: "A password is never returned.",
            fix: "Leave password out of every answer.",
            run: |probe| Box::pin(password(probe)),
        },
        Check {
            name: "unassigned",
            requirement: Requirement::Must,
            source: "RFC 7643 §2.5",
            rule: "null and an empty list are the same as an attribute that is missing.",
            fix: "Accept null and [] for optional attributes, as if they were not there.",
            run: |probe| Box::pin(unassigned(probe)),
        },
    ],
};

async fn user(probe: &mut Probe) -> Verdict {
    let body = probe.user_body();
    let answer = probe.post("/Users", &body).await?;
    answer.is(201)?.has_some("/id")?.has_schema(USER_URN)?;
    answer.has_at("/meta/resourceType", &json!("User"))?;
    same_name(&answer, &body)
}

/// userName need not keep its letter case (RFC 7643 §4.1.1), so neither does the comparison.
fn same_name(answer: &Answer, sent: &Value) -> Verdict {
    let (found, sent) = (answer.at("/userName"), at(sent, "userName"));
    let fold = |value: &Value| value.as_str().map(str::to_lowercase);
    answer.that(fold(found) == fold(sent), format!("userName = {}", shown(sent)), shown(found))
}

async fn location(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let header = user.answer.header("location").unwrap_or_default();
    user.answer.that(header.ends_with(&user.path), format!("Location: …{}", user.path), header)?;
    user.answer.has_at("/meta/location", &Value::from(header)).map(drop)
}

async fn stored(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let answer = probe.get(&user.path).await?;
    answer.is(200)?.has_at("/name/givenName", &json!("Ann"))?;
    answer.has_at("/name/familyName", at(&user.sent, "/name/familyName"))?;
    answer.has_at("/active", &json!(true))?;
    same_name(&answer, &user.sent)
}

async fn read_only_is_ignored(probe: &mut Probe) -> Verdict {
    let wished = probe.unknown_id();
    let meta = json!({ "resourceType": "Toaster", "created": "2001-01-01T00:00:00Z" });
    let mut body = probe.user_body();
    if let Value::Object(body) = &mut body {
        body.extend([("id".to_owned(), Value::from(wished.clone())), ("meta".to_owned(), meta)]);
    }
    let answer = probe.post("/Users", &body).await?;
    answer.is(201)?.has_at("/meta/resourceType", &json!("User"))?;
    let id = answer.id().unwrap_or_default();
    answer.that(!id.is_empty() && id != wished, "an id of the service provider's own", id)
}

async fn duplicate(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    probe.post("/Users", &user.sent).await?.error_of_type(409, "uniqueness")
}

async fn duplicate_in_other_case(probe: &mut Probe) -> Verdict {
    let mut user = probe.user().await?;
    if let Some(name) = user.sent.get_mut("userName") {
        *name = Value::from(user.name.to_uppercase());
    }
    probe.post("/Users", &user.sent).await?.error(409).map(drop)
}

async fn without_user_name(probe: &mut Probe) -> Verdict {
    let body = json!({ "schemas": [USER_URN], "displayName": probe.name() });
    let answer = probe.post("/Users", &body).await?;
    if let Some(id) = answer.id() {
        // Nobody could find it by its name to remove it.
        let path = format!("/Users/{id}");
        probe.delete(&path).await?;
    }
    answer.error(400).map(drop)
}

async fn extension(probe: &mut Probe) -> Verdict {
    probe.needs(Feature::Enterprise)?;
    let more = json!({
        "schemas": [USER_URN, ENTERPRISE_USER_URN],
        ENTERPRISE_USER_URN: { "employeeNumber": "4711" },
    });
    let user = probe.user_with(more).await?;
    let answer = probe.get(&user.path).await?;
    answer.has_schema(ENTERPRISE_USER_URN)?;
    answer.has_at(&format!("/{ENTERPRISE_USER_URN}/employeeNumber"), &json!("4711")).map(drop)
}

async fn one_primary(probe: &mut Probe) -> Verdict {
    let mut body = probe.user_body();
    let emails = json!([
        { "value": "one@example.com", "type": "work", "primary": true },
        { "value": "two@example.com", "type": "home", "primary": true },
    ]);
    body.as_object_mut().and_then(|body| body.insert("emails".to_owned(), emails));
    let answer = probe.post("/Users", &body).await?;
    if answer.status == 400 {
        return Ok(());
    }
    let primaries =
        elements(answer.is(201)?.at("/emails")).iter().filter(|e| at(e, "primary") == &json!(true));
    let count = primaries.count();
    answer.that(count <= 1, "at most one primary e-mail address", count.to_string())
}

async fn password(probe: &mut Probe) -> Verdict {
    let password = format!("Aa1!{}", probe.name());
    let mut body = probe.user_body();
    body.as_object_mut().and_then(|body| body.insert("password".to_owned(), Value::from(password)));
    let answer = probe.post("/Users", &body).await?;
    if answer.status == 400 {
        return Err(Finding::skip("passwords are not accepted here"));
    }
    answer.is(201)?.has_not("/password")?;
    let path = format!("/Users/{}", answer.id().unwrap_or_default());
    probe.get(&path).await?.is(200)?.has_not("/password").map(drop)
}

async fn unassigned(probe: &mut Probe) -> Verdict {
    let mut body = probe.user_body();
    let nothing = [("nickName".to_owned(), Value::Null), ("phoneNumbers".to_owned(), json!([]))];
    if let Value::Object(body) = &mut body {
        body.extend(nothing);
    }
    let answer = probe.post("/Users", &body).await?;
    answer.is(201)?.has_not("/nickName")?.has_not("/phoneNumbers").map(drop)
}
