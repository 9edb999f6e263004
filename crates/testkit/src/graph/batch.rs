//! `POST /$batch`: up to 20 requests in one.

use serde_json::{Map, Value, json};

use super::State;
use super::answer::{Answer, Request, parameters};
use super::server;

/// Answers each request, in the opposite order: Graph promises none.
pub(super) fn answer(state: &mut State, request: &Request<'_>) -> Answer {
    let empty = Vec::new();
    let requests = request.body["requests"].as_array().unwrap_or(&empty);
    if requests.is_empty() || requests.len() > 20 {
        return Answer::error(400, "BadRequest", "A batch holds 1 to 20 requests.");
    }
    let responses: Vec<Value> = requests.iter().rev().map(|one| inner(state, one, request.origin)).collect();
    Answer::ok(json!({ "responses": responses }))
}

fn inner(state: &mut State, request: &Value, origin: &str) -> Value {
    let id = &request["id"];
    let url = request["url"].as_str().expect("a url").trim_start_matches('/');
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let request = Request {
        method: request["method"].as_str().expect("a method"),
        origin,
        path,
        query: parameters(query),
        body: request["body"].clone(),
        minimal: false,
        list_page: state.behaviour.list_page,
    };
    let answer = server::authorized(state, &request, true);
    let headers: Map<String, Value> =
        answer.headers.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    json!({ "id": id, "status": answer.status, "headers": headers, "body": answer.body })
}
