//! Filters over stored resources.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use model::resource::StoredResource;
use model::{ResourceId, TenantId};
use scim::quirks::Tolerance;
use scim::{Filter, ResourceType};
use serde_json::{Value, json};
use store::attr::{self, AttributeRow};
use store::member;
use store::search::{self, Query, Walk};
use store::{Store, resource};
use testkit::TestStore;

use crate::samples::{self, id, read, write};

const INDEXED: &[&str] = &["username", "externalid", "emails.value", "displayname", "active"];

/// What a search finds.
#[derive(Debug, PartialEq)]
struct Found {
    total: i64,
    page: Vec<StoredResource>,
}

/// Searches with and without rows of attributes; the answer must be the same.
fn find(
    store: &Store,
    tenant: TenantId,
    kind: &ResourceType,
    filter: &str,
    start_index: i64,
    count: i64,
) -> Found {
    let run = |indexed: &'static [&'static str]| {
        let written = Filter::parse(filter).unwrap();
        let resolved = written.resolve(kind, &Tolerance::default()).unwrap();
        let resource_type = if kind.name == "User" { "User" } else { "Group" };
        store
            .read_blocking(move |tx| {
                let query = Query { tenant, resource_type, written: &written, resolved: &resolved, indexed };
                let walk =
                    Walk { after: None, wanted: 1, deadline: Instant::now() + Duration::from_secs(60) };
                let mut found = Found { total: 0, page: Vec::new() };
                search::matching(tx, &query, walk, |resource| {
                    found.total += 1;
                    if found.total >= start_index && (found.page.len() as i64) < count {
                        found.page.push(resource.map(|text| serde_json::from_str(&text).unwrap()));
                    }
                    ControlFlow::Continue(())
                })?;
                if query.is_narrow()
                    && let Some(few) = search::few(tx, &query, 100)?
                {
                    assert_eq!(few.len() as i64, found.total, "a look-up finds the same");
                }
                Ok(found)
            })
            .unwrap_or_else(|error: store::Error| panic!("{filter}: {error:?}"))
    };
    let (with, without) = (run(INDEXED), run(&[]));
    assert_eq!(with, without, "{filter}");
    with
}

fn numbers(found: &Found) -> Vec<u128> {
    found.page.iter().map(|resource| resource.id.0.as_u128()).collect()
}

fn put(store: &Store, tenant: TenantId, kind: ResourceType, number: u64, document: Value) {
    write(store, move |tx| {
        let resource = samples::unstored(number, &document);
        resource::insert(
            tx,
            tenant,
            if kind.name == "User" { "User" } else { "Group" },
            &resource,
            &samples::origin(),
        )?;
        let rows: Vec<_> = INDEXED
            .iter()
            .filter_map(|key| {
                let (attribute, sub) = key.split_once('.').map_or((*key, None), |(a, s)| (a, Some(s)));
                kind.find_attribute(None, attribute, sub)
            })
            .flat_map(|found| {
                let values = found.index_values(&resource.document);
                values
                    .into_iter()
                    .map(|value| AttributeRow::new(found.key(), &value, found.key() == "username"))
            })
            .collect();
        attr::replace(tx, tenant, if kind.name == "User" { "User" } else { "Group" }, resource.id, &[], &rows)
    })
    .unwrap();
}

fn people(store: &TestStore) -> TenantId {
    let tenant = samples::tenant(store, 1);
    for (number, name, title, active, mail) in [
        (1, "BJensen", "Engineer", true, "bjensen@example.com"),
        (2, "jsmith", "Manager", false, "JSmith@example.com"),
        (3, "bjarne", "Engineer", true, "bjarne@work.example"),
        (4, "zoë", "Tour Guide", true, "zoe@work.example"),
    ] {
        let document = json!({
            "userName": name,
            "externalId": format!("Ext-{number}"),
            "title": title,
            "active": active,
            "emails": [{ "value": mail, "type": "work" }, { "value": format!("{number}@home.example"), "type": "home" }],
        });
        put(store, tenant, ResourceType::user(), number, document);
    }
    tenant
}

pub fn filters_find_what_they_describe(store: &TestStore) {
    let tenant = people(store);
    let long = format!("userName eq \"{}\"", "x".repeat(2_000));
    for (filter, expected) in [
        (r#"userName eq "bjensen""#, vec![1]),
        (r#"userName eq "ZOË""#, vec![4]),
        (r#"userName eq "nobody""#, vec![]),
        (long.as_str(), vec![]),
        (r#"userName sw "BJ""#, vec![1, 3]),
        (r#"userName sw """#, vec![1, 2, 3, 4]),
        (r#"userName co "J""#, vec![1, 2, 3]),
        (r#"externalId eq "Ext-2""#, vec![2]),
        (r#"externalId eq "ext-2""#, vec![]),
        (r#"emails.value eq "jsmith@EXAMPLE.com""#, vec![2]),
        (r#"emails eq "3@home.example""#, vec![3]),
        (r#"emails[type eq "work" and value eq "bjarne@work.example"]"#, vec![3]),
        (r#"emails[type eq "home" and value eq "bjarne@work.example"]"#, vec![]),
        (r#"emails.value sw "b""#, vec![1, 3]),
        (r#"userName eq "bjensen" or userName eq "jsmith""#, vec![1, 2]),
        (r#"emails.value eq "1@home.example" or emails.value eq "bjensen@example.com""#, vec![1]),
        (r#"userName eq "bjensen" or title eq "manager""#, vec![1, 2]),
        (r#"userName eq "bjensen" and title eq "manager""#, vec![]),
        (r#"not (userName eq "bjensen")"#, vec![2, 3, 4]),
        ("active eq true", vec![1, 3, 4]),
        (r#"active eq true and title eq "engineer""#, vec![1, 3]),
        ("active eq false", vec![2]),
        (r#"title co "GUIDE""#, vec![4]),
        ("title pr", vec![1, 2, 3, 4]),
        (r#"id eq "00000000-0000-0000-0000-000000000003""#, vec![3]),
        (r#"id eq "not-an-id""#, vec![]),
        (r#"id ne "00000000-0000-0000-0000-000000000003""#, vec![1, 2, 4]),
        (r#"meta.created ge "2026-01-01T00:00:01Z""#, vec![1, 2, 3, 4]),
        (r#"meta.lastModified gt "2026-01-01T00:00:01Z""#, vec![]),
        (r#"meta.resourceType eq "User""#, vec![1, 2, 3, 4]),
    ] {
        let found = find(store, tenant, &ResourceType::user(), filter, 1, 100);
        assert_eq!(numbers(&found), expected, "{filter}");
        assert_eq!(found.total, expected.len() as i64, "{filter}");
    }
}

pub fn a_search_goes_on_behind_any_resource(store: &TestStore) {
    let tenant = people(store);
    let behind = |filter: Option<&str>, after: Option<u64>| {
        let written = filter.map(|filter| Filter::parse(filter).unwrap());
        let after = after.map(|number| ResourceId(id(number)));
        let walk = Walk { after, wanted: 2, deadline: Instant::now() + Duration::from_secs(60) };
        let all: Result<Vec<u128>, store::Error> = store.read_blocking(move |tx| {
            let mut all = Vec::new();
            let mut note = |id: ResourceId| {
                all.push(id.0.as_u128());
                ControlFlow::Continue(())
            };
            match &written {
                None => search::all(tx, tenant, "User", walk, |resource| note(resource.id))?,
                Some(written) => {
                    let resolved = &written.resolve(&ResourceType::user(), &Tolerance::default()).unwrap();
                    let query = Query { tenant, resource_type: "User", written, resolved, indexed: INDEXED };
                    search::matching(tx, &query, walk, |resource| note(resource.id))?;
                }
            }
            Ok(all)
        });
        all.unwrap()
    };
    let ids = format!("id eq \"{}\" or id eq \"{}\"", id(1), id(3));
    for filter in ["active eq true", "title pr and active eq true", r#"userName sw "b""#, &ids] {
        let all = behind(Some(filter), None);
        for (number, first) in all.iter().enumerate() {
            assert_eq!(behind(Some(filter), Some(*first as u64)), all[number + 1..], "{filter}");
        }
    }
    assert_eq!(behind(None, None), [1, 2, 3, 4]);
    assert_eq!(behind(None, Some(2)), [3, 4]);
    assert_eq!(behind(None, Some(9)), []);
}

pub fn a_look_up_finds_few_or_says_that_there_are_more(store: &TestStore) {
    let tenant = people(store);
    let few = |filter: &str, most: usize| {
        let written = Filter::parse(filter).unwrap();
        let resolved = written.resolve(&ResourceType::user(), &Tolerance::default()).unwrap();
        read(store, move |tx| {
            let (written, resolved) = (&written, &resolved);
            let query = Query { tenant, resource_type: "User", written, resolved, indexed: INDEXED };
            if !query.is_narrow() {
                return Ok(None);
            }
            let found = search::few(tx, &query, most)?;
            Ok(Some(found.map(|found| found.iter().map(|one| one.id.0.as_u128()).collect::<Vec<_>>())))
        })
        .unwrap()
    };
    let title = r#"userName eq "bjensen" and title eq "manager""#;
    let id = format!("id eq \"{}\"", id(3));
    for (filter, expected) in [
        (r#"userName eq "BJENSEN""#, Some(vec![1])),
        (title, Some(vec![])),
        (r#"userName eq "nobody""#, Some(vec![])),
        (r#"emails[type eq "work"].value eq "bjarne@work.example""#, Some(vec![3])),
        (&id, Some(vec![3])),
        (r#"userName sw "b""#, None),
        (r#"userName eq "bjensen" or userName eq "jsmith""#, None),
        ("title pr", None),
    ] {
        assert_eq!(few(filter, 10), expected.map(Some), "{filter}");
    }
    assert_eq!(few(title, 0), Some(None), "one has the name, whatever else is asked");

    let all_members = r#"displayName eq "All" and members.type eq "User""#;
    for (filter, expected) in [(r#"displayName eq "All""#, true), (all_members, false)] {
        let written = Filter::parse(filter).unwrap();
        let resolved = &written.resolve(&ResourceType::group(), &Tolerance::default()).unwrap();
        let query = Query { tenant, resource_type: "Group", written: &written, resolved, indexed: INDEXED };
        assert_eq!(query.is_narrow(), expected, "{filter}");
    }
}

pub fn a_search_gives_up_at_its_deadline(store: &TestStore) {
    let tenant = people(store);
    let ended: Result<(), store::Error> = store.read_blocking(move |tx| {
        let walk = Walk { after: None, wanted: 1, deadline: Instant::now() };
        search::all(tx, tenant, "User", walk, |_| ControlFlow::Continue(()))
    });
    assert!(matches!(ended, Err(store::Error::Deadline)), "{ended:?}");
}

pub fn many_candidates_come_in_chunks(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    write(store, move |tx| {
        for number in 1..=1200_u64 {
            let active = number % 3 != 0;
            let document = json!({ "userName": format!("user{number:04}"), "active": active });
            let user = samples::unstored(number, &document);
            resource::insert(tx, tenant, "User", &user, &samples::origin())?;
            let rows = [
                AttributeRow::new("active", &active.to_string(), false),
                AttributeRow::new("username", &format!("user{number:04}"), true),
            ];
            attr::replace(tx, tenant, "User", user.id, &[], &rows)?;
        }
        Ok(())
    })
    .unwrap();
    for (filter, total) in [
        ("active eq true", 800),
        ("active eq false", 400),
        (r#"userName sw "user0""#, 999),
        (r#"active eq true or active eq false"#, 1200),
        (r#"userName ew "5""#, 120),
    ] {
        let found = find(store, tenant, &ResourceType::user(), filter, 1, 2000);
        assert_eq!((found.total, found.page.len()), (total, total as usize), "{filter}");
        assert!(found.page.is_sorted_by_key(|resource| resource.id), "{filter}");
    }
}

pub fn memberships_can_be_searched(store: &TestStore) {
    let tenant = people(store);
    for (number, name, members) in
        [(11, "Sales", vec![1, 2]), (12, "Tours", vec![2, 4, 11]), (13, "Empty", vec![])]
    {
        put(store, tenant, ResourceType::group(), number, json!({ "displayName": name }));
        write(store, move |tx| {
            let members: Vec<_> = members.iter().map(|n| ResourceId(id(*n))).collect();
            for kind in ["User", "Group"] {
                member::add(tx, tenant, ResourceId(id(number)), kind, &members)?;
            }
            Ok(())
        })
        .unwrap();
    }
    let user = |n: u64| id(n).to_string();
    for (filter, expected) in [
        (format!("members eq \"{}\"", user(2)), vec![11, 12]),
        (format!("members.value eq \"{}\"", user(1)), vec![11]),
        (format!("members[value eq \"{}\"]", user(4)), vec![12]),
        (format!("members[value eq \"{}\" and type eq \"Group\"]", user(11)), vec![12]),
        (format!("members[value eq \"{}\" and type eq \"Group\"]", user(2)), vec![]),
        (format!("not (members eq \"{}\")", user(2)), vec![13]),
        (format!("members eq \"{}\" or members eq \"{}\"", user(1), user(4)), vec![11, 12]),
        (format!("members eq \"{}\" and members eq \"{}\"", user(2), user(4)), vec![12]),
        (format!("id eq \"{}\" and members eq \"{}\"", id(12), user(4)), vec![12]),
        (format!("id eq \"{}\" and members eq \"{}\"", id(11), user(4)), vec![]),
        (format!("displayName eq \"sales\" and members.value eq \"{}\"", user(1)), vec![11]),
        ("members eq \"nobody\"".to_owned(), vec![]),
        ("members pr".to_owned(), vec![11, 12]),
        ("not (members pr)".to_owned(), vec![13]),
    ] {
        assert_eq!(
            numbers(&find(store, tenant, &ResourceType::group(), &filter, 1, 9)),
            expected,
            "{filter}"
        );
    }
    for (filter, expected) in [
        (format!("groups.value eq \"{}\"", id(11)), vec![1, 2]),
        (format!("groups.value eq \"{}\"", id(12)), vec![1, 2, 4]),
        (format!("groups[value eq \"{}\" and type eq \"direct\"]", id(12)), vec![2, 4]),
        (format!("groups[value eq \"{}\" and type eq \"indirect\"]", id(12)), vec![1]),
        (format!("groups.value eq \"{}\" or groups.value eq \"{}\"", id(11), id(13)), vec![1, 2]),
        (format!("groups.value eq \"{}\"", id(13)), vec![]),
        ("groups.display eq \"Sales\"".to_owned(), vec![1, 2]),
        ("groups.display eq \"Tours\" and userName pr".to_owned(), vec![1, 2, 4]),
        ("not (groups pr)".to_owned(), vec![3]),
    ] {
        assert_eq!(numbers(&find(store, tenant, &ResourceType::user(), &filter, 1, 9)), expected, "{filter}");
    }
}

pub fn members_of_several_groups_come_in_chunks(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    write(store, move |tx| {
        for number in 1..=1300 {
            let user = samples::unstored(number, &json!({ "userName": format!("user{number}") }));
            resource::insert(tx, tenant, "User", &user, &samples::origin())?;
        }
        for number in 2001..=2003 {
            resource::insert(
                tx,
                tenant,
                "Group",
                &samples::unstored(number, &json!({})),
                &samples::origin(),
            )?;
        }
        let users = |from: u64, to: u64| (from..=to).map(|n| ResourceId(id(n))).collect::<Vec<_>>();
        let (outer, inner, empty) = (ResourceId(id(2001)), ResourceId(id(2002)), ResourceId(id(2003)));
        member::add(tx, tenant, outer, "User", &users(1, 700))?;
        member::add(tx, tenant, outer, "Group", &[inner, empty])?;
        member::add(tx, tenant, inner, "User", &users(600, 1200))
    })
    .unwrap();
    for (group, total) in [(2001, 1200), (2002, 601), (2003, 0)] {
        let filter = format!("groups.value eq \"{}\"", id(group));
        let found = find(store, tenant, &ResourceType::user(), &filter, 1, 2000);
        assert_eq!((found.total, found.page.len()), (total, total as usize), "{group}");
        assert!(found.page.is_sorted_by_key(|resource| resource.id), "{group}");
    }
}

pub fn a_search_stays_within_its_tenant_and_type(store: &TestStore) {
    let tenant = people(store);
    let other = samples::tenant(store, 2);
    for filter in [r#"userName eq "bjensen""#, "userName pr", &format!("id eq \"{}\"", id(1))] {
        assert_eq!(find(store, other, &ResourceType::user(), filter, 1, 9).total, 0, "{filter}");
    }
    let filter = format!("id eq \"{}\"", id(1));
    assert_eq!(find(store, tenant, &ResourceType::group(), &filter, 1, 9).total, 0);
}
