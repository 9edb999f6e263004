//! Every function: Microsoft's documented examples first, then the edges.

use super::check;
use crate::Expression;

#[test]
fn append() {
    check(
        r#"Append([userPrincipalName], ".test")"#,
        r#"{"userPrincipalName":"John.Doe@contoso.com"}"#,
        r#""John.Doe@contoso.com.test""#,
    );
    check(r#"Append([userPrincipalName], ".test")"#, "{}", "null");
    check(r#"Append("a", [absent])"#, "{}", r#""a""#);
}

#[test]
fn bit_and() {
    check("BitAnd(&HF, &HF7)", "{}", "7");
    check("BitAnd([userAccountControl], 2)", r#"{"userAccountControl":"514"}"#, "2");
    check("BitAnd([a], 2)", r#"{"a":"x"}"#, "!value1 is not a whole number");
    check("BitAnd([a], 2)", "{}", "!value1 has no value");
}

#[test]
fn c_bool() {
    check("CBool([attribute1] = [attribute2])", r#"{"attribute1":"a","attribute2":"a"}"#, "true");
    check("CBool([attribute1] = [attribute2])", r#"{"attribute1":"a","attribute2":"A"}"#, "false");
    check("CBool([n])", r#"{"n":2}"#, "true");
    check("CBool([n])", r#"{"n":"0"}"#, "false");
    check("CBool([n])", "{}", "false");
    check("CBool([n])", r#"{"n":"TRUE"}"#, "true");
    check("CBool([n])", r#"{"n":"yes"}"#, "!expression is not True, False or a whole number");
}

#[test]
fn coalesce() {
    let expression = "Coalesce([mail], [userPrincipalName])";
    check(expression, r#"{"mail":"m","userPrincipalName":"u"}"#, r#""m""#);
    check(expression, r#"{"mail":null,"userPrincipalName":"u"}"#, r#""u""#);
    check(expression, r#"{"mail":"","userPrincipalName":"u"}"#, r#""""#);
    check(expression, "{}", "null");
    check(r#"Coalesce([a], [b], "default")"#, r#"{"a":[]}"#, r#""default""#);
    check(r#"Coalesce("first", Item(Split("a", ","), 9))"#, "{}", r#""first""#);
}

#[test]
fn conversions() {
    check(r#"ConvertToBase64("Hello world!")"#, "{}", r#""SABlAGwAbABvACAAdwBvAHIAbABkACEA""#);
    check(r#"ConvertToUTF8Hex("Hello world!")"#, "{}", r#""48656C6C6F20776F726C6421""#);
    check("ConvertToBase64([a])", "{}", "null");
    check("ConvertToUTF8Hex([a])", "{}", "null");
    check("CStr([n])", r#"{"n":42}"#, r#""42""#);
    check("CStr([n])", r#"{"n":true}"#, r#""True""#);
    check("CStr([n])", r#"{"n":1.5}"#, r#""1.5""#);
    check("CStr([n])", "{}", "null");
}

#[test]
fn multi_valued() {
    check("Count([a])", r#"{"a":["x","y"]}"#, "2");
    check("Count([a])", r#"{"a":"x"}"#, "1");
    check("Count([a])", "{}", "0");
    check("Item([proxyAddresses], 1)", r#"{"proxyAddresses":["x","y"]}"#, r#""x""#);
    check("Item([a], 2)", r#"{"a":["x","y"]}"#, r#""y""#);
    check("Item([a], 3)", r#"{"a":["x","y"]}"#, "!there is no value number 3: the attribute has 2");
    check("Item([a], 0)", r#"{"a":["x","y"]}"#, "!there is no value number 0: the attribute has 2");
    check("Item([a], 1)", "{}", "null");
    check("RemoveDuplicates([a])", r#"{"a":["x","y","x"]}"#, r#"["x","y"]"#);
    check("RemoveDuplicates([a])", "{}", "null");
    let permissions = r#"{"extensionAttribute5":"PermissionSetOne, PermissionSetTwo"}"#;
    check(r#"Split([extensionAttribute5], ",")"#, permissions, r#"["PermissionSetOne","PermissionSetTwo"]"#);
    check(r#"Split("a,,b", ",")"#, "{}", r#"["a","b"]"#);
    check(r#"Split("a", "")"#, "{}", "!delimiter has no value");
    check(r#"Split([a], ",")"#, "{}", "null");
}

#[test]
fn single_valued_use_of_a_list() {
    check("ToUpper([a])", r#"{"a":["x"]}"#, r#""X""#);
    check("ToUpper([a])", r#"{"a":[]}"#, "null");
    check("ToUpper([a])", r#"{"a":["x","y"]}"#, "!source has several values where one is expected");
}

#[test]
fn iif() {
    let expression = r#"IIF([country]="USA",[country],[department])"#;
    check(expression, r#"{"country":"USA","department":"Sales"}"#, r#""USA""#);
    check(expression, r#"{"country":"usa","department":"Sales"}"#, r#""Sales""#);
    check(expression, r#"{"department":"Sales"}"#, r#""Sales""#);
    let unequal = r#"IIF([country] <> "USA", "abroad", "home")"#;
    check(unequal, r#"{"country":"Peru"}"#, r#""abroad""#);
    check(unequal, "{}", r#""home""#);
    check(unequal, r#"{"country":""}"#, r#""home""#);
    check("IIF([n] > 9, 1, 2)", r#"{"n":"10"}"#, "1");
    check(r#"IIF([n] > "9", 1, 2)"#, r#"{"n":"10"}"#, "1");
    check("IIF([n] >= 10, 1, 2)", r#"{"n":10}"#, "1");
    check("IIF([n] < 10, 1, 2)", r#"{"n":10}"#, "2");
    check("IIF([n] <= 10, 1, 2)", r#"{"n":10}"#, "1");
    check(r#"IIF([a] = "True", 1, 2)"#, r#"{"a":true}"#, "1");
    check("IIF([accountEnabled], 1, 2)", r#"{"accountEnabled":true}"#, "1");
    check(r#"IIF([a] = "x", IIF([b] = "y", "both", "a"), )"#, r#"{"a":"x","b":"y"}"#, r#""both""#);
    check(r#"IIF([a] = "x", "yes", )"#, "{}", "null");
    check(r#"IIF([a] = "x", "yes", Item([b], 9))"#, r#"{"a":"x","b":["1"]}"#, r#""yes""#);
}

#[test]
fn in_str() {
    check(r#"InStr("The quick brown fox","quick")"#, "{}", "5");
    check(r#"InStr("repEated","e",3,vbBinaryCompare)"#, "{}", "7");
    check(r#"InStr("repEated","e",3,vbTextCompare)"#, "{}", "4");
    check(r#"InStr("abc","x")"#, "{}", "0");
    check(r#"InStr("abc","abcd")"#, "{}", "0");
    check(r#"InStr("abc","a",9)"#, "{}", "0");
    check(r#"InStr([a],"a")"#, "{}", "0");
    check(r#"InStr("żółw","w")"#, "{}", "4");
    check(r#"InStr("a","a",1,"x")"#, "{}", "!compareType is not vbBinaryCompare or vbTextCompare");
}

#[test]
fn emptiness() {
    for (attributes, is_null, is_empty, is_string) in [
        ("{}", true, true, false),
        (r#"{"a":null}"#, true, true, false),
        (r#"{"a":[]}"#, true, true, false),
        (r#"{"a":""}"#, false, true, true),
        (r#"{"a":"x"}"#, false, false, true),
        (r#"{"a":["x"]}"#, false, false, true),
        (r#"{"a":["x","y"]}"#, false, false, false),
    ] {
        check("IsNull([a])", attributes, &is_null.to_string());
        check("IsNullOrEmpty([a])", attributes, &is_empty.to_string());
        check("IsPresent([a])", attributes, &(!is_empty).to_string());
        check("IsString([a])", attributes, &is_string.to_string());
    }
    check("IgnoreFlowIfNullOrEmpty([a])", r#"{"a":""}"#, "null");
    check("IgnoreFlowIfNullOrEmpty([a])", r#"{"a":"x"}"#, r#""x""#);
}

#[test]
fn join() {
    let doe = r#"{"surname":"Doe","givenName":"John"}"#;
    check(r#"Join(", ", "", [surname], [givenName])"#, doe, r#""Doe, John""#);
    check(r#"Join(" ", [givenName], [surname])"#, r#"{"surname":"Doe"}"#, r#""Doe""#);
    check(r#"Join("-", [a], "z")"#, r#"{"a":["x","y"]}"#, r#""x-y-z""#);
    check(r#"Join("", 1000, [a])"#, r#"{"a":7}"#, r#""10007""#);
    check(r#"Join(",", [a])"#, "{}", r#""""#);
}

#[test]
fn left_and_mid() {
    check(r#"Left("John Doe", 3)"#, "{}", r#""Joh""#);
    check(r#"Left("John Doe", 0)"#, "{}", r#""""#);
    check(r#"Left("John Doe", -1)"#, "{}", r#""John Doe""#);
    check(r#"Left("John", 9)"#, "{}", r#""John""#);
    check("Left([a], 3)", "{}", r#""""#);
    let john = r#"{"givenName":"John","surname":"Doe"}"#;
    check("Append(Mid([givenName],1,3), Mid([surname],1,5))", john, r#""JohDoe""#);
    check(r#"Mid("John Doe",3,5)"#, "{}", r#""hn Do""#);
    check(r#"Mid("John",2,0)"#, "{}", r#""""#);
    check(r#"Mid("John",2,-1)"#, "{}", r#""John""#);
    check(r#"Mid("John",0,2)"#, "{}", r#""John""#);
    check(r#"Mid("John",5,2)"#, "{}", r#""John""#);
    check(r#"Mid("Żółw",2,2)"#, "{}", r#""ół""#);
    check("Mid([a],1,2)", "{}", r#""""#);
}

#[test]
fn not() {
    for (attributes, expect) in [
        (r#"{"IsSoftDeleted":true}"#, "false"),
        (r#"{"IsSoftDeleted":"True"}"#, "false"),
        (r#"{"IsSoftDeleted":false}"#, "true"),
        (r#"{"IsSoftDeleted":"x"}"#, "true"),
        ("{}", "true"),
    ] {
        check("Not([IsSoftDeleted])", attributes, expect);
    }
}

#[test]
fn dates() {
    check("Now()", "{}", r#""7/2/2021 3:33:38 PM""#);
    check(
        r#"FormatDateTime([extensionAttribute1], , "yyyyMMddHHmmss.fZ", "yyyy-MM-dd")"#,
        r#"{"extensionAttribute1":"20150123105347.1Z"}"#,
        r#""2015-01-23""#,
    );
    check(
        r#"FormatDateTime([extensionAttribute1], "yyyyMMddHHmmss.fZ", "yyyy-MM-dd")"#,
        r#"{"extensionAttribute1":"20150123105347.1Z"}"#,
        r#""2015-01-23""#,
    );
    let format = |input: &str, output: &str| format!(r#"FormatDateTime([d], , "{input}", "{output}")"#);
    let day = r#"{"d":"2020-12-31-08:00"}"#;
    check(&format("yyyy-MM-ddzzz", "yyyy-MM-dd"), day, r#""2020-12-31""#);
    check(&format("yyyy-MM-ddzzz", "M/d/yyyy hh:mm:ss tt"), day, r#""12/31/2020 08:00:00 AM""#);
    check(&format("yyyy-MM-ddzzz", "o"), day, r#""2020-12-31T08:00:00.0000000Z""#);
    let noon = r#"{"d":" 6/15/2009 12:05:09 pm "}"#;
    check(&format("M/d/yyyy h:mm:ss tt", "yyyy-MM-dd'T'HH:mm:sszzz"), noon, r#""2009-06-15T12:05:09+00:00""#);
    check(&format("M/d/yyyy h:mm:ss tt", "dddd, d MMMM yy"), noon, r#""Monday, 15 June 09""#);
    check(&format("d MMM yy", "MM/dd/yyyy"), r#"{"d":"5 feb 98"}"#, r#""02/05/1998""#);
    check(&format("HH:mm", "yyyy-MM-dd HH:mm"), r#"{"d":"09:15"}"#, r#""2021-07-02 09:15""#);
    check(&format("yyyy-MM", "yyyy-MM-dd"), r#"{"d":"2024-03"}"#, r#""2024-03-01""#);
    check(&format("yyyy-MM-dd", "d"), "{}", "null");
    check(
        &format("yyyy-MM-dd", "d"),
        r#"{"d":"2021-02-30"}"#,
        r#"!source does not have the format "yyyy-MM-dd""#,
    );
    check(
        &format("yyyy-MM-dd", "d"),
        r#"{"d":"2021-02-03x"}"#,
        r#"!source does not have the format "yyyy-MM-dd""#,
    );
    let long_year = "y".repeat(9000);
    check(&format!(r#"FormatDateTime(Now(), , , "{long_year}")"#), "{}", r#""000002021""#);
    check(r#"FormatDateTime(Now(), , , "yyyy-MM-ddTHH:mm:ssZ")"#, "{}", r#""2021-07-02T15:33:38Z""#);
}

#[test]
fn proper_case() {
    check(r#"PCase("PABLO GONSALVES (SECOND)")"#, "{}", r#""Pablo Gonsalves (Second)""#);
    check(r#"PCase("PINTO-DE'SILVA"," '-")"#, "{}", r#""Pinto-De'Silva""#);
    check(r#"PCase("pinto-de'silva")"#, "{}", r#""Pinto-De'silva""#);
    check(r#"PCase("mary-ann (x)"," ")"#, "{}", r#""Mary-ann (x)""#);
    check("PCase([a])", "{}", "null");
}

#[test]
fn letter_case() {
    check(r#"ToLower("ÅSA İI")"#, "{}", r#""åsa İi""#);
    check(r#"ToUpper("straße i")"#, "{}", r#""STRAßE I""#);
    check(r#"ToLower("TITLE", "tr-TR")"#, "{}", r#""tıtle""#);
    check(r#"ToUpper("title", "tr-TR")"#, "{}", r#""TİTLE""#);
    check(r#"ToUpper("title", "de-DE")"#, "{}", r#""TITLE""#);
    check("ToLower([a])", "{}", "null");
}

#[test]
fn replace_values() {
    check(
        r#"Replace([BusinessTitle],"Product Developer", , , "Software Engineer", , )"#,
        r#"{"BusinessTitle":"Product Developer"}"#,
        r#""Software Engineer""#,
    );
    let mail = r#"{"mail":"john.doe@contoso.com"}"#;
    check(r#"Replace([mail], "@contoso.com", , ,"", ,)"#, mail, r#""john.doe""#);
    check(r#"Replace([mail], "@CONTOSO.com", , ,"", ,)"#, mail, r#""john.doe@contoso.com""#);
    check(r#"Replace([mail], "@contoso.com", , ,"", ,)"#, "{}", "null");
    check(r#"Replace([mail], "", , ,"x", ,)"#, mail, r#""john.doe@contoso.com""#);
    check(
        r#"Replace([UserID],"<username>", , , , , "<username>@contoso.com")"#,
        r#"{"UserID":"jsmith"}"#,
        r#""jsmith@contoso.com""#,
    );
    check(
        r#"Replace([preferredLanguage], "-", , , "_", , )"#,
        r#"{"preferredLanguage":"en-US"}"#,
        r#""en_US""#,
    );
}

#[test]
fn replace_patterns() {
    let phone = r#"{"telephoneNumber":"+91 9998887777"}"#;
    let groups = r#""\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})""#;
    check(
        &format!(r#"Replace([telephoneNumber], , {groups}, , "${{phoneNumber}}", , )"#),
        phone,
        r#""9998887777""#,
    );
    check(
        &format!(r#"Replace([telephoneNumber], , {groups}, , "$2/$1$$$&$9", , )"#),
        phone,
        r#""9998887777/91 $+91 9998887777$9""#,
    );
    check(r#"Replace([a], , "[a-zA-Z_]*", , "", , )"#, r#"{"a":"john_doe72"}"#, r#""72""#);
    check(r#"Replace([a], , "[a-z]*", , "-", , )"#, r#"{"a":"ab1"}"#, r#""--1-""#);
    check(r#"Replace([a], , "[()\\s-]+", , "", , )"#, r#"{"a":"+1 (999) 888-7777"}"#, r#""+19998887777""#);
    check(r#"Replace([a], , "(\\w)(?<n>\\d)(\\w)", , "$1$2$3", , )"#, r#"{"a":"a1b"}"#, r#""ab1""#);
    check(r#"Replace([a], , [p], , "", , )"#, r#"{"a":"x1","p":"\\d"}"#, r#""x""#);
    check(r#"Replace([a], , "[[]", , "(", , )"#, r#"{"a":"[x"}"#, r#""(x""#);
    check(r#"Replace([a], , "[a-z-[aeiou]]", , "", , )"#, r#"{"a":"hello"}"#, r#""eo""#);
    check(r#"Replace([a], , "[]&]", , "", , )"#, r#"{"a":"]x&"}"#, r#""x""#);
    check(r#"Replace([a], , "(?<=@).*", , "", , )"#, r#"{"a":"x@y"}"#, r#""x@""#);
    check(
        r#"Join("", 1000, Replace(ConvertToUTF8Hex([objectId]), , "[a-zA-Z_]*", , "", , ))"#,
        r#"{"objectId":"1a"}"#,
        r#""10003161""#,
    );
}

#[test]
fn replace_groups() {
    check(
        r#"Replace([a], , "(?<streetNumber>^\\d*)","streetNumber","888", , )"#,
        r#"{"a":"545 Tremont Street"}"#,
        r#""888 Tremont Street""#,
    );
    check(
        r#"Replace([mail], , "(?<Suffix>@(.)*)","Suffix","", , )"#,
        r#"{"mail":"jsmith@contoso.com"}"#,
        r#""jsmith""#,
    );
    let other = r#"Replace([telephoneNumber], , "\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})", "phoneNumber", , [mobile], )"#;
    check(other, r#"{"telephoneNumber":"","mobile":"+91 8887779999"}"#, r#""8887779999""#);
    check(other, r#"{"telephoneNumber":"1","mobile":"+91 8887779999"}"#, r#""1""#);
    check(other, r#"{"mobile":"none"}"#, "null");
    check(other, "{}", "null");
    let missing = r#"Replace([a], , "(?<n>.)", [g], "", , )"#;
    check(missing, r#"{"a":"x","g":"m"}"#, r#"!the pattern has no group named "m""#);
}

#[test]
fn nests_of_calls_are_bounded() {
    let attributes = r#"{"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}"#;
    let too_long = "!the text becomes too long";
    for (open, close, depth) in [
        ("Replace(", r#", "a", , , "aaaaaaaaaaaaaaaa", , )"#, 8),
        ("ConvertToUTF8Hex(", ")", 60),
        ("Join(", r#", "a", "b", "c", "d", "e", "f", "g")"#, 12),
    ] {
        check(&format!("{}[a]{}", open.repeat(depth), close.repeat(depth)), attributes, too_long);
    }
}

#[test]
fn patterns_are_bounded() {
    let attributes = r#"{"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}"#;
    let too_expensive = "!the pattern needs too many steps on this value";
    check(r#"Replace([a], , "^(a|aa)+\\1$", , "", , )"#, attributes, too_expensive);
    for pattern in [
        "(\\\\d{1000}){1000}",
        "((?=a)\\\\d{1000}){1000}",
        &"(".repeat(5000),
        &format!("{}a{}", "(?=".repeat(2000), ")".repeat(2000)),
    ] {
        let error = Expression::parse(&format!(r#"Replace([a], , "{pattern}", , "", , )"#)).unwrap_err();
        assert!(error.message.starts_with("the pattern is not a regular expression: "), "{error}");
    }
}

#[test]
fn strip_spaces_and_word() {
    check(r#"StripSpaces(" a b	c ")"#, "{}", "\"ab\\tc\"");
    check(r#"Word("The quick brown fox",3," ")"#, "{}", r#""brown""#);
    check(r#"Word("This,string!has&many separators",3,",!&#")"#, "{}", r#""has""#);
    check(r#"Word("a  b",2," ")"#, "{}", r#""b""#);
    check(r#"Word("a b",3," ")"#, "{}", r#""""#);
    check(r#"Word("a b",0," ")"#, "{}", r#""""#);
    check(r#"Word([a],1," ")"#, "{}", r#""""#);
}

#[test]
fn switch() {
    let active = r#"Switch([IsSoftDeleted], , "False", "True", "True", "False")"#;
    check(active, r#"{"IsSoftDeleted":false}"#, r#""True""#);
    check(active, r#"{"IsSoftDeleted":"True"}"#, r#""False""#);
    check(active, "{}", "null");
    let zone = r#"Switch([state],"Australia/Sydney","NSW","Australia/Sydney","QLD","Australia/Brisbane","SA","Australia/Adelaide")"#;
    check(zone, r#"{"state":"QLD"}"#, r#""Australia/Brisbane""#);
    check(zone, r#"{"state":"qld"}"#, r#""Australia/Sydney""#);
    check(
        r#"Switch(ToLower([statusFlag]),"0","true","1","false","0")"#,
        r#"{"statusFlag":"TRUE"}"#,
        r#""1""#,
    );
    let empty = r#"Switch([statusFlag],"Default Value","true","1","","0")"#;
    check(empty, r#"{"statusFlag":""}"#, r#""0""#);
    check(empty, "{}", r#""0""#);
    check(empty, r#"{"statusFlag":"x"}"#, r#""Default Value""#);
    check(r#"Switch([country],[country],"","Other")"#, r#"{"country":"Peru"}"#, r#""Peru""#);
    check(r#"Switch([country],[country],"","Other")"#, "{}", r#""Other""#);
    check(
        r#"Switch(IsPresent([jobTitle]), "DefaultValue", "True", [jobTitle])"#,
        r#"{"jobTitle":"Chef"}"#,
        r#""Chef""#,
    );
}

#[test]
fn redact() {
    check("Redact([a])", r#"{"a":"secret"}"#, r#""secret""#);
    check("Redact([a])", "{}", "null");
    let redacted = Expression::parse(r#"Append(Redact([a]), "!")"#).unwrap();
    let object = super::object(r#"{"a":"secret"}"#);
    let evaluation = redacted.evaluate_traced(&object, &super::environment()).unwrap();
    assert_eq!(evaluation.value.to_string(), "secret!");
    let trace = serde_json::to_string(&evaluation.trace).unwrap();
    assert!(trace.contains("[Redact]") && !trace.contains("secret"), "{trace}");
}

/// The page prints a result that does not belong to its sample; this is what its steps give.
#[test]
fn worked_combinations() {
    check(
        r#"Join("", 1000, Replace(ConvertToUTF8Hex([objectId]), , "[a-zA-Z_]*", , "", , ))"#,
        r#"{"objectId":"a1-z"}"#,
        r#""1000613127""#,
    );
    check(
        r#"ToLower(Join("@", NormalizeDiacritics(StripSpaces(Join(".", [PreferredFirstName], [PreferredLastName]))), "contoso.com"))"#,
        r#"{"PreferredFirstName":"John","PreferredLastName":"Smith"}"#,
        r#""john.smith@contoso.com""#,
    );
}
