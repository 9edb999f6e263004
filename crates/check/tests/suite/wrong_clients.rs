//! Ways to be right by the RFCs, or nearly, and to fail Entra or Okta all the same.

use serde_json::{Value, json};

use crate::server::Asked;
use crate::wrong::{Wrong, operations, refuse, resources};

/// Whether an operation of a PATCH is so.
fn any(asked: &mut Asked, is_so: impl Fn(&Value) -> bool) -> bool {
    operations(asked).iter().any(|operation| is_so(operation))
}

fn path(operation: &Value) -> &str {
    operation["path"].as_str().unwrap_or_default()
}

/// A URN that neither of the RFCs has.
fn is_foreign(urn: &str) -> bool {
    urn.starts_with("http") || urn.ends_with("2.0User")
}

pub const WRONG: &[Wrong] = &[
    Wrong {
        behaviour: "parameters that are not known are refused",
        act: |asked, right| {
            if asked.parameter("aadOptscim062020").is_some() { refuse(400, None) } else { right(asked) }
        },
        caught_by: &["entra-users.flag-in-tenant-url"],
    },
    Wrong {
        behaviour: "operations must be in small letters",
        act: |mut asked, right| {
            let is_capital = |one: &Value| one["op"].as_str().is_some_and(|op| op != op.to_lowercase());
            if any(&mut asked, is_capital) { refuse(400, Some("invalidSyntax")) } else { right(asked) }
        },
        caught_by: &[
            "entra-users.capital-operations",
            "entra-users.value-path",
            "entra-users.add-and-replace",
            "entra-groups.rename",
            "entra-groups.add-members",
        ],
    },
    Wrong {
        behaviour: "a value path that matches nothing is refused",
        act: |mut asked, right| {
            let makes = |one: &Value| path(one).contains("mobile") || path(one).contains("addresses[");
            if any(&mut asked, makes) { refuse(400, Some("noTarget")) } else { right(asked) }
        },
        caught_by: &[
            "entra-users.value-path-creates",
            "validator-users.add-verbose",
            "validator-users.replace-verbose",
        ],
    },
    Wrong {
        behaviour: "a text is no boolean",
        act: |mut asked, right| {
            let is_text = |one: &Value| {
                let value = one["value"].as_str().unwrap_or_default();
                path(one).contains("\"True\"") || (path(one) == "active" && !value.is_empty())
            };
            if any(&mut asked, is_text) { refuse(400, Some("invalidValue")) } else { right(asked) }
        },
        caught_by: &[
            "entra-users.boolean-as-text",
            "entra-leaving.disable",
            "entra-leaving.mangled-name",
            "entra-leaving.restore",
        ],
    },
    Wrong {
        behaviour: "paths do not begin with a URN",
        act: |mut asked, right| {
            let has_urn = |one: &Value| path(one).starts_with("urn:");
            if any(&mut asked, has_urn) { refuse(400, Some("invalidPath")) } else { right(asked) }
        },
        caught_by: &[
            "entra-users.extension-path",
            "validator-users.add-manager",
            "validator-users.replace-manager",
        ],
    },
    Wrong {
        behaviour: "names in a value are no paths",
        act: |mut asked, right| {
            for operation in operations(&mut asked) {
                if let Some(members) = operation.get_mut("value").and_then(Value::as_object_mut) {
                    members.retain(|name, _| !name.contains('.'));
                }
            }
            right(asked)
        },
        caught_by: &["entra-users.flag-compact"],
    },
    Wrong {
        behaviour: "a manager must be an object",
        act: |mut asked, right| {
            let is_other = |one: &Value| path(one).ends_with(":manager") && !one["value"].is_object();
            if any(&mut asked, is_other) { refuse(400, Some("invalidValue")) } else { right(asked) }
        },
        caught_by: &[
            "entra-users.manager-as-text",
            "entra-users.manager-as-list",
            "entra-users.manager-removed",
        ],
    },
    Wrong {
        behaviour: "an empty manager is left out",
        act: |mut asked, right| {
            let all = asked.body.get_mut("Operations").and_then(Value::as_array_mut);
            let is_empty = |one: &Value| one["value"] == "" || one["value"]["value"] == "";
            all.into_iter().for_each(|all| all.retain(|one| !is_empty(one)));
            let is_empty = asked.body["Operations"].as_array().is_some_and(Vec::is_empty);
            if is_empty { crate::server::Reply::new(204, Value::Null) } else { right(asked) }
        },
        caught_by: &["entra-users.manager-removed", "validator-users.remove-manager"],
    },
    Wrong {
        behaviour: "roles are not stored",
        act: |asked, right| {
            let mut reply = right(asked);
            reply.body.as_object_mut().into_iter().for_each(|body| drop(body.remove("roles")));
            reply
        },
        caught_by: &["entra-users.roles-as-text", "entra-users.boolean-as-text"],
    },
    Wrong {
        behaviour: "whoever is not active is hidden",
        act: |asked, right| {
            let is_read = asked.method == "GET";
            let mut reply = right(asked);
            if is_read && reply.body["active"] == false {
                return refuse(404, None);
            }
            let hidden = resources(&mut reply).map(|all| {
                let count = all.len();
                all.retain(|one| one["active"] != false);
                count - all.len()
            });
            if let (Some(hidden), Some(total)) = (hidden, reply.body["totalResults"].as_u64()) {
                reply.body["totalResults"] = json!(total - hidden as u64);
            }
            reply
        },
        caught_by: &[
            "entra-leaving.inactive-is-found",
            "entra-leaving.disable",
            "entra-leaving.life",
            "validator-users.disable",
            "okta-users.find-inactive",
            "okta-users.put-deactivate",
            "okta-users.patch-deactivate",
            "entra-leaving.mangled-name-is-found",
        ],
    },
    Wrong {
        behaviour: "long local parts of names are refused",
        act: |mut asked, right| {
            let is_long = |one: &Value| {
                let value = one["value"].as_str().unwrap_or_default();
                path(one) == "userName" && value.starts_with("195f30d5")
            };
            if any(&mut asked, is_long) { refuse(400, Some("invalidValue")) } else { right(asked) }
        },
        caught_by: &[
            "entra-leaving.mangled-name",
            "entra-leaving.mangled-name-is-found",
            "entra-leaving.restore",
            "entra-leaving.life",
        ],
    },
    Wrong {
        behaviour: "a remove of values removes all",
        act: |mut asked, right| {
            for operation in operations(&mut asked) {
                if operation["op"] == "Remove" {
                    operation.as_object_mut().unwrap().remove("value");
                }
            }
            right(asked)
        },
        caught_by: &["entra-groups.remove-by-value"],
    },
    Wrong {
        behaviour: "a value path of members removes nobody",
        act: |mut asked, right| {
            for operation in operations(&mut asked) {
                if path(operation).starts_with("members[") {
                    operation["path"] = json!("members[value eq \"nobody\"]");
                }
            }
            right(asked)
        },
        caught_by: &[
            "entra-groups.remove-by-path",
            "validator-groups.remove-member",
            "validator-groups.same-attribute",
            "okta-groups.delta",
            "groups.remove-member",
        ],
    },
    Wrong {
        behaviour: "URNs that are not known are refused",
        act: |asked, right| {
            let schemas = asked.body["schemas"].as_array().cloned().unwrap_or_default();
            let has_foreign = schemas.iter().any(|urn| urn.as_str().is_some_and(is_foreign));
            if has_foreign { refuse(400, Some("invalidValue")) } else { right(asked) }
        },
        caught_by: &["entra-groups.create", "entra-users.misspelt-extension"],
    },
    Wrong {
        behaviour: "userName is stored in small letters",
        act: |mut asked, right| {
            if let Some(Value::String(name)) = asked.body.get_mut("userName") {
                *name = name.to_lowercase();
            }
            right(asked)
        },
        caught_by: &[
            "entra-users.create",
            "validator-users.create",
            "okta-users.create",
            "okta-users.put-rename",
            "okta-spec.create",
            "okta-spec.created",
        ],
    },
    Wrong {
        behaviour: "without path, nothing is replaced",
        act: |mut asked, right| {
            if any(&mut asked, |one| one.get("path").is_none()) {
                asked.method = "GET".to_owned();
            }
            right(asked)
        },
        caught_by: &[
            "patch.replace-without-path",
            "patch.add-without-path",
            "validator-users.replace-user-name",
            "validator-groups.replace-external-id",
            "validator-groups.replace-display-name",
            "okta-users.patch-deactivate",
            "okta-users.patch-profile",
            "okta-groups.rename",
            "okta-groups.replace-with-members",
        ],
    },
    Wrong {
        behaviour: "a rename without members empties the group",
        act: |mut asked, right| {
            let is_group = asked.path.starts_with("/Groups/");
            for operation in operations(&mut asked) {
                let value = operation.get_mut("value").filter(|value| value.is_object());
                if let Some(value) = value.filter(|value| is_group && value.get("members").is_none()) {
                    value["members"] = json!([]);
                }
            }
            right(asked)
        },
        caught_by: &["okta-groups.rename"],
    },
    Wrong {
        behaviour: "members are never set to none",
        act: |mut asked, right| {
            let sets_none = |one: &Value| one["value"].as_array().is_some_and(Vec::is_empty);
            if any(&mut asked, sets_none) { refuse(400, Some("invalidValue")) } else { right(asked) }
        },
        caught_by: &["okta-groups.replace-members"],
    },
    Wrong {
        behaviour: "members can't be replaced",
        act: |mut asked, right| {
            let replaces = |one: &Value| path(one) == "members" && one["op"] == "replace";
            if any(&mut asked, replaces) { refuse(400, None) } else { right(asked) }
        },
        caught_by: &["validator-groups.add-member", "groups.replace-members"],
    },
    Wrong {
        behaviour: "removing somebody who is no member is refused",
        act: |mut asked, right| {
            let path = operations(&mut asked).first().map(|one| path(one).to_owned()).unwrap_or_default();
            let mut read = asked.clone();
            if let Some(id) = path.strip_prefix("members[value eq \"").and_then(|rest| rest.split('"').next())
            {
                read.method = "GET".to_owned();
                if !right(read).body["members"].to_string().contains(id) {
                    return refuse(400, Some("noTarget"));
                }
            }
            right(asked)
        },
        caught_by: &["okta-groups.remove-stranger"],
    },
    Wrong {
        behaviour: "only the first operation is applied",
        act: |mut asked, right| {
            if asked.method == "PATCH" {
                asked.body["Operations"].as_array_mut().unwrap().truncate(1);
            }
            right(asked)
        },
        caught_by: &[
            "patch.in-order",
            "validator-users.several-attributes",
            "validator-users.same-attribute",
            "validator-groups.same-attribute",
            "okta-groups.delta",
            "entra-users.capital-operations",
        ],
    },
    Wrong {
        behaviour: "an empty text is refused",
        act: |asked, right| {
            let is_empty = asked.body["title"] == "";
            if is_empty { refuse(400, Some("invalidValue")) } else { right(asked) }
        },
        caught_by: &["okta-users.put-empty-values"],
    },
];
