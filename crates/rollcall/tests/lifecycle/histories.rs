//! Random histories of a company, several months each: on every day the application is what it must be, nothing is tried in
//! vain, and at the end every day is still paid for as it was.

use std::env;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use testkit::Database;

use crate::expected::Keeps;
use crate::firm::{CITIES, Edit, Firm, SEATS};

/// People that a history knows by number.
const PEOPLE: u32 = 6;

fn edits() -> impl Strategy<Value = Edit> {
    let who = || 0..PEOPLE;
    let yes = || any::<bool>();
    prop_oneof![
        6 => (who(), 0..CITIES.len()).prop_map(|(who, city)| Edit::Hire(who, city)),
        1 => who().prop_map(Edit::Marry),
        2 => (who(), 0..CITIES.len()).prop_map(|(who, city)| Edit::Move(who, city)),
        2 => who().prop_map(Edit::Title),
        4 => (who(), yes()).prop_map(|(who, on)| Edit::Enable(who, on)),
        4 => (who(), yes()).prop_map(|(who, on)| Edit::Assign(who, on)),
        4 => who().prop_map(Edit::Delete),
        2 => who().prop_map(Edit::Restore),
        3 => (who(), yes()).prop_map(|(who, on)| Edit::Join(who, on)),
        3 => (who(), yes()).prop_map(|(who, on)| Edit::Activate(who, on)),
        4 => (who(), 0..SEATS).prop_map(|(who, seat)| Edit::Seat(who, seat)),
        4 => (who(), 1_i64..120).prop_map(|(who, ahead)| Edit::Book(who, ahead)),
        1 => Just(Edit::Alias),
    ]
}

/// The edits of a day, after so many days without any.
type Day = (i64, Vec<Edit>);

fn history() -> impl Strategy<Value = Vec<Day>> {
    let days = prop_oneof![4 => 0_i64..3, 2 => 3_i64..12, 1 => 25_i64..35];
    vec((days, vec(edits(), 1..5)), 15..30)
}

fn lives(database: Database, keeps: Keeps, history: &[Day]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut firm = Firm::on(database, keeps).await;
        for (days, edits) in history {
            firm.days(*days).await;
            firm.day(edits).await;
        }
        firm.check_bills().await;
    });
}

/// The same histories each time, and few enough to wait for. `PROPTEST_CASES` and `PROPTEST_RNG_SEED` ask for others.
fn config(cases: u32) -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    if env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(5);
    }
    config
}

fn keeps() -> impl Strategy<Value = Keeps> {
    (any::<bool>(), any::<bool>()).prop_map(|(seats, reservations)| Keeps { seats, reservations })
}

proptest! {
    #![proptest_config(config(6))]

    #[test]
    fn the_application_is_what_it_must_be_on_every_day(keeps in keeps(), history in history()) {
        lives(Database::sqlite(), keeps, &history);
    }
}

proptest! {
    #![proptest_config(config(2))]

    #[test]
    fn and_on_postgres(keeps in keeps(), history in history()) {
        lives(Database::postgres(), keeps, &history);
    }
}
