//! The process.

use super::{Flavor, certificates, config};
use std::env;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What a test does without a server.
const MISSING: &str = "this test needs OpenLDAP's server: install it (Debian: apt-get install slapd)";

/// How long a server may take to listen after it said that it is ready.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Runs the server until its own standard input ends, which is when it is stopped or the test process ends, however
/// that ends. The level `none` keeps slapd in the foreground and lets it say when it is ready.
const KEEPER: &str = r#"
trap '' INT
"$1" -f "$2/slapd.conf" -h "$3" -d none &
server=$!
cat
kill -KILL "$server"
wait "$server"
"#;

/// A running server in a temporary folder.
pub(super) struct Server {
    folder: TempDir,
    ports: [u16; 2],
    keeper: Option<Child>,
}

impl Server {
    pub(super) fn start(flavor: Flavor) -> Self {
        let folder = TempDir::with_prefix("rollcall-slapd-").expect("a temporary folder");
        certificates::write(folder.path());
        config::write(folder.path(), flavor);
        // Both are held until both are known, so that they differ.
        let free = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"));
        let ports = free.map(|listener| listener.local_addr().expect("an address").port());
        let mut server = Self { folder, ports, keeper: None };
        server.launch();
        server
    }

    pub(super) fn url(&self, scheme: &str) -> String {
        let [plain, tls] = self.ports;
        format!("{scheme}://localhost:{}", if scheme == "ldap" { plain } else { tls })
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts the server anew with another root entry.
    pub(super) fn count_changes(&mut self, flavor: Flavor, count: u64) {
        assert_eq!(flavor, Flavor::ActiveDirectory, "OpenLDAP counts by itself");
        self.stop();
        config::count_changes(self.folder.path(), count);
        self.launch();
    }

    pub(super) fn stop(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            keeper.wait().expect("the keeper ends");
        }
    }

    fn launch(&mut self) {
        let program = program().unwrap_or_else(|| panic!("{MISSING}"));
        let [plain, tls] = self.ports;
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .args([program.as_path(), self.folder.path()])
            .arg(format!("ldap://127.0.0.1:{plain}/ ldaps://127.0.0.1:{tls}/"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sh starts");
        await_ready(&mut keeper);
        self.keeper = Some(keeper);
        self.ports.iter().for_each(|port| await_listening(*port));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Reads what the server says until it accepts connections, and goes on reading so that it never blocks on it.
fn await_ready(keeper: &mut Child) {
    let mut lines = BufReader::new(keeper.stderr.take().expect("it is piped")).lines();
    let mut log = String::new();
    loop {
        let Some(Ok(line)) = lines.next() else { panic!("slapd did not start:\n{log}") };
        if line.ends_with("slapd starting") {
            break;
        }
        assert!(!line.ends_with("slapd stopped."), "slapd did not start:\n{log}");
        log.push_str(&line);
        log.push('\n');
    }
    thread::spawn(move || lines.for_each(drop));
}

/// slapd says that it is ready, and then listens.
fn await_listening(port: u16) {
    let began = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        assert!(began.elapsed() < START_LIMIT, "slapd does not listen on port {port}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// slapd is kept out of the `PATH` of people.
fn program() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/usr/local/libexec", "/usr/libexec"].map(PathBuf::from);
    let mut folders = env::split_paths(&path).chain(usual);
    folders.find_map(|folder| Some(folder.join("slapd")).filter(|file: &PathBuf| Path::is_file(file)))
}
