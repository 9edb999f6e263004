//! Attribute mappings: defaults, phases, booleans, matching.

use serde_json::Value as Json;

use super::{environment, object};
use crate::{Apply, AttributeMapping, Mappings, Phase};

const CREATE_AND_UPDATE: [Phase; 2] = [Phase::Create, Phase::Update];

fn mapping(text: &str) -> AttributeMapping {
    serde_json::from_str(text).unwrap()
}

/// The value a mapping gives on create and on update, `absent` where it does not flow.
fn check(mapping_text: &str, attributes: &str, expect: [&str; 2]) {
    let mapping = mapping(mapping_text);
    for (phase, expect) in CREATE_AND_UPDATE.into_iter().zip(expect) {
        let mapped = mapping.evaluate(&object(attributes), &environment(), phase).unwrap();
        let actual =
            mapped.map_or("absent".to_owned(), |mapped| mapped.value.unwrap_or(Json::Null).to_string());
        assert_eq!(actual, expect, "{mapping_text} for {attributes} on {phase:?}");
    }
}

#[test]
fn kinds_of_source() {
    check(r#"{"target":"title","source":"[jobTitle]"}"#, r#"{"jobTitle":"Chef"}"#, [r#""Chef""#; 2]);
    check(r#"{"target":"locale","source":"\"en\""}"#, "{}", [r#""en""#; 2]);
    check(r#"{"target":"nickName","source":"ToLower([a])"}"#, r#"{"a":"X"}"#, [r#""x""#; 2]);
    check(r#"{"target":"manager","source":"[manager]"}"#, r#"{"manager":{"id":"1"}}"#, [r#"{"id":"1"}"#; 2]);
}

#[test]
fn null_and_empty_are_no_value() {
    for attributes in ["{}", r#"{"jobTitle":null}"#, r#"{"jobTitle":""}"#, r#"{"jobTitle":[]}"#] {
        check(r#"{"target":"title","source":"[jobTitle]"}"#, attributes, ["null"; 2]);
    }
}

#[test]
fn a_default_is_for_create_only() {
    let with_default = r#"{"target":"title","source":"[jobTitle]","default":"Employee"}"#;
    check(with_default, "{}", [r#""Employee""#, "null"]);
    check(with_default, r#"{"jobTitle":"Chef"}"#, [r#""Chef""#; 2]);
    check(r#"{"target":"active","source":"[a]","default":"True"}"#, "{}", ["true", "null"]);
}

#[test]
fn only_during_creation() {
    let once = r#"{"target":"title","source":"[jobTitle]","apply":"only_during_creation"}"#;
    check(once, r#"{"jobTitle":"Chef"}"#, [r#""Chef""#, "absent"]);
}

#[test]
fn a_matching_attribute_is_known_on_update_too() {
    let once = r#"{"target":"userName","source":"[a]","matching":1,"apply":"only_during_creation"}"#;
    check(once, r#"{"a":"x"}"#, [r#""x""#; 2]);
}

#[test]
fn without_a_source_the_default_is_for_a_target_that_has_nothing() {
    let none = mapping(r#"{"target":"locale","default":"en-US"}"#);
    for phase in CREATE_AND_UPDATE {
        let object = object(r#"{"locale":"de"}"#);
        let mapped = none.evaluate(&object, &environment(), phase).unwrap().unwrap();
        assert_eq!(mapped.value, Some("en-US".into()));
        assert_eq!(mapped.apply, Apply::AttributeAddOnly);
    }
}

#[test]
fn what_a_value_is_shown_as() {
    let object = object(r#"{"a":"secret"}"#);
    for (source, redacted) in [("[a]", false), ("Redact([a])", true), (r#"Join("", Redact([a]))"#, true)] {
        let text = serde_json::json!({ "target": "title", "source": source }).to_string();
        let mapping = mapping(&text);
        let mapped = mapping.evaluate_traced(&object, &environment(), Phase::Create).unwrap().unwrap();
        assert_eq!(mapped.value, Some("secret".into()));
        assert_eq!(mapped.shown() == Some("[Redact]".into()), redacted);
        assert_eq!(serde_json::to_string(&mapped.trace).unwrap().contains("secret"), !redacted);
    }
}

#[test]
fn mappings_that_make_no_sense() {
    let check = |text: &str, expect: &str| {
        let told = mapping(text).check().map_or_else(|fault| fault.to_string(), |()| "fine".to_owned());
        assert!(told.contains(expect), "{text}: {told}");
    };
    check(r#"{"target":"title"}"#, "needs a `source`");
    check(r#"{"target":"title","default":"x"}"#, "fine");
    check(r#"{"target":"userName","default":"x","matching":1}"#, "everybody would match");
    check(r#"{"target":"title","source":"Guid()"}"#, "apply = \"only_during_creation\"");
    check(r#"{"target":"title","source":"Guid()","apply":"attribute_add_only"}"#, "only_during_creation");
    check(r#"{"target":"title","source":"Left(Guid(), 8)","apply":"only_during_creation"}"#, "fine");
    check(
        r#"{"target":"userName","source":"Guid()","matching":1,"apply":"only_during_creation"}"#,
        "made up",
    );
    check(r#"{"target":"userName","source":"Redact([a])","matching":1}"#, "cannot be redacted");
}

#[test]
fn ignore_flow_if_null_or_empty() {
    let ignoring = r#"{"target":"title","source":"IgnoreFlowIfNullOrEmpty([jobTitle])"}"#;
    check(ignoring, r#"{"jobTitle":""}"#, ["absent"; 2]);
    check(ignoring, r#"{"jobTitle":"Chef"}"#, [r#""Chef""#; 2]);
}

#[test]
fn boolean_targets() {
    let attributes = r#"{"a":"True","b":"false","c":"maybe","d":true}"#;
    check(r#"{"target":"active","source":"[a]"}"#, attributes, ["true"; 2]);
    check(r#"{"target":"Active","source":"[b]"}"#, attributes, ["false"; 2]);
    check(r#"{"target":"active","source":"[c]"}"#, attributes, [r#""maybe""#; 2]);
    check(r#"{"target":"active","source":"Not([d])"}"#, attributes, ["false"; 2]);
    check(r#"{"target":"roles[type eq \"x\"].primary","source":"[a]"}"#, attributes, ["true"; 2]);
    check(r#"{"target":"title","source":"[a]"}"#, attributes, [r#""True""#; 2]);
}

#[test]
fn one_element_lists() {
    let phones = r#"{"businessPhones":["1"]}"#;
    check(
        r#"{"target":"phoneNumbers[type eq \"work\"].value","source":"[businessPhones]"}"#,
        phones,
        [r#""1""#; 2],
    );
    check(r#"{"target":"phoneNumbers","source":"[businessPhones]"}"#, phones, [r#"["1"]"#; 2]);
}

#[test]
fn matching_attributes_come_by_precedence() {
    let mappings = Mappings::new(vec![
        mapping(r#"{"target":"title","source":"[a]"}"#),
        mapping(r#"{"target":"externalId","source":"[b]","matching":2}"#),
        mapping(r#"{"target":"userName","source":"[c]","matching":1}"#),
    ]);
    let targets: Vec<_> = mappings.matching().iter().map(|mapping| mapping.target.as_str()).collect();
    assert_eq!(targets, ["userName", "externalId"]);
    assert_eq!(mappings.attributes(), ["a", "b", "c"]);
}

#[test]
fn the_error_names_the_target_and_the_reason() {
    let mappings =
        Mappings::new(vec![mapping(r#"{"target":"title","source":"Append(Left([a], [b]), \"x\")"}"#)]);
    let error = mappings.evaluate(&object(r#"{"b":"x"}"#), &environment(), Phase::Create).unwrap_err();
    assert_eq!(error.to_string(), "the value of title cannot be computed");
    assert_eq!(error.source.to_string(), "Left([a], [b]): numChars is not a whole number");
}

#[test]
fn a_trace_shows_every_step_that_was_taken() {
    let source = r#"IIF([country] = "USA", Append([city], "!"), Now())"#;
    let mappings =
        Mappings::new(vec![mapping(&serde_json::json!({"target":"title","source":source}).to_string())]);
    let object = object(r#"{"country":"USA","city":"Boston"}"#);
    let mapped = mappings.evaluate_traced(&object, &environment(), Phase::Create).unwrap();
    let trace = serde_json::to_value(&mapped[0].trace).unwrap();
    let expect = serde_json::json!({
        "expression": source, "value": "Boston!", "children": [
            {"expression": "[country] = \"USA\"", "value": true, "children": [
                {"expression": "[country]", "value": "USA"},
                {"expression": "\"USA\"", "value": "USA"},
            ]},
            {"expression": "Append([city], \"!\")", "value": "Boston!", "children": [
                {"expression": "[city]", "value": "Boston"},
                {"expression": "\"!\"", "value": "!"},
            ]},
        ],
    });
    assert_eq!(trace, expect);
}

#[test]
fn a_mapping_reads_back_as_it_was_written() {
    for text in [
        r#"{"target":"title","source":"[jobTitle]","apply":"always"}"#,
        r#"{"target":"userName","source":"ToLower([mail])","default":"x","matching":1,"apply":"only_during_creation"}"#,
        r#"{"target":"roles","source":"[a]","apply":"multi_value_add_only"}"#,
        r#"{"target":"title","source":"[a]","apply":"value_add_only","flow":"always","case_exact":false}"#,
        r#"{"target":"locale","default":"en","apply":"attribute_add_only"}"#,
    ] {
        assert_eq!(serde_json::to_string(&mapping(text)).unwrap(), text);
    }
}

#[test]
fn a_broken_mapping_says_what_is_wrong() {
    for (text, expect) in [
        (r#"{"target":"title","source":"Lower([a])"}"#, "Lower([a])\n^ there is no function Lower"),
        (r#"{"target":"title","source":"[a]","when":"always"}"#, "unknown field `when`"),
        (r#"{"target":"emails[","source":"[a]"}"#, "emails["),
    ] {
        let error = serde_json::from_str::<AttributeMapping>(text).unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    }
}
