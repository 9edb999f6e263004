//! The four days of the sample company, through the engine: each must end with exactly the users in its expected file,
//! and with the members of the one group that is assigned.
//!
//! What is Okta's nature shows in nothing that is compared: it deactivates where Graph disables or deletes softly, which
//! comes to the same; and it wants an address of everybody, so that users without mail have their login for one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use connector::ObjectType;
use model::cycle::{Counts, CycleKind};
use model::job::JobFile;
use model::{Clock, IdSource, JobId};
use provisioning::cycle::{self, Options, Report};
use provisioning::progress::Unwatched;
use provisioning::{Context, Ends, JobInstance};
use serde_json::{Value, json};
use store::job::{JobState, StoredJob};
use testkit::{FakeTarget, TestStore};
use uuid::Uuid;

use crate::world::World;

const DAYS: [&str; 4] = ["day1", "day2", "day3", "day4"];
const COMPARED: [&str; 7] =
    ["userName", "displayName", "active", "city", "title", "department", "employeeNumber"];
/// The assigned group.
const GROUP: &str = "Workplace users";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The sample's own job, but for its source.
const JOB: &str = r#"
name = "contoso-workplace"
source = { kind = "okta", url = "https://contoso.okta.com", token = "t", app = "0oaworkplace" }
target = { kind = "scim", url = "http://127.0.0.1/", token = "t", dialect = "entra" }
scope = { assigned_only = true }
[users]
preset = "workplace"
empty = "keep"
mappings = [{ target = "displayName", source = "[displayName]" }]
[groups]
[guard]
deletions = { count = 50, share = 0.1 }
"#;

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/contoso")
}

/// Users by lower-case name, each with what is compared.
type Users = BTreeMap<String, BTreeMap<&'static str, Value>>;

/// Of two lines with one name, the active one is the person who was hired again.
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
        let addresses = user["addresses"].as_array().cloned().unwrap_or_default();
        let work = addresses.iter().find(|address| address["type"] == "work").cloned().unwrap_or_default();
        let value = |name| match name {
            "city" => work["locality"].clone(),
            "department" | "employeeNumber" => user[ENTERPRISE][name].clone(),
            _ => user[name].clone(),
        };
        users.insert(
            user["userName"].as_str().unwrap().to_lowercase(),
            COMPARED.map(|n| (n, value(n))).into(),
        );
    }
    users
}

/// The active members of the assigned group, by lower-case name.
fn expected_members(day: &str) -> BTreeSet<String> {
    let rows = |file: &str| -> Vec<Value> {
        let text = fs::read_to_string(samples().join(day).join(file)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let group = rows("groups.jsonl").into_iter().find(|group| group["displayName"] == GROUP).unwrap();
    let members: BTreeSet<&str> =
        group["members"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let text = fs::read_to_string(samples().join("expected").join(format!("{day}.jsonl"))).unwrap();
    let active = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let names =
        active.filter(|row| row["active"] == true && members.contains(row["sourceId"].as_str().unwrap()));
    names.map(|row| row["userName"].as_str().unwrap().to_lowercase()).collect()
}

/// The members of the one group of the application.
fn held_members(target: &FakeTarget) -> BTreeSet<String> {
    let users = target.objects(ObjectType::User);
    let names: BTreeMap<&str, &str> =
        users.iter().map(|user| (user["id"].as_str().unwrap(), user["userName"].as_str().unwrap())).collect();
    let groups = target.objects(ObjectType::Group);
    assert_eq!(groups.len(), 1, "of nine groups one is assigned");
    let members = groups[0]["members"].as_array().unwrap();
    members.iter().map(|id| names[id.as_str().unwrap()].to_lowercase()).collect()
}

/// What differs, in words.
fn differences(expected: &Users, held: &Users) -> Vec<String> {
    let missing =
        expected.keys().filter(|name| !held.contains_key(*name)).map(|name| format!("missing: {name}"));
    let surplus =
        held.keys().filter(|name| !expected.contains_key(*name)).map(|name| format!("surplus: {name}"));
    let changed = expected.iter().filter_map(|(name, row)| {
        let other = held.get(name)?;
        (other != row).then(|| format!("{name}: {other:?}, expected {row:?}"))
    });
    missing.chain(surplus).chain(changed).collect()
}

struct Ids;

impl IdSource for Ids {
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// The engine with a store, between the org and an application in memory.
struct Company {
    world: World,
    target: FakeTarget,
    context: Context,
    job: JobInstance,
    _store: TestStore,
}

impl Company {
    async fn new() -> Self {
        let world = World::new().await;
        let store = testkit::sqlite();
        let clock: Arc<dyn Clock> = Arc::new(world.okta.clone());
        let definition = JobFile::parse(JOB).unwrap().resolve().unwrap();
        let job = JobInstance { id: JobId(Uuid::from_u128(1)), definition, digest: "digest".into() };
        let stored = StoredJob {
            id: job.id,
            name: job.definition.name.clone(),
            definition: JOB.to_owned(),
            digest: job.digest.clone(),
            state: JobState::Off,
            watermark: None,
            created: clock.now(),
            modified: clock.now(),
        };
        store.write(move |tx| store::job::create(tx, &stored)).await.unwrap();
        let paces = provisioning::pacing::Paces::default();
        let context = Context { store: (*store).clone(), clock, ids: Arc::new(Ids), paces };
        Self { world, target: FakeTarget::new(), context, job, _store: store }
    }

    async fn cycle(&self, options: Options) -> Report {
        let ends = Ends { source: Box::new(self.world.source()), target: Box::new(self.target.clone()) };
        let report = cycle::run(&self.context, &self.job, &ends, options, &Unwatched).await.unwrap();
        assert_eq!(report.held, None);
        report
    }
}

#[tokio::test]
async fn four_days() {
    let company = Company::new().await;
    for day in DAYS {
        company.world.okta.edit(|org| org.load(&samples().join(day)));
        let report = company.cycle(Options::default()).await;
        let kind = if day == "day1" { CycleKind::Initial } else { CycleKind::Incremental };
        assert_eq!((report.cycle.kind, report.cycle.counts.escrowed), (kind, 0), "{day}");
        let differences = differences(&expected(day), &held(&company.target));
        assert!(differences.is_empty(), "{day}: {differences:#?}");
        let (expected, held) = (expected_members(day), held_members(&company.target));
        assert_eq!(
            expected,
            held,
            "{day}: only {:?}",
            expected.symmetric_difference(&held).collect::<Vec<_>>()
        );
        let again = company.cycle(Options::default()).await.cycle.counts;
        assert_eq!(again, Counts::default(), "{day}, the same again");
        company.world.okta.pass(Duration::from_secs(24 * 3600));
    }
    // What the log told must be what a full read finds.
    let before = company.target.exports().len();
    company.cycle(Options { initial: true, ..Options::default() }).await;
    assert_eq!(company.target.exports().len(), before, "an initial cycle has nothing left to write");
}
