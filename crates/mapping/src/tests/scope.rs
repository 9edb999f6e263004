//! Scoping filters.

use super::object;
use crate::{Clause, Operator, Scope};

/// Whether the clause `attribute operator value` holds for the object, in both ways of evaluating it.
fn check(operator: &str, value: Option<&str>, attributes: &str, expect: bool) {
    let clause = Clause::new("a", operator.parse().unwrap(), value).unwrap();
    let object = object(attributes);
    assert_eq!(clause.passes(&object), expect, "{clause} for {attributes}");
    assert_eq!(clause.evaluate(&object).passed, expect, "{clause} for {attributes}");
}

#[test]
fn every_operator() {
    for (operator, value, passing, failing) in [
        ("EQUALS", Some("sales"), r#"{"a":"sales"}"#, r#"{"a":"Sales"}"#),
        ("EQUALS", Some("7"), r#"{"a":7}"#, r#"{"a":"07"}"#),
        ("EQUALS", Some("true"), r#"{"a":true}"#, r#"{"a":"True"}"#),
        ("NOT_EQUALS", Some("sales"), r#"{"a":"Sales"}"#, r#"{"a":"sales"}"#),
        ("IS_TRUE", None, r#"{"a":true}"#, r#"{"a":false}"#),
        ("IS_FALSE", None, r#"{"a":"False"}"#, r#"{"a":"x"}"#),
        ("IS_NULL", None, r#"{"a":""}"#, r#"{"a":"x"}"#),
        ("IS_NOT_NULL", None, r#"{"a":false}"#, r#"{"a":[]}"#),
        ("REGEX_MATCH", Some(".*\\@domain.com"), r#"{"a":"x@domain.com"}"#, r#"{"a":"x@other.com"}"#),
        ("REGEX_MATCH", Some("([1-9][0-9])"), r#"{"a":"x10y"}"#, r#"{"a":"9"}"#),
        ("REGEX_MATCH", Some("(1[0-9][0-9][0-9][0-9][0-9][0-9])"), r#"{"a":1234567}"#, r#"{"a":234567}"#),
        ("NOT_REGEX_MATCH", Some("^x"), r#"{"a":"X"}"#, r#"{"a":"x"}"#),
        ("GREATER_THAN", Some("9"), r#"{"a":"10"}"#, r#"{"a":9}"#),
        ("GREATER_THAN", Some("9"), r#"{"a":10}"#, r#"{"a":"many"}"#),
        ("GREATER_THAN_OR_EQUALS", Some("9"), r#"{"a":9}"#, r#"{"a":8}"#),
        ("INCLUDES", Some("an"), r#"{"a":"manager"}"#, r#"{"a":"MANAGER"}"#),
        ("ENDS_WITH", Some("ger"), r#"{"a":"manager"}"#, r#"{"a":"managers"}"#),
        ("BIT_AND", Some("2"), r#"{"a":514}"#, r#"{"a":512}"#),
        ("&", Some("red,green"), r#"{"a":"red"}"#, r#"{"a":"blue"}"#),
        ("!&", Some("2"), r#"{"a":512}"#, r#"{"a":514}"#),
        ("NOT_BIT_AND", Some("red,green"), r#"{"a":"blue"}"#, r#"{"a":"red"}"#),
    ] {
        check(operator, value, passing, true);
        check(operator, value, failing, false);
    }
}

#[test]
fn null_fails_every_clause_but_is_null() {
    for attributes in ["{}", r#"{"a":null}"#, r#"{"a":""}"#, r#"{"a":[]}"#, r#"{"a":[""]}"#] {
        for (operator, value) in [
            ("EQUALS", Some("x")),
            ("NOT_EQUALS", Some("x")),
            ("IS_TRUE", None),
            ("IS_FALSE", None),
            ("IS_NOT_NULL", None),
            ("REGEX_MATCH", Some("")),
            ("NOT_REGEX_MATCH", Some("x")),
            ("GREATER_THAN", Some("0")),
            ("INCLUDES", Some("x")),
            ("ENDS_WITH", Some("x")),
            ("BIT_AND", Some("1")),
            ("NOT_BIT_AND", Some("1")),
        ] {
            check(
                operator,
                value.map(|value| if value.is_empty() { ".*" } else { value }),
                attributes,
                false,
            );
        }
        check("IS_NULL", None, attributes, true);
    }
}

#[test]
fn several_values_cannot_be_filtered() {
    let attributes = r#"{"a":["x","y"]}"#;
    check("EQUALS", Some("x"), attributes, false);
    check("NOT_EQUALS", Some("x"), attributes, false);
    check("IS_NULL", None, attributes, false);
    check("IS_NOT_NULL", None, attributes, true);
    check("EQUALS", Some("x"), r#"{"a":["x"]}"#, true);
}

#[test]
fn operators_in_any_spelling() {
    for (text, expect) in [
        ("is not null", Operator::IsNotNull),
        ("Regex Match", Operator::RegexMatch),
        ("NOT EQUALS", Operator::NotEquals),
        ("greater_than_or_equals", Operator::GreaterThanOrEquals),
        ("!&", Operator::NotBitAnd),
    ] {
        assert_eq!(text.parse(), Ok(expect));
        assert_eq!(expect.name().parse(), Ok(expect));
        assert_eq!(expect.graph_name().parse(), Ok(expect));
    }
}

#[test]
fn clauses_that_cannot_be_used_are_named() {
    let error = |text: &str| serde_json::from_str::<Clause>(text).unwrap_err().to_string();
    for (text, expect) in [
        (
            r#"{"attribute":"a","operator":"LIKE","value":"x"}"#,
            r#"the clause on a: there is no operator "LIKE""#,
        ),
        (r#"{"attribute":"a","operator":"EQUALS"}"#, "the clause on a: EQUALS needs a value"),
        (r#"{"attribute":"a","operator":"IS_NULL","value":"x"}"#, "the clause on a: IS_NULL takes no value"),
        (r#"{"attribute":"a","operator":"GREATER_THAN","value":"x"}"#, "GREATER_THAN needs a whole number"),
        (
            r#"{"attribute":"a","operator":"REGEX_MATCH","value":"("}"#,
            "the pattern is not a regular expression",
        ),
    ] {
        assert!(error(text).contains(expect), "{}", error(text));
    }
}

const TWO_FILTERS: &str = r#"[
    {"title":"New York engineers","clauses":[
        {"attribute":"state","operator":"EQUALS","value":"New York"},
        {"attribute":"department","operator":"EQUALS","value":"Engineering"},
        {"attribute":"employeeId","operator":"REGEX_MATCH","value":"(1[0-9][0-9][0-9][0-9][0-9][0-9])"},
        {"attribute":"jobTitle","operator":"IS_NOT_NULL"}]},
    {"title":"Guests","clauses":[{"attribute":"userType","operator":"EQUALS","value":"Guest"}]}
]"#;

#[test]
fn clauses_are_anded_and_filters_ored() {
    let scope: Scope = serde_json::from_str(TWO_FILTERS).unwrap();
    let engineer = r#""state":"New York","department":"Engineering","employeeId":"1500000""#;
    for (attributes, expect) in [
        (format!(r#"{{{engineer},"jobTitle":"Lead"}}"#), true),
        (format!("{{{engineer}}}"), false),
        (format!(r#"{{{engineer},"userType":"Guest"}}"#), true),
        ("{}".to_owned(), false),
    ] {
        let object = object(&attributes);
        assert_eq!(scope.contains(&object), expect, "{attributes}");
        assert_eq!(scope.evaluate(&object).in_scope, expect, "{attributes}");
    }
    assert!(Scope::default().contains(&object("{}")));
    assert_eq!(scope.attributes(), ["state", "department", "employeeId", "jobTitle", "userType"]);
}

#[test]
fn the_outcome_explains_every_clause() {
    let scope: Scope = serde_json::from_str(TWO_FILTERS).unwrap();
    let outcome = scope.evaluate(&object(r#"{"state":"New York","userType":"Member"}"#));
    let lines: Vec<_> = outcome
        .filters
        .iter()
        .flat_map(|filter| &filter.clauses)
        .map(|clause| format!("{} {} {:?}", clause.passed, clause.text, clause.actual.as_deref()))
        .collect();
    assert_eq!(
        lines,
        [
            r#"true state EQUALS "New York" Some("New York")"#,
            r#"false department EQUALS "Engineering" None"#,
            r#"false employeeId REGEX_MATCH "(1[0-9][0-9][0-9][0-9][0-9][0-9])" None"#,
            "false jobTitle IS_NOT_NULL None",
            r#"false userType EQUALS "Guest" Some("Member")"#,
        ]
    );
    assert_eq!(outcome.filters[1].title, "Guests");
}

#[test]
fn a_scope_reads_back_as_it_was_written() {
    let scope: Scope = serde_json::from_str(TWO_FILTERS).unwrap();
    let written = serde_json::to_string(&scope).unwrap();
    assert_eq!(serde_json::from_str::<Scope>(&written).unwrap(), scope);
}
