//! A small company in the simulator, and reads of it.

use std::sync::Arc;

use connector::{Assignment, Completed, Coverage, Entry, Error, Members, Needs, Object, Source, Watermark};
use connector_entra::{Config, Credential, EntraSource, Secret};
use model::clock::Fixed;
use model::{Clock, IdSource};
use serde_json::{Value, json};
use testkit::Numbers;
use testkit::graph::{CLIENT_ID, Graph, SECRET, SERVICE_PRINCIPAL, TENANT};

pub fn clock() -> Arc<dyn Clock> {
    Arc::new(Fixed("2026-01-01T00:00:00Z".parse().unwrap()))
}

pub fn ids() -> Arc<dyn IdSource> {
    Arc::new(Numbers::default())
}

/// The id of a user or group by a short name of hexadecimal digits, such as `a1`.
pub fn id(name: &str) -> String {
    format!("00000000-0000-4000-8000-{name:0>12}")
}

pub fn user(name: &str) -> Value {
    json!({
        "id": id(name), "userPrincipalName": format!("{name}@contoso.com"), "displayName": name,
        "mail": format!("{name}@contoso.com"), "accountEnabled": true, "city": "Lincoln",
    })
}

pub fn group(name: &str, members: &[&str]) -> Value {
    let members: Vec<String> = members.iter().map(|member| id(member)).collect();
    json!({ "id": id(name), "displayName": name, "securityEnabled": true, "members": members })
}

/// What most jobs need.
pub fn needs() -> Needs {
    let user_attributes = ["userPrincipalName", "city", "mail"].map(str::to_owned).into();
    Needs { user_attributes, ..Needs::default() }
}

pub fn assigned() -> Needs {
    Needs { assignments: true, ..needs() }
}

pub fn config(graph: &Graph) -> Config {
    Config {
        service_principal: Some(SERVICE_PRINCIPAL.to_owned()),
        graph_url: graph.graph_url(),
        login_url: graph.url.clone(),
        ..Config::new(TENANT, CLIENT_ID, Credential::Secret(Secret::new(SECRET)), clock(), ids())
    }
}

pub fn source(graph: &Graph, needs: &Needs) -> EntraSource {
    EntraSource::new(config(graph), needs).unwrap()
}

/// A company of some users.
pub async fn company(users: &[&str]) -> Graph {
    let graph = Graph::start().await;
    for name in users {
        graph.put_user(&user(name));
    }
    graph
}

/// What a read brought.
pub struct Read {
    pub entries: Vec<Entry>,
    pub completed: Completed,
}

pub async fn try_read(source: &EntraSource, since: Option<&Watermark>) -> Result<Read, Error> {
    let mut reading = source.read(since).await?;
    let expected = reading.expected();
    let mut entries = Vec::new();
    while let Some(page) = reading.next_page().await? {
        entries.extend(page);
    }
    assert!(expected.is_none_or(|expected| expected == entries.len() as u64), "expected() {expected:?}");
    let mut anchors: Vec<_> = entries.iter().map(|entry| (entry.object_type(), entry.anchor())).collect();
    anchors.sort_unstable();
    anchors.dedup();
    assert_eq!(anchors.len(), entries.len(), "an anchor came twice");
    Ok(Read { completed: reading.finish()?, entries })
}

/// Reads everything.
pub async fn full(source: &EntraSource) -> Read {
    let read = try_read(source, None).await.unwrap();
    assert_eq!(read.completed.coverage, Coverage::Full);
    read
}

/// Reads what changed.
pub async fn changes(source: &EntraSource, since: &Read) -> Read {
    let read = try_read(source, Some(&since.completed.watermark)).await.unwrap();
    assert_eq!(read.completed.coverage, Coverage::Changes);
    read
}

impl Read {
    /// The entries in words, in the order of their names: `a Direct`, `b ByGroup(g)`, `c Unassigned soft`, `d removed`.
    pub fn told(&self) -> Vec<String> {
        let mut told: Vec<String> = self.entries.iter().map(in_words).collect();
        told.sort();
        told
    }

    pub fn object(&self, name: &str) -> &Object {
        let found = self.entries.iter().find(|entry| entry.anchor() == id(name));
        match found {
            Some(Entry::Present(object)) => object,
            other => panic!("{name} is {other:?}"),
        }
    }

    /// A group's members in words: `+` who came, `-` who went, all of them without a sign.
    pub fn members(&self, name: &str) -> Vec<String> {
        let names = |sign: &'static str, members: &[connector::Member]| -> Vec<String> {
            members.iter().map(|member| format!("{sign}{}", short(&member.anchor))).collect()
        };
        let mut told = match self.object(name).members.as_ref().unwrap() {
            Members::All(members) => names("", members),
            Members::Changed { added, removed } => [names("+", added), names("-", removed)].concat(),
        };
        told.sort();
        told
    }
}

fn short(anchor: &str) -> &str {
    anchor.rsplit('-').next().unwrap().trim_start_matches('0')
}

fn in_words(entry: &Entry) -> String {
    let name = short(entry.anchor());
    match entry {
        Entry::Present(object) => {
            let assignment = match &object.assignment {
                Assignment::Unassigned => "Unassigned".to_owned(),
                Assignment::Direct => "Direct".to_owned(),
                Assignment::ByGroup { group } => format!("ByGroup({group})"),
            };
            format!("{name} {assignment}{}", if object.soft_deleted { " soft" } else { "" })
        }
        Entry::Unchanged { .. } => format!("{name} unchanged"),
        Entry::Removed { .. } => format!("{name} removed"),
    }
}
