//! Managers' anchors: the profile's `managerId` is an id in some orgs and a login in others.

use crate::api::Api;
use crate::limits::MANAGERS_A_REQUEST;
use crate::org_url::encoded;
use crate::user::User;
use connector::Error;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// The managers that were looked up so far.
#[derive(Default)]
pub(crate) struct Managers {
    /// The anchor by what a profile says; `None` where that is nobody of the org.
    known: HashMap<String, Option<String>>,
}

#[derive(Deserialize)]
struct Person {
    id: String,
    profile: Login,
}

#[derive(Deserialize)]
struct Login {
    login: Option<String>,
}

impl Managers {
    /// Looks up the managers of these users, as far as they are not known yet.
    pub(crate) async fn learn(&mut self, api: &Api, users: impl Iterator<Item = &User>) -> Result<(), Error> {
        let named: BTreeSet<String> = users
            .filter_map(User::manager)
            .filter(|who| !self.known.contains_key(*who))
            .map(str::to_owned)
            .collect();
        let named: Vec<String> = named.into_iter().collect();
        for some in named.chunks(MANAGERS_A_REQUEST) {
            let path = format!("/api/v1/users?limit=200&filter={}", encoded(&filter(some)));
            let people: Vec<Person> = api.all(&path).await?;
            for who in some {
                let bears =
                    |person: &&Person| person.id == *who || person.profile.login.as_ref() == Some(who);
                let anchor = people.iter().find(bears).map(|person| person.id.clone());
                self.known.insert(who.clone(), anchor);
            }
        }
        Ok(())
    }

    /// The anchor of a user's manager, once it was learnt.
    pub(crate) fn of(&self, user: &User) -> Option<String> {
        self.known.get(user.manager()?)?.clone()
    }
}

fn filter(managers: &[String]) -> String {
    let terms = managers.iter().map(|who| {
        let text = Value::from(who.as_str());
        format!("id eq {text} or profile.login eq {text}")
    });
    terms.collect::<Vec<_>>().join(" or ")
}
