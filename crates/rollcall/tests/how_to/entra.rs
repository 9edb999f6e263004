//! The Microsoft Entra admin center, as far as provisioning needs it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use testkit::graph::Graph;
use tokio::runtime::Runtime;

use crate::cloud::Cloud;
use crate::people::{PEOPLE, TEAM, anchor};
use crate::run::Portal;

pub struct Entra {
    pub graph: Graph,
    cloud: Cloud,
    tenant_url: String,
    secret_token: String,
    /// Whether everybody is provisioned, or only who is assigned.
    is_everybody: bool,
    mappings: Vec<String>,
    deletions: Option<u32>,
    is_on: bool,
    /// Serves the directory.
    _runtime: Runtime,
}

impl Entra {
    /// A tenant of [`PEOPLE`], of whom nobody is assigned.
    pub fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let graph = runtime.block_on(Graph::start());
        PEOPLE.iter().for_each(|person| graph.put_user(&user(person)));
        let members = PEOPLE.map(anchor);
        graph.put_group(&json!({
            "id": anchor(TEAM), "displayName": TEAM, "securityEnabled": true, "members": members,
        }));
        Self {
            graph,
            cloud: Cloud::new(),
            tenant_url: String::new(),
            secret_token: String::new(),
            is_everybody: false,
            mappings: Vec::new(),
            deletions: None,
            is_on: false,
            _runtime: runtime,
        }
    }

    /// The same, where everybody has been provisioned into an application.
    pub fn provisioning_into(tenant_url: &str, secret_token: &str) -> Self {
        let mut entra = Self::new();
        entra.tenant_url = tenant_url.to_owned();
        entra.secret_token = secret_token.to_owned();
        entra.graph.assign(&anchor(TEAM));
        entra.save();
        entra.cloud.cycle();
        entra.is_on = true;
        entra
    }

    fn save(&self) {
        let Self { tenant_url, secret_token, is_everybody, .. } = self;
        let guard = self.deletions.map(|count| format!("[guard]\ndeletions = {{ count = {count} }}\n"));
        self.cloud.save(&format!(
            "{}[target]\nkind = \"scim\"\nurl = \"{tenant_url}\"\ntoken = \"{secret_token}\"\ndialect = \"entra\"\n\
             [scope]\nassigned_only = {}\n[users]\npreset = \"entra\"\nmappings = [{}]\n[groups]\n{}",
            self.graph.source_table(),
            !is_everybody,
            self.mappings.join(", "),
            guard.unwrap_or_default(),
        ));
    }

    fn map(&mut self, target: &str, source: &str) {
        self.mappings.push(format!("{{ target = \"{target}\", source = \"[{source}]\" }}"));
    }

    /// The id of a person or group.
    fn known(&self, name: &str) -> String {
        let who = name.strip_suffix("@contoso.com").unwrap_or(name);
        assert!(who == TEAM || PEOPLE.contains(&who), "the directory has no {name}");
        anchor(who)
    }
}

impl Portal for Entra {
    fn step(&mut self, name: &str, value: Option<&str>, folder: &Path) {
        match (name, value) {
            ("New application" | "Create your own application" | "Save", _) => {}
            ("Provisioning Mode", Some("Automatic")) => {}
            ("Tenant URL", Some(url)) => self.tenant_url = url.to_owned(),
            ("Secret Token", Some(token)) => self.secret_token = token.to_owned(),
            ("Test Connection", None) => {
                self.save();
                self.cloud.test_connection();
            }
            ("Source attribute", Some(source)) => self.map("externalId", source),
            ("Scope", Some("Sync only assigned users and groups")) => self.is_everybody = false,
            ("Prevent accidental deletion", Some(count)) => self.deletions = Some(count.parse().unwrap()),
            ("Add user/group", Some(name)) => self.graph.assign(&self.known(name)),
            ("Provision on demand", Some(user)) => {
                self.save();
                assert_eq!(self.cloud.provision(user)["status"], "success");
            }
            ("Start provisioning", None) => {
                self.save();
                self.cloud.cycle();
                self.is_on = true;
            }
            ("Stop provisioning", None) => self.is_on = false,
            ("Restart", Some("Full")) => {
                self.save();
                self.cloud.restart();
                self.is_on = true;
            }
            ("Block sign-in", Some(user)) => {
                self.graph.edit_user(&self.known(user), &json!({ "accountEnabled": false }));
                self.next_cycle();
            }
            ("Download", Some(file)) => {
                fs::write(folder.join(file), self.cloud.schema().to_string()).unwrap()
            }
            _ => panic!("the Microsoft Entra admin center has no {name} for {value:?}"),
        }
    }
}

impl Entra {
    /// What would happen within 40 minutes.
    fn next_cycle(&self) {
        if self.is_on {
            self.cloud.cycle();
        }
    }
}

fn user(name: &&str) -> Value {
    json!({
        "id": anchor(name), "userPrincipalName": format!("{name}@contoso.com"), "mailNickname": name,
        "mail": format!("{name}@contoso.com"), "displayName": name, "givenName": name, "surname": "Example",
        "city": "Omaha", "department": "Sales", "accountEnabled": true,
    })
}
