//! The pages of `docs/how-to`, done as they are written: each block of commands runs in a shell with the built binary,
//! what is shown is compared with what came out, and the steps in somebody else's portal are done in a simulated one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod application;
mod cloud;
mod entra;
mod ldap;
mod okta;
mod old_server;
mod page;
mod people;
mod run;
mod seen;
mod shell;

use application::Application;
use entra::Entra;
use ldap::Ldap;
use okta::Okta;
use old_server::OldServer;
use run::{Address, Setting, follow};
use testkit::graph::{CLIENT_ID, SECRET, SERVICE_PRINCIPAL};
use testkit::slapd::PASSWORD;

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
    let (server, old) = (Address::free(), OldServer::start());
    let mut entra = Entra::provisioning_into(&old.url, &old.token);
    let mut settings = at(&server);
    settings.push(Setting::new("OLD_URL", old.url.as_str()));
    settings.push(Setting::new("OLD_TOKEN", old.token.as_str()));
    follow("migrate-from-scim.md", settings, &mut entra);
}
