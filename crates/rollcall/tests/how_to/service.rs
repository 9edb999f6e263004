//! A service provider that no page has started: an installation in a folder of its own, with one tenant.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The service provider, ended with the test.
pub struct Service {
    folder: TempDir,
    serve: Child,
    /// The Tenant URL.
    pub url: String,
    /// The Secret Token.
    pub token: String,
}

impl Service {
    /// Serves an empty tenant `contoso` of an application.
    pub fn start(application: &str) -> Self {
        let folder = TempDir::with_prefix("rollcall-service-").unwrap();
        let mut serve =
            command(&folder, &["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(serve.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let mut service = Self { folder, serve, url: String::new(), token: String::new() };
        let text = |answer: &Value, name: &str| answer[name].as_str().unwrap().to_owned();
        let tenant = service.answer(&["tenant", "create", "contoso", "--application", application]);
        service.url = text(&tenant, "url");
        service.token = text(&service.answer(&["token", "create", "--tenant", "contoso"]), "secret");
        service
    }

    /// The users, in the order of their names.
    pub fn users(&self) -> Vec<Value> {
        let authorization = format!("Authorization: Bearer {}", self.token);
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--header", &authorization, &format!("{}/Users", self.url)]);
        let listed: Value = serde_json::from_slice(&curl.output().unwrap().stdout).unwrap();
        let mut users = listed["Resources"].as_array().unwrap().clone();
        users.sort_by_key(|user| user["userName"].to_string());
        users
    }

    /// What a verb answers.
    pub fn answer(&self, arguments: &[&str]) -> Value {
        let output = command(&self.folder, arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn command(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    command.args(arguments).arg("--json").env_clear().current_dir(folder.path()).stderr(Stdio::null());
    command
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.serve.kill().ok();
        self.serve.wait().ok();
    }
}
