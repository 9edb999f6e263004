//! Fills an LDAP server from a directory in files, to try jobs of the source `ldap` on:
//!
//! ```text
//! cargo run -p testkit --example ldap -- samples/contoso/day1
//! curl -X POST 'http://127.0.0.1:8090/_day?folder=samples/contoso/day2'
//! ```
//!
//! It starts OpenLDAP's slapd, which must be installed, and prints the `[source]` table of a job file. The second
//! argument is the address to listen on for days, `127.0.0.1:8090` unless given.

#![allow(clippy::print_stdout, clippy::expect_used, reason = "an example for a terminal")]

mod day;

use std::env;
use std::path::Path;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use testkit::slapd::{Company, Flavor, Slapd};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

struct Directory {
    slapd: Slapd,
    company: Company,
}

#[tokio::main]
async fn main() {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().expect("the first argument is a folder, for example samples/contoso/day1");
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8090".to_owned());

    let listener = TcpListener::bind(address).await.expect("an address to listen on");
    let (slapd, mut company) = (Slapd::start(Flavor::OpenLdap).await, Company::default());
    company.load(&slapd, Path::new(&folder)).await;
    println!("{}", Company::source_table(&slapd));

    let directory = Arc::new(Mutex::new(Directory { slapd, company }));
    let days = axum::Router::new().route("/_day", post(load)).with_state(directory);
    axum::serve(listener, days).await.expect("it serves until it is stopped");
}

async fn load(
    State(directory): State<Arc<Mutex<Directory>>>,
    asked: day::Asked,
) -> Result<StatusCode, (StatusCode, String)> {
    let folder = day::folder(asked)?;
    let mut directory = directory.lock().await;
    let Directory { slapd, company } = &mut *directory;
    company.load(slapd, &folder).await;
    Ok(StatusCode::NO_CONTENT)
}
