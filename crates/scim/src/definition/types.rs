//! The resource types of a definition: new ones, and what is added to those of the application.

use crate::limits::{
    MAX_DEFINED_RESOURCE_TYPES, MAX_DESCRIPTION_LENGTH, MAX_INDEXED_ATTRIBUTES, MAX_NAME_LENGTH,
};
use crate::path::{Path, Target};
use crate::resource_type::{Extension, ResourceType};
use crate::schema::{Returned, Schema};

use super::mistake::Mistakes;
use super::schemas::is_indexable;
use super::{IndexedType, TypeDefinition};

/// Endpoints of the protocol (RFC 7644 §3.2, §3.11, §4).
const RESERVED_ENDPOINTS: [&str; 7] =
    ["Users", "Groups", "Me", "Bulk", "Schemas", "ResourceTypes", "ServiceProviderConfig"];
/// Resource types of the protocol (RFC 7643 §8.7.2).
const RESERVED_NAMES: [&str; 3] = ["Schema", "ResourceType", "ServiceProviderConfig"];

/// What a resource type is made of: its schemas by their URNs.
pub(super) struct Plan {
    name: String,
    endpoint: String,
    description: String,
    schema: String,
    extensions: Vec<(String, bool)>,
    indexed: Vec<String>,
    /// Those of `indexed` that the definition named.
    named: Vec<String>,
}

impl Plan {
    fn of(base: &IndexedType) -> Self {
        let kind = &base.resource_type;
        Self {
            name: kind.name.clone(),
            endpoint: kind.endpoint.clone(),
            description: kind.description.clone(),
            schema: kind.schema.id.clone(),
            extensions: kind.extensions.iter().map(|e| (e.schema.id.clone(), e.required)).collect(),
            indexed: base.indexed.clone(),
            named: Vec::new(),
        }
    }
}

/// The resource types that a definition leads to, those of the application first.
pub(super) fn plan(base: &[IndexedType], defined: &[TypeDefinition], mistakes: &mut Mistakes) -> Vec<Plan> {
    let mut plans: Vec<Plan> = base.iter().map(Plan::of).collect();
    for (number, definition) in defined.iter().enumerate() {
        let place = format!("resource type {}", definition.name);
        let earlier = defined.iter().take(number);
        if earlier.clone().any(|other| other.name.eq_ignore_ascii_case(&definition.name)) {
            mistakes.add(&place, "is defined twice", "write all of it into one");
            continue;
        }
        let own = plans.iter_mut().find(|plan| plan.name.eq_ignore_ascii_case(&definition.name));
        match own {
            Some(plan) => extend(&place, plan, definition, mistakes),
            None => plans.extend(new_type(&place, definition, &plans, mistakes)),
        }
    }
    mistakes.check_count("resourceTypes", plans.len().saturating_sub(base.len()), MAX_DEFINED_RESOURCE_TYPES);
    plans
}

fn extend(place: &str, plan: &mut Plan, definition: &TypeDefinition, mistakes: &mut Mistakes) {
    if definition.endpoint.is_some() || definition.schema.is_some() || definition.description.is_some() {
        let problem = "the application brings this resource type";
        mistakes.add(place, problem, "give only schemaExtensions and indexed, or choose another name");
    }
    add_parts(plan, definition);
}

fn add_parts(plan: &mut Plan, definition: &TypeDefinition) {
    plan.extensions.extend(definition.schema_extensions.iter().map(|e| (e.schema.clone(), e.required)));
    plan.indexed.extend(definition.indexed.iter().cloned());
    plan.named.clone_from(&definition.indexed);
}

fn new_type(
    place: &str,
    definition: &TypeDefinition,
    plans: &[Plan],
    mistakes: &mut Mistakes,
) -> Option<Plan> {
    check_name(place, &definition.name, mistakes);
    let (endpoint, schema) = (definition.endpoint.as_deref(), definition.schema.as_deref());
    let (Some(endpoint), Some(schema)) = (endpoint, schema) else {
        let problem = "a resource type that the application does not bring needs an endpoint and a schema";
        mistakes.add(place, problem, "add both, for example endpoint = \"/Roles\" and the URN of a schema");
        return None;
    };
    check_endpoint(place, endpoint, plans, mistakes);
    let description = definition.description.clone().unwrap_or_default();
    mistakes.check_length(place, &description, MAX_DESCRIPTION_LENGTH);
    let mut plan = Plan {
        name: definition.name.clone(),
        endpoint: endpoint.to_owned(),
        description,
        schema: schema.to_owned(),
        extensions: Vec::new(),
        // By it a client finds again what it created (RFC 7643 §3.1).
        indexed: vec!["externalId".to_owned()],
        named: Vec::new(),
    };
    add_parts(&mut plan, definition);
    Some(plan)
}

fn is_segment(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.len() <= MAX_NAME_LENGTH
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

fn check_name(place: &str, name: &str, mistakes: &mut Mistakes) {
    if !is_segment(name) {
        let problem = "this is no name of a resource type";
        mistakes.add(place, problem, "use a letter, then letters, digits, '-' or '_', for example Role");
    }
    if RESERVED_NAMES.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) {
        mistakes.add(place, "this name belongs to the protocol", "choose another one");
    }
}

fn check_endpoint(place: &str, endpoint: &str, plans: &[Plan], mistakes: &mut Mistakes) {
    let segment = endpoint.strip_prefix('/').unwrap_or_default();
    if !is_segment(segment) {
        let hint = "use a slash, a letter, then letters, digits, '-' or '_', for example /Roles";
        mistakes.add(place, format!("{endpoint:?} is no endpoint"), hint);
    }
    let taken = plans.iter().find(|plan| plan.endpoint.eq_ignore_ascii_case(endpoint));
    if let Some(owner) = taken {
        let problem = format!("the endpoint {endpoint} is that of {}", owner.name);
        mistakes.add(place, problem, "choose another one");
    } else if RESERVED_ENDPOINTS.iter().any(|reserved| reserved.eq_ignore_ascii_case(segment)) {
        mistakes.add(place, format!("the endpoint {endpoint} belongs to the protocol"), "choose another one");
    }
}

/// Builds a planned resource type from the schemas there are.
pub(super) fn build(plan: &Plan, schemas: &[Schema], mistakes: &mut Mistakes) -> Option<IndexedType> {
    let place = format!("resource type {}", plan.name);
    let mut find = |urn: &str| {
        let found = schemas.iter().find(|schema| schema.id.eq_ignore_ascii_case(urn));
        if found.is_none() {
            mistakes.add(&place, format!("there is no schema {urn}"), "define it under [[schemas]]");
        }
        found.cloned()
    };
    let core = find(&plan.schema);
    let mut extensions = Vec::new();
    for (urn, required) in &plan.extensions {
        extensions.extend(find(urn).map(|schema| Extension { schema, required: *required }));
    }
    let built = ResourceType::new(&plan.name, &plan.endpoint, &plan.description, core?, extensions);
    match built {
        Ok(resource_type) => {
            check_indexed(&place, plan, &resource_type, mistakes);
            let built = IndexedType { resource_type, indexed: plan.indexed.clone() };
            let count = built.attributes().len();
            let place = format!("{place}, indexed and unique attributes");
            mistakes.check_count(&place, count, MAX_INDEXED_ATTRIBUTES);
            Some(built)
        }
        Err(error) => {
            mistakes.add(&place, error.to_string(), "use each schema once");
            None
        }
    }
}

fn check_indexed(place: &str, plan: &Plan, resource_type: &ResourceType, mistakes: &mut Mistakes) {
    for name in &plan.named {
        let path = Path::parse(name).ok();
        let attribute = path.as_ref().and_then(|path| match path.resolve(resource_type) {
            Ok(Target::Attribute { attribute, filter: None }) => Some(attribute),
            Ok(Target::Attribute { .. } | Target::Extension(_)) | Err(_) => None,
        });
        let Some(attribute) = attribute else {
            mistakes.add(place, format!("indexed: it has no attribute {name:?}"), "correct its spelling");
            continue;
        };
        let kept_elsewhere = ["id", "meta", "schemas", "members", "groups"];
        let top = attribute.attribute.name.as_str();
        if kept_elsewhere.contains(&top) || !is_indexable(attribute.leaf()) {
            let hint = "strings, numbers, dateTimes and references can be; of a complex attribute, a part";
            mistakes.add(place, format!("indexed: {name} can't be indexed"), hint);
        }
        if attribute.attribute.returned == Returned::Never {
            mistakes.add(
                place,
                format!("indexed: {name} is a secret"),
                "nobody can filter by it; take it out",
            );
        }
    }
}
