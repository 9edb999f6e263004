//! Ways to be wrong by the RFCs.

use serde_json::{Value, json};

use crate::server::Asked;
use crate::wrong::{Wrong, operations, refuse, resources};

/// A resource's own address.
fn is_one(asked: &Asked) -> bool {
    asked.path.split('/').filter(|step| !step.is_empty()).count() == 2 && !asked.path.ends_with(".search")
}

fn without(asked: &mut Asked, parameter: &str) {
    asked.parameters.retain(|(name, _)| name != parameter);
    if let (true, Value::Object(body)) = (asked.path.ends_with(".search"), &mut asked.body) {
        body.remove(parameter);
    }
}

fn insert(value: &mut Value, name: &str, member: Value) {
    if let Value::Object(members) = value {
        members.insert(name.to_owned(), member);
    }
}

fn remove(value: &mut Value, name: &str) {
    if let Value::Object(members) = value {
        members.remove(name);
    }
}

pub const WRONG: &[Wrong] = &[
    Wrong {
        behaviour: "ServiceProviderConfig does not say whether there is PATCH",
        act: |asked, right| {
            let mut reply = right(asked);
            remove(&mut reply.body, "patch");
            reply
        },
        caught_by: &["discovery.service-provider-config"],
    },
    Wrong {
        behaviour: "resource types have no endpoint",
        act: |asked, right| {
            let mut reply = right(asked);
            resources(&mut reply).into_iter().flatten().for_each(|one| remove(one, "endpoint"));
            reply
        },
        caught_by: &["discovery.resource-types"],
    },
    Wrong {
        behaviour: "attributes have null for a type",
        act: |asked, right| {
            let is_schemas = asked.path == "/Schemas";
            let mut reply = right(asked);
            if is_schemas {
                reply.body["Resources"][0]["attributes"][0]["type"] = Value::Null;
            }
            reply
        },
        caught_by: &["discovery.schemas", "entra-users.schemas"],
    },
    Wrong {
        behaviour: "schemas are not found by their URN",
        act: |asked, right| if is_one(&asked) { refuse(404, None) } else { right(asked) },
        caught_by: &["discovery.schema-by-urn"],
    },
    Wrong {
        behaviour: "the enterprise schema is not listed",
        act: |asked, right| {
            let is_schemas = asked.path == "/Schemas";
            let mut reply = right(asked);
            if is_schemas {
                resources(&mut reply).unwrap().pop();
            }
            reply
        },
        caught_by: &["discovery.schemas-of-resource-types"],
    },
    Wrong {
        behaviour: "filters are ignored",
        act: |mut asked, right| {
            without(&mut asked, "filter");
            right(asked)
        },
        caught_by: &[
            "discovery.filter",
            "filter.eq",
            "filter.none",
            "filter.ne",
            "filter.co",
            "filter.sw",
            "filter.ew",
            "filter.pr",
            "filter.dates",
            "filter.boolean",
            "filter.sub-attribute",
            "filter.not",
            "filter.or",
            "filter.precedence",
            "filter.value-path",
            "filter.external-id",
            "filter.malformed",
            "filter.id",
            "filter.urn",
            "groups.filter",
            "search.users",
            "search.root",
            "delete.not-found",
            "entra-users.test-connection",
            "entra-users.flag-in-tenant-url",
            "entra-users.find",
            "entra-groups.test-connection",
            "entra-groups.find",
            "validator-users.filter",
            "validator-users.filter-none",
            "validator-groups.filter",
            "validator-groups.filter-none",
            "okta-users.find",
            "okta-users.life",
            "okta-groups.push",
            "okta-spec.unknown-name",
            "okta-spec.absent",
            "life.with-put",
            "life.with-patch",
            "entra-leaving.life",
            "okta-users.put-rename",
        ],
    },
    Wrong {
        behaviour: "a POST is answered with 200",
        act: |asked, right| {
            let mut reply = right(asked);
            if reply.status == 201 {
                reply.status = 200;
            }
            reply
        },
        caught_by: &[
            "create.user",
            "create.unassigned",
            "entra-users.create",
            "entra-groups.create",
            "validator-users.create",
            "validator-groups.create",
            "okta-users.create",
            "okta-groups.push",
            "okta-spec.create",
        ],
    },
    Wrong {
        behaviour: "there is no Location header",
        act: |asked, right| {
            let mut reply = right(asked);
            reply.headers.retain(|(name, _)| name != "location");
            reply
        },
        caught_by: &["create.location"],
    },
    Wrong {
        behaviour: "names are not stored",
        act: |mut asked, right| {
            if asked.method == "POST" {
                remove(&mut asked.body, "name");
                remove(&mut asked.body, "Name");
            }
            right(asked)
        },
        caught_by: &[
            "create.stored",
            "read.attributes-of-complex",
            "case.body",
            "okta-spec.users",
            "okta-spec.user-by-id",
            "okta-spec.created",
        ],
    },
    Wrong {
        behaviour: "the client's id is answered",
        act: |asked, right| {
            let id = asked.body.get("id").cloned();
            let mut reply = right(asked);
            if let Some(id) = id {
                insert(&mut reply.body, "id", id);
            }
            reply
        },
        caught_by: &["create.read-only-is-ignored", "replace.read-only-is-ignored"],
    },
    Wrong {
        behaviour: "what is taken is refused with 400",
        act: |asked, right| {
            let reply = right(asked);
            if reply.status == 409 { refuse(400, None) } else { reply }
        },
        caught_by: &[
            "create.duplicate",
            "create.duplicate-in-other-case",
            "patch-refusals.taken-user-name",
            "replace.taken-user-name",
            "validator-users.create-duplicate",
            "validator-groups.create-duplicate",
            "okta-users.duplicate",
            "okta-groups.duplicate",
            "okta-spec.create-again",
        ],
    },
    Wrong {
        behaviour: "a name is made up for whoever has none",
        act: |mut asked, right| {
            let made_up = json!(format!("made-up-{}", asked.body));
            for (path, name) in [("/Users", "userName"), ("/Groups", "displayName")] {
                let is_missing = asked.body.get(name).is_none_or(Value::is_null);
                let is_written = ["POST", "PUT"].contains(&asked.method.as_str());
                if is_written && asked.path.starts_with(path) && is_missing {
                    insert(&mut asked.body, name, made_up.clone());
                }
            }
            right(asked)
        },
        caught_by: &["create.without-user-name", "replace.without-user-name", "groups.without-display-name"],
    },
    Wrong {
        behaviour: "extensions are not stored",
        act: |mut asked, right| {
            remove(&mut asked.body, scim::builtin::ENTERPRISE_USER_URN);
            right(asked)
        },
        caught_by: &["create.extension", "entra-users.unnamed-extension"],
    },
    Wrong {
        behaviour: "every e-mail address is primary",
        act: |mut asked, right| {
            let sent = asked.body.get_mut("emails").and_then(Value::as_array_mut);
            sent.into_iter().flatten().skip(1).for_each(|email| remove(email, "primary"));
            let mut reply = right(asked);
            let emails = reply.body.get_mut("emails").and_then(Value::as_array_mut);
            emails.into_iter().flatten().for_each(|email| insert(email, "primary", json!(true)));
            reply
        },
        caught_by: &["create.one-primary", "patch.add-primary"],
    },
    Wrong {
        behaviour: "passwords are answered",
        act: |asked, right| {
            let is_written = ["POST", "PATCH"].contains(&asked.method.as_str());
            let mut reply = right(asked);
            if is_written {
                insert(&mut reply.body, "password", json!("1mz050nq"));
            }
            reply
        },
        caught_by: &["create.password", "okta-users.patch-password", "okta-users.create"],
    },
    Wrong {
        behaviour: "null is refused",
        act: |asked, right| {
            let has_null = asked.body.as_object().is_some_and(|body| body.values().any(Value::is_null));
            if has_null { refuse(400, None) } else { right(asked) }
        },
        caught_by: &["create.unassigned", "entra-users.create-with-nulls", "okta-users.put-empty-values"],
    },
    Wrong {
        behaviour: "a resource is answered under another id",
        act: |asked, right| {
            let is_read = asked.method == "GET" && is_one(&asked);
            let mut reply = right(asked);
            if is_read {
                insert(&mut reply.body, "id", json!("another"));
            }
            reply
        },
        caught_by: &["read.by-id", "okta-spec.user-by-id", "auth.write"],
    },
    Wrong {
        behaviour: "what does not exist is answered with 400",
        act: |asked, right| {
            let reply = right(asked);
            if reply.status == 404 { refuse(400, None) } else { reply }
        },
        caught_by: &[
            "read.unknown",
            "errors.form",
            "errors.detail",
            "errors.unknown-endpoint",
            "patch-refusals.unknown-resource",
            "replace.unknown",
            "delete.deletes",
            "delete.gone-for-all",
            "delete.unknown",
            "groups.delete",
            "entra-leaving.delete",
            "entra-groups.delete",
            "validator-users.delete",
            "validator-users.delete-nobody",
            "validator-users.delete-twice",
            "validator-groups.delete",
            "validator-groups.delete-nothing",
            "validator-groups.delete-twice",
            "okta-groups.unlink",
            "okta-spec.unknown-id",
            "okta-spec.not-found",
        ],
    },
    Wrong {
        behaviour: "nothing is deleted",
        act: |asked, right| {
            if asked.method == "DELETE" { crate::server::Reply::new(204, Value::Null) } else { right(asked) }
        },
        caught_by: &[
            "delete.deletes",
            "delete.gone-for-all",
            "delete.not-found",
            "delete.name-is-free",
            "delete.unknown",
            "groups.delete",
            "etag.match-stale-delete",
        ],
    },
    Wrong {
        behaviour: "meta has no date of change",
        act: |asked, right| {
            let mut reply = right(asked);
            reply.body.get_mut("meta").into_iter().for_each(|meta| remove(meta, "lastModified"));
            reply
        },
        caught_by: &["read.meta"],
    },
    Wrong {
        behaviour: "answers are application/json",
        act: |asked, right| right(asked).header("content-type", "application/json"),
        caught_by: &["read.media-type", "errors.media-type"],
    },
    Wrong {
        behaviour: "application/json is not acceptable",
        act: |asked, right| {
            if asked.header("accept") == Some("application/json") { refuse(406, None) } else { right(asked) }
        },
        caught_by: &["read.accepts-json"],
    },
    Wrong {
        behaviour: "attributes is ignored",
        act: |mut asked, right| {
            without(&mut asked, "attributes");
            right(asked)
        },
        caught_by: &["read.attributes", "read.attributes-of-complex", "case.attributes", "search.attributes"],
    },
    Wrong {
        behaviour: "excludedAttributes is ignored",
        act: |mut asked, right| {
            without(&mut asked, "excludedAttributes");
            right(asked)
        },
        caught_by: &[
            "read.excluded-attributes",
            "groups.excluded-members",
            "entra-groups.find",
            "entra-groups.read",
            "validator-groups.get-without-members",
            "validator-groups.filter-without-members",
        ],
    },
    Wrong {
        behaviour: "id can be excluded",
        act: |asked, right| {
            let is_excluded = asked.parameter("excludedAttributes").as_deref() == Some("id");
            let mut reply = right(asked);
            if is_excluded {
                remove(&mut reply.body, "id");
            }
            reply
        },
        caught_by: &["read.id-is-always-returned"],
    },
    Wrong {
        behaviour: "lists have no totalResults",
        act: |asked, right| {
            let mut reply = right(asked);
            remove(&mut reply.body, "totalResults");
            reply
        },
        caught_by: &[
            "read.list",
            "okta-users.test-connector",
            "okta-users.import",
            "okta-groups.test-connector",
            "okta-spec.groups",
        ],
    },
    Wrong {
        behaviour: "names in filters must be in the schema's letter case",
        act: |asked, right| {
            let is_other = asked.parameter("filter").is_some_and(|filter| filter.starts_with("USERNAME"));
            if is_other { refuse(400, Some("invalidFilter")) } else { right(asked) }
        },
        caught_by: &["filter.names-ignore-case"],
    },
    Wrong {
        behaviour: "values in filters must be in the same letter case",
        act: |mut asked, right| {
            for (name, value) in &mut asked.parameters {
                if name == "filter" {
                    *value = value.replace("ANN@EXAMPLE", "NOBODY");
                }
            }
            right(asked)
        },
        caught_by: &[
            "filter.eq-ignores-case",
            "validator-users.filter-other-case",
            "validator-groups.filter-other-case",
            "okta-spec.capitals",
        ],
    },
    Wrong {
        behaviour: "a PATCH changes nothing",
        act: |mut asked, right| {
            if asked.method == "PATCH" {
                asked.method = "GET".to_owned();
                asked.headers.clear();
                asked.headers.insert("authorization", "Bearer s3cret-of-the-test".parse().unwrap());
            }
            right(asked)
        },
        caught_by: &[
            "patch.answer",
            "patch.replace",
            "patch.replace-sub-attribute",
            "patch.replace-without-path",
            "patch.replace-in-value-path",
            "patch.add",
            "patch.add-without-path",
            "patch.add-value",
            "patch.add-primary",
            "patch.remove",
            "patch.in-order",
            "patch.extension",
            "patch.remove-value",
            "patch-refusals.no-target",
            "patch-refusals.remove-without-path",
            "patch-refusals.malformed-path",
            "patch-refusals.unknown-operation",
            "patch-refusals.read-only",
            "patch-refusals.required",
            "patch-refusals.wrong-type",
            "patch-refusals.taken-user-name",
            "patch-refusals.all-or-nothing",
            "groups.add-member",
            "groups.remove-member",
            "groups.replace-members",
            "groups.remove-all",
            "case.patch-path",
            "life.with-patch",
            "etag.match-stale-patch",
            "entra-leaving.disable-with-flag",
        ],
    },
    Wrong {
        behaviour: "values are stored twice",
        act: |asked, right| {
            let mut reply = right(asked);
            for name in ["emails", "members"] {
                let values = reply.body.get_mut(name).and_then(Value::as_array_mut);
                values.into_iter().for_each(|values| values.extend(values.clone()));
            }
            reply
        },
        caught_by: &["patch.add-same-value", "groups.add-same-member", "entra-groups.add-again"],
    },
    Wrong {
        behaviour: "the operations before one that fails stay applied",
        act: |mut asked, right| {
            let mut first = asked.clone();
            if operations(&mut asked).len() > 1 {
                first.body["Operations"].as_array_mut().unwrap().truncate(1);
                right(first);
            }
            right(asked)
        },
        caught_by: &["patch-refusals.all-or-nothing"],
    },
    Wrong {
        behaviour: "refusals have no scimType",
        act: |asked, right| {
            let mut reply = right(asked);
            remove(&mut reply.body, "scimType");
            reply
        },
        caught_by: &[
            "create.duplicate",
            "filter.malformed",
            "paging.invalid-cursor",
            "patch-refusals.no-target",
            "patch-refusals.remove-without-path",
            "patch-refusals.read-only",
            "patch-refusals.required",
        ],
    },
    Wrong {
        behaviour: "a PUT changes nothing",
        act: |mut asked, right| {
            if asked.method == "PUT" {
                asked.method = "GET".to_owned();
                asked.headers.remove("if-match");
            }
            right(asked)
        },
        caught_by: &[
            "replace.replaces",
            "replace.values",
            "replace.taken-user-name",
            "groups.put",
            "etag.changes",
            "etag.match-stale-put",
            "life.with-put",
            "okta-users.put-deactivate",
            "okta-users.find-inactive",
            "okta-groups.put-members",
        ],
    },
    Wrong {
        behaviour: "read-only attributes in a PUT are refused",
        act: |asked, right| {
            let is_refused = asked.method == "PUT" && asked.body.get("id").is_some();
            if is_refused { refuse(400, Some("mutability")) } else { right(asked) }
        },
        caught_by: &[
            "replace.echo",
            "replace.read-only-is-ignored",
            "okta-users.put-echo",
            "okta-users.life",
        ],
    },
    Wrong {
        behaviour: "groups are answered without members",
        act: |asked, right| {
            let mut reply = right(asked);
            remove(&mut reply.body, "members");
            reply
        },
        caught_by: &["groups.create", "groups.put", "groups.add-member", "groups.remove-member"],
    },
    Wrong {
        behaviour: "users have no groups",
        act: |asked, right| {
            let mut reply = right(asked);
            remove(&mut reply.body, "groups");
            reply
        },
        caught_by: &["groups.groups-of-user"],
    },
    Wrong {
        behaviour: "groups in a user's POST are joined",
        act: |asked, right| {
            let group = asked.body.pointer("/groups/0/value").cloned();
            let mut joining = asked.clone();
            let reply = right(asked);
            if let Some(group) = group {
                joining.method = "PATCH".to_owned();
                joining.path = format!("/Groups/{}", group.as_str().unwrap());
                let value = json!([{ "value": reply.body["id"] }]);
                joining.body = json!({ "Operations": [{ "op": "add", "path": "members", "value": value }] });
                right(joining);
            }
            reply
        },
        caught_by: &["groups.groups-are-read-only"],
    },
    Wrong {
        behaviour: "no token is needed",
        act: |mut asked, right| {
            asked.headers.insert("authorization", "Bearer s3cret-of-the-test".parse().unwrap());
            right(asked)
        },
        caught_by: &[
            "auth.no-token",
            "auth.wrong-token",
            "auth.challenge",
            "auth.error-body",
            "auth.write",
            "okta-spec.wrong-token",
        ],
    },
    Wrong {
        behaviour: "a 401 does not say how to authenticate",
        act: |asked, right| {
            let mut reply = right(asked);
            reply.headers.retain(|(name, _)| name != "www-authenticate");
            reply
        },
        caught_by: &["auth.challenge"],
    },
    Wrong {
        behaviour: "errors have a number for a status and no detail",
        act: |asked, right| {
            let mut reply = right(asked);
            if reply.status >= 400 {
                reply.body["status"] = json!(reply.status);
                remove(&mut reply.body, "detail");
            }
            reply
        },
        caught_by: &[
            "errors.form",
            "errors.detail",
            "auth.error-body",
            "okta-users.duplicate",
            "okta-spec.not-found",
        ],
    },
    Wrong {
        behaviour: "what can't be read is left out",
        act: |mut asked, right| {
            if !asked.is_json {
                asked.is_json = true;
                asked.body = json!({ "userName": "half-read@example.com" });
            }
            if asked.body.get("name").is_some_and(Value::is_string) {
                remove(&mut asked.body, "name");
            }
            right(asked)
        },
        caught_by: &["errors.malformed-json", "errors.wrong-type"],
    },
    Wrong {
        behaviour: "names must be in the schema's letter case",
        act: |mut asked, right| {
            remove(&mut asked.body, "USERNAME");
            let is_other = operations(&mut asked).iter().any(|operation| operation["path"] == "DISPLAYNAME");
            if is_other { refuse(400, Some("invalidPath")) } else { right(asked) }
        },
        caught_by: &["case.body", "case.patch-path"],
    },
];
