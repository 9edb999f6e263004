//! `rollcall demo --exit`

use serde_json::json;

use crate::rollcall::Rollcall;

#[test]
fn the_demo_shows_everything_and_leaves_nothing_behind() {
    let rollcall = Rollcall::sqlite();
    let told = rollcall.tell(&["demo", "--exit"]);
    assert!(told.status.success(), "{told:?}");
    for word in
        ["source  ok", "initial", "incremental", "created", "users/s", "inactive", "Tenant URL", "rcscim_"]
    {
        assert!(told.stdout.contains(word), "{word:?} is not in:\n{}", told.stdout);
    }
    let database = told.stdout.lines().find_map(|line| line.strip_prefix("Database      sqlite:")).unwrap();
    assert!(!std::path::Path::new(database).exists(), "{database}");
    assert_eq!(rollcall.run(&["tenant", "list"]).json()["tenants"], json!([]), "the environment's database");
}

#[test]
fn a_script_gets_one_document() {
    let rollcall = Rollcall::sqlite();
    let shown = rollcall.run(&["demo", "--exit", "--database", rollcall.database()]).json();
    let created = [0, 1].map(|cycle| shown["cycles"][cycle]["created"].as_i64().unwrap());
    assert_eq!(created, [1059, 27]);
    let people = shown["people"].as_array().unwrap();
    let active: Vec<_> = people.iter().map(|person| person["user"]["active"].as_bool().unwrap()).collect();
    assert_eq!(active, [true, false, true], "one moved, one left, one joined");
    let leaver = people[1]["user"]["userName"].as_str().unwrap();
    assert!(leaver.split('@').next().unwrap().len() < 32, "a clean name: {leaver}");
    assert_eq!(rollcall.run(&["tenant", "show", "contoso"]).json()["users"], 1084);
    let again = rollcall.run(&["demo", "--exit", "--database", rollcall.database()]);
    again.refused(&["contoso", "already"], "--database");
}
