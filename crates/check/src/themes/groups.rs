//! Groups and their members (RFC 7643 §4.2).

use scim::builtin::{GROUP_URN, USER_URN};
use serde_json::{Value, json};

use crate::announced::Feature;
use crate::answer::Answer;
use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::{Finding, Verdict};
use crate::json::{at, elements, shown};
use crate::probe::{Fresh, Probe};

pub(super) const THEME: Theme = Theme {
    name: "groups",
    client: Client::Rfc,
    needs: &[Feature::Groups],
    checks: &[
        Check {
            name: "create",
            requirement: Requirement::Must,
            source: "RFC 7643 §4.2",
            rule: "A group is created with its members.",
            fix: "Store members, and answer them with their value.",
            run: |probe| Box::pin(create(probe)),
        },
        Check {
            name: "without-display-name",
            requirement: Requirement::Must,
            source: "RFC 7643 §4.2",
            rule: "A group without displayName is refused with 400.",
            fix: "Refuse a group without displayName with 400 and scimType invalidValue.",
            run: |probe| Box::pin(without_display_name(probe)),
        },
        Check {
            name: "filter",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.2",
            rule: "A group is found by its displayName.",
            fix: "Apply filters on displayName.",
            run: |probe| Box::pin(filter(probe)),
        },
        Check {
            name: "excluded-members",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.9",
            rule: "excludedAttributes=members leaves the members out.",
            fix: "Honour excludedAttributes for groups.",
            run: |probe| Box::pin(excluded_members(probe)),
        },
        Check {
            name: "put",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.1",
            rule: "A PUT replaces the members.",
            fix: "Make the members those that were sent.",
            run: |probe| Box::pin(put(probe)),
        },
        Check {
            name: "add-member",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2.1",
            rule: "add to members keeps those who are there.",
            fix: "Append the new members.",
            run: |probe| Box::pin(add_member(probe)),
        },
        Check {
            name: "add-same-member",
            requirement: Requirement::Should,
            source: "RFC 7644 §3.5.2.1",
            rule: "add of somebody who is a member changes nothing, and succeeds.",
            fix: "Ignore members who are there already.",
            run: |probe| Box::pin(add_same_member(probe)),
        },
        Check {
            name: "remove-member",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2.2",
            rule: "remove with a value path takes one member out.",
            fix: "Remove the members that the filter in brackets matches.",
            run: |probe| Box::pin(remove_member(probe)),
        },
        Check {
            name: "replace-members",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2.3",
            rule: "replace of members replaces all of them.",
            fix: "Make the members those in the value.",
            run: |probe| Box::pin(replace_members(probe)),
        },
        Check {
            name: "remove-all",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.5.2.2",
            rule: "remove of members without a filter empties the group.",
            fix: "Unassign members.",
            run: |probe| Box::pin(remove_all(probe)),
        },
        Check {
            name: "groups-of-user",
            requirement: Requirement::Should,
            source: "RFC 7643 §4.1.2",
            rule: "A user's groups are those that the user is a member of.",
            fix: "Compute groups from the memberships.",
            run: |probe| Box::pin(groups_of_user(probe)),
        },
        Check {
            name: "groups-are-read-only",
            requirement: Requirement::Must,
            source: "RFC 7643 §4.1.2",
            rule: "Membership is changed at the group: groups in a user's POST is ignored.",
            fix: "Ignore groups in requests to /Users.",
            run: |probe| Box::pin(groups_are_read_only(probe)),
        },
        Check {
            name: "delete",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.6",
            rule: "Deleting a group deletes none of its members.",
            fix: "Remove the group, and keep its members.",
            run: |probe| Box::pin(delete(probe)),
        },
    ],
};

/// The ids of a group's members, as it is read now.
async fn members(probe: &mut Probe, group: &Fresh) -> Result<(Answer, Vec<String>), Finding> {
    let answer = probe.get(&group.path).await?;
    let values = elements(answer.is(200)?.at("/members")).iter().filter_map(|m| at(m, "value").as_str());
    let mut ids: Vec<String> = values.map(str::to_owned).collect();
    ids.sort_unstable();
    Ok((answer, ids))
}

/// Asserts who the members of a group are.
async fn has_members(probe: &mut Probe, group: &Fresh, expected: &[&str]) -> Verdict {
    let (answer, found) = members(probe, group).await?;
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    answer.that(found == expected, format!("members {}", shown(&json!(expected))), shown(&json!(found)))
}

async fn patched(probe: &mut Probe, group: &Fresh, operations: Value) -> Verdict {
    probe.needs(Feature::Patch)?;
    probe.patch(&group.path, operations).await?.is_one_of(&[200, 204]).map(drop)
}

async fn create(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let body = json!({
        "schemas": [GROUP_URN], "displayName": probe.name(), "members": [{ "value": user.id }],
    });
    let answer = probe.post("/Groups", &body).await?;
    answer.is(201)?.has_some("/id")?.has_schema(GROUP_URN)?;
    answer.has_at("/displayName", at(&body, "displayName"))?.has_at("/meta/resourceType", &json!("Group"))?;
    let path = format!("/Groups/{}", answer.id().unwrap_or_default());
    probe.get(&path).await?.is(200)?.has_at("/members/0/value", &json!(user.id)).map(drop)
}

async fn without_display_name(probe: &mut Probe) -> Verdict {
    let answer = probe.post("/Groups", &json!({ "schemas": [GROUP_URN] })).await?;
    if let Some(id) = answer.id() {
        let path = format!("/Groups/{id}");
        probe.delete(&path).await?;
    }
    answer.error(400).map(drop)
}

async fn filter(probe: &mut Probe) -> Verdict {
    probe.needs(Feature::Filter)?;
    let (group, _other) = (probe.group(&[]).await?, probe.group(&[]).await?);
    let filter = format!("displayName eq {}", json!(group.name));
    probe.find("/Groups", &filter).await?.list()?.finds(&[&group.id])
}

async fn excluded_members(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let group = probe.group(&[&user.id]).await?;
    let answer = probe.ask(&group.path, &[("excludedAttributes", "members")]).await?;
    answer.is(200)?.has_some("/displayName")?.has_not("/members").map(drop)
}

async fn put(probe: &mut Probe) -> Verdict {
    let (one, other) = (probe.user().await?, probe.user().await?);
    let group = probe.group(&[&one.id]).await?;
    let body = json!({
        "schemas": [GROUP_URN], "displayName": group.name, "members": [{ "value": other.id }],
    });
    probe.put(&group.path, &body).await?.is(200)?;
    has_members(probe, &group, &[&other.id]).await
}

async fn add_member(probe: &mut Probe) -> Verdict {
    let (one, other) = (probe.user().await?, probe.user().await?);
    let group = probe.group(&[&one.id]).await?;
    let value = json!([{ "value": other.id }]);
    patched(probe, &group, json!([{ "op": "add", "path": "members", "value": value }])).await?;
    has_members(probe, &group, &[&one.id, &other.id]).await
}

async fn add_same_member(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let group = probe.group(&[&user.id]).await?;
    let value = json!([{ "value": user.id }]);
    patched(probe, &group, json!([{ "op": "add", "path": "members", "value": value }])).await?;
    has_members(probe, &group, &[&user.id]).await
}

async fn remove_member(probe: &mut Probe) -> Verdict {
    let (one, other) = (probe.user().await?, probe.user().await?);
    let group = probe.group(&[&one.id, &other.id]).await?;
    let path = format!("members[value eq {}]", json!(one.id));
    patched(probe, &group, json!([{ "op": "remove", "path": path }])).await?;
    has_members(probe, &group, &[&other.id]).await
}

async fn replace_members(probe: &mut Probe) -> Verdict {
    let (one, other) = (probe.user().await?, probe.user().await?);
    let group = probe.group(&[&one.id]).await?;
    let value = json!([{ "value": other.id }]);
    patched(probe, &group, json!([{ "op": "replace", "path": "members", "value": value }])).await?;
    has_members(probe, &group, &[&other.id]).await
}

async fn remove_all(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let group = probe.group(&[&user.id]).await?;
    patched(probe, &group, json!([{ "op": "remove", "path": "members" }])).await?;
    has_members(probe, &group, &[]).await
}

async fn groups_of_user(probe: &mut Probe) -> Verdict {
    probe.needs_attributes(&["groups"])?;
    let user = probe.user().await?;
    let group = probe.group(&[&user.id]).await?;
    let answer = probe.ask(&user.path, &[("attributes", "groups")]).await?;
    let groups = answer.is(200)?.at("/groups");
    let is_there = elements(groups).iter().any(|g| at(g, "value") == group.id.as_str());
    answer.that(is_there, format!("groups with {}", group.id), shown(groups))
}

async fn groups_are_read_only(probe: &mut Probe) -> Verdict {
    let group = probe.group(&[]).await?;
    let mut body = probe.user_body();
    let groups = json!([{ "value": group.id }]);
    body.as_object_mut().and_then(|body| body.insert("groups".to_owned(), groups));
    let answer = probe.post("/Users", &body).await?;
    answer.is(201)?.has_schema(USER_URN)?;
    has_members(probe, &group, &[]).await
}

async fn delete(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let group = probe.group(&[&user.id]).await?;
    probe.delete(&group.path).await?.is(204)?;
    probe.get(&group.path).await?.error(404)?;
    probe.get(&user.path).await?.is(200).map(drop)
}
