//! Definitions of schemas on the command line, and what a SCIM client sees of them.

use std::fs;

use serde_json::{Value, json};

use crate::http::Tenant;
use crate::rollcall::Rollcall;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schemas.md");

/// The definitions in docs/schemas.md, as they stand there.
fn documented() -> Vec<String> {
    let text = fs::read_to_string(DOCUMENT).unwrap();
    let blocks = text.split("```toml\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

fn plain_tenant(rollcall: &Rollcall, name: &str) -> Tenant {
    let made = rollcall.run(&["tenant", "create", name, "--application", "plain"]).json();
    let token = rollcall.run(&["token", "create", "--tenant", name]).json();
    Tenant::new(made["url"].as_str().unwrap(), token["secret"].as_str().unwrap())
}

fn the_documented_definitions_work(rollcall: Rollcall) {
    const PRINT: &str = "urn:ietf:params:scim:schemas:extension:uniFLOWOnline:2.0:User";
    let resources = [
        ("/Users", json!({ "userName": "ana", PRINT: { "localUsername": "ana", "pin": "4711" } })),
        ("/Roles", json!({ "displayName": "Editor" })),
        (
            "/Devices",
            json!({ "serialNumber": "X1", "owner": { "value": "1" }, "addresses": [{ "value": "a" }] }),
        ),
    ];
    let serve = rollcall.serve();
    let documented = documented();
    assert_eq!(documented.len(), resources.len());
    for (number, (definition, (endpoint, resource))) in documented.iter().zip(resources).enumerate() {
        let (name, file) = (format!("t{number}"), rollcall.path("definition.toml"));
        fs::write(&file, definition).unwrap();
        let file = file.to_str().unwrap().to_owned();
        let tenant = plain_tenant(&rollcall, &name);
        let of = ["--tenant", name.as_str()];
        let schema = |verb: &[&str]| rollcall.run(&[&["schema"], verb, &of].concat()).json();
        assert_eq!(schema(&["show"])["version"], 0);
        assert_eq!(schema(&["check", &file])["applied"], false);
        assert_eq!(schema(&["show"])["version"], 0, "a check changes nothing");
        assert_eq!(schema(&["apply", &file])["version"], 1);
        assert_eq!(schema(&["apply", &file])["changed"], false);

        // The server that was running before sees it with the next request.
        let made = tenant.post(endpoint, &resource);
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(tenant.post(endpoint, &resource).status, 409);
        assert!(!tenant.get(endpoint).body.to_string().contains("4711"));

        // What is shown can be applied, as TOML and as JSON.
        let shown = rollcall.tell(&[&["schema", "show"][..], &of].concat()).stdout;
        fs::write(&file, &shown).unwrap();
        assert_eq!(schema(&["apply", &file])["changed"], false, "{shown}");
        let json = rollcall.path("definition.json");
        fs::write(&json, schema(&["show"])["definition"].to_string()).unwrap();
        assert_eq!(schema(&["apply", json.to_str().unwrap()])["changed"], false);
        assert_eq!(schema(&["reindex"])["version"], 1);
    }
    let reset = ["schema", "reset", "--tenant", "t0"];
    rollcall.run(&reset).refused(&["uniFLOWOnline", "resources: 1"], "nothing was changed");
    assert_eq!(rollcall.run(&[&reset[..], &["--yes"]].concat()).json()["types"][0]["stripped"], 1);
    let reset = ["schema", "reset", "--tenant", "t1", "--yes"];
    rollcall.run(&reset).refused(&["Role", "has resources"], "nothing was changed");
    assert_eq!(serve.terminate().code(), Some(0));
}

#[test]
fn the_documented_definitions_work_on_sqlite() {
    the_documented_definitions_work(Rollcall::sqlite());
}

#[test]
fn the_documented_definitions_work_on_postgres() {
    the_documented_definitions_work(Rollcall::postgres());
}

#[test]
fn a_broken_definition_changes_nothing() {
    let rollcall = Rollcall::sqlite();
    plain_tenant(&rollcall, "contoso");
    let definition = documented().swap_remove(1);
    let file = rollcall.path("definition.toml");
    for (from, to, told) in [
        ("[[schemas]]", "[[schemas]", &["definition.toml", "line 1"][..]),
        ("required = true", "required = 7", &["line 6", "boolean"]),
        ("description = \"Roles", "descripton = \"Roles", &["a mistake", "resourceTypes.0.descripton"]),
        ("\"/Roles\"", "\"/Users\"", &["resource type Role", "/Users is that of User"]),
        ("{ name = \"description\" }", "{ name = \"id\" }, { name = \"a.b\" }", &["2 mistakes", "a.b", "id"]),
    ] {
        assert!(definition.contains(from), "{from}");
        fs::write(&file, definition.replacen(from, to, 1)).unwrap();
        for verb in ["check", "apply"] {
            let outcome = rollcall.run(&["schema", verb, file.to_str().unwrap(), "--tenant", "contoso"]);
            outcome.refused(told, "nothing was changed");
        }
    }
    rollcall.run(&["schema", "apply", "missing.toml", "--tenant", "contoso"]).refused(&["missing.toml"], "");
    let shown = rollcall.run(&["schema", "show", "--tenant", "contoso"]).json();
    assert_eq!(
        (&shown["version"], &shown["definition"]),
        (&json!(0), &Value::Object(serde_json::Map::new()))
    );
}
