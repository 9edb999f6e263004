//! The sample company in every kind of directory that a job may read.

use std::fs;
use std::path::{Path, PathBuf};

use testkit::contoso;
use testkit::graph::Graph;
use testkit::okta::Okta;
use testkit::slapd::{Company, Flavor, Slapd};
use tokio::runtime::Runtime;

/// A directory that becomes what it is on a day.
pub trait Directory {
    /// The `[source]` table of a job that reads it.
    fn source_table(&self) -> String;

    fn load(&mut self, day: &str);
}

/// Files in a folder.
pub struct Files(PathBuf);

impl Files {
    pub fn new(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        Self(folder.to_owned())
    }
}

impl Directory for Files {
    fn source_table(&self) -> String {
        format!("[source]\nkind = \"file\"\npath = \"{}\"\n", self.0.display())
    }

    fn load(&mut self, day: &str) {
        for file in ["users.jsonl", "groups.jsonl", "assignments.jsonl"] {
            fs::copy(contoso::folder(day).join(file), self.0.join(file)).unwrap();
        }
    }
}

/// A tenant of Microsoft Entra ID behind Graph.
pub struct Entra {
    pub graph: Graph,
    /// Serves it.
    _runtime: Runtime,
}

impl Entra {
    pub fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        Self { graph: runtime.block_on(Graph::start()), _runtime: runtime }
    }
}

impl Directory for Entra {
    fn source_table(&self) -> String {
        self.graph.source_table()
    }

    fn load(&mut self, day: &str) {
        self.graph.load(&contoso::folder(day));
    }
}

/// An Okta org.
pub struct Org {
    pub okta: Okta,
    /// Serves it.
    _runtime: Runtime,
}

impl Org {
    pub fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let (okta, listener) = runtime.block_on(Okta::bind_on_this_machines_time("127.0.0.1:0"));
        let router = okta.router();
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { okta, _runtime: runtime }
    }
}

impl Directory for Org {
    fn source_table(&self) -> String {
        self.okta.source_table()
    }

    fn load(&mut self, day: &str) {
        self.okta.edit(|org| org.load(&contoso::folder(day)));
    }
}

/// OpenLDAP.
pub struct Ldap {
    slapd: Slapd,
    company: Company,
    /// Drives the administrator's connection.
    runtime: Runtime,
}

impl Ldap {
    pub fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let slapd = runtime.block_on(Slapd::start(Flavor::OpenLdap));
        Self { slapd, company: Company::default(), runtime }
    }
}

impl Directory for Ldap {
    fn source_table(&self) -> String {
        Company::source_table(&self.slapd)
    }

    fn load(&mut self, day: &str) {
        self.runtime.block_on(self.company.load(&self.slapd, &contoso::folder(day)));
    }
}
