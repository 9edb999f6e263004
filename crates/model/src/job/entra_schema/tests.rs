//! There, back, and what is told on the way.

use mapping::{Apply, AttributeMapping, Flow, Mappings, Scope};
use serde_json::{Value, json};

use super::import::NO_ACTIONS;
use super::{ImportError, Imported, Schema, export, import};
use crate::job::{Actions, JobFile};

fn read(schema: Value) -> Imported {
    import(&serde_json::from_value::<Schema>(schema).unwrap()).unwrap()
}

/// A schema with one object mapping of users.
fn users(mapping: Value) -> Value {
    let mut users = json!({ "name": "Users", "enabled": true, "flowTypes": "Add,Update,Delete",
        "sourceObjectName": "User", "targetObjectName": "User", "attributeMappings": [] });
    users.as_object_mut().unwrap().extend(mapping.as_object().unwrap().clone());
    json!({ "id": "x", "synchronizationRules": [{ "id": "y", "priority": 1, "targetDirectoryName": "app", "objectMappings": [users] }] })
}

fn attribute(members: Value) -> Value {
    let mut attribute = json!({ "targetAttributeName": "title", "matchingPriority": 0, "flowType": "Always",
        "flowBehavior": "FlowWhenChanged", "defaultValue": null, "exportMissingReferences": false,
        "source": { "expression": "[jobTitle]", "name": "jobTitle", "type": "Attribute", "parameters": [] } });
    attribute.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    attribute
}

fn told(imported: &Imported) -> String {
    imported.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The mapping that an attribute mapping becomes, and what is told.
#[track_caller]
fn check_attribute(members: Value, expect: Value, warning: &str) {
    let imported = read(users(json!({ "attributeMappings": [attribute(members)] })));
    assert_eq!(serde_json::to_value(imported.users.mappings.first()).unwrap(), expect);
    let told = told(&imported);
    assert!(told.contains(warning) && told.is_empty() == warning.is_empty(), "{told}");
}

#[test]
fn mappings_of_every_type() {
    let with = |name: &str, value: Value| {
        let mut mapping = json!({ "target": "title", "source": "[jobTitle]", "apply": "always" });
        mapping[name] = value;
        mapping
    };
    check_attribute(json!({}), with("apply", json!("always")), "");
    check_attribute(json!({ "matchingPriority": 2 }), with("matching", json!(2)), "");
    check_attribute(json!({ "defaultValue": "Chef" }), with("default", json!("Chef")), "");
    check_attribute(json!({ "flowType": "ObjectAddOnly" }), with("apply", json!("only_during_creation")), "");
    check_attribute(json!({ "flowType": "ValueAddOnly" }), with("apply", json!("value_add_only")), "");
    check_attribute(json!({ "flowBehavior": "FlowAlways" }), with("flow", json!("always")), "");
    let constant = json!({ "source": { "expression": "\"a\\\\b\"", "name": "a\\b", "type": "Constant" } });
    check_attribute(constant, with("source", json!(r#""a\\b""#)), "");
    let function =
        json!({ "source": { "expression": "ToLower([a])", "name": "ToLower", "type": "Function" } });
    check_attribute(function, with("source", json!("ToLower([a])")), "");
    let none = json!({ "source": null, "defaultValue": "Chef" });
    check_attribute(none, json!({ "target": "title", "default": "Chef", "apply": "always" }), "");
    check_attribute(json!({ "source": null }), Value::Null, "");
}

#[test]
fn what_is_lost_is_told_with_its_place() {
    let place = "synchronizationRules[0].objectMappings[0] (Users).attributeMappings[0] (title)";
    let function = |text: &str| json!({ "source": { "expression": text, "name": "F", "type": "Function" } });
    check_attribute(
        function("Frobnicate([a])"),
        Value::Null,
        &format!("{place}: the mapping is not carried over"),
    );
    check_attribute(
        function("Joyn([a])"),
        Value::Null,
        "^ there is no function Joyn\nhint: did you mean Join?",
    );
    check_attribute(function("Guid()"), Value::Null, "only_during_creation");
    let path = json!({ "targetAttributeName": "emails[" });
    check_attribute(path, Value::Null, "attributeMappings[0] (emails[): the mapping is not carried over");
    let kept = json!({ "target": "title", "source": "[jobTitle]", "apply": "always" });
    check_attribute(
        json!({ "flowType": "Sometimes" }),
        kept.clone(),
        "the flow type \"Sometimes\" is unknown",
    );
    check_attribute(json!({ "flowBehavior": "Ebb" }), kept.clone(), "the flow behavior \"Ebb\" is unknown");
    let references = json!({ "exportMissingReferences": true });
    check_attribute(references, kept, &format!("{place}.exportMissingReferences: not carried over"));
}

#[test]
fn a_second_mapping_of_an_attribute_is_left_out() {
    let imported = read(users(
        json!({ "attributeMappings": [attribute(json!({})), attribute(json!({ "targetAttributeName": "Title" }))] }),
    ));
    assert_eq!(imported.users.mappings.len(), 1);
    assert!(told(&imported).contains("attributeMappings[1] (Title): the attribute is mapped already"));
}

/// The clauses of the filters that a scope becomes.
fn clauses(scope: Value) -> (String, String) {
    let imported = read(users(json!({ "scope": scope })));
    let filter = |filter: &mapping::ScopingFilter| {
        filter.clauses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" AND ")
    };
    let filters: Vec<_> = imported.filters.iter().map(filter).collect();
    (filters.join(" OR "), told(&imported))
}

fn group(clauses: &[(&str, &str, &[&str])]) -> Value {
    let clause = |(attribute, operator, values): &(&str, &str, &[&str])| json!({ "operatorName": operator, "sourceOperandName": attribute, "targetOperand": { "values": values } });
    json!({ "name": "filter", "clauses": clauses.iter().map(clause).collect::<Vec<_>>() })
}

#[test]
fn filters() {
    let scope = json!({ "groups": [
        group(&[("department", "EQUALS", &["sales"]), ("jobTitle", "IS NOT NULL", &[])]),
        group(&[("mail", "NOT REGEX MATCH", &["^x"]), ("flags", "!&", &["2"])]),
    ], "inputFilterGroups": [], "categoryFilterGroups": [] });
    let expect = r#"department EQUALS "sales" AND jobTitle IS_NOT_NULL OR mail NOT_REGEX_MATCH "^x" AND flags NOT_BIT_AND "2""#;
    assert_eq!(clauses(scope), (expect.to_owned(), String::new()));
    assert_eq!(clauses(Value::Null), (String::new(), String::new()));
}

#[test]
fn a_filter_that_is_lost_lets_nobody_pass() {
    for (clause, named) in [
        (("a", "SOUNDS LIKE", &["x"] as &[&str]), r#"not_carried_over EQUALS "a SOUNDS LIKE x""#),
        (("a", "EQUALS", &["x", "y"]), r#"not_carried_over EQUALS "a EQUALS x or y""#),
        (("a", "EQUALS", &[]), r#"not_carried_over EQUALS "a EQUALS ""#),
        (("a", "REGEX MATCH", &["("]), r#"not_carried_over EQUALS "a REGEX MATCH (""#),
    ] {
        let (filters, told) = clauses(json!({ "groups": [group(&[("b", "IS NULL", &[]), clause])] }));
        assert_eq!(filters, format!("b IS_NULL AND {named}"));
        assert!(
            told.contains("scope.groups[0] (filter).clauses[1]: the clause is not carried over"),
            "{told}"
        );
        assert!(told.contains("nobody passes"), "{told}");
    }
    let early = json!({ "groups": [group(&[("b", "IS NULL", &[])])], "inputFilterGroups": [group(&[])] });
    let (filters, told) = clauses(early);
    assert_eq!(filters, r#"b IS_NULL AND not_carried_over EQUALS "inputFilterGroups""#);
    assert!(told.contains("scope.inputFilterGroups"), "{told}");
    let (filters, _) = clauses(json!({ "categoryFilterGroups": [group(&[])] }));
    assert_eq!(filters, r#"not_carried_over EQUALS "categoryFilterGroups""#);
}

#[test]
fn a_filter_without_clauses_lets_everybody_pass_and_that_is_told() {
    let (filters, told) = clauses(json!({ "groups": [group(&[("b", "IS NULL", &[])]), group(&[])] }));
    assert_eq!(filters, "");
    assert!(told.contains("groups[1] (filter): a filter without clauses lets everybody pass"), "{told}");
}

#[test]
fn object_mappings() {
    let all = Actions { create: true, update: true, disable: true, delete: true };
    for (settings, actions, warning) in [
        (json!({}), all, ""),
        (json!({ "flowTypes": "Add, Update" }), Actions { delete: false, ..all }, ""),
        (
            json!({ "flowTypes": "Add" }),
            Actions { create: true, update: false, disable: false, delete: false },
            "",
        ),
        (json!({ "metadata": [{ "key": "IsCustomerDefined", "value": "true" }] }), all, ""),
        (json!({ "metadata": [{ "key": "Unsynchronized", "value": "x" }] }), all, "metadata: Unsynchronized"),
        (json!({ "groupFilter": { "x": 1 } }), all, "groupFilter: not carried over"),
        (json!({ "enabled": false }), NO_ACTIONS, "it is not enabled"),
    ] {
        let imported = read(users(settings.clone()));
        assert_eq!(imported.users.actions, actions, "{settings}");
        let told = told(&imported);
        assert!(told.contains(warning) && told.is_empty() == warning.is_empty(), "{settings}: {told}");
    }
}

#[test]
fn objects_of_other_types_and_second_ones_are_told() {
    let mut schema = users(json!({}));
    let mappings = schema["synchronizationRules"][0]["objectMappings"].as_array_mut().unwrap();
    mappings.push(json!({ "name": "Again", "sourceObjectName": "User" }));
    mappings.push(json!({ "name": "Devices", "sourceObjectName": "Device" }));
    mappings.push(json!({ "name": "Groups", "enabled": false, "sourceObjectName": "Group" }));
    let imported = read(schema);
    assert!(imported.groups.is_none());
    let told = told(&imported);
    for expect in [
        "(Again): there is a mapping",
        "(Devices): objects of the type \"Device\"",
        "(Groups): it is not enabled",
    ] {
        assert!(told.contains(expect), "{told}");
    }
    let empty = serde_json::from_value::<Schema>(json!({ "synchronizationRules": [] })).unwrap();
    assert_eq!(import(&empty).err(), Some(ImportError::NoUsers));
}

#[test]
fn definitions_of_attributes() {
    let mut schema = users(json!({ "attributeMappings": [attribute(json!({}))] }));
    schema["directories"] = json!([{ "name": "app", "objects": [{ "name": "User", "attributes": [
        { "name": "title", "type": "String", "caseExact": false, "required": true, "flowNullValues": true },
        { "name": "unmapped", "type": "String", "caseExact": false, "required": true },
    ] }] }]);
    let imported = read(schema);
    assert!(!imported.users.mappings[0].case_exact);
    let told = told(&imported);
    assert!(
        told.contains("required attributes are not carried over: title.") && !told.contains("unmapped"),
        "{told}"
    );
    assert!(told.contains("flowNullValues is not carried over: title."), "{told}");
}

const JOB: &str = r#"
name = "contoso"
source = { kind = "file", path = "directory" }
target = { kind = "scim", url = "https://contoso.example.com/scim/v2", token = { env = "TOKEN" }, dialect = "entra" }
"#;

/// Mappings, filters and actions before and after a job went to Entra and came back.
fn check_round_trip(tables: &str) -> Vec<super::Warning> {
    let file = JobFile::parse(&format!("{JOB}{tables}")).unwrap();
    let exported = export(&file).unwrap();
    let text = serde_json::to_string(&exported.schema).unwrap();
    let imported = import(&serde_json::from_str(&text).unwrap()).unwrap();
    assert_eq!(told(&imported), "", "{tables}");
    let back = imported.into_job("contoso", file.source.clone(), file.target.clone());
    let back = JobFile::parse(&back.to_toml().unwrap()).unwrap().resolve().unwrap();
    let before = file.resolve().unwrap();
    let parts = |rules: &crate::job::Rules| (rules.mappings.clone(), rules.scope.clone(), rules.actions);
    assert_eq!(parts(&back.users), parts(&before.users), "{tables}");
    assert_eq!(back.groups.as_ref().map(parts), before.groups.as_ref().map(parts), "{tables}");
    exported.warnings
}

#[test]
fn every_preset_goes_to_entra_and_comes_back() {
    for preset in mapping::PRESETS.iter().filter(|name| **name != "none") {
        check_round_trip(&format!("users = {{ preset = {preset:?} }}"));
        check_round_trip(&format!("users = {{ preset = {preset:?} }}\n[groups]"));
    }
}

#[test]
fn everything_a_mapping_can_say_goes_to_entra_and_comes_back() {
    check_round_trip(
        r#"
users = { preset = "workplace", actions = { create = false, delete = false }, mappings = [
  { target = "userName", source = "[mail]", matching = 2 },
  { target = "externalId", source = "Guid()", apply = "only_during_creation" },
  { target = "title", source = "[jobTitle]", default = "\"Chef\" \\ Cook", apply = "attribute_add_only" },
  { target = "nickName", source = "IIF([a] = \"x\", Mid([b], 1, 3), )", flow = "always", case_exact = false },
  { target = "roles", source = "AppRoleAssignmentsComplex([appRoleAssignments])", apply = "multi_value_add_only" },
  { target = "locale", default = "en-US" },
  { target = "profileUrl", source = "\"\"", apply = "value_add_only" },
  { target = "timezone", source = "Replace([z], , \"\\\\d \\\"\", , \"\", , )" },
] }
groups = { preset = "none", filters = [{ clauses = [{ attribute = "mailEnabled", operator = "IS_FALSE" }] }], mappings = [
  { target = "displayName", source = "[displayName]", matching = 1 },
] }
[scope]
filters = [
  { title = "Sales", clauses = [
    { attribute = "department", operator = "EQUALS", value = "Sales" },
    { attribute = "n", operator = "GREATER_THAN_OR_EQUALS", value = "7" },
    { attribute = "flags", operator = "BIT_AND", value = "2" },
  ] },
  { title = "", clauses = [{ attribute = "mail", operator = "ENDS_WITH", value = "@contoso.com" }] },
]
"#,
    );
}

#[test]
fn what_entra_cannot_say_is_told() {
    let warnings = check_round_trip(
        r#"
users = { preset = "workplace", empty = "clear", mappings = [{ target = "nickName", source = "Len(Trim([a]))" }] }
scope = { assigned_only = true, skip_out_of_scope_deletions = true, nested_groups = "flatten" }
"#,
    );
    let told: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    for expect in [
        "source, target, interval",
        "scope.assigned_only",
        "scope.skip_out_of_scope_deletions",
        "scope.nested_groups",
        "users.empty",
        "users.mappings (nickName): Entra's application provisioning has no function Len",
        "users.mappings (nickName): Entra's application provisioning has no function Trim",
        "directories",
    ] {
        assert!(told.iter().any(|warning| warning.contains(expect)), "{expect} is not in {told:#?}");
    }
    let file = JobFile::parse(&format!(
        "{JOB}users = {{ preset = \"workplace\", actions = {{ disable = false }} }}"
    ));
    let warnings = export(&file.unwrap()).unwrap().warnings;
    assert!(warnings.iter().any(|warning| warning.place == "users.actions.disable"));
}

/// Graph's own form of an expression's parts.
#[test]
fn a_function_is_exported_with_its_parameters() {
    let tables = r#"users = { preset = "entra", mappings = [{ target = "locale", source = "Replace([preferredLanguage], \"-\", , , \"_\", , )" }] }"#;
    let exported = export(&JobFile::parse(&format!("{JOB}{tables}")).unwrap()).unwrap();
    let schema = serde_json::to_value(exported.schema).unwrap();
    let mappings = &schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"];
    let locale = mappings.as_array().unwrap().last().unwrap();
    let leaf = |kind: &str, name: &str, expression: &str| json!({ "expression": expression, "name": name, "type": kind, "parameters": [] });
    let expect = json!({ "expression": "Replace([preferredLanguage], \"-\", , , \"_\", , )", "name": "Replace", "type": "Function", "parameters": [
        { "key": "source", "value": leaf("Attribute", "preferredLanguage", "[preferredLanguage]") },
        { "key": "oldValue", "value": leaf("Constant", "-", "\"-\"") },
        { "key": "replacementValue", "value": leaf("Constant", "_", "\"_\"") },
    ] });
    assert_eq!(locale["source"], expect);
    assert_eq!((&locale["flowType"], &locale["flowBehavior"]), (&json!("Always"), &json!("FlowWhenChanged")));
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    fn mapping() -> impl Strategy<Value = (Value, Value)> {
        let source = prop::sample::select(vec![
            "[mail]",
            "\"x \\\\ \\\" y\"",
            "ToLower([a])",
            "IIF([a] <> 3, Join(\"\", [b], ), Item([c], 1))",
            "Switch([a], , \"\", Count([b]))",
        ]);
        let apply = prop::sample::select(vec![
            Apply::Always,
            Apply::OnlyDuringCreation,
            Apply::MultiValueAddOnly,
            Apply::ValueAddOnly,
            Apply::AttributeAddOnly,
        ]);
        let flow = prop::sample::select(vec![Flow::WhenChanged, Flow::Always]);
        let default = prop::option::of("[ -~ä]{1,12}");
        let target =
            prop::sample::select(vec!["title", "emails[type eq \"work\"].value", "name.givenName", "roles"]);
        (target, prop::option::of(source), default, prop::option::of(1..9_u32), apply, flow, any::<bool>()).prop_map(
            |(target, source, default, matching, apply, flow, case_exact)| {
                let source = source.or(Some("[x]").filter(|_| default.is_none() || matching.is_some()));
                let mapping = json!({ "target": target, "source": source, "default": default, "matching": matching,
                    "apply": apply, "flow": flow, "case_exact": case_exact });
                let mut mapping = mapping;
                mapping.as_object_mut().unwrap().retain(|_, value| !value.is_null());
                (json!(target), mapping)
            },
        )
    }

    fn filter() -> impl Strategy<Value = Value> {
        let operator = prop::sample::select(vec![
            ("EQUALS", Some("x y")),
            ("NOT_EQUALS", Some("ä\"")),
            ("IS_TRUE", None),
            ("IS_FALSE", None),
            ("IS_NULL", None),
            ("IS_NOT_NULL", None),
            ("REGEX_MATCH", Some("^a\\d$")),
            ("NOT_REGEX_MATCH", Some("[x]")),
            ("GREATER_THAN", Some("7")),
            ("GREATER_THAN_OR_EQUALS", Some("0")),
            ("INCLUDES", Some("x")),
            ("ENDS_WITH", Some("x")),
            ("BIT_AND", Some("2")),
            ("NOT_BIT_AND", Some("a,b")),
        ]);
        let clause = ("[a-z]{1,6}", operator).prop_map(|(attribute, (operator, value))| {
            let mut clause = json!({ "attribute": attribute, "operator": operator, "value": value });
            clause.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            clause
        });
        ("[ -~]{0,8}", prop::collection::vec(clause, 1..4))
            .prop_map(|(title, clauses)| json!({ "title": title, "clauses": clauses }))
    }

    proptest! {
        #[test]
        fn a_job_that_went_to_entra_comes_back_the_same(
            mappings in prop::collection::vec(mapping(), 0..6),
            filters in prop::collection::vec(filter(), 0..4),
        ) {
            let mappings: Vec<AttributeMapping> =
                mappings.into_iter().map(|(_, mapping)| serde_json::from_value(mapping).unwrap()).collect();
            let filters: Scope = serde_json::from_value(json!(filters)).unwrap();
            let mut file = JobFile::parse(&format!("{JOB}users = {{ preset = \"print\" }}")).unwrap();
            file.users.mappings = Mappings::new(mappings).iter().cloned().collect();
            file.scope.filters = filters.filters;
            let schema = serde_json::to_string(&export(&file).unwrap().schema).unwrap();
            let imported = import(&serde_json::from_str(&schema).unwrap()).unwrap();
            prop_assert_eq!(told(&imported), "");
            let before = file.resolve().unwrap().users;
            prop_assert_eq!(Mappings::new(imported.users.mappings), before.mappings);
            prop_assert_eq!(Scope { filters: imported.filters }, before.scope);
        }
    }
}
