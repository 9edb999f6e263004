//! The key file: made once, for its owner, and bound to its database.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::rollcall::Rollcall;

#[test]
fn the_key_is_beside_the_database_and_for_its_owner_alone() {
    let rollcall = Rollcall::sqlite();
    let mut verb = rollcall.command(&["tenant", "list", "--json", "--database", "sqlite:other.db"]);
    assert!(verb.env_remove("ROLLCALL_KEY_FILE").output().unwrap().status.success());
    let key = rollcall.path("other.db.key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(key).unwrap().trim().len(), 64);
}

#[test]
fn a_database_is_refused_with_another_key() {
    let mut rollcall = Rollcall::sqlite();
    let tenant = rollcall.tenant("contoso");
    let other = rollcall.run(&["tenant", "list", "--key-file", "other.key"]);
    other.refused(&["another key file"], "--key-file");
    let broken = rollcall.path("broken.key");
    fs::write(&broken, "no key").unwrap();
    rollcall.run(&["tenant", "list", "--key-file", "broken.key"]).refused(&["broken.key"], "backup");
    assert_eq!(fs::read_to_string(broken).unwrap(), "no key");
    let serve = rollcall.serve();
    let tenant = crate::http::Tenant::new(&format!("{}/t/contoso/scim/v2", serve.url), &tenant.token);
    assert_eq!(tenant.get("/Users").status, 200);
}

#[test]
fn processes_that_start_at_once_agree() {
    let rollcall = Rollcall::sqlite();
    let mut children: Vec<_> = (0..6)
        .map(|n| rollcall.command(&["tenant", "create", &format!("t{n}"), "--application", "plain"]))
        .map(|mut command| command.stdout(std::process::Stdio::null()).spawn().unwrap())
        .collect();
    assert!(children.iter_mut().all(|child| child.wait().unwrap().success()));
    assert_eq!(rollcall.run(&["tenant", "list"]).json()["tenants"].as_array().unwrap().len(), 6);
}

#[test]
fn a_key_that_others_can_read_is_warned_of() {
    let rollcall = Rollcall::sqlite();
    rollcall.run(&["tenant", "list"]).json();
    fs::set_permissions(rollcall.path("key"), fs::Permissions::from_mode(0o644)).unwrap();
    let warned = rollcall.tell(&["tenant", "list"]);
    assert!(warned.status.success() && warned.stderr.contains("chmod 600"), "{warned:?}");
}
