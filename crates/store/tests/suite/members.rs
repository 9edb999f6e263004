//! Memberships.

use model::{ResourceId, TenantId};
use serde_json::json;
use store::member::{self, Member};
use store::{Store, resource};
use testkit::TestStore;

use crate::samples::{self, at_once, id, read, write};

const GROUP: u64 = 1000;

fn ids(numbers: &[u64]) -> Vec<ResourceId> {
    numbers.iter().map(|number| ResourceId(id(*number))).collect()
}

fn people(store: &Store, tenant: TenantId, numbers: std::ops::Range<u64>) {
    write(store, move |tx| {
        numbers.clone().try_for_each(|number| {
            let document = json!({ "userName": format!("user{number}") });
            resource::insert(tx, tenant, "User", &samples::unstored(number, &document), &samples::origin())
        })
    })
    .unwrap();
}

/// The member that a person of [`people`] is.
fn person(number: u64) -> Member {
    Member { id: ResourceId(id(number)), member_type: "User".to_owned() }
}

fn add(store: &Store, tenant: TenantId, group: u64, numbers: &'static [u64]) -> u64 {
    write(store, move |tx| member::add(tx, tenant, ResourceId(id(group)), "User", &ids(numbers))).unwrap()
}

fn members(store: &Store, tenant: TenantId, group: u64) -> Vec<Member> {
    read(store, move |tx| member::of_group(tx, tenant, ResourceId(id(group)), None, 10_000)).unwrap()
}

pub fn members_are_added_and_removed(store: &TestStore) {
    let (tenant, other) = (samples::tenant(store, 1), samples::tenant(store, 2));
    people(store, tenant, 1..5);
    people(store, other, 7..8);
    let group = ResourceId(id(GROUP));
    let remove = |numbers: &'static [u64]| {
        write(store, move |tx| member::remove(tx, tenant, group, &ids(numbers))).unwrap()
    };
    assert_eq!(add(store, tenant, GROUP, &[3, 1, 2]), 3);
    assert_eq!(add(store, tenant, GROUP, &[2, 4, 4]), 1, "who is in stays, and a name twice is one member");
    assert_eq!(add(store, tenant, GROUP, &[]), 0);
    assert_eq!(add(store, tenant, GROUP, &[7, 9]), 0, "another tenant's, and nobody");
    assert_eq!(add(store, other, GROUP, &[7]), 1);
    assert_eq!(read(store, move |tx| member::count(tx, tenant, group)).unwrap(), 4);
    assert_eq!(members(store, tenant, GROUP), [1, 2, 3, 4].map(person));
    let among = read(store, move |tx| member::among(tx, tenant, group, &ids(&[9, 3, 1]))).unwrap();
    assert_eq!(among, [person(1), person(3)]);

    assert_eq!(remove(&[1, 9]), 1);
    assert_eq!(remove(&[1]), 0);
    assert_eq!(remove(&[]), 0);
    assert_eq!(write(store, move |tx| member::clear(tx, tenant, group)).unwrap(), 3);
    assert_eq!(read(store, move |tx| member::count(tx, tenant, group)).unwrap(), 0);
    assert_eq!(read(store, move |tx| member::count(tx, other, group)).unwrap(), 1);
}

pub fn a_group_is_paged_through(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    people(store, tenant, 1..251);
    let group = ResourceId(id(GROUP));
    let everybody: Vec<u64> = (1..251).collect();
    write(store, move |tx| member::add(tx, tenant, group, "User", &ids(&everybody))).unwrap();
    let (mut last, mut sizes, mut all) = (None, Vec::new(), Vec::new());
    loop {
        let page = read(store, move |tx| member::of_group(tx, tenant, group, last, 100)).unwrap();
        let Some(member) = page.last() else { break };
        (last, sizes) = (Some(member.id), [sizes, vec![page.len()]].concat());
        all.extend(page);
    }
    assert_eq!(sizes, [100, 100, 50]);
    assert_eq!(all, (1..251).map(person).collect::<Vec<_>>());
    assert_eq!(read(store, move |tx| member::of_group(tx, tenant, group, None, 0)).unwrap(), []);
}

pub fn a_member_leaves_all_groups(store: &TestStore) {
    let (tenant, other) = (samples::tenant(store, 1), samples::tenant(store, 2));
    people(store, tenant, 1..4);
    people(store, other, 1..3);
    let user = ResourceId(id(1));
    for (tenant, group) in [(tenant, 12), (tenant, 10), (tenant, 11), (other, 10)] {
        add(store, tenant, group, if group == 11 { &[2, 3] } else { &[1, 2] });
    }
    assert_eq!(read(store, move |tx| member::groups_of(tx, tenant, user)).unwrap(), ids(&[10, 12]));
    let left = write(store, move |tx| member::remove_everywhere(tx, tenant, user)).unwrap();
    assert_eq!(left, ids(&[10, 12]));
    assert_eq!(write(store, move |tx| member::remove_everywhere(tx, tenant, user)).unwrap(), []);
    assert_eq!(read(store, move |tx| member::groups_of(tx, tenant, user)).unwrap(), []);
    assert_eq!(read(store, move |tx| member::groups_of(tx, other, user)).unwrap(), ids(&[10]));
    assert_eq!(members(store, tenant, 10), [person(2)]);
}

pub fn concurrent_writers_lose_no_member(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    people(store, tenant, 1..161);
    people(store, tenant, 500..520);
    let group = samples::resource(store, tenant, "Group", GROUP, &json!({}));
    let added = at_once(8, |writer| {
        (0..20)
            .map(|round| {
                write(store, move |tx| {
                    // Half of them are the writer's own, half are everybody's.
                    let members = ids(&[writer * 20 + round + 1, 500 + round]);
                    let added = member::add(tx, tenant, group, "User", &members)?;
                    resource::bump(tx, tenant, "Group", &[group], samples::at(2))?;
                    Ok(added)
                })
                .unwrap()
            })
            .sum::<u64>()
    });
    assert_eq!(added.iter().sum::<u64>(), 180);
    assert_eq!(read(store, move |tx| member::count(tx, tenant, group)).unwrap(), 180);
    let group = read(store, move |tx| resource::get(tx, tenant, "Group", group)).unwrap().unwrap();
    assert_eq!(group.version, 161);
}
