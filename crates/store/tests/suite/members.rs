//! Memberships.

use model::ResourceId;
use store::member::{self, Member};
use testkit::TestStore;

use crate::samples::{self, at_once, id, read, write};

const GROUP: u64 = 1000;

fn sample(number: u64) -> Member {
    let display = number.is_multiple_of(2).then(|| format!("Person {number}"));
    Member { id: ResourceId(id(number)), member_type: "User".to_owned(), display }
}

fn ids(numbers: &[u64]) -> Vec<ResourceId> {
    numbers.iter().map(|number| ResourceId(id(*number))).collect()
}

pub fn members_are_added_and_removed(store: &TestStore) {
    let (tenant, other) = (samples::tenant(store, 1), samples::tenant(store, 2));
    let group = ResourceId(id(GROUP));
    let add = |tenant, numbers: &'static [u64]| {
        write(store, move |tx| {
            let members: Vec<_> = numbers.iter().copied().map(sample).collect();
            member::add(tx, tenant, group, &members)
        })
        .unwrap()
    };
    let remove = |numbers: &'static [u64]| {
        write(store, move |tx| member::remove(tx, tenant, group, &ids(numbers))).unwrap()
    };
    assert_eq!(add(tenant, &[3, 1, 2]), 3);
    assert_eq!(add(tenant, &[2, 4, 4]), 1, "who is in stays, and a name twice is one member");
    assert_eq!(add(tenant, &[]), 0);
    assert_eq!(add(other, &[7]), 1);
    assert_eq!(read(store, move |tx| member::count(tx, tenant, group)).unwrap(), 4);
    let members = read(store, move |tx| member::of_group(tx, tenant, group, 0, 10)).unwrap();
    assert_eq!(members, [sample(1), sample(2), sample(3), sample(4)]);
    let among = read(store, move |tx| member::among(tx, tenant, group, &ids(&[9, 3, 1]))).unwrap();
    assert_eq!(among, [sample(1), sample(3)]);

    assert_eq!(remove(&[1, 9]), 1);
    assert_eq!(remove(&[1]), 0);
    assert_eq!(remove(&[]), 0);
    assert_eq!(write(store, move |tx| member::clear(tx, tenant, group)).unwrap(), 3);
    assert_eq!(read(store, move |tx| member::count(tx, tenant, group)).unwrap(), 0);
    assert_eq!(read(store, move |tx| member::count(tx, other, group)).unwrap(), 1);
}

pub fn a_group_is_paged_through(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let group = ResourceId(id(GROUP));
    write(store, move |tx| {
        let members: Vec<_> = (0..250).rev().map(sample).collect();
        member::add(tx, tenant, group, &members)
    })
    .unwrap();
    for (offset, limit) in [(0, 100), (100, 100), (200, 100), (250, 100), (10, 0)] {
        let page = read(store, move |tx| member::of_group(tx, tenant, group, offset, limit)).unwrap();
        let expected: Vec<_> = (0..250).map(sample).skip(offset as usize).take(limit as usize).collect();
        assert_eq!(page, expected, "{offset}");
    }
}

pub fn a_member_leaves_all_groups(store: &TestStore) {
    let (tenant, other) = (samples::tenant(store, 1), samples::tenant(store, 2));
    let user = ResourceId(id(1));
    for (tenant, group) in [(tenant, 12), (tenant, 10), (tenant, 11), (other, 10)] {
        let members = if group == 11 { [sample(2), sample(3)] } else { [sample(1), sample(2)] };
        write(store, move |tx| member::add(tx, tenant, ResourceId(id(group)), &members)).unwrap();
    }
    assert_eq!(read(store, move |tx| member::groups_of(tx, tenant, user)).unwrap(), ids(&[10, 12]));
    let left = write(store, move |tx| member::remove_everywhere(tx, tenant, user)).unwrap();
    assert_eq!(left, ids(&[10, 12]));
    assert_eq!(write(store, move |tx| member::remove_everywhere(tx, tenant, user)).unwrap(), []);
    assert_eq!(read(store, move |tx| member::groups_of(tx, tenant, user)).unwrap(), []);
    assert_eq!(read(store, move |tx| member::groups_of(tx, other, user)).unwrap(), ids(&[10]));
    let rest = read(store, move |tx| member::of_group(tx, tenant, ResourceId(id(10)), 0, 10)).unwrap();
    assert_eq!(rest, [sample(2)]);
}

pub fn concurrent_writers_lose_no_member(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let group = samples::resource(store, tenant, "Group", GROUP, &serde_json::json!({}));
    let added = at_once(8, |writer| {
        (0..20)
            .map(|round| {
                write(store, move |tx| {
                    // Half of them are the writer's own, half are everybody's.
                    let members = [sample(writer * 20 + round), sample(500 + round)];
                    let added = member::add(tx, tenant, group, &members)?;
                    store::resource::bump(tx, tenant, "Group", group, samples::at(2))?;
                    Ok(added)
                })
                .unwrap()
            })
            .sum::<u64>()
    });
    assert_eq!(added.iter().sum::<u64>(), 180);
    assert_eq!(read(store, move |tx| member::count(tx, tenant, group)).unwrap(), 180);
    let group = read(store, move |tx| store::resource::get(tx, tenant, "Group", group)).unwrap().unwrap();
    assert_eq!(group.version, 161);
}
