//! The service providers that are driven, each on a free port of the loopback interface.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::command;
use crate::node::Node;
use crate::postgres::free_port;
use crate::python::Python;

/// What a client of the peer proves itself with.
pub const TOKEN: &str = "peer-secret-token";

/// The environments that the peers run in.
pub struct Installed {
    /// With scim2-server.
    pub python: Python,
    /// With SCIMMY.
    pub node: Node,
}

/// A service provider that is not ours.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// `scim2-server` of PyPI.
    Scim2Server,
    /// `scimmy-routers` of npm.
    ScimmyRouters,
}

/// A peer that listens; it is ended when this goes out of scope.
pub struct Running {
    /// The Tenant URL.
    pub url: String,
    process: Child,
    log: PathBuf,
}

impl Peer {
    /// Its name in its registry.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scim2Server => "scim2-server",
            Self::ScimmyRouters => "scimmy-routers",
        }
    }

    /// Starts it with nothing in it. Its log is kept in `folder`.
    ///
    /// # Errors
    /// When it does not listen in time.
    pub fn start(self, installed: &Installed, folder: &Path) -> Result<Running> {
        let port = free_port()?;
        let (mut program, path) = match self {
            Self::Scim2Server => (scim2_server(&installed.python, port), ""),
            Self::ScimmyRouters => (scimmy(&installed.node, port), "/scim/v2"),
        };
        let log = folder.join("peer.log");
        let output = File::create(&log)?;
        program.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let process = program.spawn().with_context(|| format!("starting {}", self.name()))?;
        let mut running = Running { url: format!("http://127.0.0.1:{port}{path}"), process, log };
        command::wait_until_listening(&mut running.process, port)
            .with_context(|| format!("{} said: {}", self.name(), running.log().unwrap_or_default()))?;
        Ok(running)
    }
}

fn scimmy(node: &Node, port: u16) -> Command {
    let mut command = node.program("scimmy.mjs");
    command.args([&port.to_string(), TOKEN]);
    command
}

fn scim2_server(python: &Python, port: u16) -> Command {
    let mut command = python.program("scim2-server");
    command.args(["--port", &port.to_string(), "--bearer-token", TOKEN]);
    command
}

impl Running {
    /// What was refused, as `PATCH /Users 400`, but for two answers that are none: nobody is there (404 to a look-up),
    /// and somebody is there already (409 to a creation).
    ///
    /// # Errors
    /// When the log can't be read.
    pub fn refusals(&self) -> Result<Vec<String>> {
        Ok(self.log()?.lines().filter_map(refusal).collect())
    }

    fn log(&self) -> Result<String> {
        fs::read_to_string(&self.log).context("reading the peer's log")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Of a line such as `… "PATCH /scim/v2/Users/7 HTTP/1.1" 400 …`.
fn refusal(line: &str) -> Option<String> {
    let (before, after) = line.split_once(" HTTP/1.1\" ")?;
    let (_, request) = before.rsplit_once('"')?;
    let (method, path) = request.split_once(' ')?;
    let status: u16 = after.split_whitespace().next()?.parse().ok()?;
    let is_answer = status < 400 || matches!((method, status), ("GET", 404) | ("POST", 409));
    let endpoint = ["/Users", "/Groups", "/Bulk"].into_iter().find(|endpoint| path.contains(endpoint));
    (!is_answer).then(|| format!("{method} {} {status}", endpoint.unwrap_or(path)))
}
