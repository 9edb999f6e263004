//! The four days of the sample company, played through Graph and the engine.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use connector::entra_names::clean_user_principal_name;
use connector::{Needs, ObjectType};
use model::JobId;
use model::cycle::CycleKind;
use model::job::JobFile;
use provisioning::cycle::{self, Options, Report};
use provisioning::pacing::Paces;
use provisioning::progress::Unwatched;
use provisioning::{Context, Ends, JobInstance};
use serde_json::{Value, json};
use store::job::{JobState, StoredJob};
use testkit::graph::{Behaviour, Graph};
use testkit::{FakeTarget, TestStore};
use uuid::Uuid;

use crate::company::{clock, ids, source};

const JOB: &str = r#"
name = "contoso"
source = { kind = "entra", tenant = "contoso.onmicrosoft.com", client_id = "c", secret = "s", service_principal = "p" }
target = { kind = "scim", url = "http://127.0.0.1/", token = "t", dialect = "entra" }
scope = { assigned_only = true }
[users]
preset = "workplace"
empty = "keep"
mappings = [{ target = "displayName", source = "[displayName]" }]
"#;
const GROUPS: &str = "[groups]\npreset = \"groups\"\n";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const COMPARED: [&str; 7] =
    ["userName", "displayName", "active", "city", "title", "department", "employeeNumber"];

type Users = BTreeMap<String, BTreeMap<&'static str, Value>>;

struct World {
    _store: TestStore,
    context: Context,
    job: JobInstance,
    graph: Graph,
    target: FakeTarget,
}

impl World {
    async fn new(job_file: &str, behaviour: Behaviour) -> Self {
        let store = testkit::sqlite();
        let definition = JobFile::parse(job_file).unwrap().resolve().unwrap();
        let job = JobInstance { id: JobId(Uuid::from_u128(1)), definition, digest: "digest".into() };
        let now = clock().now();
        let stored = StoredJob {
            id: job.id,
            name: "contoso".to_owned(),
            definition: job_file.to_owned(),
            digest: job.digest.clone(),
            state: JobState::Off,
            watermark: None,
            created: now,
            modified: now,
        };
        store.write(move |tx| store::job::create(tx, &stored)).await.unwrap();
        let context =
            Context { store: (*store).clone(), clock: clock(), ids: ids(), paces: Paces::default() };
        let graph = Graph::start().await;
        graph.behave(|known| *known = behaviour);
        Self { _store: store, context, job, graph, target: FakeTarget::new() }
    }

    async fn cycle(&self) -> Report {
        let definition = &self.job.definition;
        let names = definition.users.mappings.attributes().into_iter().map(str::to_owned);
        let groups = definition.groups.is_some();
        let needs = Needs { assignments: true, groups, user_attributes: names.collect(), ..Needs::default() };
        let source = Box::new(source(&self.graph, &needs));
        let ends = Ends { source, target: Box::new(self.target.clone()) };
        cycle::run(&self.context, &self.job, &ends, Options::default(), &Unwatched).await.unwrap()
    }

    fn held(&self) -> Users {
        let mut users = Users::new();
        for user in self.target.objects(ObjectType::User) {
            let work = user["addresses"].as_array().into_iter().flatten().find(|one| one["type"] == "work");
            let value = |name| match name {
                "city" => work.map(|address| address["locality"].clone()).unwrap_or_default(),
                "department" | "employeeNumber" => user[ENTERPRISE][name].clone(),
                _ => user[name].clone(),
            };
            let row = COMPARED.map(|name| (name, value(name))).into();
            users.insert(user["userName"].as_str().unwrap().to_lowercase(), row);
        }
        users
    }
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/contoso")
}

/// A line without a `userName` says that the application holds nobody of that source; of two lines with one name, the
/// active one is the person who was hired again.
fn expected(day: u32) -> Users {
    let text = fs::read_to_string(samples().join(format!("expected/day{day}.jsonl"))).unwrap();
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

async fn play(behaviour: Behaviour) {
    let world = World::new(JOB, behaviour).await;
    for day in 1..=4 {
        world.graph.load(&samples().join(format!("day{day}")));
        let report = world.cycle().await;
        let kind = if day == 1 { CycleKind::Initial } else { CycleKind::Incremental };
        assert_eq!((report.cycle.kind, report.cycle.counts.escrowed), (kind, 0), "day {day}: {report:?}");
        let (held, expected) = (world.held(), expected(day));
        for (name, row) in &expected {
            assert_eq!(held.get(name), Some(row), "day {day}: {name}");
        }
        let surplus: Vec<&String> = held.keys().filter(|name| !expected.contains_key(*name)).collect();
        assert!(surplus.is_empty(), "day {day}: {surplus:?}");

        world.target.take_log();
        let read = world.cycle().await.cycle.counts;
        assert!(world.target.exports().is_empty(), "day {day}, the same again: {read:?}");
    }
}

#[tokio::test]
async fn four_days() {
    play(Behaviour::default()).await;
}

#[tokio::test]
async fn four_days_in_small_parts_twice_and_backwards() {
    let behaviour = Behaviour {
        page_size: 23,
        list_page: 50,
        members_per_record: 5,
        replays: true,
        empty_pages: true,
        reversed: true,
        ..Behaviour::default()
    };
    play(behaviour).await;
}

/// The ids in the directory of the group that is assigned, and those of everybody by name.
fn directory(day: u32) -> (BTreeSet<String>, BTreeMap<String, String>) {
    let rows = |file: &str| -> Vec<Value> {
        let text = fs::read_to_string(samples().join(format!("day{day}/{file}"))).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let groups = rows("groups.jsonl");
    let members =
        groups.iter().find(|group| group["displayName"] == "Workplace users").unwrap()["members"].clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let names =
        rows("users.jsonl").into_iter().filter(|user| user["deletedDateTime"].is_null()).map(|user| {
            let (name, id) = (text(&user["userPrincipalName"]), text(&user["id"]));
            (clean_user_principal_name(&name, &id).unwrap_or(name).to_lowercase(), id)
        });
    (members.as_array().unwrap().iter().map(text).collect(), names.collect())
}

#[tokio::test]
async fn an_assigned_group_follows_its_members_through_four_days() {
    let world =
        World::new(&format!("{JOB}{GROUPS}"), Behaviour { members_per_record: 100, ..Behaviour::default() })
            .await;
    for day in 1..=4 {
        world.graph.load(&samples().join(format!("day{day}")));
        world.cycle().await;
        let groups = world.target.objects(ObjectType::Group);
        assert_eq!(groups.len(), 1, "day {day}: the others are not assigned");
        let held: BTreeSet<&str> =
            groups[0]["members"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
        let (members, ids) = directory(day);
        let mut active = 0;
        for user in world.target.objects(ObjectType::User).iter().filter(|user| user["active"] == true) {
            let name = user["userName"].as_str().unwrap().to_lowercase();
            let is_member = held.contains(user["id"].as_str().unwrap());
            assert_eq!(is_member, members.contains(&ids[&name]), "day {day}: {name}");
            active += 1;
        }
        assert!(active > 1000, "day {day}: {active}");
    }
}
