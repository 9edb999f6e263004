//! What a check works with: requests as one of the clients, fresh names, and resources that are removed afterwards.

use reqwest::Method;
use scim::builtin::{GROUP_URN, USER_URN};
use scim::message::PATCH_OP_URN;
use serde_json::{Value, json};

use crate::announced::{Announced, Feature};
use crate::answer::Answer;
use crate::check::Client;
use crate::finding::{Finding, Verdict};
use crate::litter::Made;
use crate::query::query;
use crate::wire::{Request, Wire};

/// Every resource that a check makes has a name that begins so.
pub const PREFIX: &str = "rollcall-check-";

/// The state of a run, which checks share.
pub struct Probe {
    wire: Wire,
    pub(crate) client: Client,
    pub(crate) announced: Announced,
    /// Tells this run's names from those of any other.
    nonce: String,
    names: u32,
    made: Vec<Made>,
}

/// A resource that a check has made to begin with.
#[derive(Clone, Debug)]
pub(crate) struct Fresh {
    /// Its userName or displayName.
    pub name: String,
    pub id: String,
    /// The path below the Tenant URL.
    pub path: String,
    /// What was sent.
    pub sent: Value,
    /// What was answered.
    pub answer: Answer,
}

impl Probe {
    pub(crate) fn new(wire: Wire, nonce: String) -> Self {
        let announced = Announced::default();
        Self { wire, client: Client::Rfc, announced, nonce, names: 0, made: Vec::new() }
    }

    /// A name that nobody has, in mixed letter case.
    pub(crate) fn name(&mut self) -> String {
        self.names += 1;
        format!("{PREFIX}{}-{}-Ann@example.com", self.nonce, self.names)
    }

    /// What all names that this run makes begin with.
    pub(crate) fn prefix(&self) -> String {
        format!("{PREFIX}{}-", self.nonce)
    }

    /// An id that no resource has.
    pub(crate) fn unknown_id(&self) -> String {
        format!("{}-ffff-ffff-nobody", self.nonce)
    }

    /// Whether the endpoint's token is known.
    pub(crate) fn has_token(&self) -> bool {
        !self.wire.endpoint.token().is_empty()
    }

    /// Skips the check if a feature is not announced.
    pub(crate) fn needs(&self, feature: Feature) -> Verdict {
        self.announced.needs(feature)
    }

    /// Skips the check if users do not have these attributes.
    pub(crate) fn needs_attributes(&self, names: &[&str]) -> Verdict {
        names.iter().try_for_each(|name| self.announced.needs_attribute(name))
    }

    /// Sends a request. What it makes is noted, also when no answer comes.
    pub(crate) async fn send(&mut self, request: Request) -> Result<Answer, Finding> {
        let body = request.body.as_deref().and_then(|body| serde_json::from_str(body).ok());
        let made = match (&request.method, body) {
            (&Method::POST, Some(body)) => Made::by(&request.path, &body),
            _ => None,
        };
        let index = made.map(|made| {
            self.made.push(made);
            self.made.len() - 1
        });
        let answer = self.wire.send(self.client, &request).await?;
        if let Some(made) = index.and_then(|index| self.made.get_mut(index)) {
            made.id = made.recognise(&answer.body);
        }
        Ok(answer)
    }

    /// Notes a resource that a request other than a POST to its endpoint makes.
    pub(crate) fn will_make(&mut self, endpoint: &str, body: &Value) {
        self.made.extend(Made::by(endpoint, body));
    }

    pub(crate) async fn get(&mut self, path: &str) -> Result<Answer, Finding> {
        self.send(Request::new(Method::GET, path, None)).await
    }

    /// Asks with parameters, which are encoded as the client does it.
    pub(crate) async fn ask(&mut self, path: &str, parameters: &[(&str, &str)]) -> Result<Answer, Finding> {
        let path = format!("{path}?{}", query(self.client, parameters));
        self.get(&path).await
    }

    /// Asks for the resources that match a filter.
    pub(crate) async fn find(&mut self, path: &str, filter: &str) -> Result<Answer, Finding> {
        self.ask(path, &[("filter", filter)]).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Result<Answer, Finding> {
        self.send(Request::new(Method::POST, path, Some(body))).await
    }

    pub(crate) async fn put(&mut self, path: &str, body: &Value) -> Result<Answer, Finding> {
        self.send(Request::new(Method::PUT, path, Some(body))).await
    }

    /// Sends these operations in their envelope.
    pub(crate) async fn patch(&mut self, path: &str, operations: Value) -> Result<Answer, Finding> {
        let body = json!({ "schemas": [PATCH_OP_URN], "Operations": operations });
        self.send(Request::new(Method::PATCH, path, Some(&body))).await
    }

    pub(crate) async fn delete(&mut self, path: &str) -> Result<Answer, Finding> {
        self.send(Request::new(Method::DELETE, path, None)).await
    }

    /// The body of an ordinary user of a fresh name.
    pub(crate) fn user_body(&mut self) -> Value {
        let name = self.name();
        json!({
            "schemas": [USER_URN],
            "userName": name,
            "name": { "givenName": "Ann", "familyName": "Rollcall-Check" },
            "displayName": "Ann Rollcall-Check",
            "emails": [{ "value": name, "type": "work", "primary": true }],
            "active": true,
        })
    }

    /// An ordinary user to begin with.
    pub(crate) async fn user(&mut self) -> Result<Fresh, Finding> {
        self.user_with(json!({})).await
    }

    /// A user to begin with who has these attributes besides the ordinary ones.
    pub(crate) async fn user_with(&mut self, more: Value) -> Result<Fresh, Finding> {
        let mut body = self.user_body();
        if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
            body.extend(more);
        }
        self.fresh("/Users", body).await
    }

    /// A group to begin with, with these members.
    pub(crate) async fn group(&mut self, members: &[&str]) -> Result<Fresh, Finding> {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({ "schemas": [GROUP_URN], "displayName": self.name(), "members": members });
        self.fresh("/Groups", body).await
    }

    /// A resource to begin with. That it can't be made blocks the check, and is the finding of another one.
    pub(crate) async fn fresh(&mut self, endpoint: &'static str, body: Value) -> Result<Fresh, Finding> {
        let answer = self.post(endpoint, &body).await.map_err(Finding::blocks)?;
        let Some(id) = (answer.status == 201).then(|| answer.id()).flatten() else {
            let got = format!("status {} without one", answer.status);
            return Err(answer.wrong("201 with an id, to have something to examine", got).blocks());
        };
        let named = Made::by(endpoint, &body).map(|made| made.name);
        let (id, name) = (id.to_owned(), named.unwrap_or_default());
        Ok(Fresh { name, path: format!("{endpoint}/{id}"), id, sent: body, answer })
    }

    /// Removes what has been made. Answers the names of what is left over.
    pub(crate) async fn clean(&mut self) -> Vec<String> {
        let mut left = Vec::new();
        // Groups before their members: an endpoint may protect a member from being deleted.
        while let Some(made) = self.made.pop() {
            if !self.remove(&made).await {
                left.push(format!("{} {}", made.endpoint, made.name));
            }
        }
        left
    }

    async fn remove(&mut self, made: &Made) -> bool {
        let id = match &made.id {
            Some(id) => Some(id.clone()),
            None => self.rediscover(made).await,
        };
        // What no answer and no search knows was never made.
        let Some(id) = id else { return true };
        let request = Request::new(Method::DELETE, format!("{}/{id}", made.endpoint), None);
        let answer = self.wire.send(self.client, &request).await;
        answer.is_ok_and(|answer| matches!(answer.status, 200..=299 | 404))
    }

    /// The id of a resource whose POST was not answered with one.
    async fn rediscover(&self, made: &Made) -> Option<String> {
        let filter = format!("{} eq {}", made.attribute(), json!(made.name));
        let path = format!("{}?{}", made.endpoint, query(self.client, &[("filter", &filter)]));
        let answer = self.wire.send(self.client, &Request::new(Method::GET, path, None)).await.ok()?;
        crate::json::elements(answer.at("/Resources")).iter().find_map(|resource| made.recognise(resource))
    }
}
