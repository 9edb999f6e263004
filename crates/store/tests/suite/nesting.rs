//! Groups in groups.

use std::collections::BTreeMap;

use model::{ResourceId, TenantId};
use serde_json::json;
use store::member_of::{self, MemberOf};
use store::{Store, member, nesting};
use testkit::TestStore;

use crate::samples::{self, id, read, write};

/// A group's number, then those of its members; numbers from 100 on are users.
type Group = (u64, &'static [u64]);

/// 1 contains 2 and 3, which both contain 4; a second way from 1 to 4 is longer, through 3 and 5.
const DIAMOND: &[Group] =
    &[(1, &[2, 3]), (2, &[4]), (3, &[4, 5]), (4, &[100, 101]), (5, &[4, 101]), (6, &[102])];

fn tenant_with(store: &Store, number: u64, groups: &'static [Group]) -> TenantId {
    let tenant = samples::tenant(store, number);
    for user in 100..104 {
        samples::resource(store, tenant, "User", user, &json!({ "userName": format!("user{user}") }));
    }
    for (group, _) in groups {
        samples::resource(
            store,
            tenant,
            "Group",
            *group,
            &json!({ "displayName": format!("Group {group}") }),
        );
    }
    write(store, move |tx| {
        for (group, members) in groups {
            for kind in ["User", "Group"] {
                member::add(tx, tenant, ResourceId(id(*group)), kind, &ids(members))?;
            }
        }
        Ok(())
    })
    .unwrap();
    tenant
}

fn ids(numbers: &[u64]) -> Vec<ResourceId> {
    numbers.iter().map(|number| ResourceId(id(*number))).collect()
}

pub fn what_is_above_and_below_is_found_at_any_distance(store: &TestStore) {
    let tenant = tenant_with(store, 1, DIAMOND);
    tenant_with(store, 2, &[(9, &[1, 4]), (1, &[]), (4, &[])]);
    for (group, expected) in [
        (1, &[][..]),
        (2, &[(1, 1)]),
        (5, &[(1, 2), (3, 1)]),
        (4, &[(1, 3), (2, 1), (3, 2), (5, 1)]),
        (6, &[]),
        (77, &[]),
    ] {
        let above = read(store, move |tx| nesting::above(tx, tenant, ResourceId(id(group)), 9)).unwrap();
        let expected: BTreeMap<_, _> =
            expected.iter().map(|(group, way)| (ResourceId(id(*group)), *way)).collect();
        assert_eq!(above, expected, "{group}");
    }
    for (groups, height) in [(&[1][..], 3), (&[3], 2), (&[4], 0), (&[4, 6, 2], 1), (&[77], 0), (&[], 0)] {
        let found = read(store, move |tx| nesting::height(tx, tenant, &ids(groups), 9)).unwrap();
        assert_eq!(found, height, "{groups:?}");
    }
    for (groups, expected) in
        [(&[1][..], &[1, 2, 3, 4, 5][..]), (&[3, 6], &[3, 4, 5, 6]), (&[4, 4], &[4]), (&[], &[])]
    {
        let found = read(store, move |tx| nesting::with_nested(tx, tenant, &ids(groups))).unwrap();
        assert_eq!(found, ids(expected), "{groups:?}");
    }
}

/// Nothing makes a circle; if there were one all the same, nobody would wait for ever.
pub fn a_circle_ends_by_itself(store: &TestStore) {
    let tenant = tenant_with(store, 1, &[(1, &[2]), (2, &[3, 100]), (3, &[1])]);
    let above = read(store, move |tx| nesting::above(tx, tenant, ResourceId(id(1)), 5)).unwrap();
    assert_eq!(
        above.into_iter().collect::<Vec<_>>(),
        [(1, 3), (2, 5), (3, 4)].map(|(g, way)| (ResourceId(id(g)), way))
    );
    assert_eq!(read(store, move |tx| nesting::height(tx, tenant, &ids(&[1]), 5)).unwrap(), 5);
    assert_eq!(read(store, move |tx| nesting::with_nested(tx, tenant, &ids(&[3]))).unwrap(), ids(&[1, 2, 3]));
    let groups = read(store, move |tx| member_of::of(tx, tenant, &ids(&[100]))).unwrap();
    assert_eq!(groups[&ResourceId(id(100))].len(), 3);
}

pub fn users_are_in_groups_directly_and_through_others(store: &TestStore) {
    let tenant = tenant_with(store, 1, DIAMOND);
    tenant_with(store, 2, &[(4, &[103])]);
    let groups = read(store, move |tx| member_of::of(tx, tenant, &ids(&[100, 101, 102, 103, 4]))).unwrap();
    let expected: BTreeMap<ResourceId, Vec<MemberOf>> = [
        (100, &[(1, false), (2, false), (3, false), (4, true), (5, false)][..]),
        (101, &[(1, false), (2, false), (3, false), (4, true), (5, true)]),
        (102, &[(6, true)]),
        (4, &[(1, false), (2, true), (3, true), (5, true)]),
    ]
    .into_iter()
    .map(|(member, groups)| {
        let member_of = |(group, is_direct): &(u64, bool)| MemberOf {
            group: ResourceId(id(*group)),
            display: Some(format!("Group {group}")),
            is_direct: *is_direct,
        };
        (ResourceId(id(member)), groups.iter().map(member_of).collect())
    })
    .collect();
    assert_eq!(groups, expected);
    assert!(read(store, move |tx| member_of::of(tx, tenant, &[])).unwrap().is_empty());
}
