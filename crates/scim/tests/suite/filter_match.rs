//! Filters against a resource: what matches, what a filter may ask, and what an index can use.

use scim::builtin::ENTERPRISE_USER_URN;
use scim::filter::{Match, Term};
use scim::{Filter, Object, ResolvedFilter};
use serde_json::json;

use crate::{USER, lenient, object, peter, refusal};

fn resolve(text: &str) -> ResolvedFilter {
    let filter = Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    filter.resolve(&USER, &lenient()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn check(resource: &Object, text: &str, matches: bool) {
    assert_eq!(resolve(text).matches(resource), matches, "{text}");
}

fn refuse(text: &str, keyword: &str, named: &str) {
    let error = Filter::parse(text).unwrap().resolve(&USER, &lenient()).expect_err(text);
    assert_eq!(refusal(&error), keyword, "{text}: {error}");
    assert!(error.detail.contains(named), "{text}: {error}");
}

#[test]
fn text_compares_without_regard_to_case_unless_case_exact() {
    let peter = peter();
    check(&peter, r#"userName eq "PETER@EXAMPLE.COM""#, true);
    check(&peter, r#"USERNAME sw "pet""#, true);
    check(&peter, r#"userName ew ".COM""#, true);
    check(&peter, r#"userName co "@EXAM""#, true);
    check(&peter, r#"userName eq "peter""#, false);
    check(&peter, r#"externalId eq "Ext-1""#, true);
    check(&peter, r#"externalId eq "ext-1""#, false);
    check(&peter, r#"id eq "2819C223-7f76-453a-919d-413861904646""#, false);
    check(&peter, r#"userName gt "o" and userName lt "Q""#, true);
    check(&peter, r#"userName ge "peter@example.com" and userName le "PETER@example.com""#, true);
    let zoe = object(json!({ "userName": "zoe", "name": { "givenName": "ZOË" } }));
    check(&zoe, "name.givenName eq \"zoe\u{308}\"", true);
    check(&zoe, r#"name.givenName ew "ë""#, true);
}

#[test]
fn other_types_compare_as_what_they_are() {
    let peter = peter();
    check(&peter, "active eq true", true);
    check(&peter, r#"active eq "True""#, true);
    check(&peter, "active ne true", false);
    check(&peter, r#"meta.lastModified eq "2011-05-13T06:42:34+02:00""#, true);
    check(&peter, r#"meta.lastModified gt "2011-05-13T04:42:33.999Z""#, true);
    check(&peter, r#"meta.lastModified lt "2011-05-13T04:42:34Z""#, false);
    check(&peter, r#"meta.lastModified sw "2011-05""#, true);
    check(&peter, r#"meta.resourceType eq "User""#, true);
    check(&peter, r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user""#, true);
}

#[test]
fn a_multi_valued_attribute_matches_by_any_value() {
    let peter = peter();
    check(&peter, r#"emails.type eq "home""#, true);
    check(&peter, r#"emails co "HOME.example""#, true);
    check(&peter, r#"emails.value eq "peter@work.example""#, true);
    check(&peter, r#"emails ne "peter@work.example""#, false);
    check(&peter, r#"emails ne "other""#, true);
    check(&peter, r#"emails.type eq "home" and emails.primary eq true"#, true);
}

#[test]
fn a_value_path_matches_by_one_value_that_satisfies_all_of_it() {
    let peter = peter();
    check(&peter, r#"emails[type eq "home" and primary eq true]"#, false);
    check(&peter, r#"emails[type eq "work" and value co "@work"]"#, true);
    check(&peter, r#"emails[type eq "work"].value eq "peter@work.example""#, true);
    check(&peter, r#"emails[type eq "home"].value eq "peter@work.example""#, false);
    check(&peter, r#"emails[not (type eq "work")]"#, true);
    check(&peter, r#"emails[type ne "work" and type ne "home"]"#, false);
    check(&peter, r#"ims[type pr]"#, false);
    check(&peter, "emails[primary ne true]", true);
}

#[test]
fn presence_and_null() {
    let mut peter = peter();
    for (text, present) in [
        ("title", true),
        ("nickName", false),
        ("name", true),
        ("name.middleName", false),
        ("emails", true),
        ("emails.value", true),
        ("photos", false),
    ] {
        check(&peter, &format!("{text} pr"), present);
        check(&peter, &format!("{text} eq null"), !present);
        check(&peter, &format!("{text} ne null"), present);
    }
    peter.insert("nickName".to_owned(), json!(""));
    check(&peter, "nickName pr", false);
    check(&peter, r#"nickName eq """#, true);
    check(&peter, "not (nickName pr)", true);
}

#[test]
fn without_a_value_only_ne_matches() {
    let bare = object(json!({ "userName": "a" }));
    for op in ["eq", "co", "sw", "ew", "gt", "ge", "lt", "le"] {
        check(&bare, &format!(r#"title {op} "x""#), false);
        check(&bare, &format!(r#"title {op} """#), false);
    }
    check(&bare, r#"title ne "x""#, true);
    check(&bare, "active ne true", true);
    check(&bare, r#"emails.type ne "work""#, true);
    check(&bare, r#"emails[type ne "work"]"#, false);
}

#[test]
fn extensions_are_named_by_urn_or_as_entra_does_by_bare_name() {
    let peter = peter();
    check(&peter, &format!(r#"{ENTERPRISE_USER_URN}:department eq "PRESS""#), true);
    check(&peter, &format!(r#"{}:Department sw "p""#, ENTERPRISE_USER_URN.to_uppercase()), true);
    check(&peter, &format!("{ENTERPRISE_USER_URN}:manager.value pr"), true);
    check(&peter, &format!(r#"{ENTERPRISE_USER_URN}:manager eq "26118915""#), true);
    check(&peter, r#"id eq "2819c223-7f76-453a-919d-413861904646" and manager eq "26118915""#, true);
    check(&peter, r#"urn:ietf:params:scim:schemas:core:2.0:User:name.familyName eq "parker""#, true);
    check(&peter, r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0User:department eq "press""#, true);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    refuse(r#"nope eq "a""#, "invalidFilter", "nope");
    refuse(r#"name.nope eq "a""#, "invalidFilter", "name.nope");
    refuse(r#"emails[nope eq "a"]"#, "invalidFilter", "nope");
    refuse(r#"emails[emails.type eq "a"]"#, "invalidFilter", "emails.type");
    refuse("active gt true", "invalidFilter", "active");
    refuse("active co true", "invalidFilter", "active");
    refuse(r#"active eq "yes""#, "invalidFilter", "active");
    refuse("userName eq 5", "invalidFilter", "userName");
    refuse("userName eq true", "invalidFilter", "userName");
    refuse("userName gt null", "invalidFilter", "userName");
    refuse(r#"name eq "x""#, "invalidFilter", "name.formatted");
    refuse(r#"addresses gt "x""#, "invalidFilter", "addresses.formatted");
    refuse(r#"x509Certificates gt "x""#, "invalidFilter", "x509Certificates");
    refuse(r#"meta.created gt "yesterday""#, "invalidFilter", "meta.created");
    refuse(r#"title[value eq "x"]"#, "invalidFilter", "title");
    refuse(r#"urn:x:y:z:userName eq "x""#, "invalidFilter", "urn:x:y:z");
    refuse("constructor pr", "invalidFilter", "constructor");
}

#[test]
fn a_secret_cannot_be_guessed_by_filters() {
    refuse(r#"password sw "a""#, "sensitive", "password");
    refuse("password pr", "sensitive", "password");
}

fn terms(text: &str) -> Vec<(String, Match)> {
    let terms = resolve(text).necessary_terms().into_iter();
    terms.map(|Term { key, matches }| (key, matches)).collect()
}

fn one_of(key: &str, values: &[&str]) -> (String, Match) {
    (key.to_owned(), Match::OneOf(values.iter().map(|&value| value.to_owned()).collect()))
}

#[test]
fn necessary_terms_hold_for_every_match() {
    let employee_number = format!("{}:employeenumber", ENTERPRISE_USER_URN.to_lowercase());
    assert_eq!(terms(r#"userName eq "Bjensen""#), [one_of("username", &["bjensen"])]);
    assert_eq!(terms(r#"externalId eq "Ab""#), [one_of("externalid", &["Ab"])]);
    assert_eq!(terms(r#"emails eq "A@b""#), [one_of("emails.value", &["a@b"])]);
    assert_eq!(
        terms(r#"manager eq "7""#)[0].0,
        format!("{}:manager.value", ENTERPRISE_USER_URN.to_lowercase())
    );
    assert_eq!(
        terms(r#"emails[type eq "work" and value eq "A"]"#),
        [one_of("emails.type", &["work"]), one_of("emails.value", &["a"])]
    );
    assert_eq!(
        terms(r#"title sw "Q" and active eq true"#),
        [("title".to_owned(), Match::StartsWith("q".to_owned())), one_of("active", &["true"])]
    );
    assert_eq!(
        terms(&format!(r#"{ENTERPRISE_USER_URN}:employeeNumber eq "1" or employeeNumber eq "2""#)),
        [one_of(&employee_number, &["1", "2"])]
    );
    for text in [
        r#"userName ne "a""#,
        r#"not (userName eq "a")"#,
        r#"userName eq "a" or title eq "b""#,
        r#"userName eq "a" or userName sw "b""#,
        r#"userName co "a""#,
        "title pr",
        "title eq null",
    ] {
        assert_eq!(terms(text), [], "{text}");
    }
}

#[test]
fn index_values_and_terms_have_the_same_form() {
    let peter = peter();
    for (name, expected) in [
        ("userName", vec!["peter@example.com"]),
        ("externalId", vec!["Ext-1"]),
        ("active", vec!["true"]),
        ("emails", vec!["peter@home.example", "peter@work.example"]),
        ("nickName", vec![]),
    ] {
        let found = USER.find_attribute(None, name, None).unwrap();
        assert_eq!(found.index_values(&peter), expected, "{name}");
    }
    let created = USER.find_attribute(None, "meta", Some("created")).unwrap();
    let (_, matches) = terms(r#"meta.created eq "2010-01-23T05:56:22+01:00""#).remove(0);
    assert_eq!(matches, Match::OneOf(created.index_values(&peter)));
}
