//! A terminal in a folder of its own, where `rollcall` is the built binary.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;

/// A shell. What a block exports is there for those after it.
pub struct Shell {
    folder: TempDir,
    aside: TempDir,
    environment: BTreeMap<String, String>,
    servers: Vec<Server>,
}

impl Shell {
    pub fn new() -> Self {
        let folder = TempDir::with_prefix("rollcall-how-to-").unwrap();
        let binaries = Path::new(env!("CARGO_BIN_EXE_rollcall")).parent().unwrap().display();
        let path = format!("{binaries}:{}", env::var("PATH").unwrap_or_default());
        let home = folder.path().display().to_string();
        let environment = [("PATH".to_owned(), path), ("HOME".to_owned(), home)].into();
        Self { folder, aside: TempDir::new().unwrap(), environment, servers: Vec::new() }
    }

    /// Where commands run.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The value of a variable.
    pub fn value(&self, name: &str) -> &str {
        self.environment.get(name).unwrap_or_else(|| panic!("nothing has exported {name}"))
    }

    /// Runs a block to its end: whether it succeeded, and what was seen.
    pub fn run(&mut self, commands: &str) -> (bool, String) {
        let exported = self.aside.path().join("environment");
        let keep = format!("env -0 > '{}'", exported.display());
        let mut child = self.start(&format!("{commands}\n{keep}\n"));
        let mut seen = String::new();
        child.stdout.take().unwrap().read_to_string(&mut seen).unwrap();
        let succeeded = child.wait().unwrap().success();
        if succeeded {
            self.environment = variables(&fs::read_to_string(exported).unwrap());
        }
        (succeeded, seen)
    }

    /// Runs a block whose last command goes on, until so many lines were seen: those, or fewer if it ended before. It ends
    /// with the shell.
    pub fn serve(&mut self, commands: &str, lines: usize) -> String {
        // The shell waits, so that it is there to be ended with all that it started.
        let mut child = self.start(&format!("{commands}\nwait\n"));
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut seen = String::new();
        while seen.lines().count() < lines && output.read_line(&mut seen).unwrap() > 0 {}
        self.servers.push(Server { child, _output: output });
        seen
    }

    fn start(&self, script: &str) -> Child {
        let mut command = Command::new("sh");
        command.args(["-euc", &format!("exec 2>&1\n{script}")]);
        command.env_clear().envs(&self.environment).current_dir(self.folder());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0).spawn().unwrap()
    }
}

fn variables(listed: &str) -> BTreeMap<String, String> {
    let pairs = listed.split('\0').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What goes on, and what it still says.
struct Server {
    child: Child,
    _output: BufReader<ChildStdout>,
}

impl Drop for Server {
    fn drop(&mut self) {
        // The group of the shell, which nobody has waited for yet: its number is nobody else's.
        let group = format!("-{}", self.child.id());
        Command::new("kill").args(["-s", "KILL", "--", &group]).status().unwrap();
        self.child.wait().unwrap();
    }
}
