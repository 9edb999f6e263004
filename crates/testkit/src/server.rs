//! A PostgreSQL server for the tests of one process.
//!
//! `ROLLCALL_TEST_POSTGRES` names a server to use, as a URL of a role that may make databases. Without it a server is
//! started from the `initdb` and `postgres` that are found in `PATH` or `/usr/lib/postgresql/*/bin`: it listens on a
//! socket in a temporary folder only, and ends with this process, however that ends. Without either, tests fail.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;

use postgres::NoTls;
use tempfile::TempDir;

/// What a test does without a server.
const MISSING: &str = "this test needs PostgreSQL: install it (Debian: apt-get install postgresql), or set \
    ROLLCALL_TEST_POSTGRES to the URL of a server whose role may create databases";

/// Runs the server until its own standard input ends, which is when the test process does; then removes its folder.
const KEEPER: &str = r#"
trap '' INT
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=400 -c log_min_messages=log &
server=$!
exec 2>/dev/null
cat
kill -QUIT "$server"
wait "$server"
rm -rf "$2"
"#;

/// A database of its own for one test.
pub(crate) struct Database {
    name: String,
    pub(crate) url: String,
    /// Dropped with this; in a server that goes as a whole that would only take time.
    is_dropped: bool,
}

/// Makes an empty database.
pub(crate) fn database() -> Database {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let server = SERVER.get_or_init(Server::find);
    let name = format!("rollcall_{}", uuid::Uuid::new_v4().simple());
    server.run(&format!("CREATE DATABASE {name} TEMPLATE template0"));
    Database { url: server.url(&name), name, is_dropped: server.keeper.is_none() }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !self.is_dropped {
            return;
        }
        let mut config: postgres::Config = self.url.parse().expect("a URL made here");
        config.dbname("postgres");
        run(config, format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// The server, and the process that ends it.
struct Server {
    /// Everything before the name of the database, and everything after it.
    url: (String, String),
    /// None: the server is not ours.
    keeper: Option<Child>,
}

impl Server {
    fn find() -> Self {
        match env::var("ROLLCALL_TEST_POSTGRES") {
            Ok(url) => Self { url: around_name(&url), keeper: None },
            Err(_) => Self::start(),
        }
    }

    fn start() -> Self {
        let binaries = binaries().unwrap_or_else(|| panic!("{MISSING}"));
        // The keeper removes the folder, because nothing in this process is dropped when it exits.
        let folder = TempDir::with_prefix("rollcall-postgres-").expect("a temporary folder").keep();
        let user = User::of_server();
        user.give(&folder);
        initialise(&binaries, &folder, &user);
        let mut keeper = user
            .command("sh")
            .args(["-c", KEEPER, "keeper"])
            .args([&binaries, &folder])
            .env("LC_MESSAGES", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sh starts");
        await_ready(&mut keeper);
        let host = folder.display().to_string().replace('/', "%2F");
        Self { url: (format!("postgres://postgres@{host}/"), String::new()), keeper: Some(keeper) }
    }

    fn url(&self, database: &str) -> String {
        format!("{}{database}{}", self.url.0, self.url.1)
    }

    fn run(&self, sql: &str) {
        run(self.url("postgres").parse().expect("a PostgreSQL URL"), sql.to_owned());
    }
}

/// Splits `postgres://host/name?options` around the name.
fn around_name(url: &str) -> (String, String) {
    let (rest, options) = url.split_once('?').map_or((url, String::new()), |(r, o)| (r, format!("?{o}")));
    let (scheme, place) = rest.split_once("://").expect("ROLLCALL_TEST_POSTGRES starts with postgres://");
    let host = place.split('/').next().unwrap_or_default();
    (format!("{scheme}://{host}/"), options)
}

/// Runs a statement on a thread of its own: the client brings a runtime, and must not meet a test's.
fn run(config: postgres::Config, sql: String) {
    let result = thread::spawn(move || config.connect(NoTls)?.batch_execute(&sql)).join();
    if let Err(error) = result.expect("the client does not panic") {
        assert!(thread::panicking(), "PostgreSQL: {error}");
    }
}

/// The folder of the newest `initdb`.
fn binaries() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    folders.sort();
    env::split_paths(&path).chain(folders.into_iter().rev()).find(|folder| folder.join("initdb").is_file())
}

fn initialise(binaries: &Path, folder: &Path, user: &User) {
    let output = user
        .command(binaries.join("initdb"))
        .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
        .arg(folder.join("data"))
        .output()
        .expect("initdb starts");
    assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
}

/// Reads the server's log until it says that it is ready, and goes on reading so that it never blocks on it.
fn await_ready(keeper: &mut Child) {
    let mut lines = BufReader::new(keeper.stderr.take().expect("it is piped")).lines();
    let mut log = String::new();
    loop {
        let Some(Ok(line)) = lines.next() else { panic!("PostgreSQL did not start:\n{log}") };
        if line.contains("database system is ready to accept connections") {
            break;
        }
        log.push_str(&line);
        log.push('\n');
    }
    thread::spawn(move || lines.for_each(drop));
}

/// Who the server runs as: PostgreSQL refuses to run as root.
enum User {
    Myself,
    Other { uid: u32, gid: u32 },
}

impl User {
    fn of_server() -> Self {
        if number("id", &["-u"]) != Some(0) {
            return Self::Myself;
        }
        let ids =
            |name| Some(Self::Other { uid: number("id", &["-u", name])?, gid: number("id", &["-g", name])? });
        ids("postgres").or_else(|| ids("nobody")).expect("a user other than root, such as postgres")
    }

    fn give(&self, folder: &Path) {
        if let Self::Other { uid, gid } = self {
            chown(folder, Some(*uid), Some(*gid)).expect("root may give a folder away");
        }
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = match self {
            Self::Myself => Command::new(program),
            Self::Other { uid, gid } => {
                let mut command = Command::new("setpriv");
                command.arg(format!("--reuid={uid}")).arg(format!("--regid={gid}"));
                command.arg("--clear-groups").arg("--").arg(program);
                command
            }
        };
        // The current folder may be closed to that user.
        command.current_dir("/");
        command
    }
}

/// The number that a command prints.
fn number(program: &str, arguments: &[&str]) -> Option<u32> {
    let output = Command::new(program).args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
