//! What the source makes of a directory, and of one that changes or breaks while it is read.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod application;
mod directory;

use application::{Asked, empty, scim};
use connector::{Assignment, Entry, Error, Interruption, Member, Members, Needs, ObjectType, Peer, Source};
use directory::{Directory, Held, LONG_AGO, group, objects, read, user};
use serde_json::{Value, json};

fn people(ids: &[&str]) -> Vec<Value> {
    ids.iter().map(|id| user(id, &format!("{id}@contoso.com"), LONG_AGO)).collect()
}

fn groups_needed() -> Needs {
    Needs { groups: true, ..Needs::default() }
}

fn assignments_needed() -> Needs {
    Needs { assignments: true, ..Needs::default() }
}

/// The anchors of entries, with a word for what they say.
fn told(entries: &[Entry]) -> Vec<String> {
    let words = entries.iter().map(|entry| match entry {
        Entry::Present(object) => format!("{} present", object.anchor),
        Entry::Unchanged { anchor, .. } => format!("{anchor} unchanged"),
        Entry::Removed { anchor, .. } => format!("{anchor} removed"),
    });
    words.collect()
}

#[tokio::test]
async fn a_user_has_scims_names_and_entras() {
    let ana = json!({
        "schemas": [], "id": "a", "userName": "ana@contoso.com", "active": false, "title": "Engineer",
        "name": {"givenName": "Ana", "familyName": "Strauß"}, "userType": null, "password": "hunter2",
        "emails": [{"type": "home", "value": "ana@home.example"}, {"type": "work", "value": "ana@work.example"}],
        "addresses": [{"primary": true, "type": "", "locality": "Omaha", "region": "NE"}],
        "phoneNumbers": [{"type": "work", "value": "555"}, {"type": "mobile", "value": "556"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
            {"department": "Sales", "employeeNumber": "17", "manager": {"value": "b", "displayName": "Bo"}},
        "urn:ietf:params:scim:schemas:extension:contoso:2.0:User": {"seat": "4C", "title": "shadowed"},
        "meta": {"lastModified": LONG_AGO},
    });
    let directory = Directory::new(vec![ana], vec![]).await;
    let (entries, _) = read(&directory.source(Needs::default(), &[]), None).await.unwrap();
    let ana = &objects(&entries, ObjectType::User)["a"];
    assert_eq!((ana.display.as_str(), ana.enabled, ana.soft_deleted), ("ana@contoso.com", false, false));
    let expected = [
        ("userName", "ana@contoso.com"),
        ("userPrincipalName", "ana@contoso.com"),
        ("mail", "ana@work.example"),
        ("givenName", "Ana"),
        ("surname", "Strauß"),
        ("title", "Engineer"),
        ("jobTitle", "Engineer"),
        ("city", "Omaha"),
        ("state", "NE"),
        ("telephoneNumber", "555"),
        ("mobile", "556"),
        ("department", "Sales"),
        ("employeeId", "17"),
        ("manager", "b"),
        ("seat", "4C"),
    ];
    for (name, value) in expected {
        assert_eq!(ana.attributes.get(name), Some(&json!(value)), "{name}");
    }
    assert_eq!(ana.attributes["emails"][0]["type"], "home", "SCIM's own shape is kept");
    for name in ["password", "meta", "schemas", "userType"] {
        assert!(!ana.attributes.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn groups_come_with_their_members_and_nobody_asks_for_them_in_vain() {
    let groups = vec![group("g", "Sales", &["a", "h"]), group("h", "Inner", &["b", "g"])];
    let directory = Directory::new(people(&["a", "b"]), groups).await;
    let (entries, _) = read(&directory.source(groups_needed(), &[]), None).await.unwrap();
    let sales = &objects(&entries, ObjectType::Group)["g"];
    assert_eq!(sales.display, "Sales");
    assert_eq!(sales.members, Some(Members::All(vec![Member::user("a"), Member::group("h")])));
    assert!(!sales.attributes.contains_key("members"));

    let nested = Needs { nested_groups: true, ..groups_needed() };
    let (entries, _) = read(&directory.source(nested, &[]), None).await.unwrap();
    let all = vec![Member::user("a"), Member::user("b"), Member::group("h")];
    assert_eq!(objects(&entries, ObjectType::Group)["g"].members, Some(Members::All(all)));

    directory.application.asked();
    let (entries, _) = read(&directory.source(Needs::default(), &[]), None).await.unwrap();
    assert!(objects(&entries, ObjectType::Group).is_empty());
    let asked: Vec<String> = directory.application.asked().iter().map(Asked::short).collect();
    let pages = ["GET /Users?startIndex=1&count=500", "GET /Users?startIndex=2&count=500"];
    assert_eq!(
        (asked[0].as_str(), &asked[1..]),
        ("GET /ServiceProviderConfig", &pages.map(str::to_owned)[..])
    );
}

#[tokio::test]
async fn members_of_the_named_groups_are_assigned() {
    let groups =
        vec![group("g", "Sales", &["a", "h"]), group("h", "Inner", &["b"]), group("i", "Art", &["a", "c"])];
    let directory = Directory::new(people(&["a", "b", "c", "d"]), groups).await;
    let assigned = |entries: &[Entry]| -> Vec<String> {
        let users = objects(entries, ObjectType::User).into_values();
        users
            .map(|user| match user.assignment {
                Assignment::Unassigned => format!("{} -", user.anchor),
                Assignment::Direct => format!("{} direct", user.anchor),
                Assignment::ByGroup { group } => format!("{} {group}", user.anchor),
            })
            .collect()
    };
    let source = directory.source(assignments_needed(), &["sales", "Art"]);
    let (entries, _) = read(&source, None).await.unwrap();
    assert_eq!(assigned(&entries), ["a Sales", "b -", "c Art", "d -"]);
    let nested = Needs { nested_groups: true, ..assignments_needed() };
    let (entries, _) = read(&directory.source(nested, &["Sales"]), None).await.unwrap();
    assert_eq!(assigned(&entries), ["a Sales", "b Sales", "c -", "d -"]);
}

async fn refused(directory: &Directory, assigned: &[&str]) -> String {
    let source = directory.source(assignments_needed(), assigned);
    let error = source.test().await.unwrap_err();
    assert!(error.hint().contains("source.assigned"), "{}", error.hint());
    assert_eq!(read(&source, None).await.unwrap_err().to_string(), error.to_string());
    error.to_string()
}

#[tokio::test]
async fn assignments_that_cannot_be_told_unassign_nobody() {
    let groups = vec![group("g", "Empty", &[]), group("h", "Twice", &["a"]), group("i", "twice", &["a"])];
    let directory = Directory::new(people(&["a"]), groups).await;
    assert!(refused(&directory, &[]).await.contains("names no group"));
    assert!(refused(&directory, &["Sales"]).await.contains("there is no group \"Sales\""));
    assert!(refused(&directory, &["Twice"]).await.contains("several groups"));
    assert!(refused(&directory, &["Empty"]).await.contains("nobody is a member"));
}

#[tokio::test]
async fn who_has_not_changed_is_said_to_be_so() {
    let directory = Directory::new(people(&["a", "b", "c"]), vec![group("g", "Sales", &["a"])]).await;
    let source = directory.source(Needs { assignments: true, ..groups_needed() }, &["Sales"]);
    let (_, first) = read(&source, None).await.unwrap();

    // While the first read was under way, by the directory's clock, and seen in the second.
    directory.change(|held| {
        held.users.insert("b".into(), user("b", "bo@contoso.com", "2026-11-22T11:58:00Z"));
        held.now = "Sun, 22 Nov 2026 13:00:00 GMT";
    });
    let (entries, second) = read(&source, Some(&first)).await.unwrap();
    assert_eq!(told(&entries), ["a unchanged", "b present", "c unchanged", "g unchanged"]);
    let (entries, third) = read(&source, Some(&second)).await.unwrap();
    assert_eq!(told(&entries), ["a unchanged", "b unchanged", "c unchanged", "g unchanged"]);

    // `meta` of a user knows nothing of groups.
    directory.change(|held| drop(held.groups.insert("g".into(), group("g", "Sales", &["a", "c"]))));
    let (entries, _) = read(&source, Some(&third)).await.unwrap();
    assert_eq!(told(&entries), ["a present", "b present", "c present", "g present"]);
}

#[tokio::test]
async fn who_comes_back_as_they_were_is_told_of() {
    let directory = Directory::new(people(&["a", "b"]), vec![]).await;
    let source = directory.source(Needs::default(), &[]);
    let (_, both) = read(&source, None).await.unwrap();
    directory.change(|held| drop(held.users.remove("b")));
    let (entries, without) = read(&source, Some(&both)).await.unwrap();
    assert_eq!(told(&entries), ["a unchanged"]);
    directory.change(|held| drop(held.users.insert("b".into(), user("b", "b@contoso.com", LONG_AGO))));
    let (entries, again) = read(&source, Some(&without)).await.unwrap();
    assert_eq!(told(&entries), ["a present", "b present"]);
    let (entries, _) = read(&source, Some(&again)).await.unwrap();
    assert_eq!(told(&entries), ["a unchanged", "b unchanged"]);
}

#[tokio::test]
async fn changes_that_nobody_dates_are_found_by_digest() {
    let undated = |name: &str| json!({"id": "a", "userName": name});
    let directory = Directory::new(vec![undated("ana")], vec![]).await;
    let source = directory.source(Needs::default(), &[]);
    let (_, first) = read(&source, None).await.unwrap();
    let (entries, second) = read(&source, Some(&first)).await.unwrap();
    assert_eq!(told(&entries), ["a unchanged"]);
    directory.change(|held| drop(held.users.insert("a".into(), undated("anna"))));
    let (entries, _) = read(&source, Some(&second)).await.unwrap();
    assert_eq!(told(&entries), ["a present"]);
}

/// A read of six users during which something happens after the first page.
async fn disturbed(by_cursor: bool, change: fn(&mut Held)) -> Result<Vec<String>, Error> {
    let directory = Directory::new(people(&["a", "b", "c", "d", "e", "f"]), vec![]).await;
    directory.change(|held| {
        held.after_first_page = Some(change);
        if by_cursor {
            held.config = scim(200, json!({"pagination": {"cursor": true}}));
        }
    });
    let (entries, _) = read(&directory.source(Needs::default(), &[]), None).await?;
    Ok(told(&entries))
}

fn remove_one_and_add_one(held: &mut Held) {
    held.users.remove("a");
    held.users.insert("g".into(), user("g", "g@contoso.com", LONG_AGO));
}

#[tokio::test]
async fn a_list_that_changes_while_it_is_read_ends_the_read() {
    let removed: fn(&mut Held) = |held| drop(held.users.remove("a"));
    let added: fn(&mut Held) = |held| drop(held.users.insert("0".into(), user("0", "0", LONG_AGO)));
    let cut: fn(&mut Held) = |held| {
        drop(
            held.lies
                .insert("GET /Users?startIndex=3", scim(200, json!({"totalResults": 6, "Resources": []}))),
        );
    };
    let repeated: fn(&mut Held) = |held| {
        let page = json!({"totalResults": 6, "Resources": [{"id": "b"}, {"id": "a"}]});
        drop(held.lies.insert("GET /Users?startIndex=2", scim(200, page)));
    };
    // Somebody would be missed although the number is the same.
    let shifted: fn(&mut Held) = remove_one_and_add_one;
    for change in [removed, added, cut, repeated, shifted] {
        let error = disturbed(false, change).await.unwrap_err();
        assert!(matches!(&error, Error::Transient { interruption: Interruption::Changed, .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_list_cut_short_is_not_taken_for_all() {
    let directory = Directory::new(people(&["a", "b", "c"]), vec![]).await;
    let source = directory.source(Needs::default(), &[]);
    // The number of objects in the page is told as that of all.
    let first = json!({"totalResults": 2, "Resources": people(&["a", "b"])});
    let second = json!({"totalResults": 2, "Resources": people(&["b", "c"])});
    directory.change(|held| {
        held.lies.insert("GET /Users?startIndex=1", scim(200, first.clone()));
        held.lies.insert("GET /Users?startIndex=2", scim(200, second));
    });
    assert!(read(&source, None).await.is_err());
    // Cursors are announced and not understood.
    let first = json!({"totalResults": 3, "Resources": people(&["a", "b"])});
    directory.change(|held| {
        held.config = scim(200, json!({"pagination": {"cursor": true}}));
        held.lies = [("GET /Users?cursor=", scim(200, first))].into();
    });
    assert!(read(&source, None).await.is_err());
}

#[tokio::test]
async fn a_cursor_goes_on_where_it_was() {
    let told = disturbed(true, remove_one_and_add_one).await.unwrap();
    let all = ["a", "b", "c", "d", "e", "f", "g"].map(|id| format!("{id} present"));
    assert_eq!(told, all);
    let expired: fn(&mut Held) =
        |held| drop(held.lies.insert("GET /Users?cursor=b", scim(400, json!({"scimType": "expiredCursor"}))));
    let error = disturbed(true, expired).await.unwrap_err();
    assert!(matches!(error, Error::Transient { interruption: Interruption::Changed, .. }), "{error:?}");
    let endless: fn(&mut Held) = |held| {
        let page = json!({"Resources": [], "nextCursor": "b"});
        drop(held.lies.insert("GET /Users?cursor=b", scim(200, page)));
    };
    assert!(disturbed(true, endless).await.is_err());
}

#[tokio::test]
async fn a_directory_without_anybody_is_never_believed() {
    let directory = Directory::new(vec![], vec![]).await;
    let source = directory.source(Needs::default(), &[]);
    let errors = [source.test().await.unwrap_err(), read(&source, None).await.unwrap_err()];
    for error in errors {
        assert!(matches!(&error, Error::Protocol { peer: Peer::Source, .. }), "{error:?}");
        assert!(error.to_string().contains("lists nobody"), "{error}");
    }
}

#[tokio::test]
async fn nobody_is_called_removed_because_looking_failed() {
    let directory = Directory::new(people(&["a", "b"]), vec![]).await;
    let source = directory.source(Needs::default(), &[]);
    let asked = ["a".to_owned(), "gone".to_owned(), "..".to_owned()];
    let entries = source.get(ObjectType::User, &asked).await.unwrap();
    assert_eq!(told(&entries), ["a present", "gone removed", ".. removed"]);
    for answer in [empty(500), scim(400, json!({"detail": "no"})), scim(403, json!({})), empty(302)] {
        directory.change(|held| held.lies = [("GET /Users/", answer)].into());
        assert!(source.get(ObjectType::User, &asked).await.is_err());
    }
    directory.change(|held| held.lies = [("GET /Users", scim(404, json!({})))].into());
    assert!(source.get(ObjectType::User, &asked).await.is_err(), "a wrong address");
}

#[tokio::test]
async fn people_are_found_by_mail_where_that_is_offered() {
    let mut ana = user("a", "ana@contoso.com", LONG_AGO);
    ana["emails"] = json!([{"type": "work", "value": "ana.strauss@contoso.com"}]);
    let directory = Directory::new(vec![ana], vec![group("g", "Sales", &["a"])]).await;
    let source = directory.source(groups_needed(), &[]);
    for who in ["a", "ANA@contoso.com", "Ana.Strauss@contoso.com"] {
        let found = source.find(who).await.unwrap();
        assert_eq!(found.iter().map(|object| object.anchor.as_str()).collect::<Vec<_>>(), ["a"], "{who}");
    }
    assert_eq!(source.find("g").await.unwrap()[0].object_type, ObjectType::Group);
    let refused = scim(400, json!({"scimType": "invalidFilter"}));
    directory.change(|held| held.lies = [("GET /Users?filter=emails", refused)].into());
    assert_eq!(source.find("ana@contoso.com").await.unwrap().len(), 1);
}

#[tokio::test]
async fn pages_have_the_announced_size_and_overlap_by_one() {
    let directory = Directory::new(people(&["a", "b", "c"]), vec![]).await;
    directory.change(|held| held.config = scim(200, json!({"filter": {"supported": true, "maxResults": 2}})));
    read(&directory.source(Needs::default(), &[]), None).await.unwrap();
    let asked: Vec<String> = directory.application.asked().iter().map(Asked::short).collect();
    let pages = ["GET /Users?startIndex=1&count=2", "GET /Users?startIndex=2&count=2"];
    assert_eq!(asked[1..], pages);
}
