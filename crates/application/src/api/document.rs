//! The description of operations in OpenAPI 3.1, made of their types.

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::Operation;

/// Describes operations. Their paths begin where the document is (a relative `servers` URL, OpenAPI 3.1 §4.8.5).
#[must_use]
pub fn document(title: &str, operations: &[Operation]) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|s| s.definitions_path = "/components/schemas".into());
    let mut generator = SchemaGenerator::new(settings);
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations {
        let described = describe(operation, &mut generator);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(operation.method.as_str().to_ascii_lowercase(), described);
        }
    }
    let mut schemas = generator.take_definitions(true);
    schemas.insert("Problem".to_owned(), problem());
    json!({
        "openapi": "3.1.0",
        "info": { "title": title, "version": env!("CARGO_PKG_VERSION") },
        "servers": [{ "url": "." }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": {
                "type": "http", "scheme": "bearer",
                "description": "A token of a connection of the kind application.",
            } },
            "schemas": schemas,
        },
    })
}

fn describe(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": parameters(operation.path, &(operation.parameters)(generator)),
        "responses": responses(operation, generator),
    });
    if let (Some(body), Some(described)) = (operation.body, described.as_object_mut()) {
        let content = json!({ "application/json": { "schema": body(generator) } });
        described.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
    }
    described
}

fn responses(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let (status, description) = match (operation.created, operation.answer) {
        (true, _) => ("201", "It is made."),
        (false, Some(_)) => ("200", "It is done."),
        (false, None) => ("204", "It is done."),
    };
    let mut done = json!({ "description": description });
    if let (Some(answer), Some(done)) = (operation.answer, done.as_object_mut()) {
        done.insert("content".to_owned(), json!({ "application/json": { "schema": answer(generator) } }));
    }
    let reference = json!({ "$ref": "#/components/schemas/Problem" });
    let problem = json!({ "application/problem+json": { "schema": reference } });
    json!({ status: done, "default": { "description": "It was refused, or failed.", "content": problem } })
}

/// Each property of the schema of the parameters is one; it is in the path if that names it.
fn parameters(path: &str, schema: &Schema) -> Vec<Value> {
    let none = Map::new();
    let of = |name: &str| schema.get(name);
    let properties = of("properties").and_then(Value::as_object).unwrap_or(&none);
    let required = of("required").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let parameter = |(name, schema): (&String, &Value)| {
        let place = if path.contains(&format!("{{{name}}}")) { "path" } else { "query" };
        let is_required = place == "path" || required.iter().any(|other| other == name);
        let description = schema.get("description").cloned().unwrap_or_default();
        json!({ "name": name, "in": place, "required": is_required, "description": description, "schema": schema })
    };
    properties.iter().map(parameter).collect()
}

/// RFC 9457.
fn problem() -> Value {
    json!({
        "type": "object",
        "properties": {
            "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" },
            "detail": { "type": "string", "description": "What is wrong, and what to do next." },
        },
    })
}
