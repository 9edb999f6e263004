//! How Okta pushes groups: with PUT (AIW), and with PATCH (OIN).

use scim::builtin::GROUP_URN;
use serde_json::{Value, json};

use crate::announced::Feature;
use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::{Finding, Verdict};
use crate::json::{at, elements, shown};
use crate::probe::{Fresh, Probe};

pub(super) const THEME: Theme = Theme {
    name: "okta-groups",
    client: Client::Okta,
    needs: &[Feature::Groups],
    checks: &[
        Check {
            name: "test-connector",
            requirement: Requirement::Client,
            source: "Okta: Test Connector Configuration",
            rule: "GET /Groups?startIndex=1&count=100 answers a list.",
            fix: "Answer 200 and a ListResponse, even if empty.",
            run: |probe| Box::pin(test_connector(probe)),
        },
        Check {
            name: "push",
            requirement: Requirement::Client,
            source: "Okta: push groups",
            rule: "A group is looked for by name, and made with an empty members list.",
            fix: "Answer 200 and 0 to the filter, and 201 to the POST.",
            run: |probe| Box::pin(push(probe)),
        },
        Check {
            name: "duplicate",
            requirement: Requirement::Client,
            source: "Okta: push groups",
            rule: "A second group of the same name is refused with 409.",
            fix: "Keep displayName unique, so that the filter finds one group.",
            run: |probe| Box::pin(duplicate(probe)),
        },
        Check {
            name: "put-members",
            requirement: Requirement::Client,
            source: "Okta AIW: push groups",
            rule: "A PUT with the whole list sets the members; display may be null.",
            fix: "Make the members those that were sent, and ignore display.",
            run: |probe| Box::pin(put_members(probe)),
        },
        Check {
            name: "rename",
            requirement: Requirement::Client,
            source: "Okta OIN: push groups",
            rule: "A replace of {id, displayName} without path renames, and keeps the members.",
            fix: "Ignore id, and leave members alone when the value has none.",
            run: |probe| Box::pin(rename(probe)),
        },
        Check {
            name: "delta",
            requirement: Requirement::Client,
            source: "Okta OIN: push groups",
            rule: "One PATCH removes a member by value path and adds another.",
            fix: "Apply both operations.",
            run: |probe| Box::pin(delta(probe)),
        },
        Check {
            name: "replace-members",
            requirement: Requirement::Client,
            source: "Okta OIN: push now",
            rule: "A replace of members sets them, also to none.",
            fix: "Accept an empty list as value.",
            run: |probe| Box::pin(replace_members(probe)),
        },
        Check {
            name: "replace-with-members",
            requirement: Requirement::Client,
            source: "Okta OIN: push now",
            rule: "A replace without path may hold members, id and displayName together.",
            fix: "Apply members and displayName, and ignore id.",
            run: |probe| Box::pin(replace_with_members(probe)),
        },
        Check {
            name: "remove-stranger",
            requirement: Requirement::Client,
            source: "Okta OIN: push groups",
            rule: "Removing somebody who is no member succeeds.",
            fix: "Answer 200 or 204 when the value path matches nobody.",
            run: |probe| Box::pin(remove_stranger(probe)),
        },
        Check {
            name: "unlink",
            requirement: Requirement::Client,
            source: "Okta: unlink pushed group",
            rule: "A DELETE removes the group, and its users stay.",
            fix: "Answer 204.",
            run: |probe| Box::pin(unlink(probe)),
        },
    ],
};

async fn group(probe: &mut Probe) -> Result<Fresh, Finding> {
    let body = json!({ "schemas": [GROUP_URN], "displayName": probe.name(), "members": [] });
    probe.fresh("/Groups", body).await
}

fn member(user: &Fresh) -> Value {
    json!({ "value": user.id, "display": user.name })
}

async fn has_members(probe: &mut Probe, group: &Fresh, users: &[&Fresh]) -> Verdict {
    let answer = probe.get(&group.path).await?;
    let members = elements(answer.is(200)?.at("/members")).iter();
    let mut found: Vec<&str> = members.filter_map(|member| at(member, "value").as_str()).collect();
    let mut expected: Vec<&str> = users.iter().map(|user| user.id.as_str()).collect();
    found.sort_unstable();
    expected.sort_unstable();
    answer.that(found == expected, format!("members {}", shown(&json!(expected))), shown(&json!(found)))
}

async fn patched(probe: &mut Probe, group: &Fresh, operations: Value) -> Verdict {
    probe.patch(&group.path, operations).await?.is_one_of(&[200, 204]).map(drop)
}

async fn set_members(probe: &mut Probe, group: &Fresh, users: &[&Fresh]) -> Verdict {
    let value: Vec<Value> = users.iter().map(|user| member(user)).collect();
    patched(probe, group, json!([{ "op": "replace", "path": "members", "value": value }])).await?;
    has_members(probe, group, users).await
}

async fn test_connector(probe: &mut Probe) -> Verdict {
    let answer = probe.ask("/Groups", &[("startIndex", "1"), ("count", "100")]).await?;
    answer.list()?;
    let resources = answer.at("/Resources");
    answer.that(resources.is_array(), "Resources, a list", shown(resources))
}

async fn push(probe: &mut Probe) -> Verdict {
    let name = probe.name();
    let filter = format!("displayName eq {}", json!(name));
    let parameters = [("filter", filter.as_str()), ("startIndex", "1"), ("count", "100")];
    probe.ask("/Groups", &parameters).await?.list()?.finds(&[])?;
    let body = json!({ "schemas": [GROUP_URN], "displayName": name, "members": [] });
    let answer = probe.post("/Groups", &body).await?;
    answer.is(201)?.has_at("/displayName", &json!(name))?.has_some("/id")?;
    let path = format!("/Groups/{}", answer.id().unwrap_or_default());
    probe.get(&path).await?.is(200).map(drop)
}

async fn duplicate(probe: &mut Probe) -> Verdict {
    let group = group(probe).await?;
    probe.post("/Groups", &group.sent).await?.error(409).map(drop)
}

async fn put_members(probe: &mut Probe) -> Verdict {
    let (group, one, other) = (group(probe).await?, probe.user().await?, probe.user().await?);
    for users in [vec![&one, &other], vec![&other], vec![]] {
        let members: Vec<Value> = users.iter().map(|u| json!({ "value": u.id, "display": null })).collect();
        let body = json!({
            "schemas": [GROUP_URN], "id": group.id, "displayName": group.name, "members": members,
        });
        probe.put(&group.path, &body).await?.is(200)?;
        has_members(probe, &group, &users).await?;
    }
    Ok(())
}

async fn rename(probe: &mut Probe) -> Verdict {
    let (group, user) = (group(probe).await?, probe.user().await?);
    set_members(probe, &group, &[&user]).await?;
    let name = probe.name();
    let value = json!({ "id": group.id, "displayName": name });
    patched(probe, &group, json!([{ "op": "replace", "value": value }])).await?;
    probe.get(&group.path).await?.is(200)?.has_at("/displayName", &json!(name))?;
    has_members(probe, &group, &[&user]).await
}

async fn delta(probe: &mut Probe) -> Verdict {
    let (group, leaver, joiner) = (group(probe).await?, probe.user().await?, probe.user().await?);
    set_members(probe, &group, &[&leaver]).await?;
    let operations = json!([
        { "op": "remove", "path": format!("members[value eq {}]", json!(leaver.id)) },
        { "op": "add", "path": "members", "value": [member(&joiner)] },
    ]);
    patched(probe, &group, operations).await?;
    has_members(probe, &group, &[&joiner]).await
}

async fn replace_members(probe: &mut Probe) -> Verdict {
    let (group, one, other) = (group(probe).await?, probe.user().await?, probe.user().await?);
    set_members(probe, &group, &[&one, &other]).await?;
    set_members(probe, &group, &[]).await
}

async fn replace_with_members(probe: &mut Probe) -> Verdict {
    let (group, user) = (group(probe).await?, probe.user().await?);
    for users in [vec![&user], vec![]] {
        let members: Vec<Value> = users.iter().map(|user| member(user)).collect();
        let value = json!({ "members": members, "id": group.id, "displayName": group.name });
        patched(probe, &group, json!([{ "op": "replace", "value": value }])).await?;
        has_members(probe, &group, &users).await?;
    }
    Ok(())
}

async fn remove_stranger(probe: &mut Probe) -> Verdict {
    let (group, user, stranger) = (group(probe).await?, probe.user().await?, probe.user().await?);
    set_members(probe, &group, &[&user]).await?;
    let path = format!("members[value eq {}]", json!(stranger.id));
    patched(probe, &group, json!([{ "op": "remove", "path": path }])).await?;
    has_members(probe, &group, &[&user]).await
}

async fn unlink(probe: &mut Probe) -> Verdict {
    let (group, user) = (group(probe).await?, probe.user().await?);
    set_members(probe, &group, &[&user]).await?;
    probe.delete(&group.path).await?.is(204)?;
    probe.get(&group.path).await?.is(404)?;
    probe.get(&user.path).await?.is(200).map(drop)
}
