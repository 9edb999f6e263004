//! Whose a name or card is.

use print::{Identity, PRINT_USER_URN};
use serde_json::{Value, json};

use crate::tenant::{Tenant, status};

fn mail(address: &str) -> Value {
    json!([{ "type": "work", "value": address }])
}

#[test]
fn a_local_user_name_comes_before_a_user_name_and_that_before_an_address() {
    for tenant in Tenant::on_both_engines() {
        let local = tenant.hire("one@contoso.com", json!({ "localUsername": "ana" }));
        let named = tenant.hire("ana", json!({}));
        let addressed = tenant.hire("three", json!({}));
        tenant.set(addressed, "emails", mail("Ana.Lima@contoso.com"));
        let found = |name| tenant.by_name(name).map(|owner| (owner.user, owner.matched));
        assert_eq!(found(" ANA "), Some((local, Identity::LocalUserName)));
        assert_eq!(found("ana.lima@CONTOSO.com"), Some((addressed, Identity::Email)));
        assert_eq!(found("nobody"), None);
        // Who is inactive owns nothing, and hides nobody.
        tenant.set(local, "active", json!(false));
        assert_eq!(found("ana"), Some((named, Identity::UserName)));
        tenant.leave(named);
        assert_eq!(found("ana"), None);
        tenant.set(local, "active", json!(true));
        assert_eq!(found("ana"), Some((local, Identity::LocalUserName)));
    }
}

#[test]
fn an_owner_has_a_department_and_a_cost_centre() {
    for tenant in Tenant::on_both_engines() {
        let user = tenant.hire("ana", json!({ "cardNumber": "04A2" }));
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        tenant.set(user, &format!("{enterprise}:department"), json!("Sales"));
        tenant.set(user, &format!("{enterprise}:costCenter"), json!("4711"));
        let owner = tenant.by_name("ana").unwrap();
        assert_eq!((owner.department(), owner.cost_center()), (Some("Sales"), Some("4711")));
        assert_eq!(tenant.by_card("04a2"), Some(user), "hexadecimal digits in any letter case");
    }
}

/// Okta sends `""` for what has no value any more.
#[test]
fn what_is_blank_is_nobodys_identity() {
    for tenant in Tenant::on_both_engines() {
        let blank = json!({ "localUsername": "", "pin": "", "cardNumber": " ", "cardRegistrationCode": "" });
        for name in ["ana", "bo"] {
            let user = tenant.hire(name, blank.clone());
            tenant.set(user, "emails", mail(""));
        }
        assert!(
            tenant.by_name("").is_none() && tenant.by_card("").is_none() && tenant.by_card(" ").is_none()
        );
        let cy = tenant.hire("cy", json!({ "localUsername": "C", "pin": "4711", "cardNumber": " 04A2 " }));
        assert_eq!(tenant.by_card("04a2"), Some(cy), "white space around a card does not count");
        for (name, value) in blank.as_object().unwrap() {
            tenant.set(cy, &format!("{PRINT_USER_URN}:{name}"), value.clone());
        }
        assert!(tenant.by_name("c").is_none() && tenant.by_card("04a2").is_none());
        assert_eq!(tenant.pin("cy", "4711"), Ok(false), "it was taken away");
    }
}

#[test]
fn an_identity_has_one_user_and_the_refusal_names_the_attribute_alone() {
    for tenant in Tenant::on_both_engines() {
        let all = json!({ "localUsername": "canary1", "pin": "canary2", "cardNumber": "canary3",
                          "cardRegistrationCode": "canary4" });
        let first = tenant.hire("canary5", all.clone());
        tenant.set(first, "emails", mail("canary6"));
        for (name, value) in all.as_object().unwrap() {
            let value = value.as_str().unwrap().to_uppercase();
            let refused = tenant.create(json!({ "userName": "bo", PRINT_USER_URN: { name: value } }));
            told(refused.unwrap_err(), name);
        }
        told(
            tenant.create(json!({ "userName": "bo", "emails": mail("CANARY6") })).unwrap_err(),
            "emails.value",
        );
        told(tenant.swap(tenant.hire("bo", json!({})), "CANARY3").unwrap_err(), "cardNumber");
    }
}

#[track_caller]
fn told(error: application::resources::Error, attribute: &str) {
    let text = error.to_string();
    assert!(text.contains(attribute) && !text.to_lowercase().contains("canary"), "{text}");
    assert_eq!(status(error), 409);
}
