//! Filters (RFC 7644 §3.4.2.2). Each is about one user by name, so that strangers are not touched.

use serde_json::json;

use crate::announced::Feature;
use crate::answer::Answer;
use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::{Finding, Verdict};
use crate::probe::{Fresh, Probe};

pub(super) const THEME: Theme = Theme {
    name: "filter",
    client: Client::Rfc,
    needs: &[Feature::Filter],
    checks: &[
        Check {
            name: "eq",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.2",
            rule: "eq finds the resource whose attribute has the value.",
            fix: "Apply the filter userName eq \"…\" and return only what matches.",
            run: |probe| Box::pin(eq(probe)),
        },
        Check {
            name: "none",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2",
            rule: "A query without a match is answered with 200 and totalResults 0.",
            fix: "Answer 200 with an empty list, not 404.",
            run: |probe| Box::pin(none(probe)),
        },
        Check {
            name: "eq-ignores-case",
            requirement: Requirement::Must,
            source: "RFC 7643 §4.1.1",
            rule: "userName is compared without regard to letter case.",
            fix: "Compare attributes with caseExact false case-insensitively.",
            run: |probe| Box::pin(eq_ignores_case(probe)),
        },
        Check {
            name: "names-ignore-case",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.2",
            rule: "Names of attributes and operators may be in any letter case.",
            fix: "Read attribute names and operators case-insensitively.",
            run: |probe| Box::pin(names_ignore_case(probe)),
        },
        Check {
            name: "ne",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.2",
            rule: "ne matches what eq does not.",
            fix: "Implement ne, or answer 400 with invalidFilter.",
            run: |probe| {
                Box::pin(term(probe, "displayName ne \"Somebody\"", "displayName ne \"Ann Rollcall-Check\""))
            },
        },
        Check {
            name: "co",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.2",
            rule: "co matches a part of the value.",
            fix: "Implement co, or answer 400 with invalidFilter.",
            run: |probe| Box::pin(term(probe, "displayName co \"Rollcall\"", "displayName co \"Somebody\"")),
        },
        Check {
            name: "sw",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.2",
            rule: "sw matches the beginning of the value.",
            fix: "Implement sw, or answer 400 with invalidFilter.",
            run: |probe| Box::pin(term(probe, "displayName sw \"Ann\"", "displayName sw \"Check\"")),
        },
        Check {
            name: "ew",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.2",
            rule: "ew matches the end of the value.",
            fix: "Implement ew, or answer 400 with invalidFilter.",
            run: |probe| Box::pin(term(probe, "displayName ew \"Check\"", "displayName ew \"Ann\"")),
        },
        Check {
            name: "pr",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.2",
            rule: "pr matches where there is a value.",
            fix: "Implement pr, or answer 400 with invalidFilter.",
            run: |probe| Box::pin(term(probe, "displayName pr", "nickName pr")),
        },
        Check {
            name: "dates",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.2",
            rule: "gt, ge, lt and le compare instants.",
            fix: "Compare dates as instants, not as text.",
            run: |probe| {
                Box::pin(term(
                    probe,
                    "meta.created gt \"2001-01-01T00:00:00Z\"",
                    "meta.created lt \"2001-01-01T00:00:00Z\"",
                ))
            },
        },
        Check {
            name: "boolean",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.2",
            rule: "A boolean is compared with true or false.",
            fix: "Compare booleans with JSON booleans.",
            run: |probe| Box::pin(term(probe, "active eq true", "active eq false")),
        },
        Check {
            name: "sub-attribute",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.2",
            rule: "A filter may name a sub-attribute.",
            fix: "Resolve names such as name.familyName and emails.value.",
            run: |probe| {
                Box::pin(term(
                    probe,
                    "name.familyName eq \"Rollcall-Check\"",
                    "name.familyName eq \"Somebody\"",
                ))
            },
        },
        Check {
            name: "not",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.2",
            rule: "not inverts what is in its parentheses.",
            fix: "Implement not (…), or answer 400 with invalidFilter.",
            run: |probe| {
                Box::pin(term(probe, "not (displayName eq \"Somebody\")", "not (displayName sw \"Ann\")"))
            },
        },
        Check {
            name: "or",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.2",
            rule: "or matches where one of its sides does.",
            fix: "Implement or with parentheses, or answer 400 with invalidFilter.",
            run: |probe| {
                Box::pin(term(
                    probe,
                    "(displayName eq \"Somebody\" or active eq true)",
                    "(displayName eq \"Somebody\" or active eq false)",
                ))
            },
        },
        Check {
            name: "precedence",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.2",
            rule: "and binds tighter than or.",
            fix: "Evaluate and before or where no parentheses say otherwise.",
            run: |probe| Box::pin(precedence(probe)),
        },
        Check {
            name: "value-path",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.2",
            rule: "A value path matches where one value meets all of its terms.",
            fix: "Evaluate the terms in brackets on one value at a time.",
            run: |probe| Box::pin(value_path(probe)),
        },
        Check {
            name: "urn",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.10",
            rule: "An attribute may be named with its schema's URN.",
            fix: "Accept names such as urn:ietf:params:scim:schemas:core:2.0:User:userName.",
            run: |probe| Box::pin(urn(probe)),
        },
        Check {
            name: "id",
            requirement: Requirement::Must,
            source: "RFC 7643 §3.1",
            rule: "id can be filtered like any attribute.",
            fix: "Apply filters on id.",
            run: |probe| Box::pin(id(probe)),
        },
        Check {
            name: "external-id",
            requirement: Requirement::Must,
            source: "RFC 7643 §3.1",
            rule: "externalId can be filtered, and keeps its letter case.",
            fix: "Apply filters on externalId, and compare it exactly.",
            run: |probe| Box::pin(external_id(probe)),
        },
        Check {
            name: "malformed",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.2",
            rule: "A filter that can't be read is refused with 400 and scimType invalidFilter.",
            fix: "Answer 400 with scimType invalidFilter instead of ignoring the filter.",
            run: |probe| Box::pin(malformed(probe)),
        },
    ],
};

/// Asks for users by a filter. One that is declined, as RFC 7644 §3.4.2.2 allows, skips the check.
async fn find(probe: &mut Probe, filter: &str) -> Result<Answer, Finding> {
    let answer = probe.find("/Users", filter).await?;
    if answer.status == 400 && answer.at("/scimType") == "invalidFilter" {
        return Err(Finding::skip("this filter is declined with invalidFilter"));
    }
    Ok(answer)
}

fn named(user: &Fresh) -> String {
    format!("userName eq {}", json!(user.name))
}

/// One term that matches an ordinary user, and one that does not.
async fn term(probe: &mut Probe, matching: &str, other: &str) -> Verdict {
    probe.needs_attributes(&["displayName"])?;
    let user = probe.user().await?;
    find(probe, &format!("{} and {matching}", named(&user))).await?.list()?.finds(&[&user.id])?;
    find(probe, &format!("{} and {other}", named(&user))).await?.list()?.finds(&[])
}

async fn eq(probe: &mut Probe) -> Verdict {
    let (user, _other) = (probe.user().await?, probe.user().await?);
    let answer = probe.find("/Users", &named(&user)).await?;
    answer.list()?.finds(&[&user.id])
}

async fn none(probe: &mut Probe) -> Verdict {
    let name = probe.name();
    probe.find("/Users", &format!("userName eq {}", json!(name))).await?.list()?.finds(&[])
}

async fn eq_ignores_case(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let filter = format!("userName eq {}", json!(user.name.to_uppercase()));
    find(probe, &filter).await?.list()?.finds(&[&user.id])
}

async fn names_ignore_case(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let filter = format!("USERNAME EQ {}", json!(user.name));
    // Declining it would be to decline userName eq, which is why nothing is skipped here.
    probe.find("/Users", &filter).await?.list()?.finds(&[&user.id])
}

async fn precedence(probe: &mut Probe) -> Verdict {
    let (user, other) = (probe.user().await?, probe.user().await?);
    let filter = format!("{} or {} and active eq false", named(&user), named(&other));
    find(probe, &filter).await?.list()?.finds(&[&user.id])
}

async fn value_path(probe: &mut Probe) -> Verdict {
    let emails = json!([
        { "value": "ann@work.example", "type": "work", "primary": true },
        { "value": "ann@home.example", "type": "home" },
    ]);
    let user = probe.user_with(json!({ "emails": emails })).await?;
    let filter = |kind: &str, host: &str| {
        format!("{} and emails[type eq \"{kind}\" and value co \"{host}\"]", named(&user))
    };
    find(probe, &filter("home", "@home")).await?.list()?.finds(&[&user.id])?;
    find(probe, &filter("home", "@work")).await?.list()?.finds(&[])
}

async fn urn(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let filter = format!("{}:{}", scim::builtin::USER_URN, named(&user));
    find(probe, &filter).await?.list()?.finds(&[&user.id])
}

async fn id(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let filter = format!("id eq {} and {}", json!(user.id), named(&user));
    find(probe, &filter).await?.list()?.finds(&[&user.id])
}

async fn external_id(probe: &mut Probe) -> Verdict {
    let external_id = probe.name();
    let user = probe.user_with(json!({ "externalId": external_id })).await?;
    let filter = |text: &str| format!("externalId eq {}", json!(text));
    find(probe, &filter(&external_id)).await?.list()?.finds(&[&user.id])?;
    find(probe, &filter(&external_id.to_uppercase())).await?.list()?.finds(&[])
}

async fn malformed(probe: &mut Probe) -> Verdict {
    for filter in ["userName eq", "userName is \"x\"", "(userName eq \"x\""] {
        probe.find("/Users", filter).await?.error_of_type(400, "invalidFilter")?;
    }
    Ok(())
}
