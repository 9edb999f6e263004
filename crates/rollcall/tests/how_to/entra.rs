//! The Microsoft Entra admin center, as far as provisioning needs it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use testkit::graph::Graph;
use tokio::runtime::Runtime;

use crate::cloud::Cloud;
use crate::people::{PEOPLE, TEAM, anchor};
use crate::run::Portal;
use crate::service::Service;

pub struct Entra {
    pub graph: Graph,
    cloud: Cloud,
    tenant_url: String,
    secret_token: String,
    /// What the application's template maps.
    preset: &'static str,
    mappings: Vec<String>,
    assigned_only: bool,
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
            preset: "entra",
            mappings: Vec::new(),
            assigned_only: false,
            deletions: None,
            is_on: false,
            _runtime: runtime,
        }
    }

    /// The same, where everybody has been provisioned into an application.
    pub fn provisioning_into(service: &Service) -> Self {
        let mut entra = Self::new();
        entra.connect(&service.url, &service.token);
        entra.press("Start provisioning");
        entra
    }

    /// The same, for an application of the gallery whose template is this preset.
    pub fn gallery(preset: &'static str) -> Self {
        Self { preset, ..Self::new() }
    }

    /// Enters the credentials, and assigns everybody.
    pub fn connect(&mut self, tenant_url: &str, secret_token: &str) {
        self.enter("Tenant URL", tenant_url);
        self.enter("Secret Token", secret_token);
        self.press("Test Connection");
        self.enter("Scope", "Sync only assigned users and groups");
        self.enter("Add user/group", TEAM);
    }

    pub fn press(&mut self, name: &str) {
        self.step(name, None, Path::new(""));
    }

    pub fn enter(&mut self, name: &str, value: &str) {
        self.step(name, Some(value), Path::new(""));
    }

    fn save(&self) {
        let Self { tenant_url, secret_token, preset, assigned_only, .. } = self;
        let guard = self.deletions.map(|count| format!("[guard]\ndeletions = {{ count = {count} }}\n"));
        self.cloud.save(&format!(
            "{}[target]\nkind = \"scim\"\nurl = \"{tenant_url}\"\ntoken = \"{secret_token}\"\ndialect = \"entra\"\n\
             [scope]\nassigned_only = {assigned_only}\n[users]\npreset = \"{preset}\"\nmappings = [{}]\n[groups]\n{}",
            self.graph.source_table(),
            self.mappings.join(", "),
            guard.unwrap_or_default(),
        ));
    }

    /// Changes a property of somebody.
    pub fn edit(&self, user: &str, property: &str, value: impl Into<Value>) {
        self.graph.edit_user(&self.known(user), &json!({ property: value.into() }));
    }

    /// Changes the source of a mapping, or adds one.
    pub fn map(&mut self, target: &str, source: &str) {
        let matching = if target == "userName" { ", matching = 1" } else { "" };
        self.mappings.push(format!("{{ target = {target:?}, source = \"[{source}]\"{matching} }}"));
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
            ("Scope", Some("Sync only assigned users and groups")) => self.assigned_only = true,
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
        "city": "Omaha", "officeLocation": "Omaha - Old Market", "department": "Sales", "accountEnabled": true,
    })
}
