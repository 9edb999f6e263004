//! What a service provider says about itself.

use scim::builtin::USER_URN;
use scim::message::SERVICE_PROVIDER_CONFIG_URN;
use serde_json::Value;

use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::Verdict;
use crate::json::{at, elements, is_unassigned, shown};
use crate::probe::Probe;

pub(super) const THEME: Theme = Theme {
    name: "discovery",
    client: Client::Rfc,
    needs: &[],
    checks: &[
        Check {
            name: "service-provider-config",
            requirement: Requirement::Must,
            source: "RFC 7643 §5",
            rule: "ServiceProviderConfig says which optional features there are.",
            fix: "Answer GET /ServiceProviderConfig with patch, bulk, filter, changePassword, sort and etag, each with a \
                boolean supported, and with the limits of bulk and filter.",
            run: |probe| Box::pin(service_provider_config(probe)),
        },
        Check {
            name: "resource-types",
            requirement: Requirement::Must,
            source: "RFC 7643 §6",
            rule: "ResourceTypes lists each resource type with its name, endpoint and schema.",
            fix: "Answer GET /ResourceTypes with a ListResponse whose resources have name, endpoint and schema.",
            run: |probe| Box::pin(resource_types(probe)),
        },
        Check {
            name: "schemas",
            requirement: Requirement::Must,
            source: "RFC 7643 §7",
            rule: "Schemas lists each schema with its URN and attributes.",
            fix: "Answer GET /Schemas with a ListResponse whose resources have id and attributes, each of these with \
                name and type.",
            run: |probe| Box::pin(schemas(probe)),
        },
        Check {
            name: "schema-by-urn",
            requirement: Requirement::Must,
            source: "RFC 7644 §4",
            rule: "One schema is found by its URN below Schemas.",
            fix: "Answer GET /Schemas/{URN} with that one schema.",
            run: |probe| Box::pin(schema_by_urn(probe)),
        },
        Check {
            name: "schemas-of-resource-types",
            requirement: Requirement::Must,
            source: "RFC 7643 §6",
            rule: "Every schema that a resource type names is in Schemas.",
            fix: "List the schema and the extensions of each resource type at /Schemas, with the same URN as id.",
            run: |probe| Box::pin(schemas_of_resource_types(probe)),
        },
        Check {
            name: "filter",
            requirement: Requirement::Should,
            source: "RFC 7644 §4",
            rule: "A filter on resource types or schemas is refused with 403, as it would not be applied.",
            fix: "Answer 403 to /ResourceTypes and /Schemas with a filter parameter.",
            run: |probe| Box::pin(filter(probe)),
        },
    ],
};

async fn service_provider_config(probe: &mut Probe) -> Verdict {
    let answer = probe.get("/ServiceProviderConfig").await?;
    answer.is(200)?.has_schema(SERVICE_PROVIDER_CONFIG_URN)?;
    for feature in ["patch", "bulk", "filter", "changePassword", "sort", "etag"] {
        let supported = answer.at(&format!("/{feature}/supported"));
        answer.that(supported.is_boolean(), format!("{feature}.supported, a boolean"), shown(supported))?;
    }
    for (feature, limit) in [("bulk", "maxOperations"), ("bulk", "maxPayloadSize"), ("filter", "maxResults")]
    {
        let found = answer.at(&format!("/{feature}/{limit}"));
        answer.that(found.is_u64(), format!("{feature}.{limit}, a number"), shown(found))?;
    }
    let schemes = answer.at("/authenticationSchemes");
    answer.that(schemes.is_array(), "authenticationSchemes, a list", shown(schemes))
}

async fn resource_types(probe: &mut Probe) -> Verdict {
    let answer = probe.get("/ResourceTypes").await?;
    let list = answer.list()?;
    answer.that(!list.resources.is_empty(), "at least one resource type", "none")?;
    for resource_type in list.resources {
        for name in ["name", "endpoint", "schema"] {
            let found = at(resource_type, name);
            answer.that(found.is_string(), format!("a {name} in each resource type"), shown(found))?;
        }
    }
    Ok(())
}

async fn schemas(probe: &mut Probe) -> Verdict {
    let answer = probe.get("/Schemas").await?;
    let list = answer.list()?;
    answer.that(!list.resources.is_empty(), "at least one schema", "none")?;
    for schema in list.resources {
        answer.that(at(schema, "/id").is_string(), "an id in each schema", shown(at(schema, "/id")))?;
        for attribute in elements(at(schema, "/attributes")) {
            let described = ["name", "type"].iter().all(|member| at(attribute, member).is_string());
            answer.that(described, "name and type of each attribute", shown(attribute))?;
        }
    }
    Ok(())
}

async fn schema_by_urn(probe: &mut Probe) -> Verdict {
    let answer = probe.get(&format!("/Schemas/{USER_URN}")).await?;
    answer.is(200)?.has_at("/id", &Value::from(USER_URN))?;
    answer.has_some("/attributes").map(drop)
}

async fn schemas_of_resource_types(probe: &mut Probe) -> Verdict {
    let types = probe.get("/ResourceTypes").await?;
    let answer = probe.get("/Schemas").await?;
    let known: Vec<&Value> = answer.list()?.resources.iter().map(|schema| at(schema, "/id")).collect();
    for resource_type in types.list()?.resources {
        let extensions = elements(at(resource_type, "/schemaExtensions"));
        let named = extensions.iter().map(|extension| at(extension, "/schema"));
        for urn in named.chain([at(resource_type, "/schema")]).filter(|urn| !is_unassigned(urn)) {
            answer.that(known.contains(&urn), format!("a schema {}", shown(urn)), "none of this id")?;
        }
    }
    Ok(())
}

async fn filter(probe: &mut Probe) -> Verdict {
    for path in ["/ResourceTypes", "/Schemas"] {
        probe.find(path, "id eq \"x\"").await?.is(403)?;
    }
    Ok(())
}
