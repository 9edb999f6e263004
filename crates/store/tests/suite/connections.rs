//! Connections, and how often their requests needed a quirk.

use std::collections::BTreeMap;

use model::client::Client;
use model::connection::{Connection, ConnectionName, Kind};
use model::token::Token;
use model::{ClientId, TenantId};
use scim::quirks::Quirk;
use store::quirk::Count;
use store::{Error, client, connection, quirk, token};
use testkit::TestStore;

use crate::samples::{self, at, read, write};
use crate::service::{sample_client, sample_secret, sample_token};

fn sample(tenant: TenantId, name: &str) -> Connection {
    let choices = BTreeMap::from([(Quirk::StringBooleans, false), (Quirk::ReplaceCreates, true)]);
    Connection { tenant, name: name.parse().unwrap(), kind: Kind::Okta, choices, created: at(7) }
}

pub fn a_tenant_begins_with_a_connection(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let listed = read(store, move |tx| connection::list(tx, tenant)).unwrap();
    assert_eq!(listed, [Connection::first(tenant, at(0))]);
}

pub fn connections_are_their_tenants(store: &TestStore) {
    let (one, two) = (samples::tenant(store, 1), samples::tenant(store, 2));
    let made = sample(one, "okta");
    let again = made.clone();
    write(store, move |tx| connection::create(tx, &again)).unwrap();
    assert_eq!(read(store, move |tx| connection::get(tx, one, "okta")).unwrap(), Some(made.clone()));
    assert_eq!(read(store, move |tx| connection::get(tx, two, "okta")).unwrap(), None);
    let again = made.clone();
    let taken = write(store, move |tx| connection::create(tx, &again));
    assert!(matches!(taken, Err(Error::Uniqueness { attribute }) if attribute == "name"));

    let changed = Connection { kind: Kind::Rfc, choices: BTreeMap::new(), ..made };
    let set = changed.clone();
    assert!(write(store, move |tx| connection::update(tx, &set)).unwrap());
    assert_eq!(read(store, move |tx| connection::get(tx, one, "okta")).unwrap(), Some(changed));
    let foreign = sample(two, "okta");
    assert!(!write(store, move |tx| connection::update(tx, &foreign)).unwrap());
}

pub fn a_deleted_connection_takes_its_clients_and_tokens_along(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let made = sample(tenant, "okta");
    let name = made.name.clone();
    write(store, move |tx| {
        connection::create(tx, &made)?;
        token::insert(tx, &Token { connection: made.name.clone(), ..sample_token(tenant, "goes", 1) })?;
        token::insert(tx, &sample_token(tenant, "stays", 1))?;
        client::insert(tx, &Client { connection: made.name.clone(), ..sample_client(tenant, 1) })?;
        client::insert(tx, &sample_client(tenant, 2))?;
        for number in [1, 2] {
            client::add_secret(tx, tenant, &sample_secret(number, "a", 1))?;
        }
        Ok(())
    })
    .unwrap();
    let known = read(store, |tx| token::find(tx, "goes")).unwrap().unwrap();
    assert_eq!(((*known.connection).clone(), known.token.connection), (sample(tenant, "okta"), name.clone()));
    let gone = name.clone();
    assert!(write(store, move |tx| connection::delete(tx, tenant, &gone)).unwrap());
    assert!(!write(store, move |tx| connection::delete(tx, tenant, &name)).unwrap());
    assert_eq!(read(store, |tx| token::find(tx, "goes")).unwrap(), None);
    assert!(read(store, |tx| token::find(tx, "stays")).unwrap().is_some());
    let clients = read(store, move |tx| client::list(tx, tenant)).unwrap();
    assert_eq!(clients, [sample_client(tenant, 2)]);
    let secrets = |number| {
        read(store, move |tx| client::secrets(tx, tenant, ClientId(samples::id(number)))).unwrap().len()
    };
    assert_eq!([secrets(1), secrets(2)], [0, 1]);
}

pub fn quirks_are_counted(store: &TestStore) {
    let (one, two) = (samples::tenant(store, 1), samples::tenant(store, 2));
    let first = ConnectionName::default();
    let count =
        |quirk, requests, from, to| Count { quirk, requests, first_seen: at(from), last_seen: at(to) };
    let add = |tenant, name: &ConnectionName, count| {
        let name = name.clone();
        write(store, move |tx| quirk::add(tx, tenant, &name, &count)).unwrap();
    };
    let counted =
        |tenant| read(store, move |tx| quirk::of_connection(tx, tenant, &ConnectionName::default())).unwrap();
    add(one, &first, count(Quirk::NoUserAgent, 1, 5, 5));
    add(one, &first, count(Quirk::StringBooleans, 2, 10, 20));
    add(one, &first, count(Quirk::StringBooleans, 3, 8, 15));
    assert_eq!(
        counted(one),
        [count(Quirk::StringBooleans, 5, 8, 20), count(Quirk::NoUserAgent, 1, 5, 5)],
        "servers may tell in any order"
    );
    assert_eq!(counted(two), []);
    let gone: ConnectionName = "gone".parse().unwrap();
    add(one, &gone, count(Quirk::NoUserAgent, 1, 5, 5));
    assert_eq!(read(store, move |tx| quirk::of_connection(tx, one, &gone)).unwrap(), []);
}
