//! The description of the admin API in OpenAPI 3.1, made of the table of operations and the command line's own help.

use clap::{Arg, ArgAction};
use model::admin_token::Access;
use serde_json::{Map, Value, json};

use super::BASE;
use super::arguments::{self, is_file};
use super::operations::{OPERATIONS, Operation};

/// The document.
#[must_use]
pub fn document() -> Value {
    let paths: Map<String, Value> = OPERATIONS
        .iter()
        .filter_map(|operation| {
            Some((format!("/{}", operation.verb.replace(' ', "/")), json!({ "post": post(operation)? })))
        })
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Rollcall admin API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What `rollcall` does on the command line, over HTTP. An operation's address is its verb, \
                its body holds the arguments, and its answer is what the verb prints with `--json`.",
        },
        "servers": [{ "url": BASE }],
        "security": [{ "adminToken": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "adminToken": {
                "type": "http", "scheme": "bearer",
                "description": "Made with `rollcall admin-token create`; for the installation or for one tenant, to \
                    read or to write.",
            } },
            "schemas": { "Problem": problem() },
        },
    })
}

fn post(operation: &Operation) -> Option<Value> {
    let command = arguments::command(operation)?;
    let text = |text: Option<&clap::builder::StyledStr>| text.map(ToString::to_string).unwrap_or_default();
    let access = match operation.access {
        Access::Read => "read",
        Access::Write => "write",
    };
    Some(json!({
        "operationId": operation.verb.replace([' ', '-'], "_"),
        "tags": [operation.verb.split(' ').next()],
        "summary": text(command.get_about()),
        "description": format!("`rollcall {} --json`. Needs a token that may {access}{}.", operation.verb,
            if operation.tenant.is_some() { "; one for the tenant is enough" } else { ", for the installation" }),
        "x-access": access,
        "requestBody": { "content": { "application/json": { "schema": body(command) } } },
        "responses": {
            "200": {
                "description": format!("What `rollcall {} --json` prints.", operation.verb),
                "content": { "application/json": { "schema": {} } },
            },
            "400": refusal("The body is not what the operation takes."),
            "401": refusal("No valid admin token."),
            "403": refusal("The token is not good for this."),
            "404": refusal("No such tenant for this token."),
            "413": refusal("The body is too large."),
            "422": refusal("The verb refuses; `detail` says why, `hint` what to do next."),
            "500": refusal("The server failed."),
            "503": refusal("The database is busy or out of reach; try again."),
        },
    }))
}

fn body(command: &clap::Command) -> Value {
    let known: Vec<&Arg> = arguments::arguments(command).collect();
    let properties: Map<String, Value> =
        known.iter().map(|argument| (argument.get_id().to_string(), property(argument))).collect();
    let required: Vec<&str> = known
        .iter()
        .filter(|argument| argument.is_required_set())
        .map(|argument| argument.get_id().as_str())
        .collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn property(argument: &Arg) -> Value {
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    if matches!(argument.get_action(), ArgAction::SetTrue) {
        return json!({ "type": "boolean", "description": help });
    }
    let mut schema = json!({ "type": "string" });
    let possible: Vec<String> =
        argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    if !possible.is_empty() {
        schema = json!({ "type": "string", "enum": possible });
    }
    let many = matches!(argument.get_action(), ArgAction::Append)
        || argument.get_num_args().is_some_and(|range| range.max_values() > 1);
    if many {
        schema = json!({ "type": "array", "items": schema });
    }
    let default: Vec<_> = argument.get_default_values().iter().filter_map(|value| value.to_str()).collect();
    if let Some(schema) = schema.as_object_mut() {
        let help = if is_file(argument) { format!("{help} (its text)") } else { help };
        schema.insert("description".to_owned(), help.into());
        if let ([default], false) = (default.as_slice(), many) {
            schema.insert("default".to_owned(), (*default).into());
        }
    }
    schema
}

fn refusal(description: &str) -> Value {
    json!({
        "description": description,
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}

/// RFC 9457, with a hint.
fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "What is wrong." },
            "hint": { "type": "string", "description": "What to do next." },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the document is kept for readers.
    const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/admin-api.json");

    #[test]
    fn the_kept_document_is_not_stale() {
        let kept: Value = serde_json::from_str(&std::fs::read_to_string(KEPT).unwrap()).unwrap();
        assert!(kept == document(), "run `cargo run -- openapi > docs/reference/admin-api.json`");
    }
}
