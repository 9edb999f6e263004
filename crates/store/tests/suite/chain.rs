//! The audit log's chain: sealing it, and every way of tampering with it.

use jiff::Timestamp;
use model::audit::AuditEntry;
use model::audit::chain::{Fault, Head, SignedHead};
use model::{AuditId, TenantId};
use serde_json::json;
use store::audit::seal::SEALED_AT_ONCE;
use store::audit::verify::Report;
use store::audit::{self, seal, verify};
use store::{Store, params};
use testkit::TestStore;

use crate::samples::{self, at, at_once, id, read, write};

fn add(store: &Store, tenant: Option<TenantId>, numbers: impl IntoIterator<Item = u64>) {
    let entries: Vec<AuditEntry> = numbers
        .into_iter()
        .map(|number| AuditEntry {
            id: AuditId(id(number)),
            at: at(1),
            actor: "cli".to_owned(),
            action: "token.create".to_owned(),
            subject: format!("token-{number}"),
            detail: json!({ "label": "Entra", "a": 1 }),
        })
        .collect();
    write(store, move |tx| entries.iter().try_for_each(|entry| audit::append(tx, tenant, entry))).unwrap();
}

/// Stands for a signature that only the holder of the key can make.
fn sign(head: &Head) -> String {
    format!("signed {}", head.statement())
}

fn is_signed(head: &SignedHead) -> bool {
    head.signature == sign(&head.head)
}

fn seal_all(store: &Store, tenant: Option<TenantId>) -> usize {
    let mut total = 0;
    loop {
        match write(store, move |tx| seal::seal(tx, tenant, Timestamp::UNIX_EPOCH, sign)).unwrap() {
            0 => return total,
            sealed => total += sealed,
        }
    }
}

fn report(store: &Store, tenant: Option<TenantId>, checkpoint: Option<&SignedHead>) -> Report {
    let checkpoint = checkpoint.cloned();
    read(store, move |tx| verify::verify(tx, tenant, checkpoint.as_ref(), is_signed)).unwrap()
}

fn head(store: &Store, tenant: TenantId) -> SignedHead {
    read(store, move |tx| seal::head(tx, Some(tenant))).unwrap().unwrap()
}

pub fn rows_are_sealed_in_a_chain(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    add(store, Some(tenant), [12, 11]);
    add(store, None, [13]);
    let mut owners = read(store, |tx| seal::unsealed(tx, 10)).unwrap();
    owners.sort();
    assert_eq!(owners, [None, Some(tenant)]);
    assert_eq!(report(store, Some(tenant), None), Report { sound: 0, waiting: 2, fault: None });

    assert_eq!((seal_all(store, Some(tenant)), seal_all(store, None)), (2, 1));
    assert_eq!(read(store, |tx| seal::unsealed(tx, 10)).unwrap(), []);
    // What came later gets a later number, whatever its id.
    add(store, Some(tenant), [10]);
    assert_eq!(seal_all(store, Some(tenant)), 1);
    let rows = read(store, move |tx| seal::sealed(tx, Some(tenant), 0, 10)).unwrap();
    let order: Vec<_> = rows.iter().map(|row| row.entry.subject.as_str()).collect();
    assert_eq!(order, ["token-11", "token-12", "token-10"]);
    assert_eq!(rows.iter().map(|row| row.sequence).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(report(store, Some(tenant), None), Report { sound: 3, waiting: 0, fault: None });
    assert_eq!(report(store, None, None), Report { sound: 1, waiting: 0, fault: None });
}

pub fn a_long_log_is_sealed_in_parts(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let rows = SEALED_AT_ONCE.unsigned_abs() * 2 + 1;
    add(store, Some(tenant), 1..=rows);
    let first = write(store, move |tx| seal::seal(tx, Some(tenant), at(0), sign)).unwrap();
    assert_eq!(first, usize::try_from(SEALED_AT_ONCE).unwrap());
    seal_all(store, Some(tenant));
    let expected = Report { sound: rows.cast_signed(), waiting: 0, fault: None };
    assert_eq!(report(store, Some(tenant), None), expected);
}

pub fn many_sealers_make_one_chain(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    at_once(4, |number| {
        for round in 0..20 {
            add(store, Some(tenant), [number * 100 + round]);
            seal_all(store, Some(tenant));
        }
    });
    assert_eq!(report(store, Some(tenant), None), Report { sound: 80, waiting: 0, fault: None });
}

/// What somebody does who can write the database, and what is then found.
struct Tampering {
    how: &'static [&'static str],
    fault: Fault,
}

fn changed(sequence: i64, number: u64) -> Fault {
    Fault::Changed { sequence, id: id(number).to_string() }
}

fn tamperings() -> Vec<Tampering> {
    let of_three = |sql: &'static [&'static str]| Tampering { how: sql, fault: changed(3, 3) };
    vec![
        of_three(&["UPDATE audit SET actor = 'clj' WHERE tenant_id = $1 AND sequence = 3"]),
        of_three(&["UPDATE audit SET action = 'token.creatd' WHERE tenant_id = $1 AND sequence = 3"]),
        of_three(&["UPDATE audit SET subject = 'token-4' WHERE tenant_id = $1 AND sequence = 3"]),
        of_three(&["UPDATE audit SET at = at + 1 WHERE tenant_id = $1 AND sequence = 3"]),
        // The same JSON in other bytes.
        of_three(&["UPDATE audit SET detail = detail || ' ' WHERE tenant_id = $1 AND sequence = 3"]),
        of_three(&["UPDATE audit SET hash = substr(hash, 1, 63) WHERE tenant_id = $1 AND sequence = 3"]),
        of_three(&["UPDATE audit SET hash = NULL WHERE tenant_id = $1 AND sequence = 3"]),
        Tampering {
            how: &["DELETE FROM audit WHERE tenant_id = $1 AND sequence = 3"],
            fault: Fault::Missing { sequence: 3 },
        },
        Tampering {
            how: &["UPDATE audit SET sequence = NULL WHERE tenant_id = $1 AND sequence = 3"],
            fault: Fault::Missing { sequence: 3 },
        },
        Tampering {
            how: &[
                "UPDATE audit SET sequence = 99 WHERE tenant_id = $1 AND sequence = 2",
                "UPDATE audit SET sequence = 2 WHERE tenant_id = $1 AND sequence = 3",
                "UPDATE audit SET sequence = 3 WHERE tenant_id = $1 AND sequence = 99",
            ],
            fault: changed(2, 3),
        },
        Tampering {
            how: &[
                "UPDATE audit SET sequence = 6 WHERE tenant_id = $1 AND sequence = 5",
                "INSERT INTO audit SELECT tenant_id, 'new', at, actor, action, subject, detail, 5, hash FROM audit
                 WHERE tenant_id = $1 AND sequence = 6",
            ],
            fault: Fault::Changed { sequence: 5, id: "new".to_owned() },
        },
        Tampering {
            how: &["INSERT INTO audit SELECT tenant_id, 'new', at, actor, action, subject, detail, 6, hash
                    FROM audit WHERE tenant_id = $1 AND sequence = 5"],
            fault: Fault::Changed { sequence: 6, id: "new".to_owned() },
        },
        Tampering {
            how: &["DELETE FROM audit WHERE tenant_id = $1 AND sequence > 3"],
            fault: Fault::Truncated { from: 4, to: 5 },
        },
        Tampering {
            how: &["DELETE FROM audit_head WHERE tenant_id = $1"],
            fault: Fault::BeyondHead { sequence: 1 },
        },
        Tampering {
            how: &["UPDATE audit_head SET sequence = 4 WHERE tenant_id = $1"],
            fault: Fault::HeadDiffers { sequence: 4 },
        },
        Tampering {
            how: &["UPDATE audit_head SET at = at + 1 WHERE tenant_id = $1"],
            fault: Fault::HeadNotSigned { sequence: 5 },
        },
    ]
}

pub fn tampering_is_named(store: &TestStore) {
    for (number, Tampering { how, fault }) in (1..).zip(tamperings()) {
        let tenant = samples::tenant(store, number);
        add(store, Some(tenant), 1..=5);
        seal_all(store, Some(tenant));
        assert_eq!(report(store, Some(tenant), None).fault, None);
        for sql in how {
            write(store, move |tx| tx.execute(sql, params![tenant])).unwrap();
        }
        assert_eq!(report(store, Some(tenant), None).fault, Some(fault), "{how:?}");
    }
}

/// Removes the newest rows, and puts the head back to what it was before them.
fn roll_back(store: &Store, tenant: TenantId, to: &SignedHead) {
    let to = to.clone();
    write(store, move |tx| {
        let sequence = to.head.sequence;
        tx.execute("DELETE FROM audit WHERE tenant_id = $1 AND sequence > $2", params![tenant, sequence])?;
        tx.execute(
            "UPDATE audit_head SET sequence = $2, hash = $3, at = $4, signature = $5 WHERE tenant_id = $1",
            params![tenant, sequence, &to.head.hash, to.head.at, &to.signature],
        )
    })
    .unwrap();
}

pub fn a_checkpoint_shows_what_was_taken_back(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    add(store, Some(tenant), 1..=3);
    seal_all(store, Some(tenant));
    let early = head(store, tenant);
    add(store, Some(tenant), 4..=5);
    seal_all(store, Some(tenant));
    let checkpoint = head(store, tenant);
    add(store, Some(tenant), [6]);
    seal_all(store, Some(tenant));
    assert_eq!(report(store, Some(tenant), Some(&checkpoint)).fault, None);

    roll_back(store, tenant, &early);
    assert_eq!(report(store, Some(tenant), None).fault, None, "the chain alone can't show it");
    let missing = Fault::Truncated { from: 4, to: 5 };
    assert_eq!(report(store, Some(tenant), Some(&checkpoint)).fault, Some(missing));

    // The same number of rows, but others.
    add(store, Some(tenant), 14..=16);
    seal_all(store, Some(tenant));
    assert_eq!(report(store, Some(tenant), None).fault, None);
    let anew = Fault::CheckpointDiffers { sequence: 5 };
    assert_eq!(report(store, Some(tenant), Some(&checkpoint)).fault, Some(anew));
}
