//! Each page of `docs/how-to`, followed.

use std::fs;
use std::path::Path;

use testkit::graph::{CLIENT_ID, SECRET, SERVICE_PRINCIPAL};
use testkit::slapd::PASSWORD;

use crate::application::Application;
use crate::entra::Entra;
use crate::ldap::Ldap;
use crate::okta::Okta;
use crate::run::{Address, Setting, follow};
use crate::service::Service;

/// The settings of a server at this address.
fn at(server: &Address) -> Vec<Setting> {
    vec![Setting::new("ROLLCALL_PUBLIC_URL", server.url()), Setting::new("LISTEN", server.address.as_str())]
}

#[test]
fn entra_is_connected_to_a_tenant() {
    let server = Address::free();
    follow("connect-entra.md", at(&server), &mut Entra::new());
}

#[test]
fn okta_is_connected_to_a_tenant() {
    let server = Address::free();
    follow("connect-okta.md", at(&server), &mut Okta::new());
}

#[test]
fn rollcall_stands_before_a_saas() {
    let (server, mut application) = (Address::free(), Application::start());
    let mut settings = at(&server);
    settings.push(Setting::new("RECEIVER", application.url.as_str()));
    settings.push(Setting::new("ROLLCALL_OWN_NETWORKS", "127.0.0.1/32"));
    follow("your-own-saas.md", settings, &mut application);
}

#[test]
fn people_come_from_ldap() {
    let (server, mut ldap) = (Address::free(), Ldap::new());
    let mut settings = at(&server);
    settings.push(Setting::new("LDAP_URL", ldap.url()));
    settings.push(Setting::new("LDAP_PASSWORD", PASSWORD));
    follow("provision-from-ldap.md", settings, &mut ldap);
}

#[test]
fn entras_provisioning_is_replaced() {
    let (server, mut entra) = (Address::free(), Entra::new());
    let mut settings = at(&server);
    settings.push(Setting::new("GRAPH", entra.graph.graph_url()));
    settings.push(Setting::new("LOGIN", entra.graph.url.as_str()));
    settings.push(Setting::new("CLIENT_ID", CLIENT_ID));
    settings.push(Setting::new("ENTRA_CLIENT_SECRET", SECRET));
    settings.push(Setting::new("SERVICE_PRINCIPAL", SERVICE_PRINCIPAL));
    follow("replace-entra-provisioning.md", settings, &mut entra);
}

#[test]
fn a_tenant_moves_from_another_scim_server() {
    let (server, old) = (Address::free(), Service::start("plain"));
    let mut entra = Entra::provisioning_into(&old);
    let mut settings = at(&server);
    settings.push(Setting::new("OLD_URL", old.url.as_str()));
    settings.push(Setting::new("OLD_TOKEN", old.token.as_str()));
    follow("migrate-from-scim.md", settings, &mut entra);
}

#[test]
fn no_page_is_left_out() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/how-to");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    for name in names.filter(|name| name != "README.md") {
        assert!(include_str!("pages.rs").contains(&format!("follow(\"{name}\"")), "nobody follows {name}");
    }
}
