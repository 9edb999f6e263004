//! Follows a page from its first line to its last.

use std::fs;
use std::path::Path;

use tokio::net::TcpSocket;

use crate::page::{Part, What, parts};
use crate::seen::is_as_shown;
use crate::shell::Shell;

/// Somebody else's portal, where a page has things done.
pub trait Portal {
    /// Does a step: presses the button, or enters the value into the field of this name. `folder` is where files are
    /// saved to.
    ///
    /// # Panics
    /// When it can't be done, or the portal has no such step.
    fn step(&mut self, name: &str, value: Option<&str>, folder: &Path);
}

/// An address of this machine that nobody else takes, and a server of the page may.
pub struct Address {
    // Bound and not listening, so that another socket with SO_REUSEADDR can listen there.
    _socket: TcpSocket,
    pub address: String,
}

impl Address {
    pub fn free() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self { address: socket.local_addr().unwrap().to_string(), _socket: socket }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// A variable that the page exports, and that is something else here.
pub struct Setting {
    name: &'static str,
    value: String,
    /// What the page has, once that was read.
    shown: Option<String>,
}

impl Setting {
    pub fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), shown: None }
    }

    /// The line that takes the place of a line of the page.
    fn put(&mut self, line: &str) -> Option<String> {
        let shown = line.strip_prefix("export ")?.strip_prefix(self.name)?.strip_prefix('=')?;
        self.shown = Some(shown.to_owned());
        Some(format!("export {}='{}'", self.name, self.value))
    }
}

/// Does all that a page of `docs/how-to` says, with these settings for those that the page has.
///
/// # Panics
/// With the line of the page, when something else comes out than it says.
pub fn follow(page: &str, settings: Vec<Setting>, portal: &mut dyn Portal) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/how-to").join(page);
    let text = fs::read_to_string(&path).unwrap();
    let mut reader = Reader { page, shell: Shell::new(), settings };
    let parts = parts(&text);
    assert!(!parts.is_empty(), "{page} says nothing to do");
    for (place, Part { line, what }) in parts.iter().enumerate() {
        match what {
            What::Commands { text, fails } => {
                let shown = match parts.get(place + 1) {
                    Some(Part { what: What::Seen(shown), .. }) => Some(shown.as_str()),
                    _ => None,
                };
                reader.type_in(*line, text, *fails, shown);
            }
            What::Step { name, value } => reader.step(portal, name, value.as_deref()),
            What::Seen(_) => {
                let before = place.checked_sub(1).map(|before| &parts[before].what);
                assert!(matches!(before, Some(What::Commands { .. })), "line {line} shows what nobody did");
            }
        }
    }
    for Setting { name, shown, .. } in reader.settings {
        assert!(shown.is_some(), "{page} does not export {name}");
    }
}

struct Reader<'a> {
    page: &'a str,
    shell: Shell,
    settings: Vec<Setting>,
}

impl Reader<'_> {
    fn type_in(&mut self, line: usize, commands: &str, fails: bool, shown: Option<&str>) {
        let commands = self.set(commands);
        let shown = shown.map(|shown| self.here(shown));
        let (succeeded, seen) = if commands.trim_end().ends_with('&') {
            let shown = shown.as_deref().expect("a server says when it is ready");
            (!fails, self.shell.serve(&commands, shown.lines().count()))
        } else {
            self.shell.run(&commands)
        };
        let place = format!("docs/how-to/{}:{line}", self.page);
        assert_eq!(succeeded, !fails, "{place} ended otherwise than it says; seen was:\n{seen}");
        if let Some(shown) = shown {
            assert!(is_as_shown(&shown, &seen), "{place} shows:\n{shown}\nand seen was:\n{seen}");
        }
    }

    fn step(&self, portal: &mut dyn Portal, name: &str, value: Option<&str>) {
        let value = value.map(|value| match value.strip_prefix('$') {
            Some(variable) => self.shell.value(variable).to_owned(),
            None => self.here(value),
        });
        portal.step(name, value.as_deref(), self.shell.folder());
    }

    /// Commands, with the settings of this run.
    fn set(&mut self, commands: &str) -> String {
        let set = commands.lines().map(|line| {
            let put = self.settings.iter_mut().find_map(|setting| setting.put(line));
            put.unwrap_or_else(|| line.to_owned()) + "\n"
        });
        set.collect()
    }

    /// What the page shows, as it is with the settings of this run.
    fn here(&self, shown: &str) -> String {
        self.settings.iter().fold(shown.to_owned(), |text, setting| match &setting.shown {
            Some(shown) => text.replace(shown, &setting.value),
            None => text,
        })
    }
}
