//! A SCIM server that a tenant moves away from: another installation, in a folder of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub struct OldServer {
    folder: TempDir,
    serve: Child,
    pub url: String,
    pub token: String,
}

impl OldServer {
    /// A server with one empty tenant.
    pub fn start() -> Self {
        let folder = TempDir::with_prefix("rollcall-old-").unwrap();
        let mut serve =
            command(&folder, &["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(serve.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let mut old = Self { folder, serve, url: String::new(), token: String::new() };
        let text = |answer: &Value, name: &str| answer[name].as_str().unwrap().to_owned();
        old.url = text(&old.answer(&["tenant", "create", "old", "--application", "plain"]), "url");
        old.token = text(&old.answer(&["token", "create", "--tenant", "old"]), "secret");
        old
    }

    fn answer(&self, arguments: &[&str]) -> Value {
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

impl Drop for OldServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.serve.kill().ok();
        self.serve.wait().ok();
    }
}
