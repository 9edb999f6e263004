//! Positions in a list: exact whatever comes and goes.

use std::collections::BTreeSet;

use model::{ResourceId, TenantId};
use serde_json::json;
use store::position::{self, Positions};
use store::{Store, resource};
use testkit::TestStore;

use crate::samples::{self, at, at_once, id, read, write};

/// The total, and the resources at some positions, as the store counts them.
fn counted(store: &Store, tenant: TenantId, places: &[i64]) -> (i64, Vec<Option<u64>>) {
    let places = places.to_vec();
    read(store, move |tx| {
        let positions = Positions::of(tx, tenant, "User")?;
        let mut found = Vec::new();
        for place in &places {
            let id = position::at(tx, tenant, "User", &positions, *place)?;
            found.push(id.map(|id| u64::try_from(id.0.as_u128()).unwrap()));
        }
        Ok((positions.total(), found))
    })
    .unwrap()
}

fn check(store: &Store, tenant: TenantId, expected: &BTreeSet<u64>) {
    let all: Vec<u64> = expected.iter().copied().collect();
    let length = i64::try_from(all.len()).unwrap();
    let places: Vec<i64> =
        (0..=8).map(|part| length * part / 8 - i64::from(part == 8)).chain([length, i64::MAX]).collect();
    let found = places.iter().map(|place| all.get(usize::try_from(*place).unwrap_or(usize::MAX)).copied());
    assert_eq!(counted(store, tenant, &places), (length, found.collect()));
}

/// Numbers without a pattern, the same in each run.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

pub fn every_position_is_exact_while_resources_come_and_go(store: &TestStore) {
    let (tenant, other) = (samples::tenant(store, 1), samples::tenant(store, 2));
    samples::resource(store, other, "User", 1, &json!({}));
    samples::resource(store, tenant, "Group", 2, &json!({}));
    let (mut expected, mut state, mut latest) = (BTreeSet::new(), 7, 0);
    for round in 0..60 {
        let mut steps = Vec::new();
        for _ in 0..80 {
            let chance = next(&mut state) % 10;
            let present = expected.iter().nth(next(&mut state) as usize % expected.len().max(1)).copied();
            let number = match (chance, present) {
                // Mostly new ones behind all others; some between them, some gone, some come back.
                (0..=6, _) | (_, None) => {
                    latest += 1 + next(&mut state) % 3;
                    latest
                }
                (7, Some(_)) => 1 + next(&mut state) % latest,
                (_, Some(present)) => present,
            };
            let comes = expected.insert(number) || !expected.remove(&number);
            steps.push((number, comes));
        }
        write(store, move |tx| {
            for (number, comes) in &steps {
                if *comes {
                    resource::insert(
                        tx,
                        tenant,
                        "User",
                        &samples::unstored(*number, &json!({})),
                        &samples::origin(),
                    )?;
                } else {
                    assert!(resource::delete(tx, tenant, "User", ResourceId(id(*number)), at(1))?);
                }
            }
            Ok(())
        })
        .unwrap();
        if round % 6 == 0 || round > 55 {
            check(store, tenant, &expected);
        }
    }
    assert!(expected.len() > 2000, "there is more than one mark: {}", expected.len());
    write(store, move |tx| {
        for id in resource::ids(tx, tenant, "User")? {
            resource::delete(tx, tenant, "User", id, at(2))?;
        }
        Ok(())
    })
    .unwrap();
    check(store, tenant, &BTreeSet::new());
}

pub fn concurrent_writers_are_all_counted(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    at_once(8, |writer| {
        for round in 0..160 {
            let number = round * 8 + writer + 1;
            samples::resource(store, tenant, "User", number, &json!({}));
            if round % 4 == 3 {
                let id = ResourceId(id(number));
                write(store, move |tx| resource::delete(tx, tenant, "User", id, at(1))).unwrap();
            }
        }
    });
    let expected = (1..=1280).filter(|number| ((number - 1) / 8) % 4 != 3).collect();
    check(store, tenant, &expected);
}
