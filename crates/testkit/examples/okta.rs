//! Serves a directory in files as an Okta org, to try jobs of the source `okta` on:
//!
//! ```text
//! cargo run -p testkit --example okta -- samples/contoso/day1
//! curl -X POST 'http://127.0.0.1:8090/_day?folder=samples/contoso/day2'
//! ```
//!
//! The second argument is the address to listen on, `127.0.0.1:8090` unless given. It prints the `[source]` table of a
//! job file.

#![allow(clippy::print_stdout, clippy::expect_used, reason = "an example for a terminal")]

mod day;

use std::env;
use std::path::Path;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use testkit::okta::Okta;

#[tokio::main]
async fn main() {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().expect("the first argument is a folder, for example samples/contoso/day1");
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8090".to_owned());

    let (okta, listener) = Okta::bind_on_this_machines_time(&address).await;
    okta.edit(|org| org.load(Path::new(&folder)));
    println!("{}", okta.source_table());

    let days = axum::Router::new().route("/_day", post(load)).with_state(okta.clone());
    axum::serve(listener, days.fallback_service(okta.router())).await.expect("it serves until it is stopped");
}

async fn load(State(okta): State<Okta>, asked: day::Asked) -> Result<StatusCode, (StatusCode, String)> {
    let folder = day::folder(asked)?;
    okta.edit(|org| org.load(&folder));
    Ok(StatusCode::NO_CONTENT)
}
