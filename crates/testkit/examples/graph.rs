//! Serves a directory in files as Microsoft Graph would, to try jobs of the source `entra` on:
//!
//! ```text
//! cargo run -p testkit --example graph -- samples/contoso/day1
//! curl -X POST 'http://127.0.0.1:8090/_day?folder=samples/contoso/day2'
//! ```
//!
//! The second argument is the address to listen on, `127.0.0.1:8090` unless given. It prints the `[source]` table of a
//! job file. After another day, delta queries tell the difference.

#![allow(clippy::print_stdout, clippy::expect_used, reason = "an example for a terminal")]

mod day;

use std::env;
use std::path::Path;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use testkit::graph::Graph;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().expect("the first argument is a folder, for example samples/contoso/day1");
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8090".to_owned());

    let listener = TcpListener::bind(address).await.expect("an address to listen on");
    let graph = Graph::new(format!("http://{}", listener.local_addr().expect("an address")));
    graph.load(Path::new(&folder));
    println!("{}", graph.source_table());

    let days = axum::Router::new().route("/_day", post(load)).with_state(graph.clone());
    axum::serve(listener, days.fallback_service(graph.router()))
        .await
        .expect("it serves until it is stopped");
}

async fn load(State(graph): State<Graph>, asked: day::Asked) -> Result<StatusCode, (StatusCode, String)> {
    graph.load(&day::folder(asked)?);
    Ok(StatusCode::NO_CONTENT)
}
