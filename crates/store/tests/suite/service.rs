//! Settings, tenants, tokens and the audit log.

use model::admin_token::{Access, AdminToken};
use model::audit::AuditEntry;
use model::client::{Client, ClientSecret, Trust};
use model::connection::{Connection, ConnectionName};
use model::grant::Grant;
use model::tenant::{Application, Tenant};
use model::token::Token;
use model::{AuditId, ChangeId, ClientId, TenantId};
use scim::quirks::Quirk;
use serde_json::json;
use store::attr::{self, AttributeRow};
use store::feed::{self, Change, ChangeKind};
use store::member;
use store::quirk::Count;
use store::schema::{self, Applied};
use store::{
    Error, Store, admin_token, audit, client, params, request_log, resource, setting, tenant, token,
};
use testkit::TestStore;

use crate::leaving;
use crate::samples;
use crate::samples::{at, at_once, id, read, rows_of_tables_with, write};

pub fn settings(store: &TestStore) {
    write(store, |tx| setting::set(tx, "public_url", "https://a.example")).unwrap();
    write(store, |tx| setting::set(tx, "public_url", "https://b.example")).unwrap();
    let read_back = read(store, |tx| Ok((setting::get(tx, "public_url")?, setting::get(tx, "other")?)));
    assert_eq!(read_back.unwrap(), (Some("https://b.example".to_owned()), None));
    let values = at_once(8, |number| {
        write(store, move |tx| setting::get_or_set(tx, "key", &number.to_string())).unwrap()
    });
    assert!(values.iter().all(|value| value == &values[0]), "{values:?}");
}

pub fn tenants(store: &TestStore) {
    let sample = |number: u64, name: &str| Tenant {
        id: TenantId(id(number)),
        name: name.parse().unwrap(),
        application: Application::Print,
        created: at(5),
        settings: model::settings::Settings::default(),
        schema_version: 0,
    };
    let (contoso, fabrikam, again) = (sample(1, "contoso"), sample(2, "fabrikam"), sample(3, "contoso"));
    for tenant in [fabrikam.clone(), contoso.clone()] {
        write(store, move |tx| tenant::create(tx, &tenant)).unwrap();
    }
    let taken = write(store, move |tx| tenant::create(tx, &again));
    assert!(matches!(taken, Err(Error::Uniqueness { attribute }) if attribute == "name"));
    read(store, move |tx| {
        assert_eq!(tenant::by_name(tx, "contoso")?, Some(contoso.clone()));
        assert_eq!(tenant::by_name(tx, "Contoso")?, None);
        assert_eq!(tenant::list(tx)?, [contoso.clone(), fabrikam.clone()]);
        Ok(())
    })
    .unwrap();
    assert!(!write(store, |tx| tenant::delete(tx, TenantId(id(3)), &[])).unwrap());
}

fn sample_admin_token(tenant: TenantId) -> AdminToken {
    AdminToken {
        id: format!("admin-{tenant}"),
        digest: vec![1; 32],
        label: "sample".to_owned(),
        tenant: Some(tenant),
        access: Access::Write,
        created: at(1),
        expires: None,
        revoked: None,
    }
}

pub fn sample_token(tenant: TenantId, public_id: &str, created: i64) -> Token {
    Token {
        id: public_id.to_owned(),
        tenant,
        connection: ConnectionName::default(),
        digest: vec![0, 1, 255],
        label: "Entra".to_owned(),
        created: at(created),
        expires: Some(at(1000)),
        revoked: None,
        grant: Grant::default(),
    }
}

pub fn tokens(store: &TestStore) {
    let (one, two) = (samples::tenant(store, 1), samples::tenant(store, 2));
    let (first, second, foreign) =
        (sample_token(one, "zzz", 1), sample_token(one, "aaa", 2), sample_token(two, "bbb", 3));
    for token in [second.clone(), first.clone(), foreign.clone()] {
        write(store, move |tx| token::insert(tx, &token)).unwrap();
    }
    let known = read(store, |tx| token::find(tx, "bbb")).unwrap().unwrap();
    assert_eq!((known.token, known.tenant.id), (foreign, two));
    assert_eq!(*known.connection, Connection::first(two, at(0)));
    assert_eq!(read(store, |tx| token::find(tx, "BBB")).unwrap(), None);

    assert!(!write(store, move |tx| token::revoke(tx, two, "zzz", at(9))).unwrap(), "another tenant's");
    assert!(write(store, move |tx| token::revoke(tx, one, "zzz", at(10))).unwrap());
    assert!(!write(store, move |tx| token::revoke(tx, one, "zzz", at(11))).unwrap(), "it is already");
    for used in [20, 15] {
        write(store, move |tx| token::touch(tx, one, "aaa", at(used), Some("::1"))).unwrap();
    }
    let listed = read(store, move |tx| token::list(tx, one)).unwrap();
    let tokens: Vec<_> = listed.iter().map(|listed| listed.token.clone()).collect();
    assert_eq!(tokens, [Token { revoked: Some(at(10)), ..first }, second.clone()]);
    assert_eq!(listed.iter().map(|listed| listed.last_used).collect::<Vec<_>>(), [None, Some(at(20))]);
    assert_eq!(listed[1].last_used_from.as_deref(), Some("::1"));
}

pub fn expiring_tokens(store: &TestStore) {
    let (one, two) = (samples::tenant(store, 1), samples::tenant(store, 2));
    let lasting = Token { expires: None, ..sample_token(one, "lasting", 1) };
    for token in [sample_token(one, "ending", 1), lasting] {
        write(store, move |tx| token::insert(tx, &token)).unwrap();
    }
    for (id, end, expires) in [("ending", 900, 900), ("ending", 950, 900), ("lasting", 500, 500)] {
        assert!(write(store, move |tx| token::expire(tx, one, id, at(end))).unwrap());
        assert_eq!(
            read(store, move |tx| token::find(tx, id)).unwrap().unwrap().token.expires,
            Some(at(expires)),
            "{id}"
        );
    }
    assert!(!write(store, move |tx| token::expire(tx, two, "lasting", at(1))).unwrap(), "another tenant's");
    let ending = |from, to| read(store, move |tx| token::count_ending(tx, at(from), at(to))).unwrap();
    assert_eq!([ending(0, 499), ending(0, 500), ending(0, 900), ending(500, 900)], [0, 1, 2, 1]);
    write(store, move |tx| token::revoke(tx, one, "ending", at(1))).unwrap();
    assert_eq!(ending(0, 900), 1, "who is revoked ends no more");
}

pub fn a_token_is_held_while_it_lives(store: &TestStore) {
    let (one, two) = (samples::tenant(store, 1), samples::tenant(store, 2));
    for (tenant, name) in [(one, "first"), (one, "second"), (two, "third")] {
        write(store, move |tx| token::insert(tx, &sample_token(tenant, name, 1))).unwrap();
    }
    let held = |tenant, name: &'static str, now| {
        write(store, move |tx| token::hold_live(tx, tenant, name, at(now))).unwrap()
    };
    assert!(held(one, "first", 999));
    assert!(!held(one, "first", 1000), "it has expired");
    assert!(!held(two, "first", 1), "another tenant's");
    write(store, move |tx| token::revoke(tx, one, "first", at(5))).unwrap();
    assert!(!held(one, "first", 6), "it was revoked");
    assert!(held(one, "second", 6) && held(two, "third", 6));
    write(store, move |tx| tenant::delete(tx, two, &[])).unwrap();
    assert!(!held(two, "third", 6), "its tenant is gone");
}

pub fn so_many_tokens_live_at_once(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let add = |name: String, created| {
        let token = Token { expires: Some(at(created + 100)), ..sample_token(tenant, &name, created) };
        write(store, move |tx| token::add(tx, &token)).unwrap()
    };
    let added = at_once(8, |number| add(format!("t{number}"), 1));
    assert_eq!(added.iter().filter(|added| **added).count(), 2, "{added:?}");
    let first = read(store, move |tx| token::list(tx, tenant)).unwrap()[0].token.id.clone();
    assert!(write(store, move |tx| token::revoke(tx, tenant, &first, at(2))).unwrap());
    assert!(add("a".to_owned(), 2) && !add("b".to_owned(), 2), "the revoked one does not count");
    assert!(add("c".to_owned(), 101), "nor does the expired one");
}

pub fn sample_client(tenant: TenantId, number: u64) -> Client {
    let trust = Trust {
        issuer: "https://login.example.com/v2.0".to_owned(),
        subject: "sync".to_owned(),
        audience: "api://rollcall".to_owned(),
        claims: [("tid".to_owned(), "t".to_owned())].into(),
        jwks_url: "https://login.example.com/keys".to_owned(),
    };
    Client {
        id: ClientId(id(number)),
        tenant,
        connection: ConnectionName::default(),
        label: "Entra".to_owned(),
        scope: "read_only".parse().unwrap(),
        networks: "203.0.113.0/24".parse().unwrap(),
        trust: number.is_multiple_of(2).then_some(trust),
        created: at(1),
    }
}

pub fn sample_secret(client: u64, name: &str, created: i64) -> ClientSecret {
    let client = ClientId(id(client));
    ClientSecret { id: name.to_owned(), client, digest: [7; 32], created: at(created), expires: None }
}

pub fn clients(store: &TestStore) {
    let (one, two) = (samples::tenant(store, 1), samples::tenant(store, 2));
    let (first, second) = (sample_client(one, 1), sample_client(one, 2));
    for client in [second.clone(), first.clone(), sample_client(two, 3)] {
        write(store, move |tx| client::insert(tx, &client)).unwrap();
    }
    assert_eq!(read(store, move |tx| client::list(tx, one)).unwrap(), [first.clone(), second.clone()]);
    let name = read(store, tenant::list).unwrap().into_iter().find(|t| t.id == one).unwrap().name;
    let find = |number| {
        let name = name.clone();
        read(store, move |tx| client::find(tx, name.as_str(), ClientId(id(number)))).unwrap()
    };
    assert_eq!(find(2).map(|(client, tenant)| (client, tenant.id)), Some((second, one)));
    assert_eq!(find(3), None, "another tenant's");

    let add = |name: &'static str, created| {
        write(store, move |tx| client::add_secret(tx, one, &sample_secret(1, name, created))).unwrap()
    };
    assert!(add("a", 1) && add("b", 2) && !add("c", 3));
    let end =
        |at_| write(store, move |tx| client::expire_secret(tx, one, ClientId(id(1)), "a", at(at_))).unwrap();
    assert!(end(10) && end(20), "it stays with the earlier");
    assert!(!add("c", 9) && add("c", 10));
    let secrets = read(store, move |tx| client::secrets(tx, one, ClientId(id(1)))).unwrap();
    assert_eq!(secrets[0], ClientSecret { expires: Some(at(10)), ..sample_secret(1, "a", 1) });
    assert_eq!(secrets.len(), 3);
    let stranger = write(store, move |tx| client::add_secret(tx, two, &sample_secret(1, "d", 1)));
    assert!(!stranger.unwrap(), "another tenant's client");
}

pub fn tokens_of_a_client(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let client = ClientId(id(1));
    write(store, move |tx| {
        client::insert(tx, &sample_client(tenant, 1))?;
        client::add_secret(tx, tenant, &sample_secret(1, "a", 1)).map(drop)
    })
    .unwrap();
    let issue = |name: String, created: i64, expires: i64| {
        let grant = Grant { client: Some(client), ..Grant::default() };
        let expires = Some(at(expires));
        let token = Token { grant, expires, ..sample_token(tenant, &name, created) };
        write(store, move |tx| token::issue(tx, &token)).unwrap();
    };
    let lives = |name: &'static str| read(store, move |tx| token::find(tx, name)).unwrap().is_some();
    issue("brief".to_owned(), 1, 5);
    issue("x0".to_owned(), 2, 500);
    assert!(lives("brief") && lives("x0"));
    issue("x1".to_owned(), 5, 500);
    assert!(!lives("brief"), "it had expired");
    for number in 2..=100 {
        issue(format!("x{number}"), 5 + number, 500);
    }
    assert!(!lives("x0") && lives("x1") && lives("x100"), "the oldest gives way");
    assert_eq!(
        read(store, move |tx| token::list(tx, tenant)).unwrap(),
        [],
        "none of them was made by a person"
    );
    assert!(write(store, move |tx| client::delete_secret(tx, tenant, client, "a")).unwrap());
    assert!(!lives("x1"), "tokens go with the secret");
    issue("y".to_owned(), 5, 500);
    assert!(write(store, move |tx| client::delete(tx, tenant, client)).unwrap());
    assert!(!lives("y"), "and with the client");
    assert!(!write(store, move |tx| client::delete(tx, tenant, client)).unwrap());
}

pub fn what_ends_soon(store: &TestStore) {
    let (one, two) = (samples::tenant(store, 1), samples::tenant(store, 2));
    let ends = |tenant, name, expires| Token { expires, ..sample_token(tenant, name, 1) };
    write(store, move |tx| {
        for (tenant, name, second) in
            [(one, "late", 900), (two, "soon", 20), (one, "next", 30), (one, "past", 10)]
        {
            token::insert(tx, &ends(tenant, name, Some(at(second))))?;
        }
        token::insert(tx, &Token { revoked: Some(at(2)), ..ends(one, "gone", Some(at(25))) })?;
        token::insert(tx, &ends(one, "lasting", None))?;
        client::insert(tx, &sample_client(two, 1))?;
        let secret = ClientSecret { expires: Some(at(40)), ..sample_secret(1, "secret", 1) };
        client::add_secret(tx, two, &secret)?;
        let grant = Grant { client: Some(ClientId(id(1))), ..Grant::default() };
        token::issue(tx, &Token { grant, ..ends(two, "issued", Some(at(35))) })
    })
    .unwrap();
    let ending = read(store, |tx| token::ending(tx, at(10), at(40))).unwrap();
    let ids: Vec<_> = ending.iter().map(|ending| (ending.id.as_str(), ending.client.is_some())).collect();
    assert_eq!(ids, [("soon", false), ("next", false), ("secret", true)]);
    let count = read(store, |tx| token::count_ending(tx, at(10), at(40))).unwrap();
    assert_eq!(count, 2, "what clients are issued is renewed by them");
}

pub fn an_assertion_is_used_once(store: &TestStore) {
    let (one, two) = (samples::tenant(store, 1), samples::tenant(store, 2));
    let show = |tenant, client, digest: u8, expires| {
        let client = ClientId(id(client));
        write(store, move |tx| client::use_assertion(tx, tenant, client, &[digest; 32], at(expires))).unwrap()
    };
    let used = at_once(8, |_| show(one, 1, 1, 10));
    assert_eq!(used.iter().filter(|first| **first).count(), 1, "{used:?}");
    assert!(show(one, 1, 2, 20) && show(one, 2, 1, 20) && show(two, 1, 1, 10), "others' are others");
    let purge = |now| write(store, move |tx| client::purge_assertions(tx, one, at(now))).unwrap();
    assert_eq!([purge(9), purge(10)], [0, 1]);
    assert!(show(one, 1, 1, 10), "nobody remembers it");
    assert!(!show(one, 1, 2, 20) && !show(two, 1, 1, 10));
    write(store, move |tx| client::delete(tx, one, ClientId(id(1)))).unwrap();
    assert_eq!(purge(20), 1, "those of the client went with it");
}

fn entry(number: u64) -> AuditEntry {
    AuditEntry {
        id: AuditId(id(number)),
        at: at(1),
        actor: "cli".to_owned(),
        action: "token.create".to_owned(),
        subject: "zzz".to_owned(),
        detail: json!({ "label": "Entra" }),
    }
}

pub fn the_audit_log(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    for number in 1..=5 {
        write(store, move |tx| audit::append(tx, Some(tenant), &entry(number))).unwrap();
    }
    write(store, |tx| audit::append(tx, None, &entry(9))).unwrap();
    read(store, move |tx| {
        assert_eq!(audit::latest(tx, Some(tenant), None, 2)?, [entry(5), entry(4)]);
        assert_eq!(audit::latest(tx, Some(tenant), Some(AuditId(id(4))), 2)?, [entry(3), entry(2)]);
        assert_eq!(audit::latest(tx, None, None, 10)?, [entry(9)]);
        Ok(())
    })
    .unwrap();
}

fn fill(store: &TestStore, number: u64) -> TenantId {
    let tenant = samples::tenant(store, number);
    write(store, move |tx| {
        token::insert(tx, &sample_token(tenant, &format!("t{number}"), 1))?;
        let (quirk, seen) = (Quirk::StringBooleans, at(1));
        let count = Count { quirk, requests: 1, first_seen: seen, last_seen: seen };
        store::quirk::add(tx, tenant, &ConnectionName::default(), &count)?;
        client::insert(tx, &sample_client(tenant, number))?;
        client::add_secret(tx, tenant, &sample_secret(number, "a", 1))?;
        client::use_assertion(tx, tenant, ClientId(id(number)), &[1; 32], at(9))?;
        audit::append(tx, Some(tenant), &entry(1))?;
        schema::set(tx, tenant, &Applied { version: 1, definition: json!({}), at: at(1) })?;
        audit::seal::seal(tx, Some(tenant), at(1), |_| String::new())?;
        request_log::append(tx, &[crate::request_log::entry(tenant, 1, 200)])?;
        // What came before the 64th is counted with it.
        for (n, kind) in [(1, "User"), (2, "User"), (3, "Group"), (64, "User"), (65, "User")] {
            let resource = samples::unstored(n, &json!({ "userName": n }));
            resource::insert(tx, tenant, kind, &resource, &samples::origin())?;
            let rows = [AttributeRow::new("username", &n.to_string(), true)];
            attr::replace(tx, tenant, kind, resource.id, &[], &rows)?;
            let change = Change {
                id: ChangeId(id(n)),
                resource_type: kind.to_owned(),
                resource: resource.id,
                kind: ChangeKind::Created,
                version: 1,
                at: at(1),
            };
            feed::append(tx, tenant, &change)?;
        }
        member::add(tx, tenant, model::ResourceId(id(3)), "User", &[model::ResourceId(id(1))])?;
        leaving::fill(tx, tenant)?;
        admin_token::insert(tx, &sample_admin_token(tenant))?;
        resource::delete(tx, tenant, "User", model::ResourceId(id(2)), at(2)).map(drop)
    })
    .unwrap();
    tenant
}

pub fn the_deletion_of_a_tenant_leaves_nothing(store: &TestStore) {
    let url = store.database().url();
    write(store, |tx| tx.execute("CREATE TABLE note (tenant_id TEXT NOT NULL)", &[]).map(drop)).unwrap();
    let note = |tenant: TenantId| {
        write(store, move |tx| tx.execute("INSERT INTO note VALUES ($1)", params![tenant])).unwrap();
    };
    note(fill(store, 1));
    let before = rows_of_tables_with(store, &url, "tenant_id");
    assert!(before.iter().all(|(_, rows)| *rows > 0), "fill() knows every table: {before:?}");
    let other = fill(store, 2);
    note(other);

    let delete = |tenant| {
        write(store, move |tx| tenant::delete(tx, tenant, &["DELETE FROM note WHERE tenant_id = $1"]))
            .unwrap()
    };
    assert!(delete(TenantId(id(1))));
    assert_eq!(rows_of_tables_with(store, &url, "tenant_id"), before, "the other tenant keeps its rows");
    assert!(delete(other));
    assert!(!delete(other));
    let after = rows_of_tables_with(store, &url, "tenant_id");
    assert!(after.iter().all(|(_, rows)| *rows == 0), "{after:?}");
}

/// Only SQLite, where all processes share a file, can tell that another one changed something.
pub fn who_may_do_what_is_seen_to_change(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let other = Store::open(&store.database().url()).unwrap();
    let counts = || (store.access_changes(), other.access_changes());
    if let (None, None) = counts() {
        return;
    }
    let token = sample_token(tenant, "aaa", 1);
    write(store, move |tx| token::insert(tx, &token)).unwrap();
    let before = counts();
    assert_eq!(before.0, before.1);
    samples::resource(store, tenant, "User", 1, &json!({ "userName": "babs" }));
    read(store, move |tx| token::find(tx, "aaa")).unwrap();
    assert_eq!(counts(), before, "what changes no access counts nothing");
    let refused = write(store, move |tx| -> Result<(), Error> {
        tx.changes_access();
        Err(Error::Conflict)
    });
    assert!(matches!(refused, Err(Error::Conflict)));
    assert_eq!(counts(), before, "nor does what was not kept");
    for (number, connection) in [&**store, &other].into_iter().enumerate() {
        write(connection, move |tx| token::expire(tx, tenant, "aaa", at(9))).unwrap();
        let expected = before.0.map(|count| count + 1 + number as u64);
        assert_eq!(counts(), (expected, expected), "each process sees it");
    }
}
