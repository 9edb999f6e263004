//! An org, and the source over it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use connector::{Completed, Entry, Error, Needs, Object, ObjectType, Source, Watermark};
use connector_okta::{Config, Credentials, OktaSource, Pause, Secret};
use serde_json::{Value, json};
use testkit::okta::{APP, Asked, CLIENT, Okta, TOKEN};

/// Sets the org's clock forward instead of waiting, and notes for how long.
#[derive(Clone)]
pub struct Hands {
    okta: Okta,
    waits: Arc<Mutex<Vec<u64>>>,
}

#[async_trait]
impl Pause for Hands {
    async fn pause(&self, time: Duration) {
        self.okta.pass(time);
        self.waits.lock().unwrap().push(time.as_secs());
    }
}

pub struct World {
    pub okta: Okta,
    pub hands: Hands,
    pub needs: Needs,
    pub app: Option<String>,
}

/// What a read brought, by type and anchor, and its end.
pub type Read = (BTreeMap<(ObjectType, String), Entry>, Completed);

impl World {
    /// An empty org, and a job that wants groups and provisions who is assigned.
    pub async fn new() -> Self {
        let okta = Okta::start().await;
        let hands = Hands { okta: okta.clone(), waits: Arc::default() };
        let needs = Needs { assignments: true, groups: true, ..Needs::default() };
        Self { okta, hands, needs, app: Some(APP.to_owned()) }
    }

    /// Users `a`, `b`, … with logins of that name.
    pub async fn with_users(ids: &str) -> Self {
        let world = Self::new().await;
        for id in ids.chars() {
            world.create_user(&id.to_string());
        }
        world
    }

    pub fn create_user(&self, id: &str) {
        self.okta.edit(|org| org.create_user(id, profile(id)));
    }

    pub fn config(&self, credentials: Credentials) -> Config {
        Config {
            app: self.app.clone(),
            pause: Arc::new(self.hands.clone()),
            ..Config::new(self.okta.url(), credentials, self.needs.clone(), Arc::new(self.okta.clone()))
        }
    }

    pub fn source(&self) -> OktaSource {
        OktaSource::new(&self.config(Credentials::Token(Secret::new(TOKEN)))).unwrap()
    }

    /// The source with an OAuth client.
    pub fn client(&self) -> OktaSource {
        let private_key = Secret::new(testkit::issuer::rsa_pem());
        let credentials = Credentials::Client { client_id: CLIENT.into(), key_id: None, private_key };
        OktaSource::new(&self.config(credentials)).unwrap()
    }

    pub async fn read(&self, since: Option<&Watermark>) -> Read {
        read(&self.source(), since).await.unwrap()
    }

    /// A read of everything, of which the watermark alone is wanted.
    pub async fn watermark(&self) -> Watermark {
        self.read(None).await.1.watermark
    }

    /// The user as a full read delivers it.
    pub async fn user(&self, id: &str) -> Object {
        match self.read(None).await.0.remove(&(ObjectType::User, id.to_owned())) {
            Some(Entry::Present(object)) => object,
            other => panic!("{id}: {other:?}"),
        }
    }

    /// The paths asked for since the last call.
    pub fn asked(&self) -> Vec<String> {
        let path = |asked: Asked| asked.path;
        self.okta.edit(|org| org.take_asked()).into_iter().map(path).collect()
    }

    /// The seconds waited since the last call.
    pub fn waits(&self) -> Vec<u64> {
        std::mem::take(&mut self.hands.waits.lock().unwrap())
    }
}

pub async fn read(source: &OktaSource, since: Option<&Watermark>) -> Result<Read, Error> {
    let mut reading = source.read(since).await?;
    let mut entries = BTreeMap::new();
    while let Some(page) = reading.next_page().await? {
        for entry in page {
            let twice = entries.insert((entry.object_type(), entry.anchor().to_owned()), entry);
            assert!(twice.is_none(), "{twice:?} came twice");
        }
    }
    Ok((entries, reading.finish()?))
}

/// What came of the users, in few words: `a` is there, `a?` is deactivated, `a!` is removed.
pub fn in_words((entries, _): &Read) -> String {
    let users = entries.iter().filter(|((object_type, _), _)| *object_type == ObjectType::User);
    let word = |((_, id), entry): (&(ObjectType, String), &Entry)| match entry {
        Entry::Present(object) if object.soft_deleted => format!("{id}?"),
        Entry::Present(_) => id.clone(),
        Entry::Removed { .. } => format!("{id}!"),
        Entry::Unchanged { .. } => panic!("{id} is told to be unchanged"),
    };
    users.map(word).collect::<Vec<_>>().join(" ")
}

pub fn profile(id: &str) -> Value {
    json!({
        "login": format!("{id}@contoso.com"), "email": format!("{id}@contoso.com"), "firstName": id,
        "lastName": "Example", "title": null, "managerId": null,
    })
}
