//! How Okta provisions users: the profiles AIW (PUT), OIN (PUT, and PATCH of active) and OIN with PATCH.

use scim::builtin::USER_URN;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::{Finding, Verdict};
use crate::json::{at, shown};
use crate::probe::{Fresh, Probe};

pub(super) const THEME: Theme = Theme {
    name: "okta-users",
    client: Client::Okta,
    needs: &[],
    checks: &[
        Check {
            name: "test-connector",
            requirement: Requirement::Client,
            source: "Okta: Test Connector Configuration",
            rule: "GET /Users?startIndex=1&count=2 answers a list with numbers and with Resources, even if \
                empty.",
            fix: "Answer totalResults, startIndex and itemsPerPage as numbers, and Resources always.",
            run: |probe| Box::pin(test_connector(probe)),
        },
        Check {
            name: "create",
            requirement: Requirement::Client,
            source: "Okta: push new users",
            rule: "A POST with a password and an empty groups list makes the user, and the whole of it is \
                answered.",
            fix: "Ignore password and groups, and answer 201 with the resource.",
            run: |probe| Box::pin(create(probe)),
        },
        Check {
            name: "find",
            requirement: Requirement::Client,
            source: "Okta: assignment",
            rule: "The user is found by userName, on the first page of 100.",
            fix: "Apply the filter together with startIndex and count.",
            run: |probe| Box::pin(find(probe)),
        },
        Check {
            name: "find-inactive",
            requirement: Requirement::Client,
            source: "Okta: assignment",
            rule: "A user who is not active is found too.",
            fix: "Return users who are not active from filters, or Okta makes duplicates.",
            run: |probe| Box::pin(find_inactive(probe)),
        },
        Check {
            name: "duplicate",
            requirement: Requirement::Client,
            source: "Okta: push new users",
            rule: "A userName that is taken is refused with 409 and a detail.",
            fix: "Answer 409 with a sentence in detail: Okta shows it.",
            run: |probe| Box::pin(duplicate(probe)),
        },
        Check {
            name: "put-echo",
            requirement: Requirement::Client,
            source: "Okta AIW: profile update",
            rule: "What GET answered is put back with a change, read-only attributes and all.",
            fix: "Ignore id, meta and groups in a PUT.",
            run: |probe| Box::pin(put_echo(probe)),
        },
        Check {
            name: "put-deactivate",
            requirement: Requirement::Client,
            source: "Okta AIW: deactivate",
            rule: "A PUT with active false deactivates, and the user is still read by id.",
            fix: "Store active, and go on answering GET with 200.",
            run: |probe| Box::pin(put_deactivate(probe)),
        },
        Check {
            name: "put-rename",
            requirement: Requirement::Client,
            source: "Okta AIW: profile update",
            rule: "A PUT may change userName.",
            fix: "Accept a new userName that is free.",
            run: |probe| Box::pin(put_rename(probe)),
        },
        Check {
            name: "put-empty-values",
            requirement: Requirement::Client,
            source: "Okta: push empty values",
            rule: "Attributes that were emptied in Okta arrive as empty text or null.",
            fix: "Take \"\" and null for no value; do not refuse them.",
            run: |probe| Box::pin(put_empty_values(probe)),
        },
        Check {
            name: "patch-deactivate",
            requirement: Requirement::Client,
            source: "Okta OIN: deactivate",
            rule: "A replace of {active: false} without path deactivates, and active: true activates.",
            fix: "Apply each member of the value.",
            run: |probe| Box::pin(patch_deactivate(probe)),
        },
        Check {
            name: "patch-profile",
            requirement: Requirement::Client,
            source: "Okta OIN with PATCH: profile update",
            rule: "A replace without path changes the attributes that it names, and no other.",
            fix: "Apply each member of the value, and keep the rest.",
            run: |probe| Box::pin(patch_profile(probe)),
        },
        Check {
            name: "patch-password",
            requirement: Requirement::Client,
            source: "Okta OIN: password sync",
            rule: "A replace of {password: …} without path succeeds, and no password is answered.",
            fix: "Accept a password, and never return it.",
            run: |probe| Box::pin(patch_password(probe)),
        },
        Check {
            name: "import",
            requirement: Requirement::Client,
            source: "Okta: import",
            rule: "GET /Users?startIndex=1&count=100 answers at most as many users as asked for.",
            fix: "Honour count.",
            run: |probe| Box::pin(import(probe)),
        },
        Check {
            name: "life",
            requirement: Requirement::Client,
            source: "Okta AIW: life of a user",
            rule: "A user is looked for, made, changed, deactivated, found inactive and activated with the \
                same id.",
            fix: "See which step failed, and the check of its name.",
            run: |probe| Box::pin(life(probe)),
        },
    ],
};

/// A new user as Okta sends it.
fn body(probe: &mut Probe) -> Value {
    let name = probe.name();
    json!({
        "schemas": [USER_URN],
        "userName": name,
        "name": { "givenName": "Ann", "familyName": "Rollcall-Check" },
        "emails": [{ "primary": true, "value": name, "type": "work" }],
        "displayName": "Ann Rollcall-Check",
        "locale": "en-US",
        "externalId": name,
        "groups": [],
        "password": "1mz050nq",
        "active": true,
    })
}

async fn user(probe: &mut Probe) -> Result<Fresh, Finding> {
    let body = body(probe);
    probe.fresh("/Users", body).await
}

/// Looks a user up as Okta does before it makes one.
async fn look_up(probe: &mut Probe, name: &Value) -> Result<Answer, Finding> {
    let filter = format!("userName eq {name}");
    probe.ask("/Users", &[("filter", &filter), ("startIndex", "1"), ("count", "100")]).await
}

/// Reads the user, changes one attribute, and puts the whole back.
async fn put(probe: &mut Probe, user: &Fresh, name: &str, value: &Value) -> Result<Answer, Finding> {
    let mut body = probe.get(&user.path).await?.is(200)?.body.clone();
    body.as_object_mut().and_then(|body| body.insert(name.to_owned(), value.clone()));
    let answer = probe.put(&user.path, &body).await?;
    answer.is(200)?.has_at("/id", &json!(user.id))?;
    Ok(answer)
}

async fn test_connector(probe: &mut Probe) -> Verdict {
    let answer = probe.ask("/Users", &[("startIndex", "1"), ("count", "2")]).await?;
    answer.list()?;
    for name in ["/totalResults", "/startIndex", "/itemsPerPage"] {
        let found = answer.at(name);
        answer.that(found.is_u64(), format!("{name}, a number"), shown(found))?;
    }
    let resources = answer.at("/Resources");
    answer.that(resources.is_array(), "Resources, a list", shown(resources))
}

async fn create(probe: &mut Probe) -> Verdict {
    let body = body(probe);
    let answer = probe.post("/Users", &body).await?;
    answer.is(201)?.has_some("/id")?.has_not("/password")?;
    for name in ["userName", "name", "emails", "active", "externalId"] {
        answer.has_at(name, at(&body, name))?;
    }
    Ok(())
}

async fn find(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    look_up(probe, &json!(user.name)).await?.list()?.finds(&[&user.id])
}

async fn find_inactive(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    put(probe, &user, "active", &json!(false)).await?.has_at("/active", &json!(false))?;
    look_up(probe, &json!(user.name)).await?.list()?.finds(&[&user.id])
}

async fn duplicate(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    probe.post("/Users", &user.sent).await?.error(409)?.has_some("/detail").map(drop)
}

async fn put_echo(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    let answer = put(probe, &user, "displayName", &json!("Berta")).await?;
    answer.has_at("/displayName", &json!("Berta"))?.has_at("/userName", &json!(user.name))?;
    answer.has_at("/emails", at(&user.sent, "emails")).map(drop)
}

async fn put_deactivate(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    put(probe, &user, "active", &json!(false)).await?.has_at("/active", &json!(false))?;
    probe.get(&user.path).await?.is(200)?.has_at("/active", &json!(false)).map(drop)
}

async fn put_rename(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    let name = json!(probe.name());
    put(probe, &user, "userName", &name).await?.has_at("/userName", &name)?;
    look_up(probe, &name).await?.list()?.finds(&[&user.id])
}

async fn put_empty_values(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    put(probe, &user, "title", &json!("Clerk")).await?;
    put(probe, &user, "title", &json!("")).await?.has_not("/title")?;
    put(probe, &user, "nickName", &Value::Null).await?.has_not("/nickName").map(drop)
}

async fn patch_active(probe: &mut Probe, user: &Fresh, active: bool) -> Verdict {
    let operations = json!([{ "op": "replace", "value": { "active": active } }]);
    probe.patch(&user.path, operations).await?.is_one_of(&[200, 204])?;
    probe.get(&user.path).await?.is(200)?.has_at("/active", &json!(active)).map(drop)
}

async fn patch_deactivate(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    patch_active(probe, &user, false).await?;
    patch_active(probe, &user, true).await
}

async fn patch_profile(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    let value = json!({ "displayName": "Berta", "name": { "givenName": "Berta", "familyName": "Berg" } });
    let operations = json!([{ "op": "replace", "value": value }]);
    probe.patch(&user.path, operations).await?.is_one_of(&[200, 204])?;
    let answer = probe.get(&user.path).await?;
    answer.is(200)?.has(&value)?.has_at("/emails", at(&user.sent, "emails")).map(drop)
}

async fn patch_password(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    let operations = json!([{ "op": "replace", "value": { "password": "Another-1mz050nq" } }]);
    probe.patch(&user.path, operations).await?.is_one_of(&[200, 204])?.has_not("/password").map(drop)
}

async fn import(probe: &mut Probe) -> Verdict {
    user(probe).await?;
    let answer = probe.ask("/Users", &[("startIndex", "1"), ("count", "100")]).await?;
    let there = answer.list()?.resources.len();
    answer.that((1..=100).contains(&there), "1 to 100 users", there.to_string())
}

async fn life(probe: &mut Probe) -> Verdict {
    let body = body(probe);
    let name = at(&body, "userName").clone();
    look_up(probe, &name).await?.list()?.finds(&[])?;
    let user = probe.fresh("/Users", body).await?;
    put(probe, &user, "displayName", &json!("Berta")).await?.has_at("/displayName", &json!("Berta"))?;
    put(probe, &user, "active", &json!(false)).await?;
    look_up(probe, &name).await?.list()?.finds(&[&user.id])?;
    put(probe, &user, "active", &json!(true)).await?.has_at("/active", &json!(true))?;
    probe.get(&user.path).await?.is(200)?.has_at("/displayName", &json!("Berta")).map(drop)
}
