//! How Entra provisions groups.

use serde_json::{Value, json};

use crate::announced::Feature;
use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::{Finding, Verdict};
use crate::json::{at, elements, shown};
use crate::probe::{Fresh, Probe};
use crate::themes::entra::{group, group_body, patch_gives, patched, user};

pub(super) const THEME: Theme = Theme {
    name: "entra-groups",
    client: Client::Entra,
    needs: &[Feature::Groups],
    checks: &[
        Check {
            name: "test-connection",
            requirement: Requirement::Client,
            source: "Entra: Test Connection",
            rule: "Looking for a group that does not exist answers 200 and an empty list.",
            fix: "Answer 200 and totalResults 0; a 404 makes Entra refuse the connection.",
            run: |probe| Box::pin(test_connection(probe)),
        },
        Check {
            name: "create",
            requirement: Requirement::Client,
            source: "Entra: create",
            rule: "A POST with Microsoft's own group URN in schemas makes an empty group.",
            fix: "Ignore URNs in schemas that you do not know.",
            run: |probe| Box::pin(create(probe)),
        },
        Check {
            name: "find",
            requirement: Requirement::Client,
            source: "Entra: matching",
            rule: "A group is found by displayName, without its members.",
            fix: "Apply the filter together with excludedAttributes=members.",
            run: |probe| Box::pin(find(probe)),
        },
        Check {
            name: "read",
            requirement: Requirement::Client,
            source: "Entra: matching",
            rule: "A group is read without its members.",
            fix: "Honour excludedAttributes=members.",
            run: |probe| Box::pin(read(probe)),
        },
        Check {
            name: "rename",
            requirement: Requirement::Client,
            source: "Entra: update",
            rule: "Replace of displayName renames the group.",
            fix: "Apply Replace to displayName.",
            run: |probe| Box::pin(rename(probe)),
        },
        Check {
            name: "add-members",
            requirement: Requirement::Client,
            source: "Entra: membership",
            rule: "Add of members with $ref null adds them, several in one PATCH.",
            fix: "Read value, and ignore $ref.",
            run: |probe| Box::pin(add_members(probe)),
        },
        Check {
            name: "add-again",
            requirement: Requirement::Client,
            source: "Entra: membership",
            rule: "Add of somebody who is a member succeeds.",
            fix: "Answer 204, not 409.",
            run: |probe| Box::pin(add_again(probe)),
        },
        Check {
            name: "remove-by-value",
            requirement: Requirement::Client,
            source: "Entra: membership",
            rule: "Remove of members with a list of values removes only these.",
            fix: "Remove the members that value names; do not empty the group.",
            run: |probe| Box::pin(remove_by_value(probe)),
        },
        Check {
            name: "remove-by-path",
            requirement: Requirement::Client,
            source: "Entra: aadOptscim062020",
            rule: "Remove with members[value eq …] removes only that member.",
            fix: "Remove the members that the filter in brackets matches.",
            run: |probe| Box::pin(remove_by_path(probe)),
        },
        Check {
            name: "delete",
            requirement: Requirement::Client,
            source: "Entra: delete",
            rule: "A DELETE is answered with 204, and the group is gone.",
            fix: "Answer 204 to DELETE and 404 to GET.",
            run: |probe| Box::pin(delete(probe)),
        },
    ],
};

async fn test_connection(probe: &mut Probe) -> Verdict {
    let filter = format!("displayName eq {}", json!(probe.unknown_id()));
    let parameters = [("excludedAttributes", "members"), ("filter", filter.as_str())];
    probe.ask("/Groups", &parameters).await?.list()?.finds(&[])
}

async fn create(probe: &mut Probe) -> Verdict {
    let body = group_body(probe);
    let answer = probe.post("/Groups", &body).await?;
    answer.is(201)?.has_some("/id")?.has_at("/displayName", at(&body, "displayName"))?;
    answer.has_not("/members").map(drop)
}

async fn find(probe: &mut Probe) -> Verdict {
    let group = with_members(probe, 1).await?.0;
    let filter = format!("displayName eq {}", json!(group.name));
    let parameters = [("excludedAttributes", "members"), ("filter", filter.as_str())];
    let answer = probe.ask("/Groups", &parameters).await?;
    answer.list()?.finds(&[&group.id])?;
    answer.has_not("/Resources/0/members").map(drop)
}

async fn read(probe: &mut Probe) -> Verdict {
    let group = with_members(probe, 1).await?.0;
    let answer = probe.ask(&group.path, &[("excludedAttributes", "members")]).await?;
    answer.is(200)?.has_at("/id", &json!(group.id))?.has_not("/members").map(drop)
}

async fn rename(probe: &mut Probe) -> Verdict {
    let group = group(probe).await?;
    let name = probe.name();
    let operations = json!([{ "op": "Replace", "path": "displayName", "value": name }]);
    patch_gives(probe, &group, operations, &[("/displayName", json!(name))]).await
}

/// The operation that adds or removes members, as Entra shapes it.
fn members(op: &str, ids: &[String]) -> Value {
    let value: Vec<Value> = ids.iter().map(|id| json!({ "$ref": null, "value": id })).collect();
    json!([{ "op": op, "path": "members", "value": value }])
}

async fn has_members(probe: &mut Probe, group: &Fresh, operations: Value, expected: &[String]) -> Verdict {
    let answer = patched(probe, group, operations).await?;
    let mut found: Vec<&str> =
        elements(answer.at("/members")).iter().filter_map(|member| at(member, "value").as_str()).collect();
    let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    found.sort_unstable();
    expected.sort_unstable();
    answer.that(found == expected, format!("members {}", shown(&json!(expected))), shown(&json!(found)))
}

/// A group, and users who were added to it in one PATCH.
async fn with_members(probe: &mut Probe, count: usize) -> Result<(Fresh, Vec<String>), Finding> {
    let group = group(probe).await?;
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(user(probe).await?.id);
    }
    probe.patch(&group.path, members("Add", &ids)).await?.is_one_of(&[200, 204])?;
    Ok((group, ids))
}

async fn add_members(probe: &mut Probe) -> Verdict {
    let (group, mut ids) = with_members(probe, 2).await?;
    let another = user(probe).await?.id;
    ids.push(another.clone());
    has_members(probe, &group, members("Add", &[another]), &ids).await
}

async fn add_again(probe: &mut Probe) -> Verdict {
    let (group, ids) = with_members(probe, 2).await?;
    has_members(probe, &group, members("Add", &ids), &ids).await
}

async fn remove_by_value(probe: &mut Probe) -> Verdict {
    let (group, mut ids) = with_members(probe, 3).await?;
    let leaver = ids.split_off(2);
    has_members(probe, &group, members("Remove", &leaver), &ids).await
}

async fn remove_by_path(probe: &mut Probe) -> Verdict {
    let (group, mut ids) = with_members(probe, 3).await?;
    let leaver = ids.pop().unwrap_or_default();
    let path = format!("members[value eq {}]", json!(leaver));
    has_members(probe, &group, json!([{ "op": "remove", "path": path }]), &ids).await
}

async fn delete(probe: &mut Probe) -> Verdict {
    let group = group(probe).await?;
    probe.delete(&group.path).await?.is(204)?;
    probe.get(&group.path).await?.is(404).map(drop)
}
