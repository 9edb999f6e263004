//! How Entra tests a connection, and makes and changes users.

use scim::builtin::{ENTERPRISE_USER_URN, USER_URN};
use serde_json::{Value, json};

use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::Verdict;
use crate::json::{at, elements, shown};
use crate::probe::Probe;
use crate::themes::entra::{patch_gives, patched, user, user_body};

pub(super) const THEME: Theme = Theme {
    name: "entra-users",
    client: Client::Entra,
    needs: &[],
    checks: &[
        Check {
            name: "test-connection",
            requirement: Requirement::Client,
            source: "Entra: Test Connection",
            rule: "Looking for a user who does not exist answers 200 and an empty list.",
            fix: "Answer a filter without a match with 200 and totalResults 0; a 404 makes Entra refuse the \
                connection.",
            run: |probe| Box::pin(test_connection(probe)),
        },
        Check {
            name: "flag-in-tenant-url",
            requirement: Requirement::Client,
            source: "Entra: aadOptscim062020",
            rule: "A behaviour flag in the query of the Tenant URL is tolerated.",
            fix: "Ignore query parameters that you do not know.",
            run: |probe| Box::pin(flag_in_tenant_url(probe)),
        },
        Check {
            name: "schemas",
            requirement: Requirement::Client,
            source: "Entra: schema discovery",
            rule: "Schemas is a list response without nulls.",
            fix: "Leave members without a value out of /Schemas.",
            run: |probe| Box::pin(schemas(probe)),
        },
        Check {
            name: "create",
            requirement: Requirement::Client,
            source: "Entra: create",
            rule: "A POST with externalId, an empty roles list and meta.resourceType makes the user.",
            fix: "Accept externalId, roles: [] and meta in a POST.",
            run: |probe| Box::pin(create(probe)),
        },
        Check {
            name: "create-with-nulls",
            requirement: Requirement::Client,
            source: "Entra: create",
            rule: "Nulls for attributes without a value are tolerated.",
            fix: "Take null for an attribute that is missing.",
            run: |probe| Box::pin(create_with_nulls(probe)),
        },
        Check {
            name: "misspelt-extension",
            requirement: Requirement::Client,
            source: "Entra: create",
            rule: "The enterprise URN as older requests spell it, without a colon before User, is tolerated.",
            fix: "Take urn:…:enterprise:2.0User for the enterprise extension, or ignore it.",
            run: |probe| Box::pin(misspelt_extension(probe)),
        },
        Check {
            name: "unnamed-extension",
            requirement: Requirement::Client,
            source: "Entra: custom extensions",
            rule: "An extension whose URN schemas does not name is stored.",
            fix: "Take extensions from the body's members, not from schemas.",
            run: |probe| Box::pin(unnamed_extension(probe)),
        },
        Check {
            name: "find",
            requirement: Requirement::Client,
            source: "Entra: matching",
            rule: "The user is found by userName and by externalId.",
            fix: "Apply filters on the attributes that users are matched by.",
            run: |probe| Box::pin(find(probe)),
        },
        Check {
            name: "capital-operations",
            requirement: Requirement::Client,
            source: "Entra: update",
            rule: "Operations called Add, Replace and Remove are applied.",
            fix: "Read op case-insensitively.",
            run: |probe| Box::pin(capital_operations(probe)),
        },
        Check {
            name: "value-path",
            requirement: Requirement::Client,
            source: "Entra: update",
            rule: "Replace on emails[type eq \"work\"].value changes that address.",
            fix: "Apply value paths.",
            run: |probe| Box::pin(value_path(probe)),
        },
        Check {
            name: "value-path-creates",
            requirement: Requirement::Client,
            source: "Entra: update",
            rule: "Add on a value path that matches nothing makes the value.",
            fix: "Make the value with what the filter asks for, such as its type.",
            run: |probe| Box::pin(value_path_creates(probe)),
        },
        Check {
            name: "boolean-as-text",
            requirement: Requirement::Client,
            source: "Entra: roles",
            rule: "A value path that compares a boolean with text, primary eq \"True\", is understood.",
            fix: "Take \"True\" and \"False\" for booleans where the schema has a boolean.",
            run: |probe| Box::pin(boolean_as_text(probe)),
        },
        Check {
            name: "extension-path",
            requirement: Requirement::Client,
            source: "Entra: update",
            rule: "A path of URN, colon and name changes an enterprise attribute.",
            fix: "Read paths that begin with a URN.",
            run: |probe| Box::pin(extension_path(probe)),
        },
        Check {
            name: "flag-compact",
            requirement: Requirement::Client,
            source: "Entra: aadOptscim062020",
            rule: "A replace without path whose names are dotted or begin with a URN changes these \
                attributes.",
            fix: "Read each name in the value as a path.",
            run: |probe| Box::pin(flag_compact(probe)),
        },
        Check {
            name: "add-and-replace",
            requirement: Requirement::Client,
            source: "Entra: update",
            rule: "Add and Replace do the same, whether there was a value or not.",
            fix: "Treat add and replace of a single-valued attribute alike.",
            run: |probe| Box::pin(add_and_replace(probe)),
        },
        Check {
            name: "manager-as-text",
            requirement: Requirement::Client,
            source: "Entra: manager",
            rule: "A manager sent as plain text is stored, and answered as an object.",
            fix: "Store the text as manager.value, and answer an object.",
            run: |probe| Box::pin(manager_as_text(probe)),
        },
        Check {
            name: "manager-as-list",
            requirement: Requirement::Client,
            source: "Entra: manager",
            rule: "A manager sent as a list of one object is stored.",
            fix: "Take a list of one for its element where the attribute is single-valued.",
            run: |probe| Box::pin(manager_as_list(probe)),
        },
        Check {
            name: "manager-removed",
            requirement: Requirement::Client,
            source: "Entra: manager",
            rule: "An empty text, or an object with an empty value, removes the manager.",
            fix: "Take \"\" and {\"value\":\"\"} for no manager.",
            run: |probe| Box::pin(manager_removed(probe)),
        },
        Check {
            name: "roles-as-text",
            requirement: Requirement::Client,
            source: "Entra: roles",
            rule: "Roles whose value is JSON in a text are accepted.",
            fix: "Store the text as the role's value.",
            run: |probe| Box::pin(roles_as_text(probe)),
        },
    ],
};

async fn test_connection(probe: &mut Probe) -> Verdict {
    let nobody = probe.unknown_id();
    probe.find("/Users", &format!("userName eq {}", json!(nobody))).await?.list()?.finds(&[])?;
    probe.find("/Users", &format!("externalId eq {}", json!(nobody))).await?.list()?.finds(&[])
}

async fn flag_in_tenant_url(probe: &mut Probe) -> Verdict {
    let filter = format!("userName eq {}", json!(probe.unknown_id()));
    let parameters = [("filter", filter.as_str()), ("aadOptscim062020", "")];
    probe.ask("/Users", &parameters).await?.list()?.finds(&[])
}

async fn schemas(probe: &mut Probe) -> Verdict {
    let answer = probe.get("/Schemas").await?;
    for schema in answer.list()?.resources {
        for attribute in elements(at(schema, "/attributes")) {
            let nulls = attribute.as_object().is_some_and(|members| members.values().any(Value::is_null));
            answer.that(!nulls, "no null in an attribute's definition", shown(attribute))?;
        }
    }
    Ok(())
}

async fn create(probe: &mut Probe) -> Verdict {
    let body = user_body(probe);
    let answer = probe.post("/Users", &body).await?;
    answer.is(201)?.has_some("/id")?;
    for name in ["externalId", "userName", "active"] {
        answer.has_at(name, at(&body, name))?;
    }
    Ok(())
}

async fn create_with_nulls(probe: &mut Probe) -> Verdict {
    let mut body = user_body(probe);
    let names = ["addresses", "phoneNumbers", "preferredLanguage", "title"];
    if let Value::Object(body) = &mut body {
        body.extend(names.map(|name| (name.to_owned(), Value::Null)));
    }
    probe.post("/Users", &body).await?.is(201)?.has_not("/title").map(drop)
}

async fn misspelt_extension(probe: &mut Probe) -> Verdict {
    let mut body = user_body(probe);
    let misspelt = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User";
    if let Value::Object(body) = &mut body {
        body.insert("schemas".to_owned(), json!([USER_URN, misspelt]));
        body.insert(misspelt.to_owned(), json!({ "department": "Sales" }));
    }
    probe.post("/Users", &body).await?.is(201)?.has_some("/id").map(drop)
}

async fn unnamed_extension(probe: &mut Probe) -> Verdict {
    let mut body = user_body(probe);
    if let Value::Object(body) = &mut body {
        body.insert("schemas".to_owned(), json!([USER_URN]));
        body.insert(ENTERPRISE_USER_URN.to_owned(), json!({ "department": "Sales" }));
    }
    let user = probe.fresh("/Users", body).await?;
    let place = format!("/{ENTERPRISE_USER_URN}/department");
    probe.get(&user.path).await?.is(200)?.has_at(&place, &json!("Sales")).map(drop)
}

async fn find(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    for attribute in ["userName", "externalId"] {
        let filter = format!("{attribute} eq {}", json!(user.name));
        probe.find("/Users", &filter).await?.list()?.finds(&[&user.id])?;
    }
    Ok(())
}

async fn capital_operations(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    let operations = json!([
        { "op": "Add", "path": "nickName", "value": "Babs" },
        { "op": "Replace", "path": "displayName", "value": "Berta" },
        { "op": "Replace", "path": "name.familyName", "value": "Berg" },
    ]);
    let expected =
        [("/nickName", json!("Babs")), ("/displayName", json!("Berta")), ("/name/familyName", json!("Berg"))];
    patch_gives(probe, &user, operations, &expected).await
}

async fn value_path(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    let path = "emails[type eq \"work\"].value";
    let operations = json!([{ "op": "Replace", "path": path, "value": "berta@example.com" }]);
    patch_gives(probe, &user, operations, &[("/emails/0/value", json!("berta@example.com"))]).await
}

async fn value_path_creates(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    let operations = json!([
        { "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "55555555555" },
        { "op": "Replace", "path": "addresses[type eq \"work\"].locality", "value": "Omaha" },
    ]);
    let expected = [
        ("/phoneNumbers", json!([{ "type": "mobile", "value": "55555555555" }])),
        ("/addresses", json!([{ "type": "work", "locality": "Omaha" }])),
    ];
    patch_gives(probe, &user, operations, &expected).await
}

async fn boolean_as_text(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    let operations = json!([
        { "op": "Add", "path": "roles[primary eq \"True\"].display", "value": "Reader" },
        { "op": "Add", "path": "roles[primary eq \"True\"].value", "value": "reader" },
    ]);
    let expected = [("/roles", json!([{ "display": "Reader", "value": "reader" }]))];
    patch_gives(probe, &user, operations, &expected).await
}

async fn extension_path(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    let path = format!("{ENTERPRISE_USER_URN}:employeeNumber");
    let operations = json!([{ "op": "Replace", "path": path, "value": "4711" }]);
    let place = format!("/{ENTERPRISE_USER_URN}/employeeNumber");
    patch_gives(probe, &user, operations, &[(place.as_str(), json!("4711"))]).await
}

async fn flag_compact(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    let number = format!("{ENTERPRISE_USER_URN}:employeeNumber");
    let value = json!({
        "displayName": "Berta", "name.givenName": "Berta", "name.familyName": "Berg", number: "4711",
    });
    let operations = json!([
        { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "berta@example.com" },
        { "op": "replace", "value": value },
    ]);
    let place = format!("/{ENTERPRISE_USER_URN}/employeeNumber");
    let expected = [
        ("/displayName", json!("Berta")),
        ("/name/givenName", json!("Berta")),
        ("/name/familyName", json!("Berg")),
        ("/emails/0/value", json!("berta@example.com")),
        (place.as_str(), json!("4711")),
    ];
    patch_gives(probe, &user, operations, &expected).await
}

async fn add_and_replace(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    for (op, title) in [("Replace", "Clerk"), ("Add", "Head")] {
        let operations = json!([{ "op": op, "path": "title", "value": title }]);
        patch_gives(probe, &user, operations, &[("/title", json!(title))]).await?;
    }
    Ok(())
}

const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
const MANAGER_VALUE: &str = "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/manager/value";

async fn manager_as_text(probe: &mut Probe) -> Verdict {
    let (user, manager) = (user(probe).await?, user(probe).await?);
    let operations = json!([{ "op": "Add", "path": MANAGER, "value": manager.id }]);
    patch_gives(probe, &user, operations, &[(MANAGER_VALUE, json!(manager.id))]).await
}

async fn manager_as_list(probe: &mut Probe) -> Verdict {
    let (user, manager) = (user(probe).await?, user(probe).await?);
    let value = json!([{ "$ref": null, "value": manager.id }]);
    let operations = json!([{ "op": "Add", "path": MANAGER, "value": value }]);
    patch_gives(probe, &user, operations, &[(MANAGER_VALUE, json!(manager.id))]).await
}

async fn manager_removed(probe: &mut Probe) -> Verdict {
    let (user, manager) = (user(probe).await?, user(probe).await?);
    for nobody in [json!(""), json!({ "value": "" })] {
        let set = json!([{ "op": "Add", "path": MANAGER, "value": { "value": manager.id } }]);
        patch_gives(probe, &user, set, &[(MANAGER_VALUE, json!(manager.id))]).await?;
        let removed =
            patched(probe, &user, json!([{ "op": "Replace", "path": MANAGER, "value": nobody }])).await?;
        removed.has_not(MANAGER_VALUE)?;
    }
    Ok(())
}

async fn roles_as_text(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    let role = json!({ "id": "1", "value": "25", "displayName": "Reader" }).to_string();
    let operations = json!([{ "op": "Add", "path": "roles", "value": [{ "value": role }] }]);
    patch_gives(probe, &user, operations, &[("/roles/0/value", json!(role))]).await
}
