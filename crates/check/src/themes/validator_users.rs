//! The tests about users of Microsoft's public SCIM validator, in the shapes in which it sends them.

use scim::builtin::{ENTERPRISE_USER_URN, USER_URN};
use serde_json::{Value, json};

use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::Verdict;
use crate::json::at;
use crate::probe::Probe;
use crate::themes::entra::{patch_gives, patched, user, user_body};
use crate::themes::validator::Kind;

const USERS: Kind = Kind { endpoint: "/Users", name: "userName", body: user_body };

pub(super) const THEME: Theme = Theme {
    name: "validator-users",
    client: Client::Entra,
    needs: &[],
    checks: &[
        Check {
            name: "create",
            requirement: Requirement::Client,
            source: "SCIM validator, test 1",
            rule: "A user with every attribute is created, and a filter answers what was sent.",
            fix: "Store all attributes of the core and enterprise schemas as they are sent.",
            run: |probe| Box::pin(create(probe)),
        },
        Check {
            name: "create-duplicate",
            requirement: Requirement::Client,
            source: "SCIM validator, test 2",
            rule: "The same POST again is refused with 409.",
            fix: "Answer 409 when the userName is in use.",
            run: |probe| Box::pin(USERS.create_duplicate(probe)),
        },
        Check {
            name: "filter",
            requirement: Requirement::Client,
            source: "SCIM validator, test 3",
            rule: "A filter answers the user with id, schemas and meta.resourceType.",
            fix: "Return whole resources from queries.",
            run: |probe| Box::pin(filter(probe)),
        },
        Check {
            name: "filter-none",
            requirement: Requirement::Client,
            source: "SCIM validator, test 4",
            rule: "A filter without a match answers totalResults 0.",
            fix: "Answer 200 and an empty list.",
            run: |probe| Box::pin(USERS.filter_none(probe)),
        },
        Check {
            name: "filter-other-case",
            requirement: Requirement::Client,
            source: "SCIM validator, test 5",
            rule: "A filter in other letter case matches userName.",
            fix: "Compare userName case-insensitively.",
            run: |probe| Box::pin(USERS.filter_other_case(probe)),
        },
        Check {
            name: "replace-verbose",
            requirement: Requirement::Client,
            source: "SCIM validator, test 6",
            rule: "One PATCH with a replace for each attribute is applied.",
            fix: "Apply each operation, value paths included.",
            run: |probe| Box::pin(verbose(probe, "replace")),
        },
        Check {
            name: "replace-user-name",
            requirement: Requirement::Client,
            source: "SCIM validator, test 7",
            rule: "A replace without path changes userName.",
            fix: "Apply each member of the value.",
            run: |probe| Box::pin(USERS.replace(probe, "userName")),
        },
        Check {
            name: "disable",
            requirement: Requirement::Client,
            source: "SCIM validator, test 8",
            rule: "A user who is disabled is still answered.",
            fix: "Return users who are not active.",
            run: |probe| Box::pin(disable(probe)),
        },
        Check {
            name: "add-verbose",
            requirement: Requirement::Client,
            source: "SCIM validator, test 9",
            rule: "One PATCH with an add for each attribute makes the values that are missing.",
            fix: "Make values that a filter in brackets does not match.",
            run: |probe| Box::pin(verbose(probe, "add")),
        },
        Check {
            name: "add-manager",
            requirement: Requirement::Client,
            source: "SCIM validator, test 10",
            rule: "The manager is added by URN.",
            fix: "Store manager.value.",
            run: |probe| Box::pin(manager(probe, "add")),
        },
        Check {
            name: "replace-manager",
            requirement: Requirement::Client,
            source: "SCIM validator, test 11",
            rule: "The manager is replaced by URN.",
            fix: "Store manager.value.",
            run: |probe| Box::pin(manager(probe, "replace")),
        },
        Check {
            name: "remove-manager",
            requirement: Requirement::Client,
            source: "SCIM validator, test 12",
            rule: "A manager with an empty value is none.",
            fix: "Take {\"value\":\"\"} for no manager.",
            run: |probe| Box::pin(remove_manager(probe)),
        },
        Check {
            name: "delete",
            requirement: Requirement::Client,
            source: "SCIM validator, test 13",
            rule: "A user who was deleted is answered with 404.",
            fix: "Answer 404 after a DELETE.",
            run: |probe| Box::pin(USERS.delete(probe)),
        },
        Check {
            name: "several-attributes",
            requirement: Requirement::Should,
            source: "SCIM validator, preview 1",
            rule: "One PATCH may remove, add and replace different attributes.",
            fix: "Apply the operations in their order.",
            run: |probe| Box::pin(several_attributes(probe)),
        },
        Check {
            name: "same-attribute",
            requirement: Requirement::Should,
            source: "SCIM validator, preview 2",
            rule: "One PATCH may remove, add and replace one attribute.",
            fix: "Apply the operations in their order.",
            run: |probe| Box::pin(same_attribute(probe)),
        },
        Check {
            name: "delete-nobody",
            requirement: Requirement::Should,
            source: "SCIM validator, preview 3",
            rule: "A DELETE of nobody is answered with 404.",
            fix: "Answer 404.",
            run: |probe| Box::pin(USERS.delete_nothing(probe)),
        },
        Check {
            name: "delete-twice",
            requirement: Requirement::Should,
            source: "SCIM validator, preview 4",
            rule: "A second DELETE is answered with 404.",
            fix: "Answer 404.",
            run: |probe| Box::pin(USERS.delete_twice(probe)),
        },
    ],
};

/// The attributes that the validator changes one by one, and how it names them in a path.
fn attributes() -> Vec<(String, Value)> {
    let core = [
        ("active", json!(true)),
        ("displayName", json!("Berta Berg")),
        ("title", json!("Head")),
        ("emails[type eq \"work\"].value", json!("berta@example.com")),
        ("emails[type eq \"work\"].primary", json!(true)),
        ("preferredLanguage", json!("bs-Latn-BA")),
        ("name.givenName", json!("Berta")),
        ("name.familyName", json!("Berg")),
        ("name.formatted", json!("Berta Berg")),
        ("name.middleName", json!("B")),
        ("name.honorificPrefix", json!("Dr")),
        ("name.honorificSuffix", json!("III")),
        ("addresses[type eq \"work\"].formatted", json!("1 Main St")),
        ("addresses[type eq \"work\"].streetAddress", json!("1 Main St")),
        ("addresses[type eq \"work\"].locality", json!("Omaha")),
        ("addresses[type eq \"work\"].region", json!("NE")),
        ("addresses[type eq \"work\"].postalCode", json!("68102")),
        ("addresses[type eq \"work\"].primary", json!(true)),
        ("addresses[type eq \"work\"].country", json!("US")),
        ("phoneNumbers[type eq \"work\"].value", json!("1")),
        ("phoneNumbers[type eq \"work\"].primary", json!(true)),
        ("phoneNumbers[type eq \"mobile\"].value", json!("2")),
        ("phoneNumbers[type eq \"fax\"].value", json!("3")),
        ("roles[primary eq \"True\"].display", json!("Reader")),
        ("roles[primary eq \"True\"].value", json!("reader")),
        ("roles[primary eq \"True\"].type", json!("app")),
        ("userType", json!("Employee")),
        ("nickName", json!("Babs")),
        ("locale", json!("en-US")),
        ("timezone", json!("America/Chicago")),
        ("profileUrl", json!("some text")),
    ];
    let enterprise = ["employeeNumber", "department", "costCenter", "organization", "division"];
    let enterprise = enterprise.map(|name| (format!("{ENTERPRISE_USER_URN}:{name}"), json!(name)));
    core.map(|(path, value)| (path.to_owned(), value)).into_iter().chain(enterprise).collect()
}

fn full_body(probe: &mut Probe) -> Value {
    let name = probe.name();
    json!({
        "schemas": [USER_URN, ENTERPRISE_USER_URN],
        "userName": name, "active": true, "displayName": "Ann Rollcall-Check", "title": "Clerk",
        "emails": [{ "type": "work", "value": name, "primary": true }],
        "preferredLanguage": "en-US",
        "name": {
            "givenName": "Ann", "familyName": "Rollcall-Check", "formatted": "Ann Rollcall-Check",
            "middleName": "A", "honorificPrefix": "Ms", "honorificSuffix": "II",
        },
        "addresses": [{
            "type": "work", "formatted": "2 Side St", "streetAddress": "2 Side St", "locality": "Lincoln",
            "region": "NE", "postalCode": "68501", "primary": true, "country": "US",
        }],
        "phoneNumbers": [
            { "type": "work", "value": "4", "primary": true }, { "type": "mobile", "value": "5" },
            { "type": "fax", "value": "6" },
        ],
        ENTERPRISE_USER_URN: {
            "employeeNumber": "7", "department": "Sales", "costCenter": "8", "organization": "Example",
            "division": "Retail", "manager": { "value": "nobody in particular" },
        },
        "roles": [{ "primary": "True", "display": "Writer", "value": "writer", "type": "app" }],
        "userType": "Guest", "nickName": "Annie", "locale": "de-DE", "timezone": "Europe/Berlin",
        "profileUrl": "any text",
    })
}

async fn create(probe: &mut Probe) -> Verdict {
    let body = full_body(probe);
    probe.post("/Users", &body).await?.is(201)?.has_some("/id")?;
    let filter = format!("userName eq {}", at(&body, "userName"));
    let answer = probe.find("/Users", &filter).await?;
    answer.list()?;
    for (name, value) in body.as_object().into_iter().flatten() {
        if !["schemas", "roles"].contains(&name.as_str()) {
            answer.has_at(&format!("/Resources/0/{name}"), value)?;
        }
    }
    answer.has_at("/Resources/0/roles/0/value", &json!("writer")).map(drop)
}

async fn filter(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    let answer = probe.find("/Users", &USERS.named(&user.name)).await?;
    answer.list()?.finds(&[&user.id])?;
    answer.has_some("/Resources/0/schemas")?;
    answer.has_at("/Resources/0/meta/resourceType", &json!("User")).map(drop)
}

async fn verbose(probe: &mut Probe, op: &str) -> Verdict {
    let user = match op {
        "add" => {
            let body = json!({ "schemas": [USER_URN], "userName": probe.name() });
            probe.fresh("/Users", body).await?
        }
        _ => {
            let body = full_body(probe);
            probe.fresh("/Users", body).await?
        }
    };
    let operation = |(path, value)| json!({ "op": op, "path": path, "value": value });
    let operations: Vec<Value> = attributes().into_iter().map(operation).collect();
    let answer = patched(probe, &user, json!(operations)).await?;
    for (place, value) in [
        ("/displayName", json!("Berta Berg")),
        ("/name/honorificSuffix", json!("III")),
        ("/emails", json!([{ "type": "work", "value": "berta@example.com" }])),
        ("/addresses", json!([{ "type": "work", "locality": "Omaha", "country": "US" }])),
        (
            "/phoneNumbers",
            json!([
                { "type": "work", "value": "1" }, { "type": "mobile", "value": "2" },
                { "type": "fax", "value": "3" },
            ]),
        ),
        ("/roles", json!([{ "display": "Reader", "value": "reader" }])),
    ] {
        answer.has_at(place, &value)?;
    }
    let division = format!("/{ENTERPRISE_USER_URN}/division");
    answer.has_at(&division, &json!("division")).map(drop)
}

async fn disable(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    let operations = json!([{ "op": "replace", "path": "active", "value": false }]);
    patch_gives(probe, &user, operations, &[("/active", json!(false))]).await?;
    probe.find("/Users", &USERS.named(&user.name)).await?.list()?.finds(&[&user.id])
}

const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
const MANAGER_VALUE: &str = "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/manager/value";

async fn manager(probe: &mut Probe, op: &str) -> Verdict {
    let (user, manager) = (user(probe).await?, user(probe).await?);
    let operations = json!([{ "op": op, "path": MANAGER, "value": { "value": manager.id } }]);
    patch_gives(probe, &user, operations, &[(MANAGER_VALUE, json!(manager.id))]).await
}

async fn remove_manager(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    let operations = json!([
        { "op": "add", "path": MANAGER, "value": { "value": user.id } },
        { "op": "replace", "path": MANAGER, "value": { "value": "" } },
    ]);
    patched(probe, &user, operations).await?.has_not(MANAGER_VALUE).map(drop)
}

async fn several_attributes(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    let operations = json!([
        { "op": "remove", "path": "preferredLanguage" },
        { "op": "add", "path": "externalId", "value": user.name },
        { "op": "replace", "path": "displayName", "value": "Berta" },
    ]);
    let answer = patched(probe, &user, operations).await?;
    answer.has_not("/preferredLanguage")?.has_at("/externalId", &json!(user.name))?;
    answer.has_at("/displayName", &json!("Berta")).map(drop)
}

async fn same_attribute(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    let operations = json!([
        { "op": "remove", "path": "displayName" },
        { "op": "add", "path": "displayName", "value": "Berta" },
        { "op": "replace", "path": "displayName", "value": "Cleo" },
    ]);
    patch_gives(probe, &user, operations, &[("/displayName", json!("Cleo"))]).await
}
