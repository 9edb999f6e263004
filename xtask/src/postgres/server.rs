//! The server: started on a free port of the loopback interface, ended when it goes out of scope.

use std::env;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::account::Account;
use super::programs;
use crate::command;

/// How long a server may take to accept connections.
const START_LIMIT: Duration = Duration::from_secs(60);
/// Test threads × connections of a store, with room.
const MAX_CONNECTIONS: u32 = 400;

/// A PostgreSQL server to make databases in.
pub struct Server {
    url: String,
    own: Option<Own>,
}

/// A server of our own.
struct Own {
    process: Child,
    account: Account,
    programs: PathBuf,
    folder: TempDir,
}

impl Server {
    /// The server that `ROLLCALL_TEST_POSTGRES` names, else one of our own; PostgreSQL is installed where that is
    /// possible and needed.
    ///
    /// # Errors
    /// When there is no PostgreSQL or it does not start, with what to do.
    pub fn start() -> Result<Self> {
        if let Ok(url) = env::var("ROLLCALL_TEST_POSTGRES") {
            return Ok(Self { url, own: None });
        }
        Self::launch(programs::folder()?)
    }

    /// As [`Server::start`], but `None` where PostgreSQL is not installed.
    ///
    /// # Errors
    /// When it is installed and does not start.
    pub fn start_if_installed() -> Result<Option<Self>> {
        programs::find().map(Self::launch).transpose()
    }

    /// Its URL, of a database in which others can be created.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn launch(programs: PathBuf) -> Result<Self> {
        let account = Account::choose()?;
        // Not in `target`: a checkout in a home folder is closed to the server's account.
        let folder = tempfile::Builder::new().prefix("rollcall-xtask-postgres-").tempdir()?;
        account.own(folder.path())?;
        command::read(
            account
                .command(&programs.join("initdb"))
                .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--pgdata"])
                .arg(data(&folder))
                .current_dir(folder.path()),
        )?;
        let port = free_port()?;
        let process = spawn(&account, &programs, &folder, port)?;
        let mut own = Own { process, account, programs, folder };
        own.wait_until_ready(port)?;
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        println!("PostgreSQL listens on port {port} of 127.0.0.1");
        Ok(Self { url, own: Some(own) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.own.take().is_some() {
            println!("PostgreSQL is stopped");
        }
    }
}

impl Own {
    fn wait_until_ready(&mut self, port: u16) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < START_LIMIT {
            if let Some(status) = self.process.try_wait()? {
                bail!("PostgreSQL ended with {status}:\n{}", self.log());
            }
            if self.accepts_connections(port)? {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        bail!("PostgreSQL accepts no connections after {START_LIMIT:?}:\n{}", self.log())
    }

    fn accepts_connections(&self, port: u16) -> Result<bool> {
        let status = Command::new(self.programs.join("pg_isready"))
            .args(["--quiet", "--host=127.0.0.1", "--username=postgres", "--dbname=postgres"])
            .arg(format!("--port={port}"))
            .status()
            .context("starting pg_isready")?;
        Ok(status.success())
    }

    fn log(&self) -> String {
        fs::read_to_string(log_file(self.folder.path())).unwrap_or_default()
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let mut pg_ctl = self.account.command(&self.programs.join("pg_ctl"));
        pg_ctl.args(["stop", "--mode=immediate", "--silent", "--pgdata"]).arg(data(&self.folder));
        if command::read(pg_ctl.current_dir(self.folder.path())).is_err() {
            // It may have ended by itself; then there is nothing to kill.
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

fn spawn(account: &Account, programs: &Path, folder: &TempDir, port: u16) -> Result<Child> {
    let log = File::create(log_file(folder.path()))?;
    account
        .command(&programs.join("postgres"))
        .arg("-D")
        .arg(data(folder))
        .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
        .args(["-c", &format!("port={port}"), "-c", &format!("max_connections={MAX_CONNECTIONS}")])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("starting postgres")
}

fn data(folder: &TempDir) -> PathBuf {
    folder.path().join("data")
}

fn log_file(folder: &Path) -> PathBuf {
    folder.join("log")
}

/// A port of the loopback interface that nobody listens on.
///
/// # Errors
/// When the machine has none left.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn nothing_is_left_of_a_server_out_of_scope() {
        let server = Server::launch(programs::folder().unwrap()).unwrap();
        let own = server.own.as_ref().unwrap();
        let (folder, process) = (own.folder.path().to_owned(), own.process.id());
        let port: u16 = server.url().rsplit([':', '/']).nth(1).unwrap().parse().unwrap();
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        command::signal("0", process).unwrap();

        drop(server);

        assert!(!folder.exists());
        assert!(command::signal("0", process).is_err(), "it still runs");
    }
}
