//! Dates: Microsoft's documented examples, then the edges, which are those of .NET.

use super::check;

/// What .NET is asked for in the documentation of `DateDiff`.
#[test]
fn c_date() {
    for (text, expect) in [
        ("2020-03-16-07:00", "3/16/2020 7:00:00 AM"),
        ("2021-06-30+08:00", "6/29/2021 4:00:00 PM"),
        ("2009-06-15T01:45:30-07:00", "6/15/2009 8:45:30 AM"),
        ("2009-06-15T01:45:30.5Z", "6/15/2009 1:45:30 AM"),
        ("2021-08-24", "8/24/2021 12:00:00 AM"),
        ("8/25/2021 5:41:18 PM", "8/25/2021 5:41:18 PM"),
        ("8/25/2021", "8/25/2021 12:00:00 AM"),
        ("Mon, 15 Jun 2009 20:45:30 GMT", "6/15/2009 8:45:30 PM"),
        ("15 June 2009", "6/15/2009 12:00:00 AM"),
    ] {
        check(&format!("CDate(\"{text}\")"), "{}", &format!("{expect:?}"));
        check(&format!("IsDate(\"{text}\")"), "{}", "true");
    }
    check("CDate([a])", "{}", "null");
    check("CDate([a])", r#"{"a":""}"#, "null");
    check("CDate([a])", r#"{"a":"tomorrow"}"#, "!expression is not a date");
    check("CDate(Now())", "{}", r#""7/2/2021 3:33:38 PM""#);
    check("IsDate([a])", r#"{"a":"tomorrow"}"#, "false");
    check("IsDate([a])", "{}", "false");
    check("IsDate(Now())", "{}", "true");
}

#[test]
fn date_add() {
    for (interval, value, expect) in [
        ("d", 7, "3/23/2012 7:00:00 AM"),
        ("d", -10, "3/6/2012 7:00:00 AM"),
        ("ww", 2, "3/30/2012 7:00:00 AM"),
        ("m", 10, "1/16/2013 7:00:00 AM"),
        ("yyyy", 2, "3/16/2014 7:00:00 AM"),
        ("q", 1, "6/16/2012 7:00:00 AM"),
        ("y", 1, "3/17/2012 7:00:00 AM"),
        ("w", 1, "3/17/2012 7:00:00 AM"),
        ("h", 24, "3/17/2012 7:00:00 AM"),
        ("n", 1, "3/16/2012 7:01:00 AM"),
        ("s", -1, "3/16/2012 6:59:59 AM"),
    ] {
        let expression = format!(r#"DateAdd("{interval}", {value}, CDate("2012-03-16-07:00"))"#);
        check(&expression, "{}", &format!("{expect:?}"));
    }
}

#[test]
fn a_day_that_the_month_does_not_have_becomes_its_last() {
    check(r#"DateAdd("m", 1, "2012-01-31")"#, "{}", r#""2/29/2012 12:00:00 AM""#);
    check(r#"DateAdd("yyyy", 1, "2012-02-29")"#, "{}", r#""2/28/2013 12:00:00 AM""#);
}

#[test]
fn date_add_of_nothing_and_nonsense() {
    check(r#"DateAdd("d", 1, [a])"#, "{}", "null");
    check(r#"DateAdd("x", 1, Now())"#, "{}", "!interval is not yyyy, q, m, ww, w, d, y, h, n or s");
    check(r#"DateAdd("yyyy", 99999, Now())"#, "{}", "!the date is out of range");
    check(r#"DateAdd("q", 9223372036854775807, Now())"#, "{}", "!the date is out of range");
    check(r#"DateAdd("s", 9223372036854775807, Now())"#, "{}", "!the date is out of range");
}

#[test]
fn date_diff() {
    let (late, early) = ("8/25/2021 5:41:18 PM", "2012-03-16-07:00");
    for (interval, from, to, expect) in [
        ("d", "2021-08-18+08:00", "2021-08-31+08:00", 13),
        ("d", late, early, -3449),
        ("ww", late, early, -493),
        ("m", late, early, -113),
        ("yyyy", late, early, -9),
        ("d", "2021-08-31+08:00", "2021-08-31+08:00", 0),
        ("h", "2021-08-24", "2021-08-25", 24),
        ("n", "2021-08-24", "2021-08-25", 1440),
        ("s", "2021-08-24", "2021-08-25", 86400),
        ("w", late, early, -492),
        ("q", "2021-03-31", "2021-04-01", 1),
        ("d", "2021-08-24", "2021-08-24T23:59:59Z", 0),
        ("yyyy", "2020-12-31", "2021-01-01", 1),
    ] {
        let expression = format!(r#"DateDiff("{interval}", CDate("{from}"), CDate("{to}"))"#);
        check(&expression, "{}", &expect.to_string());
    }
    check(r#"DateDiff("d", [a], Now())"#, "{}", "null");
}

#[test]
fn hired_in_five_days() {
    let active = r#"Switch([Active], , "1", IIF(DateDiff("d", Now(), CDate([StatusHireDate])) > 5, "False", "True"), "0", "False")"#;
    check(active, r#"{"Active":"1","StatusHireDate":"2021-07-20"}"#, r#""False""#);
    check(active, r#"{"Active":"1","StatusHireDate":"2021-07-05"}"#, r#""True""#);
    check(active, r#"{"Active":"0"}"#, r#""False""#);
}

#[test]
fn file_times() {
    check("DateFromNum(129699324000000000)", "{}", r#""1/1/2012 11:00:00 PM""#);
    check("DateFromNum([a])", r#"{"a":"129699324000000000"}"#, r#""1/1/2012 11:00:00 PM""#);
    check("DateFromNum([a])", "{}", "null");
    check("DateFromNum([a])", r#"{"a":"never"}"#, "!value is not a whole number");
    check("DateFromNum(9223372036854775807)", "{}", "!the date is out of range");
    check(r#"NumFromDate("2012-01-01T23:00:00Z")"#, "{}", "129699324000000000");
    check("NumFromDate([a])", "{}", "null");
    let end_of_contract = r#"NumFromDate(Join("", FormatDateTime([ContractEndDate], ,"yyyy-MM-ddzzz","yyyy-MM-dd"), " 23:59:59-08:00"))"#;
    check(end_of_contract, r#"{"ContractEndDate":"2020-12-31-08:00"}"#, "132539615990000000");
}
