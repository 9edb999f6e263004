//! The four days of the sample company, played through slapd and the engine: each must end with exactly the users in
//! its expected file.
//!
//! What is of LDAP's nature, and changes nothing of what is expected: who is deleted softly is disabled, under a name
//! that nobody signs in with; people are assigned by a group of their own; the manager of a person is nobody when the
//! manager was deleted for good.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use connector::{Needs, ObjectType};
use connector_ldap::LdapSource;
use jiff::Timestamp;
use model::job::{JobFile, SourceSettings};
use model::{Clock, IdSource, JobId};
use provisioning::cycle::{self, Options, Report};
use provisioning::pacing::Paces;
use provisioning::progress::Unwatched;
use provisioning::{Context, Ends, JobInstance};
use serde_json::{Value, json};
use store::job::{JobState, StoredJob};
use testkit::FakeTarget;
use testkit::slapd::{BASE, Company, Flavor, PASSWORD, READER, Slapd};
use uuid::Uuid;

const DAYS: [&str; 4] = ["day1", "day2", "day3", "day4"];
const COMPARED: [&str; 7] =
    ["userName", "displayName", "active", "city", "title", "department", "employeeNumber"];
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/contoso")
}

/// Users by lower-case name, each with what is compared.
type Users = BTreeMap<String, BTreeMap<&'static str, Value>>;

/// A line without a `userName` says that the application holds nobody of that source; of two lines with one name, the
/// active one is the person who was hired again.
fn expected(day: &str) -> Users {
    let text = fs::read_to_string(samples().join("expected").join(format!("{day}.jsonl"))).unwrap();
    let mut users = Users::new();
    for row in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let Some(name) = row["userName"].as_str() else { continue };
        let key = name.to_lowercase();
        if !users.contains_key(&key) || row["active"] == json!(true) {
            users.insert(key, COMPARED.map(|name| (name, row[name].clone())).into());
        }
    }
    users
}

fn held(target: &FakeTarget) -> Users {
    let mut users = Users::new();
    for user in target.objects(ObjectType::User) {
        let value = |name| match name {
            "city" => user["addresses"][0]["locality"].clone(),
            "department" | "employeeNumber" => user[ENTERPRISE][name].clone(),
            _ => user[name].clone(),
        };
        let row = COMPARED.map(|name| (name, value(name))).into();
        let twice = users.insert(user["userName"].as_str().unwrap().to_lowercase(), row);
        assert!(twice.is_none(), "two users are called {}", user["userName"]);
    }
    users
}

struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(1_767_225_600_000_000 + self.0.fetch_add(1, Ordering::SeqCst)).unwrap()
    }
}

struct Numbers(AtomicU64);

impl IdSource for Numbers {
    fn next(&self) -> Uuid {
        Uuid::from_u128(
            0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(self.0.fetch_add(1, Ordering::SeqCst)),
        )
    }
}

/// The sample's own job, with slapd as its source.
fn definition(slapd: &Slapd) -> String {
    let mut file: toml::Table = fs::read_to_string(samples().join("job.toml")).unwrap().parse().unwrap();
    let source = json!({
        "kind": "ldap", "url": slapd.url(), "bind_dn": READER, "password": PASSWORD, "base": BASE,
        "users": { "disabled_filter": "(accountStatus=*)" }, "assigned": Company::assigned(),
    });
    file.insert("source".into(), toml::Value::try_from(source).unwrap());
    file["target"]["token"] = "unused".into();
    file.to_string()
}

#[tokio::test]
async fn four_days_through_slapd() {
    let slapd = Slapd::start(Flavor::OpenLdap).await;
    let mut company = Company::default();
    let store = testkit::sqlite();
    let context = Context {
        store: (*store).clone(),
        clock: Arc::new(Ticking(AtomicI64::new(0))),
        ids: Arc::new(Numbers(AtomicU64::new(0))),
        paces: Paces::default(),
    };
    let text = definition(&slapd);
    let definition = JobFile::parse(&text).unwrap().resolve().unwrap();
    let SourceSettings::Ldap(settings) = definition.source.clone() else { panic!("another source") };
    let mut needs = Needs { assignments: true, ..Needs::default() };
    needs.user_attributes.extend(definition.users.mappings.attributes().into_iter().map(str::to_owned));
    let source = LdapSource::new(settings, Some(PASSWORD.into()), needs).unwrap();
    let target = FakeTarget::new();
    let ends = Ends { source: Box::new(source), target: Box::new(target.clone()) };
    let job = JobInstance { id: JobId(Uuid::from_u128(1)), definition, digest: "digest".into() };
    let stored = StoredJob {
        id: job.id,
        name: job.definition.name.clone(),
        definition: text,
        digest: job.digest.clone(),
        state: JobState::Off,
        watermark: None,
        created: context.clock.now(),
        modified: context.clock.now(),
    };
    store.write(move |tx| store::job::create(tx, &stored)).await.unwrap();
    let cycle = async || -> Report {
        cycle::run(&context, &job, &ends, Options::default(), &Unwatched).await.unwrap()
    };
    for day in DAYS {
        company.load(&slapd, &samples().join(day)).await;
        let report = cycle().await;
        assert_eq!((report.held, report.cycle.counts.escrowed), (None, 0), "{day}");
        let (expected, held) = (expected(day), held(&target));
        for (name, row) in &expected {
            assert_eq!(held.get(name), Some(row), "{day}: {name}");
        }
        assert_eq!(held.len(), expected.len(), "{day}");
        let again = cycle().await;
        assert_eq!(again.cycle.counts.written(), 0, "{day}, the same again");
    }
}
