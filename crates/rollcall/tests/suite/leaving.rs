//! Leaving and returning: soft deletion, restore, deletion for good, and hiring again under a new account.

use serde_json::{Value, json};

use crate::company::{person, soft_deleted, write};
use crate::http::Tenant;
use crate::rollcall::{Rollcall, Serve};

fn provisioned() -> (Rollcall, Serve, Tenant) {
    let mut rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    rollcall.apply_two(&tenant);
    (rollcall, serve, tenant)
}

impl Rollcall {
    fn apply_two(&self, tenant: &Tenant) {
        write(&self.path("directory"), &[person(1, "ana"), person(2, "bo")]);
        self.apply(&self.job(tenant)).json();
        self.cycle();
    }

    fn cycle(&self) -> Value {
        self.run(&["cycle", "contoso"]).json()
    }
}

/// The users called ana, as name, activity and id.
fn anas(tenant: &Tenant) -> Vec<(String, bool, String)> {
    let text = |user: &Value, name: &str| user[name].as_str().unwrap().to_owned();
    let users = tenant.users();
    let anas = users.iter().filter(|user| user["userName"].as_str().unwrap().contains("ana"));
    anas.map(|user| (text(user, "userName"), user["active"].as_bool().unwrap(), text(user, "id"))).collect()
}

#[test]
fn who_is_deleted_softly_is_inactive_under_a_clean_name_and_returns_as_the_same_user() {
    let (rollcall, _serve, tenant) = provisioned();
    let before = anas(&tenant);
    let [(_, true, id)] = before.as_slice() else { panic!("ana is active: {before:?}") };

    write(&rollcall.path("directory"), &[soft_deleted(&person(1, "ana")), person(2, "bo")]);
    assert_eq!(rollcall.cycle()["disabled"], 1);
    assert_eq!(anas(&tenant), [("ana@contoso.com".to_owned(), false, id.clone())]);
    assert_eq!(rollcall.cycle()["disabled"], 0, "once is enough");

    write(&rollcall.path("directory"), &[person(1, "ana"), person(2, "bo")]);
    assert_eq!(rollcall.cycle()["updated"], 1);
    assert_eq!(anas(&tenant), [("ana@contoso.com".to_owned(), true, id.clone())]);
}

#[test]
fn who_is_hired_again_under_a_new_account_is_one_active_user() {
    let (rollcall, _serve, tenant) = provisioned();
    write(&rollcall.path("directory"), &[soft_deleted(&person(1, "ana")), person(2, "bo")]);
    rollcall.cycle();
    write(&rollcall.path("directory"), &[person(2, "bo")]);
    rollcall.cycle();
    write(&rollcall.path("directory"), &[person(3, "ana"), person(2, "bo")]);
    rollcall.cycle();
    let active: Vec<_> = anas(&tenant).into_iter().filter(|(_, active, _)| *active).collect();
    assert_eq!(active.len(), 1, "{active:?}");
    assert_eq!(active[0].0, "ana@contoso.com");
}

#[test]
fn who_is_purged_and_hired_again_on_one_day_is_one_active_user() {
    let (rollcall, _serve, tenant) = provisioned();
    write(&rollcall.path("directory"), &[person(3, "ana"), person(2, "bo")]);
    rollcall.cycle();
    let after = anas(&tenant);
    let [(name, true, _)] = after.as_slice() else { panic!("ana is active, once: {after:?}") };
    assert_eq!(name, "ana@contoso.com");
    let again = rollcall.cycle();
    assert_eq!((&again["created"], &again["escrowed"]), (&json!(0), &json!(0)));
}

#[test]
fn a_new_account_of_a_name_in_the_recycle_bin_takes_its_user_over() {
    let (rollcall, _serve, tenant) = provisioned();
    write(&rollcall.path("directory"), &[soft_deleted(&person(1, "ana")), person(2, "bo")]);
    rollcall.cycle();
    write(&rollcall.path("directory"), &[soft_deleted(&person(1, "ana")), person(3, "ana"), person(2, "bo")]);
    rollcall.cycle();
    let active: Vec<_> = anas(&tenant).into_iter().filter(|(_, active, _)| *active).collect();
    assert_eq!(active.len(), 1, "{active:?}");
}
