//! The tests about groups of Microsoft's public SCIM validator, in the shapes in which it sends them.

use scim::builtin::GROUP_URN;
use serde_json::{Value, json};

use crate::announced::Feature;
use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::Verdict;
use crate::probe::{Fresh, Probe};
use crate::themes::entra::{patch_gives, patched, user};
use crate::themes::validator::Kind;

const GROUPS: Kind = Kind { endpoint: "/Groups", name: "displayName", body };

pub(super) const THEME: Theme = Theme {
    name: "validator-groups",
    client: Client::Entra,
    needs: &[Feature::Groups],
    checks: &[
        Check {
            name: "get-without-members",
            requirement: Requirement::Client,
            source: "SCIM validator, test 14",
            rule: "A group is read without its members.",
            fix: "Honour excludedAttributes=members.",
            run: |probe| Box::pin(get_without_members(probe)),
        },
        Check {
            name: "filter-without-members",
            requirement: Requirement::Client,
            source: "SCIM validator, test 15",
            rule: "A filter answers the group without its members.",
            fix: "Honour excludedAttributes=members in queries.",
            run: |probe| Box::pin(filter_without_members(probe)),
        },
        Check {
            name: "filter",
            requirement: Requirement::Client,
            source: "SCIM validator, test 16",
            rule: "A filter answers the group.",
            fix: "Apply filters on displayName.",
            run: |probe| Box::pin(filter(probe)),
        },
        Check {
            name: "filter-none",
            requirement: Requirement::Client,
            source: "SCIM validator, test 17",
            rule: "A filter without a match answers totalResults 0.",
            fix: "Answer 200 and an empty list.",
            run: |probe| Box::pin(GROUPS.filter_none(probe)),
        },
        Check {
            name: "filter-other-case",
            requirement: Requirement::Client,
            source: "SCIM validator, test 18",
            rule: "A filter in other letter case matches displayName.",
            fix: "Compare displayName case-insensitively.",
            run: |probe| Box::pin(GROUPS.filter_other_case(probe)),
        },
        Check {
            name: "create",
            requirement: Requirement::Client,
            source: "SCIM validator, test 19",
            rule: "A group with displayName and externalId is created.",
            fix: "Answer 201 with the group.",
            run: |probe| Box::pin(create(probe)),
        },
        Check {
            name: "create-duplicate",
            requirement: Requirement::Client,
            source: "SCIM validator, test 20",
            rule: "A group of the same displayName is refused with 409.",
            fix: "Keep displayName unique: Entra matches groups by it.",
            run: |probe| Box::pin(GROUPS.create_duplicate(probe)),
        },
        Check {
            name: "replace-external-id",
            requirement: Requirement::Client,
            source: "SCIM validator, test 21",
            rule: "A replace without path changes externalId.",
            fix: "Apply each member of the value.",
            run: |probe| Box::pin(GROUPS.replace(probe, "externalId")),
        },
        Check {
            name: "replace-display-name",
            requirement: Requirement::Client,
            source: "SCIM validator, test 22",
            rule: "A replace without path changes displayName.",
            fix: "Apply each member of the value.",
            run: |probe| Box::pin(GROUPS.replace(probe, "displayName")),
        },
        Check {
            name: "add-member",
            requirement: Requirement::Client,
            source: "SCIM validator, test 23",
            rule: "A replace of members sets them.",
            fix: "Make the members those in the value.",
            run: |probe| Box::pin(add_member(probe)),
        },
        Check {
            name: "remove-member",
            requirement: Requirement::Client,
            source: "SCIM validator, test 24",
            rule: "A remove with a value path takes one of two members out.",
            fix: "Remove the members that the filter in brackets matches.",
            run: |probe| Box::pin(remove_member(probe)),
        },
        Check {
            name: "delete",
            requirement: Requirement::Client,
            source: "SCIM validator, test 25",
            rule: "A group that was deleted is answered with 404.",
            fix: "Answer 404 after a DELETE.",
            run: |probe| Box::pin(GROUPS.delete(probe)),
        },
        Check {
            name: "same-attribute",
            requirement: Requirement::Should,
            source: "SCIM validator, preview 5",
            rule: "One PATCH may add a member and remove another.",
            fix: "Apply the operations in their order.",
            run: |probe| Box::pin(same_attribute(probe)),
        },
        Check {
            name: "delete-nothing",
            requirement: Requirement::Should,
            source: "SCIM validator, preview 6",
            rule: "A DELETE of no group is answered with 404.",
            fix: "Answer 404.",
            run: |probe| Box::pin(GROUPS.delete_nothing(probe)),
        },
        Check {
            name: "delete-twice",
            requirement: Requirement::Should,
            source: "SCIM validator, preview 7",
            rule: "A second DELETE is answered with 404.",
            fix: "Answer 404.",
            run: |probe| Box::pin(GROUPS.delete_twice(probe)),
        },
    ],
};

fn body(probe: &mut Probe) -> Value {
    let name = probe.name();
    json!({ "schemas": [GROUP_URN], "displayName": name, "externalId": name })
}

async fn set_members(probe: &mut Probe, group: &Fresh, ids: &[&str]) -> Verdict {
    let value: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
    let operations = json!([{ "op": "replace", "path": "members", "value": value }]);
    patch_gives(probe, group, operations, &[("/members", json!(value))]).await
}

async fn get_without_members(probe: &mut Probe) -> Verdict {
    let (group, member) = (GROUPS.made(probe).await?, user(probe).await?);
    set_members(probe, &group, &[&member.id]).await?;
    let answer = probe.ask(&group.path, &[("excludedAttributes", "members")]).await?;
    answer.is(200)?.has_at("/id", &json!(group.id))?.has_not("/members").map(drop)
}

async fn filter_without_members(probe: &mut Probe) -> Verdict {
    let (group, member) = (GROUPS.made(probe).await?, user(probe).await?);
    set_members(probe, &group, &[&member.id]).await?;
    let filter = GROUPS.named(&group.name);
    let parameters = [("excludedAttributes", "members"), ("filter", filter.as_str())];
    let answer = probe.ask("/Groups", &parameters).await?;
    answer.list()?.finds(&[&group.id])?;
    answer.has_not("/Resources/0/members").map(drop)
}

async fn filter(probe: &mut Probe) -> Verdict {
    let group = GROUPS.made(probe).await?;
    probe.find("/Groups", &GROUPS.named(&group.name)).await?.list()?.finds(&[&group.id])
}

async fn create(probe: &mut Probe) -> Verdict {
    let body = body(probe);
    probe.post("/Groups", &body).await?.is(201)?.has(&body).map(drop)
}

async fn add_member(probe: &mut Probe) -> Verdict {
    let (group, member) = (GROUPS.made(probe).await?, user(probe).await?);
    set_members(probe, &group, &[&member.id]).await
}

async fn remove_member(probe: &mut Probe) -> Verdict {
    let (group, one, other) = (GROUPS.made(probe).await?, user(probe).await?, user(probe).await?);
    set_members(probe, &group, &[&one.id, &other.id]).await?;
    let path = format!("members[value eq {}]", json!(one.id));
    let expected = [("/members", json!([{ "value": other.id }]))];
    patch_gives(probe, &group, json!([{ "op": "remove", "path": path }]), &expected).await
}

async fn same_attribute(probe: &mut Probe) -> Verdict {
    let (group, one, other) = (GROUPS.made(probe).await?, user(probe).await?, user(probe).await?);
    set_members(probe, &group, &[&one.id]).await?;
    let operations = json!([
        { "op": "add", "path": "members", "value": [{ "value": other.id }] },
        { "op": "remove", "path": format!("members[value eq {}]", json!(one.id)) },
    ]);
    let answer = patched(probe, &group, operations).await?;
    answer.has_at("/members", &json!([{ "value": other.id }])).map(drop)
}
