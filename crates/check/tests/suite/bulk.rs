//! Bulk requests to the service provider in memory (RFC 7644 §3.7).

use std::collections::BTreeMap;

use scim::{Error, Object};
use serde_json::{Value, json};

use crate::server::{Asked, Reply, route};
use crate::store::{Store, refusal};

pub fn bulk(store: &mut Store, asked: &Asked) -> Result<Reply, Error> {
    let mut waiting: Vec<Value> = asked.body["Operations"].as_array().cloned().unwrap_or_default();
    if waiting.len() > 5 {
        return Err(refusal(413, "too many"));
    }
    let may_fail = asked.body["failOnErrors"].as_u64().unwrap_or(u64::MAX);
    let (mut ids, mut done, mut errors) = (BTreeMap::new(), Vec::new(), 0);
    // What refers to nothing that is still to come goes first.
    while let Some(next) = (0..waiting.len()).find(|i| is_ready(&waiting[*i], &ids)) {
        let operation = waiting.remove(next);
        let response = carry_out(store, asked, &operation, &mut ids);
        errors += u64::from(response.get("response").is_some());
        done.push(Value::Object(response));
        if errors >= may_fail {
            break;
        }
    }
    Ok(Reply::new(200, json!({ "schemas": [scim::message::BULK_RESPONSE_URN], "Operations": done })))
}

fn is_ready(operation: &Value, ids: &BTreeMap<String, String>) -> bool {
    let text = operation["data"].to_string();
    text.split("\"bulkId:").skip(1).all(|rest| ids.contains_key(rest.split('"').next().unwrap()))
}

fn carry_out(
    store: &mut Store,
    asked: &Asked,
    operation: &Value,
    ids: &mut BTreeMap<String, String>,
) -> Object {
    let mut data = operation["data"].to_string();
    for (bulk_id, id) in ids.iter() {
        data = data.replace(&format!("\"bulkId:{bulk_id}\""), &json!(id).to_string());
    }
    let asked = Asked {
        method: operation["method"].as_str().unwrap().to_owned(),
        path: operation["path"].as_str().unwrap().to_owned(),
        body: serde_json::from_str(&data).unwrap(),
        ..asked.clone()
    };
    let mut response = Object::new();
    response.insert("method".to_owned(), json!(asked.method));
    if let Some(bulk_id) = operation["bulkId"].as_str() {
        response.insert("bulkId".to_owned(), json!(bulk_id));
    }
    match route(store, &asked) {
        Ok(reply) => {
            let location = reply.body.pointer("/meta/location").cloned();
            response.insert("location".to_owned(), location.unwrap_or_else(|| json!(asked.path)));
            response.insert("status".to_owned(), json!(reply.status.to_string()));
            if let (Some(bulk_id), Some(id)) = (operation["bulkId"].as_str(), reply.body["id"].as_str()) {
                ids.insert(bulk_id.to_owned(), id.to_owned());
            }
        }
        Err(error) => {
            response.insert("status".to_owned(), json!(error.status.to_string()));
            response.insert("response".to_owned(), error.to_json());
        }
    }
    response
}
