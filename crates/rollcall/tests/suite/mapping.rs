//! Expressions tried out, and jobs that come from Entra and go there.

use std::fs;

use serde_json::json;

use crate::company::{person, write};
use crate::rollcall::Rollcall;

const SOURCE: &str = r#"ToLower(Join(".", [givenName], [surname]))"#;

#[test]
fn an_expression_is_evaluated_on_a_user_of_a_job() {
    let mut rollcall = Rollcall::sqlite();
    let _serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    write(&rollcall.path("directory"), &[person(1, "Ana"), person(2, "Bo")]);
    rollcall.apply(&rollcall.job(&tenant)).json();
    let on = ["--job", "contoso", "--on", "ana@contoso.com"];
    let told = rollcall.run(&[&["expression", SOURCE], &on[..]].concat()).json();
    assert_eq!((&told["value"], &told["expression"]), (&json!("ana.example"), &json!(SOURCE)));
    assert_eq!(
        told["trace"]["children"][0]["children"][1],
        json!({ "expression": "[givenName]", "value": "Ana" })
    );
    let computed = rollcall.run(&[&["expression", "Not([IsSoftDeleted])"], &on[..]].concat()).json();
    assert_eq!(computed["value"], true, "what the engine computes is there too");
    let nobody = rollcall.run(&["expression", SOURCE, "--job", "contoso", "--on", "cy@contoso.com"]);
    nobody.refused(&["cy@contoso.com"], "");
}

#[test]
fn an_expression_is_evaluated_on_an_object_in_a_file() {
    let rollcall = Rollcall::sqlite();
    fs::write(rollcall.path("ana.json"), r#"{"givenName": "Ana", "surname": "Ng", "pin": "1234"}"#).unwrap();
    let told = rollcall.tell(&["expression", SOURCE, "--object", "ana.json"]);
    assert_eq!(
        told.stdout,
        "\"ana.ng\"\n\n\
         ToLower(Join(\".\", [givenName], [surname])) = \"ana.ng\"\n  \
           Join(\".\", [givenName], [surname]) = \"Ana.Ng\"\n    \
             \".\" = \".\"\n    \
             [givenName] = \"Ana\"\n    \
             [surname] = \"Ng\"\n"
    );
    let redacted = rollcall.tell(&["expression", r#"Append(Redact([pin]), "!")"#, "--object", "ana.json"]);
    assert!(redacted.stdout.contains("[Redact]") && !redacted.stdout.contains("1234"), "{redacted:?}");
    assert_eq!(rollcall.run(&["expression", "BitAnd(&HF, &HF7)"]).json()["value"], 7);
    assert!(!rollcall.path("rollcall.db").exists(), "it needs no installation");
}

#[test]
fn what_is_wrong_with_an_expression_is_shown_with_its_place() {
    let rollcall = Rollcall::sqlite();
    let broken = rollcall.tell(&["expression", r#"Join(" ", [a] & [b])"#]);
    assert_eq!(
        broken.stderr,
        "error: the expression can't be read\n\
         Join(\" \", [a] & [b])\n              ^ expected , or )\n\
         hint: use Append or Join to put texts together\n"
    );
    rollcall
        .run(&["expression", "CNum(\"x\")"])
        .refused(&["CNum(\"x\"): value is not a whole number"], "try a part");
    fs::write(rollcall.path("list.json"), "[]").unwrap();
    rollcall
        .run(&["expression", "Now()", "--object", "list.json"])
        .refused(&["list.json"], "one JSON object");
}

#[test]
fn a_broken_source_in_a_job_file_is_shown_with_its_place() {
    let rollcall = Rollcall::sqlite();
    let text = "name = \"a\"\nsource = { kind = \"file\", path = \"d\" }\n\
                target = { kind = \"scim\", url = \"https://a.example.com\", token = \"t\" }\n\
                [users]\npreset = \"workplace\"\nmappings = [{ target = \"title\", source = \"Joyn([a])\" }]\n";
    fs::write(rollcall.path("job.toml"), text).unwrap();
    let refused = rollcall.tell(&["job", "apply", "job.toml"]);
    for part in ["line 6", "Joyn([a])\n^ there is no function Joyn", "did you mean Join?"] {
        assert!(refused.stderr.contains(part), "{part:?} is not in {}", refused.stderr);
    }
}

#[test]
fn the_functions_are_listed() {
    let rollcall = Rollcall::sqlite();
    let functions = rollcall.run(&["expression", "--functions"]).json();
    let join = json!({ "name": "Join", "edition": "provisioning", "parameters": [
        { "name": "separator", "required": true, "allowMultipleOccurrences": false },
        { "name": "source", "required": true, "allowMultipleOccurrences": true },
    ] });
    assert!(functions["functions"].as_array().unwrap().contains(&join), "{functions}");
    let told = rollcall.tell(&["expression", "--functions"]).stdout;
    assert!(told.lines().any(|line| line.starts_with("Len(string)") && line.ends_with("Connect")), "{told}");
}

const SCHEMA: &str = r#"{"id": "scim.1", "synchronizationRules": [{"id": "r", "priority": 1, "objectMappings": [
  {"name": "Users", "enabled": true, "flowTypes": "Add,Update", "sourceObjectName": "User", "targetObjectName": "User",
   "scope": {"groups": [{"name": "Sales", "clauses": [
     {"operatorName": "EQUALS", "sourceOperandName": "department", "targetOperand": {"values": ["Sales"]}}]}]},
   "attributeMappings": [
     {"targetAttributeName": "userName", "matchingPriority": 1, "flowType": "Always", "flowBehavior": "FlowWhenChanged",
      "source": {"expression": "[userPrincipalName]", "name": "userPrincipalName", "type": "Attribute"}},
     {"targetAttributeName": "title", "matchingPriority": 0, "flowType": "Always",
      "source": {"expression": "SelectUniqueValue([a], [b])", "name": "SelectUniqueValue", "type": "Function"}}]}]}]}"#;

#[test]
fn a_job_comes_from_entra_and_goes_back() {
    let rollcall = Rollcall::sqlite();
    fs::write(rollcall.path("schema.json"), SCHEMA).unwrap();
    let url = "https://scim.contoso.com/scim/v2";
    let imported = rollcall.tell(&["job", "import-entra", "schema.json", "--name", "contoso", "--url", url]);
    assert!(imported.status.success(), "{imported:?}");
    assert!(
        imported.stderr.contains("attributeMappings[1] (title): the mapping is not carried over"),
        "{imported:?}"
    );
    assert!(imported.stderr.contains("not for SCIM applications"), "{imported:?}");
    fs::write(rollcall.path("job.toml"), &imported.stdout).unwrap();
    rollcall.apply(&rollcall.path("job.toml")).json();
    let told = rollcall.tell(&["job", "export-entra", "contoso"]);
    assert!(told.stderr.contains("warning: directories: "), "{told:?}");
    let exported = rollcall.run(&["job", "export-entra", "contoso"]).json();
    assert_eq!(exported["schema"], serde_json::from_str::<serde_json::Value>(&told.stdout).unwrap());
    let users = &exported["schema"]["synchronizationRules"][0]["objectMappings"][0];
    assert_eq!(users["flowTypes"], "Add,Update");
    assert_eq!(users["scope"]["groups"][0]["clauses"][0]["targetOperand"]["values"], json!(["Sales"]));
    assert_eq!(users["attributeMappings"][0]["targetAttributeName"], "userName");
    assert_eq!(users["attributeMappings"].as_array().unwrap().len(), 1);
}

#[test]
fn what_can_not_be_imported_is_refused_or_told() {
    let rollcall = Rollcall::sqlite();
    for (schema, told) in [
        ("{}", "synchronizationRules"),
        ("[]", "schema.json"),
        (r#"{"synchronizationRules":[]}"#, "maps no users"),
    ] {
        fs::write(rollcall.path("schema.json"), schema).unwrap();
        rollcall.run(&["job", "import-entra", "schema.json"]).refused(&[told], "synchronization/jobs");
    }
    let no_match =
        r#"{"synchronizationRules":[{"objectMappings":[{"name":"U","sourceObjectName":"User"}]}]}"#;
    fs::write(rollcall.path("schema.json"), no_match).unwrap();
    let imported = rollcall.run(&["job", "import-entra", "schema.json", "--source", "entra"]).json();
    assert!(imported["file"].as_str().unwrap().contains("kind = \"entra\""), "{imported}");
    assert!(imported["warnings"].to_string().contains("can't be applied as it is"), "{imported}");
}
