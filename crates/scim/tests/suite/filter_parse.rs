//! Filters as text: grammar, precedence, printing, and what is refused and where.

use scim::Filter;

/// Parses and prints: grouping parentheses that matter stay, others go, keywords become lower case.
fn check(text: &str, printed: &str) {
    let filter = Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(filter.to_string(), printed);
    assert_eq!(Filter::parse(printed).unwrap(), filter, "{printed}");
}

/// The refusal must begin so, which includes the byte offset.
fn refuse(text: &str, detail: &str) {
    let error = Filter::parse(text).expect_err(text);
    assert_eq!((error.status, error.scim_type), (400, Some(scim::ScimType::InvalidFilter)));
    assert!(error.detail.starts_with(detail), "{text}\n  got:      {}\n  expected: {detail}", error.detail);
}

#[test]
fn the_examples_of_the_rfc() {
    for text in [
        r#"userName eq "bjensen""#,
        r#"name.familyName co "O'Malley""#,
        r#"userName sw "J""#,
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
        "title pr",
        r#"meta.lastModified gt "2011-05-13T04:42:34Z""#,
        r#"meta.lastModified ge "2011-05-13T04:42:34Z""#,
        r#"meta.lastModified lt "2011-05-13T04:42:34Z""#,
        r#"meta.lastModified le "2011-05-13T04:42:34Z""#,
        r#"title pr and userType eq "Employee""#,
        r#"title pr or userType eq "Intern""#,
        r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#,
        r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#,
        r#"userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")"#,
        r#"emails[type eq "work" and value co "@example.com"]"#,
        r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#,
    ] {
        check(text, text);
    }
    check(
        r#"userType eq "Employee" and (emails.type eq "work")"#,
        r#"userType eq "Employee" and emails.type eq "work""#,
    );
}

#[test]
fn not_binds_tighter_than_and_and_tighter_than_or() {
    check("not (title pr) and active eq true", "not (title pr) and active eq true");
    check("(not (title pr and active eq true))", "not (title pr and active eq true)");
    check("title pr or nickName pr and locale pr", "title pr or nickName pr and locale pr");
    check("title pr or (nickName pr and locale pr)", "title pr or nickName pr and locale pr");
    check("(title pr or nickName pr) and locale pr", "(title pr or nickName pr) and locale pr");
    check("(title pr and nickName pr) and locale pr", "(title pr and nickName pr) and locale pr");
    check("((((userName pr))))", "userName pr");
}

#[test]
fn keywords_are_accepted_in_any_letter_case_and_spacing() {
    check(r#"userName Eq "a" AND NOT(title PR)"#, r#"userName eq "a" and not (title pr)"#);
    check("active EQ True or active Eq NULL", "active eq true or active eq null");
    check(" \t userName   eq\n\"a\"  ", r#"userName eq "a""#);
    check(r#"userName eq"a"and(title pr)"#, r#"userName eq "a" and title pr"#);
    check(r#"emails[ type eq "work" ]"#, r#"emails[type eq "work"]"#);
}

#[test]
fn literals_are_json() {
    check(r#"title eq "Chef \"de\" partie""#, r#"title eq "Chef \"de\" partie""#);
    check(r#"title eq "Q\\A""#, r#"title eq "Q\\A""#);
    check(r#"title eq "Chlo\u00e9 \ud83d\ude00""#, r#"title eq "Chloé 😀""#);
    check(r#"title eq "a] and (b""#, r#"title eq "a] and (b""#);
    check("x eq -7", "x eq -7");
    check("x eq 1.50", "x eq 1.5");
    check("x eq 12e3", "x eq 12000.0");
    check("x eq null", "x eq null");
}

#[test]
fn a_value_path_may_continue_as_entra_writes_it() {
    check(r#"emails[type eq "work"].value eq "x""#, r#"emails[type eq "work" and value eq "x"]"#);
    check(
        r#"emails[type eq "work" or primary eq true].value sw "x" and title pr"#,
        r#"emails[(type eq "work" or primary eq true) and value sw "x"] and title pr"#,
    );
}

#[test]
fn refusals_say_where_and_what_next() {
    refuse("", "filter, at byte 0: expected an attribute name, 'not' or '(', found the end");
    refuse("userName", "filter, at byte 8: expected an operator (eq, ne,");
    refuse("userName eq", "filter, at byte 11: expected a value");
    refuse(r#"eq "a""#, "filter, at byte 3: expected an operator");
    refuse(r#"userName eq "a"#, "filter, at byte 12: the string has no closing '\"'");
    refuse(r#"userName xx "a""#, "filter, at byte 9: expected an operator");
    refuse(r#"userName eq "a" and"#, "filter, at byte 19: expected an attribute name");
    refuse(r#"and userName eq "a""#, "filter, at byte 4: expected an operator");
    refuse(r#"(userName eq "a""#, "filter, at byte 16: expected ')'");
    refuse(r#"userName eq "a")"#, "filter, at byte 15: ')' closes nothing");
    refuse(r#"userName eq "a" userName eq "b""#, "filter, at byte 16: expected 'and', 'or' or the end");
    refuse("not userName", "filter, at byte 4: expected '(' after 'not'");
    refuse(r#"userName pr "x""#, "filter, at byte 12: expected 'and', 'or' or the end");
    refuse(r#"emails[type eq "work""#, "filter, at byte 21: expected ']'");
    refuse("emails[]", "filter, at byte 7: expected an attribute name");
    refuse(r#"emails type eq "work"]"#, "filter, at byte 7: expected an operator");
    refuse(r#"emails[type eq "work"]]"#, "filter, at byte 22: ']' closes nothing");
    refuse("emails[members[value pr]]", "filter, at byte 14: a value filter cannot contain another '['");
    refuse("userName eq bjensen", "filter, at byte 12: expected a value; text needs double quotation marks");
    refuse(r#"userName == "a""#, "filter, at byte 9: expected an operator");
    refuse("userName eq 'a'", "filter, at byte 12: expected a value; text needs");
    refuse("()", "filter, at byte 1: expected an attribute name");
    refuse("not ()", "filter, at byte 5: expected an attribute name");
    refuse(r#"userName eq "a" xor title pr"#, "filter, at byte 16: expected 'and', 'or' or the end");
    refuse(r#"userName..x eq "a""#, "filter, at byte 0: 'userName..x' is not an attribute name");
    refuse("1userName pr", "filter, at byte 0: '1userName' is not an attribute name");
    refuse("__proto__ pr", "filter, at byte 0: '__proto__' is not an attribute name");
    refuse("a.b.c pr", "filter, at byte 0: 'a.b.c' is not an attribute name");
    refuse("x:y pr", "filter, at byte 0: 'x' does not begin with 'urn:'");
    refuse(r#"title eq "\ud800""#, "filter, at byte 9: the string is not a JSON string");
    refuse(r#"title eq "\u0000""#, "filter, at byte 9: the string contains a NUL");
    refuse("x eq 1e400", "filter, at byte 5: expected a value");
    refuse("x eq 01", "filter, at byte 5: expected a value");
    refuse("üser pr", "filter, at byte 0: 'üser' is not an attribute name");
}
