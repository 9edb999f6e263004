//! Serves a folder of users, groups and assignments as Microsoft Graph would, for scripts and for trying things out:
//!
//! `cargo run -p testkit --example graph -- samples/contoso/day1 [127.0.0.1:8090]`
//!
//! It prints the `[source]` table of a job file. `POST /_day?folder=samples/contoso/day2` turns the directory into what
//! another folder holds; delta queries then tell the difference.

#![allow(clippy::print_stdout, clippy::expect_used, reason = "an example for the terminal")]

use std::collections::HashMap;
use std::path::Path;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::post;
use testkit::graph::{CLIENT_ID, Graph, SECRET, SERVICE_PRINCIPAL, TENANT};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("usage: graph FOLDER [ADDRESS]");
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(address).await.expect("an address to listen on");
    let graph = Graph::new(format!("http://{}", listener.local_addr().expect("an address")));
    graph.load(Path::new(&folder));
    println!(
        "[source]\nkind = \"entra\"\ntenant = \"{TENANT}\"\nclient_id = \"{CLIENT_ID}\"\nsecret = \"{SECRET}\""
    );
    println!("service_principal = \"{SERVICE_PRINCIPAL}\"");
    println!("graph_url = \"{}\"\nlogin_url = \"{}\"", graph.graph_url(), graph.url);
    let router = graph.router().merge(axum::Router::new().route("/_day", post(day)).with_state(graph));
    axum::serve(listener, router).await.expect("a server");
}

async fn day(State(graph): State<Graph>, Query(query): Query<HashMap<String, String>>) -> StatusCode {
    match query.get("folder").map(Path::new) {
        Some(folder) if folder.join("users.jsonl").is_file() => {
            graph.load(folder);
            StatusCode::NO_CONTENT
        }
        Some(_) | None => StatusCode::BAD_REQUEST,
    }
}
