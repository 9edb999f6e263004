//! Who could not be resolved.

use jiff::SignedDuration;
use print::limits::{MAX_UNRESOLVED, UNRESOLVED_LIFETIME};
use print::unresolved;
use serde_json::json;

use crate::tenant::Tenant;

fn names(tenant: &Tenant) -> Vec<(Option<String>, i64)> {
    tenant.unresolved().into_iter().map(|one| (one.name, one.attempts)).collect()
}

#[test]
fn a_name_is_listed_until_somebody_has_it() {
    for tenant in Tenant::on_both_engines() {
        let began = tenant.now();
        tenant.miss("ana");
        tenant.pass(SignedDuration::from_secs(1));
        tenant.miss(" ANA");
        tenant.miss("bo@contoso.com");
        tenant.write(|tx, on| Ok(unresolved::note_card(tx, on, "04A2")?)).unwrap();
        let listed = tenant.unresolved();
        assert_eq!(names(&tenant), [(None, 1), (Some("ANA".into()), 2), (Some("bo@contoso.com".into()), 1)]);
        assert_eq!((listed[1].first, listed[1].last), (began, tenant.now()));

        let user = tenant.hire("one", json!({ "localUsername": "Ana" }));
        tenant.set(user, "active", json!(false));
        tenant.set(user, "emails", json!([{ "type": "work", "value": "BO@contoso.com" }]));
        assert_eq!(
            names(&tenant),
            [(None, 1), (Some("bo@contoso.com".into()), 1)],
            "an inactive user has nothing"
        );
        tenant.set(user, "active", json!(true));
        tenant.swap(user, "04a2").unwrap();
        assert_eq!(names(&tenant), []);
    }
}

#[test]
fn the_list_is_bounded_and_forgotten() {
    for tenant in Tenant::on_both_engines() {
        let more = MAX_UNRESOLVED + 5;
        for number in 0..more {
            tenant.pass(SignedDuration::from_secs(1));
            tenant.miss(&format!("user{number}"));
        }
        assert_eq!(tenant.rows("SELECT count(*) FROM print_unresolved"), MAX_UNRESOLVED);
        assert_eq!(names(&tenant)[0].0, Some(format!("user{}", more - 1)));
        tenant.pass(UNRESOLVED_LIFETIME - SignedDuration::from_secs(1));
        assert_eq!(names(&tenant).len(), 1);
        tenant.tidy();
        assert_eq!(tenant.rows("SELECT count(*) FROM print_unresolved"), 1);
    }
}
