//! Steps of the guides that no page of how-tos has: what an application's administrator and that of its directory do
//! together. `docs/guides-coverage.md` says which test performs which step.

use serde_json::{Value, json};

use crate::entra::Entra;
use crate::service::Service;

/// Locations of the tenant, each with the number of its users.
fn locations(service: &Service) -> Vec<(String, u64)> {
    let listed = service.answer(&["location", "list", "--tenant", "contoso"]);
    let locations = listed["locations"].as_array().unwrap().iter();
    let counted =
        locations.map(|l| (l["location"].as_str().unwrap().to_owned(), l["occupants"].as_u64().unwrap()));
    counted.collect()
}

fn user_names(service: &Service) -> Vec<String> {
    let users = service.users();
    users.iter().map(|user| user["userName"].as_str().unwrap().to_owned()).collect()
}

fn make_location(service: &Service, name: &str) -> Value {
    service.answer(&["location", "create", "--tenant", "contoso", name])
}

#[test]
fn users_are_in_the_location_of_their_city_or_of_their_office() {
    let service = Service::start("workplace");
    make_location(&service, "Omaha");
    let mut entra = Entra::gallery("workplace");
    entra.connect(&service.url, &service.token);
    entra.press("Start provisioning");
    assert_eq!(locations(&service), [("Omaha".to_owned(), 3)]);

    // A company whose locations are in Office location changes the source of the same target.
    make_location(&service, "Omaha - Old Market");
    entra.map("addresses[type eq \"work\"].locality", "physicalDeliveryOfficeName");
    entra.press("Start provisioning");
    assert_eq!(locations(&service), [("Omaha".to_owned(), 0), ("Omaha - Old Market".to_owned(), 3)]);
}

#[test]
fn the_mail_address_is_the_user_name_where_people_sign_in_with_it() {
    let service = Service::start("workplace");
    let mut entra = Entra::gallery("workplace");
    entra.edit("ana@contoso.com", "mail", "ana.lima@contoso.example");
    entra.map("userName", "mail");
    entra.connect(&service.url, &service.token);
    entra.press("Start provisioning");
    assert_eq!(user_names(&service), ["ana.lima@contoso.example", "bo@contoso.com", "cy@contoso.com"]);
}

#[test]
fn a_tenant_url_may_end_in_a_slash() {
    let service = Service::start("workplace");
    let mut entra = Entra::gallery("workplace");
    entra.connect(&format!("{}/", service.url), &service.token);
    entra.press("Start provisioning");
    assert_eq!(user_names(&service), ["ana@contoso.com", "bo@contoso.com", "cy@contoso.com"]);
}

const LOCAL_USERNAME: &str = "urn:ietf:params:scim:schemas:extension:uniFLOWOnline:2.0:User:localUsername";

#[test]
fn a_print_tenant_is_provisioned_with_the_names_that_jobs_carry() {
    let service = Service::start("print");
    let enabled = service.answer(&["print", "enable", "--tenant", "contoso"]);
    let text = |name: &str| enabled[name].as_str().unwrap();
    let mut entra = Entra::new();
    entra.enter("Tenant URL", text("provisioning_tenant_url"));
    entra.enter("Secret Token", text("provisioning_secret_token"));
    entra.press("Test Connection");
    entra.press("Save");
    entra.map(LOCAL_USERNAME, "mailNickname");
    entra.enter("Scope", "Sync only assigned users and groups");
    entra.enter("Prevent accidental deletion", "2");
    entra.enter("Add user/group", "ana@contoso.com");
    entra.enter("Provision on demand", "ana@contoso.com");
    let (urn, name) = LOCAL_USERNAME.rsplit_once(':').unwrap();
    assert_eq!(service.users().iter().map(|user| &user[urn][name]).collect::<Vec<_>>(), ["ana"]);

    entra.press("Start provisioning");
    assert_eq!(user_names(&service), ["ana@contoso.com"], "nobody else is assigned");
    entra.enter("Add user/group", "bo@contoso.com");
    entra.enter("Add user/group", "cy@contoso.com");
    entra.press("Start provisioning");
    assert_eq!(service.users().len(), 3);

    // One who leaves is no accident; two more on one day are.
    let active = || service.users().iter().filter(|user| user["active"] == json!(true)).count();
    entra.enter("Block sign-in", "ana@contoso.com");
    assert_eq!(active(), 2);
    entra.edit("bo@contoso.com", "accountEnabled", false);
    entra.enter("Block sign-in", "cy@contoso.com");
    assert_eq!(active(), 2, "both wait for the administrator");
}
