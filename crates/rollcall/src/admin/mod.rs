//! The admin API: what the command line does, over HTTP and in JSON.
//!
//! `POST /admin/v1/tenant/create {"name": "contoso", "application": "plain"}` is `rollcall tenant create contoso
//! --application plain --json`: the words of a verb are the address, its arguments the members of the body, and its
//! answer is the answer. [`operations`] lists what can be done, [`arguments`] makes a command line of a body,
//! [`caller`] tells who asks, and `verbs::dispatch` does the rest. So the API can't fall behind the command line, and
//! [`openapi`] is made of the same table.

mod arguments;
mod caller;
mod openapi;
mod operations;
mod problem;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use clap::Parser;
use model::admin_token::Access;
use tower_http::catch_panic::CatchPanicLayer;

use crate::cli::{Cli, Verb};
use crate::installation::Installation;
use crate::output::Output;
use crate::verbs;

use caller::Caller;
use operations::Operation;
use problem::Problem;

pub use openapi::document;

/// What all addresses begin with.
const BASE: &str = "/admin/v1";

/// The largest body: a job definition or the schemas of a tenant, with room.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The admin API of an installation.
pub fn router(installation: Installation) -> Router {
    let api = Router::new()
        .route("/openapi.json", get(openapi))
        .route("/{verb}", only_post(run_one))
        .route("/{group}/{verb}", only_post(run_two))
        .fallback(unknown);
    Router::new()
        .nest(BASE, api)
        .fallback(unknown)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(CatchPanicLayer::custom(|_| Problem::internal().into_response()))
        .with_state(Arc::new(installation))
}

fn only_post<H, T>(handler: H) -> MethodRouter<Arc<Installation>>
where
    H: axum::handler::Handler<T, Arc<Installation>>,
    T: 'static,
{
    post(handler).fallback(async || Problem::method_not_allowed())
}

async fn openapi() -> Response {
    answer(document().to_string().into_bytes())
}

async fn unknown() -> Problem {
    Problem::unknown_operation()
}

async fn run_one(
    State(on): State<Arc<Installation>>,
    Path(verb): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, Problem> {
    run(&on, &verb, &headers, body).await
}

async fn run_two(
    State(on): State<Arc<Installation>>,
    Path((group, verb)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, Problem> {
    run(&on, &format!("{group} {verb}"), &headers, body).await
}

/// Who asks is known before anything else is looked at.
async fn run(
    on: &Installation,
    verb: &str,
    headers: &HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, Problem> {
    let caller = Caller::of(on, headers).await?;
    let operation = operations::find(verb).ok_or_else(Problem::unknown_operation)?;
    let body = body.map_err(|rejection| Problem::body(rejection.status(), &rejection.body_text()))?;
    let line = arguments::command_line(operation, &body)?;
    caller.check(on, operation, &line).await?;
    let cli = Cli::try_parse_from(&line.words).map_err(|error| Problem::usage(&error))?;
    // A definition in a body is nowhere, so its paths begin where the server was started.
    let folder = std::env::current_dir().map_err(|_| Problem::internal())?;
    let acting = on.clone().acting_as(format!("admin:{}", caller.token.id), folder);
    // To its end, also when the client breaks off: half of a cycle helps nobody.
    let done = tokio::spawn(async move {
        let answer = perform(cli.verb, acting).await;
        answer.map_err(|error| Problem::refused(&error, &line))
    });
    done.await.unwrap_or_else(|_| Err(Problem::internal()))
}

async fn perform(verb: Verb, on: Installation) -> anyhow::Result<Response> {
    let output = Output::kept();
    Box::pin(verbs::dispatch(verb, on, output.clone())).await?;
    Ok(answer(output.take()))
}

fn answer(body: Vec<u8>) -> Response {
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // An answer may hold a secret that is shown once.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether somebody who may only read can do it.
fn allows(granted: Access, operation: &Operation) -> bool {
    granted >= operation.access
}
