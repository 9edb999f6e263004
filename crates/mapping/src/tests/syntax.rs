//! What parses, how it prints, and what an error says.

use crate::{Expression, Source};

#[track_caller]
fn check_print(source: &str, expect: &str) {
    let expression = Expression::parse(source).unwrap_or_else(|error| panic!("{}", error.render(source)));
    assert_eq!(expression.to_string(), expect);
    assert_eq!(Expression::parse(expect).unwrap(), expression, "{expect} reads as another expression");
}

#[track_caller]
fn check_error(source: &str, expect: &str) {
    assert_eq!(Expression::parse(source).unwrap_err().render(source), expect);
}

#[test]
fn printing() {
    check_print("[mail]", "[mail]");
    check_print(r#""text""#, r#""text""#);
    check_print(r#""a \\d \" b""#, r#""a \\d \" b""#);
    check_print("Now( )", "Now()");
    check_print(" ToLower\n(\t[ mail ] ) ", "ToLower([mail])");
    check_print("BitAnd(&HF,-3)", "BitAnd(15, -3)");
    check_print(r#"Switch([a], , "k","v")"#, r#"Switch([a], , "k", "v")"#);
    check_print(r#"Replace([mail], "@x", , ,"", ,)"#, r#"Replace([mail], "@x", , , "", , )"#);
    check_print(r#"InStr("a","b",1,vbTextCompare)"#, r#"InStr("a", "b", 1, vbTextCompare)"#);
    check_print(r#"IIF([a]<>"b",[c],)"#, r#"IIF([a] <> "b", [c], )"#);
    check_print("CBool(Count([a])>=2)", "CBool(Count([a]) >= 2)");
    check_print("ToLower([a], , , ,)", "ToLower([a], )");
}

#[test]
fn broken_syntax() {
    check_error("", "\n^ expected an [attribute], a \"text\", a number or a function");
    check_error("ToLower([mail]", "ToLower([mail]\n              ^ expected , or )");
    check_error("ToLower([mail)", "ToLower([mail)\n        ^ the [attribute] is not closed\nhint: add a ]");
    check_error("ToLower([ ])", "ToLower([ ])\n        ^ an attribute needs a name");
    check_error("ToLower(\"x)", "ToLower(\"x)\n        ^ the text is not closed\nhint: add a \"");
    check_error("Now() x", "Now() x\n      ^ expected the end");
    check_error("Left([a], 1.5)", "Left([a], 1.5)\n           ^ only whole numbers are allowed");
    check_error(
        "ToLower(\n  'x')",
        "  'x')\n  ^ expected an [attribute], a \"text\", a number or a function\nhint: write a text in double quotes",
    );
    check_error(
        r#"Replace([ä], , "\d", , "", , )"#,
        "Replace([ä], , \"\\d\", , \"\", , )\n                ^ a backslash in a text escapes only \\ and \"\n\
         hint: write \\\\ for a backslash, so a regex \\d is \\\\d",
    );
    check_error(
        r#"[a] & "x""#,
        "[a] & \"x\"\n    ^ expected the end\nhint: use Append or Join to put texts together",
    );
    check_error("%x%", "%x%\n^ %constants% are not part of application provisioning");
}

#[test]
fn conditions() {
    check_error(
        r#"IIF([a] = "b" AND [c] = "d", "e", "f")"#,
        "IIF([a] = \"b\" AND [c] = \"d\", \"e\", \"f\")\n              ^ expected , or )\n\
         hint: a condition is one comparison; nest another IIF for AND and OR",
    );
    check_error(
        "IIF([a] = 1 = 2, 3, 4)",
        "IIF([a] = 1 = 2, 3, 4)\n            ^ a condition is one comparison",
    );
    check_error(
        "ToLower([a] = [b])",
        "ToLower([a] = [b])\n            ^ expected , or )\n\
         hint: one comparison may stand as the condition of IIF or CBool, nowhere else",
    );
    check_error(
        r#"IIF([country]="","Other",[country])"#,
        "IIF([country]=\"\",\"Other\",[country])\n^ IIF cannot test for a null or empty value\n\
         hint: use Switch, as in Switch([country], [country], \"\", \"Other\")",
    );
    check_error(
        "IIF(IsPresent([country]), 1, 2)",
        "IIF(IsPresent([country]), 1, 2)\n^ IIF cannot test for a null or empty value\n\
         hint: use Switch, as in Switch([country], [country], \"\", \"Other\")",
    );
    check_error("IIF(, 1, 2)", "IIF(, 1, 2)\n^ IIF needs a condition");
    check_error(
        "Join(\"\", [a] & [b])",
        "Join(\"\", [a] & [b])\n             ^ expected , or )\nhint: use Append or Join to put texts together",
    );
}

#[test]
fn functions() {
    check_error("tolower([a])", "tolower([a])\n^ there is no function tolower\nhint: did you mean ToLower?");
    check_error("Jion([a])", "Jion([a])\n^ there is no function Jion\nhint: did you mean Join?");
    check_error("Frobnicate([a])", "Frobnicate([a])\n^ there is no function Frobnicate");
    check_error(
        "Append(CRef([a]), 1)",
        "Append(CRef([a]), 1)\n       ^ CRef is not available\nhint: distinguished names are texts here; leave it out",
    );
    let unique = Expression::parse("SelectUniqueValue([a], [b])").unwrap_err();
    assert_eq!(unique.message, "SelectUniqueValue is not available");
    assert!(unique.hint.unwrap().contains("not for SCIM applications"));
    check_error("Left([a])", "Left([a])\n^ Left takes 2 arguments (string, numChars), 1 given");
    check_error("Now(1)", "Now(1)\n^ Now takes 0 arguments (), 1 given");
    check_error("PCase()", "PCase()\n^ PCase takes at least 1 argument (source, wordSeparators), 0 given");
    check_error(
        "PCase(1, 2, 3)",
        "PCase(1, 2, 3)\n^ PCase takes at most 2 arguments (source, wordSeparators), 3 given",
    );
    check_error(
        r#"Switch([a], "d", "k")"#,
        "Switch([a], \"d\", \"k\")\n^ Switch takes at least 4 arguments (source, defaultValue, key, value), 3 given",
    );
    check_error(
        r#"Switch([a], "d", "k", "v", "k")"#,
        "Switch([a], \"d\", \"k\", \"v\", \"k\")\n^ Switch has a key without a value\n\
         hint: after the source and the default value, keys and values come in pairs",
    );
    check_error(
        "InStr([a], [b], 1, vbFuzzy)",
        "InStr([a], [b], 1, vbFuzzy)\n                   ^ vbFuzzy is not a value\n\
         hint: write \"vbFuzzy\" for a text, [vbFuzzy] for an attribute or vbFuzzy(…) for a function",
    );
}

#[test]
fn replace_is_checked_before_it_runs() {
    check_error(
        r#"Replace([a], "x", , )"#,
        "Replace([a], \"x\", , )\n^ Replace has nothing to do\n\
         hint: give oldValue or regexPattern, and replacementValue, replacementAttributeName or template",
    );
    check_error(
        r#"Replace([a], , "(?<n>.)", "m", "", , )"#,
        "Replace([a], , \"(?<n>.)\", \"m\", \"\", , )\n^ the pattern has no group named \"m\"\n\
         hint: write the group as (?<m>…)",
    );
    let broken = Expression::parse(r#"Replace([a], , "(", , "", , )"#).unwrap_err();
    assert!(broken.message.starts_with("the pattern is not a regular expression: "), "{broken}");
}

#[test]
fn bounds() {
    let deep = |depth: usize| format!("{}[a]{}", "ToLower(".repeat(depth), ")".repeat(depth));
    assert!(Expression::parse(&deep(64)).is_ok());
    assert_eq!(Expression::parse(&deep(65)).unwrap_err().message, "nested deeper than 64 calls");
    let long = |length: usize| format!("\"{}\"", "ä".repeat(length - 2));
    assert!(Expression::parse(&long(10_000)).is_ok());
    assert_eq!(Expression::parse(&long(10_001)).unwrap_err().message, "longer than 10000 characters");
}

#[test]
fn attributes_are_named_once_in_order() {
    let expression = Expression::parse("IIF([b] = [a], Append([b], [c]), Count([a]))").unwrap();
    assert_eq!(expression.attributes(), ["b", "a", "c"]);
}

#[test]
fn sources() {
    let now = Source::Expression(Expression::parse("Now()").unwrap());
    for (text, source) in [
        ("[mail]", Source::Direct("mail".to_owned())),
        (r#""Contoso \"Ltd\"""#, Source::Constant("Contoso \"Ltd\"".to_owned())),
        ("Now()", now),
    ] {
        assert_eq!(source.to_string(), text);
        assert_eq!(Source::parse(text), Ok(source));
    }
    for (text, message) in [("mail", "mail is not a value"), ("42", "42 is not a source")] {
        assert_eq!(Source::parse(text).unwrap_err().message, message);
    }
}
