//! Serves a directory in files as an Okta org, to try jobs of the source `okta` on:
//!
//! ```text
//! cargo run -p testkit --example okta -- samples/contoso/day1
//! curl -X POST 'http://127.0.0.1:8090/_day?folder=samples/contoso/day2'
//! ```
//!
//! The second argument is the address to listen on, `127.0.0.1:8090` unless given.

#![allow(clippy::print_stdout, clippy::expect_used, reason = "an example for a terminal")]

use std::env;
use std::path::Path;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::post;
use testkit::okta::{APP, Okta, TOKEN};

#[tokio::main]
async fn main() {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().expect("the first argument is a folder, for example samples/contoso/day1");
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8090".to_owned());

    let (okta, listener) = Okta::bind_on_this_machines_time(&address).await;
    okta.edit(|org| org.load(Path::new(&folder)));
    println!("url    {}\ntoken  {TOKEN}\napp    {APP}", okta.url());

    let days = axum::Router::new().route("/_day", post(day)).with_state(okta.clone());
    axum::serve(listener, days.fallback_service(okta.router())).await.expect("it serves until it is stopped");
}

/// `POST /_day?folder=…`: the org becomes what that folder holds.
async fn day(State(okta): State<Okta>, Query(query): Query<Vec<(String, String)>>) -> (StatusCode, String) {
    let Some((_, folder)) = query.iter().find(|(name, _)| name == "folder") else {
        return (StatusCode::BAD_REQUEST, "name a folder: /_day?folder=…\n".to_owned());
    };
    if !Path::new(folder).join("users.jsonl").is_file() {
        return (StatusCode::NOT_FOUND, format!("{folder} holds no users.jsonl\n"));
    }
    okta.edit(|org| org.load(Path::new(folder)));
    (StatusCode::OK, format!("the org is what {folder} holds\n"))
}
