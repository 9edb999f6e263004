//! The Okta Admin Console, as far as provisioning needs it.

use std::path::Path;

use serde_json::json;
use testkit::okta::Okta as Org;
use tokio::runtime::Runtime;

use crate::cloud::Cloud;
use crate::people::{PEOPLE, TEAM, anchor};
use crate::run::Portal;

pub struct Okta {
    org: Org,
    cloud: Cloud,
    /// What pushes groups.
    pushes: Cloud,
    base_url: String,
    token: String,
    /// What the application is said to take.
    supported: Vec<String>,
    /// What of that is done.
    actions: Vec<String>,
    /// Serves the org.
    _runtime: Runtime,
}

impl Okta {
    /// An org of [`PEOPLE`], of whom nobody is assigned.
    pub fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let (org, listener) = runtime.block_on(Org::bind_on_this_machines_time("127.0.0.1:0"));
        let router = org.router();
        runtime.spawn(async move { axum::serve(listener, router).await });
        org.edit(|org| {
            org.create_group(&anchor(TEAM), TEAM);
            for name in PEOPLE {
                let login = format!("{name}@contoso.com");
                let profile = json!({
                    "login": login, "email": login, "firstName": name, "lastName": "Example",
                    "displayName": name, "city": "Omaha",
                });
                org.create_user(name, profile);
                org.add_member(&anchor(TEAM), name);
            }
        });
        Self {
            org,
            cloud: Cloud::new(),
            base_url: String::new(),
            token: String::new(),
            pushes: Cloud::new(),
            supported: Vec::new(),
            actions: Vec::new(),
            _runtime: runtime,
        }
    }

    fn save(&self) {
        let action = |name| self.actions.iter().any(|action| action == name);
        self.cloud.save(&format!(
            "{}[scope]\nassigned_only = true\n[users]\npreset = \"okta\"\n\
             actions = {{ create = {}, update = {}, disable = {}, delete = false }}\n",
            self.ends(),
            action("Create Users"),
            action("Update User Attributes"),
            action("Deactivate Users"),
        ));
    }

    /// Enables what is done of users, which the page offers only if the application takes it.
    fn enable(&mut self, action: &str, supported: &str) {
        self.needs(supported);
        self.actions.push(action.to_owned());
    }

    fn needs(&self, supported: &str) {
        assert!(self.supported.iter().any(|name| name == supported), "the integration has no {supported}");
    }

    fn provision(&self) {
        self.save();
        self.cloud.cycle();
    }

    /// Pushes a group with those of its members who have accounts. Assignments have nothing to do with it.
    fn push(&self, group: &str) {
        let is_it = format!("{{ attribute = \"displayName\", operator = \"EQUALS\", value = \"{group}\" }}");
        let never = "{ create = false, update = false, disable = false, delete = false }";
        self.pushes.save(&format!(
            "{}[users]\npreset = \"okta\"\nactions = {never}\n\
             [groups]\nfilters = [{{ title = \"pushed\", clauses = [{is_it}] }}]\n",
            self.ends(),
        ));
        let done = self.pushes.cycle();
        assert_eq!(done["created"], 1, "{done}");
    }

    /// Where people come from, and go to.
    fn ends(&self) -> String {
        let Self { base_url, token, .. } = self;
        format!(
            "{}[target]\nkind = \"scim\"\nurl = \"{base_url}\"\ntoken = \"{token}\"\ndialect = \"okta-aiw\"\n",
            self.org.source_table(),
        )
    }

    fn user<'a>(&self, login: &'a str) -> &'a str {
        let name = login.strip_suffix("@contoso.com").unwrap_or_default();
        assert!(PEOPLE.contains(&name), "the org has no {login}");
        name
    }
}

impl Portal for Okta {
    fn step(&mut self, name: &str, value: Option<&str>, _: &Path) {
        match (name, value) {
            ("Create App Integration", Some("SAML 2.0")) => {}
            ("Provisioning", Some("SCIM")) => {}
            ("SCIM connector base URL", Some(url)) => self.base_url = url.to_owned(),
            ("Unique identifier field for users", Some("userName")) => {}
            ("Push New Users" | "Push Profile Updates" | "Push Groups", None) => {
                self.supported.push(name.to_owned())
            }
            ("Save", None) => {}
            ("Authentication Mode", Some("HTTP Header")) => {}
            ("Authorization", Some(token)) => self.token = token.to_owned(),
            ("Test Connector Configuration", None) => {
                self.save();
                self.cloud.test_connection();
            }
            ("Create Users", None) => self.enable(name, "Push New Users"),
            ("Update User Attributes" | "Deactivate Users", None) => {
                self.enable(name, "Push Profile Updates")
            }
            ("Assign to People", Some(login)) => {
                self.org.edit(|org| org.assign_user(self.user(login), json!({})));
                self.provision();
            }
            ("Find groups by name", Some(group)) => {
                self.needs("Push Groups");
                assert_eq!(group, TEAM, "the org has no other group");
                self.push(group);
            }
            ("Deactivate", Some(login)) => {
                self.org.edit(|org| org.deactivate(self.user(login)));
                self.provision();
            }
            _ => panic!("the Okta Admin Console has no {name} for {value:?}"),
        }
    }
}
