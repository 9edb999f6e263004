//! What the rows of a directory become.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod directory;

use connector::{
    Assignment, Coverage, Entry, Error, Interruption, Member, Members, Needs, ObjectType, Source,
};
use connector_file::FileSource;
use directory::{Directory, drain, lines, read, user};
use serde_json::{Value, json};

#[tokio::test]
async fn users_come_first_with_every_attribute() {
    let users = lines(&[json!({"id": "a", "userPrincipalName": "ana@contoso.com", "accountEnabled": false,
        "city": "Kraków", "extra": {"x": [1]}})]);
    let groups =
        lines(&[json!({"id": "g", "displayName": "Sales", "securityEnabled": false, "members": ["a"]})]);
    let directory = Directory::new(&[("users.jsonl", &users), ("groups.jsonl", &groups)]);
    let (objects, completed) = read(&directory.source(), None).await;
    assert_eq!(completed.coverage, Coverage::Full);
    let shown: Vec<_> = objects.iter().map(|o| (o.object_type, &*o.anchor, &*o.display, o.enabled)).collect();
    assert_eq!(
        shown,
        [(ObjectType::User, "a", "ana@contoso.com", false), (ObjectType::Group, "g", "Sales", true)]
    );
    assert_eq!(objects[0].attributes["city"], "Kraków");
    assert_eq!(objects[0].attributes["extra"], json!({"x": [1]}));
    assert!(!objects[0].attributes.contains_key("originalUserPrincipalName"));
    assert_eq!(objects[1].members, Some(Members::All(vec![Member::user("a")])));
    assert!(!objects[1].attributes.contains_key("members"));
}

#[tokio::test]
async fn altered_names_are_cleaned_and_kept() {
    let id = "fb736a2a-84aa-424f-b0b4-4021559709ae";
    let stored = "fb736a2a84aa424fb0b44021559709aezoe_fabrikam.com#EXT#@contoso.com";
    let mut zoe = user(id, stored);
    zoe["deletedDateTime"] = json!("2026-11-22T00:00:00Z");
    let directory = Directory::new(&[("users.jsonl", &lines(&[zoe]))]);
    let (objects, _) = read(&directory.source(), None).await;
    assert!(objects[0].soft_deleted);
    assert_eq!(objects[0].display, "zoe@fabrikam.com");
    assert_eq!(objects[0].attributes["userPrincipalName"], "zoe@fabrikam.com");
    assert_eq!(objects[0].attributes["originalUserPrincipalName"], stored);
    for who in ["Zoe@Fabrikam.com", stored, id] {
        assert_eq!(directory.source().find(who).await.unwrap(), objects, "{who}");
    }
}

#[tokio::test]
async fn assigned_directly_or_by_a_security_group() {
    let users: Vec<Value> = ["direct", "both", "first", "nested", "mail", "deleted", "none"]
        .map(|id| user(id, &format!("{id}@contoso.com")))
        .into();
    let group = |id: &str, secure: bool, members: Value| json!({"id": id, "displayName": format!("Group {id}"), "securityEnabled": secure, "members": members});
    let mut gone = group("g5", true, json!(["deleted"]));
    gone["deletedDateTime"] = json!("2026-11-22T00:00:00Z");
    let groups = [
        group("g1", true, json!(["both", "first", "g4"])),
        group("g2", true, json!(["first", "stranger"])),
        group("g3", false, json!(["mail"])),
        group("g4", true, json!(["nested"])),
        gone,
        group("g6", true, json!(["none"])),
    ];
    let assignment = |kind: &str, id: &str| json!({"principalType": kind, "principalId": id});
    let assignments = [
        assignment("User", "direct"),
        assignment("User", "both"),
        assignment("Group", "g1"),
        assignment("Group", "g2"),
        assignment("Group", "g3"),
        assignment("Group", "g5"),
        assignment("ServicePrincipal", "none"),
    ];
    let directory = Directory::new(&[
        ("users.jsonl", &lines(&users)),
        ("groups.jsonl", &lines(&groups)),
        ("assignments.jsonl", &lines(&assignments)),
    ]);
    let (objects, _) = read(&directory.source_for_assigned(), None).await;
    let of = |anchor: &str| objects.iter().find(|o| o.anchor == anchor).unwrap().assignment.clone();
    assert_eq!(of("direct"), Assignment::Direct);
    assert_eq!(of("both"), Assignment::Direct);
    assert_eq!(of("first"), Assignment::ByGroup { group: "Group g1".into() });
    for anchor in ["nested", "mail", "deleted", "none", "g4", "g6"] {
        assert_eq!(of(anchor), Assignment::Unassigned, "{anchor}");
    }
    assert_eq!(of("g1"), Assignment::Direct);
}

#[tokio::test]
async fn nested_groups_count_where_the_job_asks_for_it() {
    let users: Vec<Value> = ["a", "b", "c", "d"].map(|id| user(id, &format!("{id}@contoso.com"))).into();
    let group = |id: &str, members: Value| json!({"id": id, "displayName": format!("Group {id}"), "securityEnabled": true, "members": members});
    let mut gone = group("gone", json!(["d"]));
    gone["deletedDateTime"] = json!("2026-11-22T00:00:00Z");
    // The outer group and the deep one contain each other.
    let groups = [
        group("outer", json!(["a", "inner", "gone"])),
        group("inner", json!(["deep", "b"])),
        group("deep", json!(["outer", "c"])),
        gone,
    ];
    let directory = Directory::new(&[
        ("users.jsonl", &lines(&users)),
        ("groups.jsonl", &lines(&groups)),
        ("assignments.jsonl", "{\"principalType\": \"Group\", \"principalId\": \"outer\"}"),
    ]);
    let needs = Needs { assignments: true, nested_groups: true, ..Needs::default() };
    let (objects, _) = read(&FileSource::new(directory.path(""), needs), None).await;
    let of = |anchor: &str| objects.iter().find(|o| o.anchor == anchor).unwrap();
    for anchor in ["a", "b", "c"] {
        assert_eq!(of(anchor).assignment, Assignment::ByGroup { group: "Group outer".into() }, "{anchor}");
    }
    assert_eq!(
        (&of("d").assignment, &of("inner").assignment),
        (&Assignment::Unassigned, &Assignment::Unassigned)
    );
    let (user, group) = (Member::user, Member::group);
    let members = [user("a"), group("inner"), group("gone"), group("deep"), user("b"), user("c")];
    assert_eq!(of("outer").members, Some(Members::All(members.into())));
    assert_eq!(of("gone").members, Some(Members::All(vec![user("d")])));
}

#[tokio::test]
async fn every_day_of_the_sample_company_is_read() {
    for day in ["day1", "day2", "day3", "day4"] {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/contoso/");
        let source = FileSource::new(format!("{path}{day}"), Needs { assignments: true, ..Needs::default() });
        let (objects, _) = read(&source, None).await;
        assert!(objects.iter().any(|o| matches!(o.assignment, Assignment::ByGroup { .. })), "{day}");
    }
}

#[tokio::test]
async fn without_assignments_nobody_is_assigned() {
    let directory = Directory::new(&[("users.jsonl", "{\"id\":\"a\"}\n")]);
    let (objects, _) = read(&directory.source(), None).await;
    assert_eq!(objects[0].assignment, Assignment::Unassigned);
    assert_eq!((&*objects[0].display, objects[0].enabled), ("a", true));
}

#[tokio::test]
async fn csv_cells_take_the_types_of_their_attributes() {
    let directory = Directory::new(&[
        (
            "users.csv",
            "\u{feff}id,displayName,accountEnabled,businessPhones,city\r\n\
             a,\"Strauß, Mei \"\"M\"\"\",TRUE,+1 402;+1 403,\r\n\
             b,Ben,0,,\"two\nlines\"\r\n",
        ),
        ("groups.csv", "id,securityEnabled,members\ng,1,a;b\n"),
        ("assignments.csv", "principalType,principalId\nGroup,g\n"),
    ]);
    let (objects, _) = read(&directory.source_for_assigned(), None).await;
    assert_eq!(
        Value::Object(objects[0].attributes.clone()),
        json!({"id": "a", "displayName": "Strauß, Mei \"M\"", "accountEnabled": true,
               "businessPhones": ["+1 402", "+1 403"], "city": null})
    );
    assert_eq!(objects[1].attributes["city"], "two\nlines");
    assert!(!objects[1].enabled);
    assert_eq!(objects[1].assignment, Assignment::ByGroup { group: "g".into() });
}

#[tokio::test]
async fn one_file_of_users() {
    let directory = Directory::new(&[("people.CSV", "id\na\n"), ("people.jsonl", "\u{feff}{\"id\":\"b\"}")]);
    for (name, anchor) in [("people.CSV", "a"), ("people.jsonl", "b")] {
        let source = FileSource::new(directory.path(name), Needs::default());
        assert_eq!(read(&source, None).await.0[0].anchor, anchor);
    }
}

#[tokio::test]
async fn every_file_moves_the_watermark() {
    let directory = Directory::new(&[("users.jsonl", "{\"id\":\"a\"}\n")]);
    let mut watermarks = vec![read(&directory.source(), None).await.1.watermark];
    for (file, contents) in [
        ("groups.jsonl", ""),
        ("assignments.jsonl", ""),
        ("assignments.jsonl", "{\"principalType\":\"User\",\"principalId\":\"a\"}"),
        ("users.jsonl", "{\"id\":\"a\"} \n"),
    ] {
        directory.write(file, contents);
        let (objects, completed) = read(&directory.source(), watermarks.last()).await;
        assert_eq!((objects.len(), completed.coverage), (1, Coverage::Full), "{file}");
        assert!(!watermarks.contains(&completed.watermark), "{file}");
        watermarks.push(completed.watermark);
    }
}

/// Enough users for several pages and several read buffers.
fn many() -> Vec<Value> {
    (0..1200).map(|n| user(&format!("{n:04}"), &format!("user{n}@contoso.com"))).collect()
}

#[tokio::test]
async fn pages_are_bounded() {
    let directory = Directory::new(&[("users.jsonl", &lines(&many()))]);
    let mut reading = directory.source().read(None).await.unwrap();
    assert_eq!(reading.expected(), Some(1200));
    let mut sizes = Vec::new();
    while let Some(page) = reading.next_page().await.unwrap() {
        sizes.push(page.len());
    }
    assert_eq!(sizes, [500, 500, 200]);
    assert_eq!(reading.finish().unwrap().coverage, Coverage::Full);
}

#[tokio::test]
async fn a_file_rewritten_while_it_is_read_completes_nothing() {
    let last = |text: &str| {
        let mut users = many();
        users[1199]["displayName"] = json!(text);
        lines(&users)
    };
    for rewritten in [last("renamed"), lines(&many()[..900]), last("\u{1}").replace("\\u0001", "\u{1}")] {
        let directory = Directory::new(&[("users.jsonl", &lines(&many()))]);
        let mut reading = directory.source().read(None).await.unwrap();
        reading.next_page().await.unwrap();
        directory.write("users.jsonl", rewritten);
        let error = loop {
            match reading.next_page().await {
                Ok(page) => assert!(page.is_some(), "the read ended well"),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::Transient { interruption: Interruption::Changed, .. }), "{error:?}");
        assert!(reading.next_page().await.is_err());
        assert!(reading.finish().is_err());
    }
}

#[tokio::test]
async fn a_file_replaced_by_renaming_is_read_as_it_was() {
    let directory = Directory::new(&[("users.jsonl", &lines(&many()))]);
    let mut reading = directory.source().read(None).await.unwrap();
    let first = reading.next_page().await.unwrap().unwrap();
    directory.write("users.new", "{\"id\":\"a\"}\n");
    std::fs::rename(directory.path("users.new"), directory.path("users.jsonl")).unwrap();
    let (rest, completed) = drain(reading).await.unwrap();
    assert_eq!(first.len() + rest.len(), 1200);
    let (objects, _) = read(&directory.source(), Some(&completed.watermark)).await;
    assert_eq!(objects.len(), 1);
}

#[tokio::test]
async fn get_and_find_look_in_both_files() {
    let mut ana = user("A1", "ana@contoso.com");
    ana["mail"] = json!("ana.work@contoso.com");
    let groups = "{\"id\":\"G1\",\"securityEnabled\":true,\"displayName\":\"Sales\"}";
    let directory = Directory::new(&[("users.jsonl", &lines(&[ana])), ("groups.jsonl", groups)]);
    let source = directory.source();
    let entries = source.get(ObjectType::Group, &["A1".into(), "G1".into()]).await.unwrap();
    assert_eq!(entries[0], Entry::Removed { anchor: "A1".into(), object_type: ObjectType::Group });
    assert!(matches!(&entries[1], Entry::Present(group) if group.display == "Sales"));
    for who in ["a1", "ANA.WORK@contoso.com", "Ana@Contoso.com"] {
        assert_eq!(source.find(who).await.unwrap()[0].anchor, "A1", "{who}");
    }
    assert_eq!(source.find("g1").await.unwrap()[0].anchor, "G1");
    assert!(source.find("ana").await.unwrap().is_empty());
}
