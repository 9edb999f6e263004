//! Settings, tenants, tokens and the audit log.

use model::audit::AuditEntry;
use model::connection::{Connection, ConnectionName};
use model::tenant::{Application, Tenant};
use model::token::Token;
use model::{AuditId, ChangeId, TenantId};
use scim::quirks::Quirk;
use serde_json::json;
use store::attr::{self, AttributeRow};
use store::feed::{self, Change, ChangeKind};
use store::member;
use store::quirk::Count;
use store::schema::{self, Applied};
use store::{Error, audit, params, resource, setting, tenant, token};
use testkit::TestStore;

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
    assert_eq!(known.connection, Connection::first(two, at(0)));
    assert_eq!(read(store, |tx| token::find(tx, "BBB")).unwrap(), None);

    assert!(!write(store, move |tx| token::revoke(tx, two, "zzz", at(9))).unwrap(), "another tenant's");
    assert!(write(store, move |tx| token::revoke(tx, one, "zzz", at(10))).unwrap());
    assert!(!write(store, move |tx| token::revoke(tx, one, "zzz", at(11))).unwrap(), "it is already");
    for used in [20, 15] {
        write(store, move |tx| token::touch(tx, one, "aaa", at(used))).unwrap();
    }
    let listed = read(store, move |tx| token::list(tx, one)).unwrap();
    let tokens: Vec<_> = listed.iter().map(|listed| listed.token.clone()).collect();
    assert_eq!(tokens, [Token { revoked: Some(at(10)), ..first }, second.clone()]);
    assert_eq!(listed.iter().map(|listed| listed.last_used).collect::<Vec<_>>(), [None, Some(at(20))]);
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
        audit::append(tx, Some(tenant), &entry(1))?;
        schema::set(tx, tenant, &Applied { version: 1, definition: json!({}), at: at(1) })?;
        for (n, kind) in [(1, "User"), (2, "User"), (3, "Group")] {
            let resource = samples::unstored(n, &json!({ "userName": n }));
            resource::insert(tx, tenant, kind, &resource)?;
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
