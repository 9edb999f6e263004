//! A broken directory is refused whole, and the error says where and what to do.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod directory;

use connector::{Error, Needs, ObjectType, Source};
use connector_file::FileSource;
use directory::Directory;

/// Neither test nor read nor get answers; the error begins with the place and goes on with what was found there.
async fn check(files: &[(&str, &str)], place: &str, found: &str) {
    let directory = Directory::new(files);
    let source = directory.source();
    refused(&source, place, found).await;
}

async fn refused(source: &FileSource, place: &str, found: &str) {
    let errors = [
        source.test().await.unwrap_err(),
        source.read(None).await.err().unwrap(),
        source.get(ObjectType::User, &["a".into()]).await.unwrap_err(),
        source.find("a").await.unwrap_err(),
    ];
    for error in errors {
        let Error::Protocol { place: at, detail, hint, .. } = &error else { panic!("{error:?}") };
        assert!(at.ends_with(place), "{at} does not end with {place}");
        assert_eq!(detail, found);
        assert!(!hint.is_empty());
    }
}

#[tokio::test]
async fn a_line_that_is_no_json() {
    check(
        &[("users.jsonl", "{\"id\":\"a\"}\n{\"id\":\"b\",}\n")],
        "users.jsonl, line 2, column 11",
        "is not JSON: trailing comma",
    )
    .await;
    check(
        &[("users.jsonl", "{\"id\":\"a\"}\n{\"id\":\"b\"} {}\n")],
        "users.jsonl, line 2, column 12",
        "is not JSON: trailing characters",
    )
    .await;
    check(
        &[("users.jsonl", "{\"id\":\"a\"}\n[1]\n")],
        "users.jsonl, line 2, column 1",
        "is an array where a JSON object is expected",
    )
    .await;
}

#[tokio::test]
async fn a_line_cut_short() {
    check(
        &[("users.jsonl", "{\"id\":\"a\"}\n\n{\"id\":\"b\"")],
        "users.jsonl, line 3, column 9",
        "is not JSON: EOF while parsing an object",
    )
    .await;
}

#[tokio::test]
async fn a_user_without_identity() {
    check(&[("users.jsonl", "{}\n")], "users.jsonl, line 1", "has no \"id\"").await;
    check(&[("users.jsonl", "{\"id\":null}\n")], "users.jsonl, line 1", "has no \"id\"").await;
    check(&[("users.jsonl", "{\"id\":\"\"}\n")], "users.jsonl, line 1", "has an empty \"id\"").await;
    check(
        &[("users.jsonl", "{\"id\":7}\n")],
        "users.jsonl, line 1",
        "has a number in \"id\" where a string is expected",
    )
    .await;
}

#[tokio::test]
async fn one_id_twice() {
    check(
        &[("users.jsonl", "{\"id\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"a\"}\n")],
        "users.jsonl, line 3",
        "has the id \"a\", as line 1 has",
    )
    .await;
    check(
        &[("users.jsonl", "{\"id\":\"a\"}\n"), ("groups.csv", "id,securityEnabled\ng,true\ng,true\n")],
        "groups.csv, line 3",
        "has the id \"g\", as line 2 has",
    )
    .await;
}

#[tokio::test]
async fn a_known_attribute_of_another_type() {
    let cases = [
        (
            "{\"id\":\"a\",\"accountEnabled\":\"yes\"}",
            "has a string in \"accountEnabled\" where true or false is expected",
        ),
        (
            "{\"id\":\"a\",\"deletedDateTime\":true}",
            "has a boolean in \"deletedDateTime\" where a string is expected",
        ),
        (
            "{\"id\":\"a\",\"userPrincipalName\":[]}",
            "has an array in \"userPrincipalName\" where a string is expected",
        ),
        (
            "{\"id\":\"a\",\"manager\":{\"id\":\"b\"}}",
            "has an object in \"manager\" where a string is expected",
        ),
        (
            "{\"id\":\"a\",\"businessPhones\":[1]}",
            "has a number in \"businessPhones\" where a list of strings is expected",
        ),
    ];
    for (line, found) in cases {
        check(&[("users.jsonl", line)], "users.jsonl, line 1", found).await;
    }
}

#[tokio::test]
async fn an_empty_or_missing_users_file_is_no_empty_company() {
    check(&[("users.jsonl", "")], "users.jsonl", "holds no user").await;
    check(&[("users.jsonl", "\n\n")], "users.jsonl", "holds no user").await;
    check(&[("users.csv", "id\n")], "users.csv", "holds no user").await;
    check(&[("users.csv", "")], "users.csv, line 1", "is a header without the column id").await;
    check(&[("groups.jsonl", "")], "users.jsonl", "does not exist, nor does users.csv beside it").await;
}

#[tokio::test]
async fn a_path_that_leads_nowhere() {
    let directory = Directory::new(&[("users.txt", "")]);
    let text = FileSource::new(directory.path("users.txt"), Needs::default());
    refused(&text, "users.txt", "is neither a folder nor a .jsonl or .csv file").await;
    let missing = FileSource::new(directory.path("users.jsonl"), Needs::default());
    refused(&missing, "users.jsonl", "cannot be opened").await;
}

#[tokio::test]
async fn two_files_for_one_table() {
    let directory = Directory::new(&[("users.jsonl", "{\"id\":\"a\"}"), ("users.csv", "id\na\n")]);
    let found = format!("exists, and {} too", directory.path("users.csv").display());
    refused(&directory.source(), "users.jsonl", &found).await;
}

#[tokio::test]
async fn a_line_beyond_the_limit() {
    let line = format!("{{\"id\":\"a\",\"note\":\"{}\"}}\n", "x".repeat(1 << 20));
    check(&[("users.jsonl", &line)], "users.jsonl, line 1", "is longer than 1048576 bytes").await;
    let cell = format!("id,note\na,{}\n", "x".repeat(1 << 20));
    check(&[("users.csv", &cell)], "users.csv, line 2", "is longer than 1048576 bytes").await;
    let quoted = format!("id,note\na,\"{}", "b,x\n".repeat(1 << 19));
    let found = "opens a quoted cell that makes its row longer than 1048576 bytes";
    check(&[("users.csv", &quoted)], "users.csv, line 2", found).await;
}

#[tokio::test]
async fn broken_csv() {
    let cases = [
        ("id,name\na\n", "users.csv, line 2", "has 1 cells where the header has 2"),
        ("name\nana\n", "users.csv, line 1", "is a header without the column id"),
        ("id,id\na,b\n", "users.csv, line 1, column 2", "names the attribute id a second time"),
        ("id,\na,b\n", "users.csv, line 1, column 2", "is a header cell without a name"),
        (
            "id,accountEnabled\na,yes\n",
            "users.csv, line 2",
            "has \"yes\" in column accountEnabled; use true or false",
        ),
        ("id,name\n,ana\n", "users.csv, line 2", "has no \"id\""),
        (
            "id,name\na,\"ana\nb,ben\nc,cleo\n",
            "users.csv, line 2",
            "opens a quotation mark that is never closed",
        ),
        (
            "id,name\na,Ana \"A\" Berg\n",
            "users.csv, line 2",
            "has a quotation mark inside a cell that does not begin with one",
        ),
        (
            "id,\"name\" \na,Ana\n",
            "users.csv, line 1",
            "opens a quoted cell that goes on after a quotation mark in line 1",
        ),
    ];
    for (contents, place, found) in cases {
        check(&[("users.csv", contents)], place, found).await;
    }
}

#[tokio::test]
async fn text_that_is_not_utf_8() {
    let directory = Directory::new(&[]);
    directory.write("users.csv", b"id,name\na,J\xF6rg\n");
    refused(&directory.source(), "users.csv, line 2, column 2", "is not UTF-8").await;
    let directory = Directory::new(&[]);
    directory.write("users.jsonl", b"{\"id\":\"J\xF6rg\"}\n");
    refused(&directory.source(), "users.jsonl, line 1, column 9", "is not JSON: invalid unicode code point")
        .await;
}

#[tokio::test]
async fn broken_groups_and_assignments() {
    let users = ("users.jsonl", "{\"id\":\"a\"}\n");
    let cases = [
        (
            ("groups.jsonl", "{\"id\":\"g\"}"),
            "groups.jsonl, line 1",
            "has no \"securityEnabled\", which decides whether the group can assign its members",
        ),
        (
            ("groups.jsonl", "{\"id\":\"g\",\"securityEnabled\":true,\"members\":[null]}"),
            "groups.jsonl, line 1",
            "has null in \"members\" where a list of strings is expected",
        ),
        (
            ("assignments.jsonl", "{\"principalType\":\"Device\",\"principalId\":\"a\"}"),
            "assignments.jsonl, line 1",
            "has principalType \"Device\"; it is User, Group or ServicePrincipal",
        ),
        (
            ("assignments.jsonl", "{\"principalType\":\"Group\",\"principalId\":\"g\"}"),
            "assignments.jsonl, line 1",
            "assigns a group, but there is no groups file beside it",
        ),
        (
            ("assignments.csv", "principalType\nUser\n"),
            "line 1",
            "is a header without the column principalId",
        ),
    ];
    for (file, place, found) in cases {
        check(&[users, file], place, found).await;
    }
}

#[tokio::test]
async fn a_job_for_assigned_users_needs_assignments() {
    let directory = Directory::new(&[("users.jsonl", "{\"id\":\"a\"}\n")]);
    directory.source().test().await.unwrap();
    let found = "has no assignments file, and the job provisions assigned users only";
    refused(&directory.source_for_assigned(), "", found).await;
    let found = "holds no assignment, and the job provisions assigned users only";
    for (file, empty) in [
        ("assignments.jsonl", ""),
        ("assignments.jsonl", "\n"),
        ("assignments.csv", "principalType,principalId\n"),
    ] {
        let directory = Directory::new(&[("users.jsonl", "{\"id\":\"a\"}\n"), (file, empty)]);
        directory.source().test().await.unwrap();
        refused(&directory.source_for_assigned(), file, found).await;
    }
    directory.write("assignments.jsonl", "{\"principalType\":\"User\",\"principalId\":\"a\"}\n");
    directory.source_for_assigned().test().await.unwrap();
}

#[tokio::test]
async fn an_assigned_group_is_in_the_groups_file() {
    let users = ("users.jsonl", "{\"id\":\"a\"}\n");
    let assignments = "{\"principalType\":\"User\",\"principalId\":\"a\"}\n\
                       {\"principalType\":\"Group\",\"principalId\":\"g1\"}\n\
                       {\"principalType\":\"Group\",\"principalId\":\"g2\"}\n\
                       {\"principalType\":\"Group\",\"principalId\":\"g3\"}\n";
    let group = |id: &str| format!("{{\"id\":\"{id}\",\"securityEnabled\":false}}\n");
    let all = ["g1", "g2", "g3"].map(group);
    for (kept, line, missing) in [(0, 2, "g1"), (1, 3, "g2"), (2, 4, "g3")] {
        let groups = all[..kept].concat();
        let files = [users, ("groups.jsonl", groups.as_str()), ("assignments.jsonl", assignments)];
        let place = format!("assignments.jsonl, line {line}");
        let found = format!("assigns the group \"{missing}\", which is not in the groups file");
        check(&files, &place, &found).await;
        refused(&Directory::new(&files).source_for_assigned(), &place, &found).await;
    }
    let files = [users, ("groups.jsonl", &all.concat()), ("assignments.jsonl", assignments)];
    Directory::new(&files).source_for_assigned().test().await.unwrap();
}

/// Without the check one cell would reach from row 100 to row 400, with as many cells in its row as the header has.
#[tokio::test]
async fn two_stray_quotation_marks_do_not_swallow_the_rows_between() {
    let mut users = String::from("id,displayName,city\n");
    for n in 2..=500 {
        let quote = if n == 100 || n == 400 { "\"" } else { "" };
        users.push_str(&format!("{n},{quote}User {n},Oslo\n"));
    }
    let found = "opens a quoted cell that goes on after a quotation mark in line 400";
    check(&[("users.csv", &users)], "users.csv, line 100", found).await;
}
