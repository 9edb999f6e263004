//! Bounds on everything a client can make arbitrarily large, each with its reason.

/// Longest filter, in bytes. A filter travels in a request target, which servers and proxies commonly
/// bound at 8 KiB.
pub const MAX_FILTER_LENGTH: usize = 8 * 1024;

/// Deepest nesting of `(`, `not (` and `[` in a filter. People write three or four levels; the bound keeps
/// recursive descent and the drop of the parsed tree within a small stack.
pub const MAX_FILTER_DEPTH: usize = 32;

/// Most comparisons in one filter. Each costs one look at every candidate resource.
pub const MAX_FILTER_TERMS: usize = 200;

/// Longest attribute path, in bytes: a URN, an attribute name and a value filter.
pub const MAX_PATH_LENGTH: usize = 2 * 1024;

/// Most operations in one PATCH request. Clients send fewer than a hundred; the bound keeps one request
/// from occupying a writer.
pub const MAX_PATCH_OPERATIONS: usize = 1000;

/// Most operations in one bulk request. Each is a transaction of its own, of some milliseconds; a thousand fit well into
/// the minute that clients wait.
pub const MAX_BULK_OPERATIONS: usize = 1000;

/// Most values of one multi-valued attribute in one request body. Memberships of larger groups arrive in
/// several PATCH requests.
pub const MAX_ATTRIBUTE_VALUES: usize = 50_000;

/// Deepest nesting of a JSON body. A resource needs four levels.
pub const MAX_JSON_DEPTH: usize = 64;

/// Most attribute names in `attributes` or `excludedAttributes`; the schemas define fewer.
pub const MAX_PROJECTION_PATHS: usize = 200;

/// Longest string value, in bytes. Photos and certificates are the largest legitimate values.
pub const MAX_STRING_LENGTH: usize = 256 * 1024;

/// Most schemas in a tenant's definition. An application has one or two of its own; a client reads them all with one
/// request.
pub const MAX_DEFINED_SCHEMAS: usize = 50;

/// Most resource types that a tenant's definition adds. Each is an endpoint; Okta reads each of those of roles and
/// entitlements whole.
pub const MAX_DEFINED_RESOURCE_TYPES: usize = 20;

/// Most attributes of one defined schema, sub-attributes included: three times those of the User schema.
pub const MAX_DEFINED_ATTRIBUTES: usize = 200;

/// Most overrides in a tenant's definition: every attribute of the User schema with its sub-attributes.
pub const MAX_OVERRIDES: usize = 200;

/// Most indexed or unique attributes of one resource type. Each costs a row for each of its values, written with the
/// resource.
pub const MAX_INDEXED_ATTRIBUTES: usize = 32;

/// Longest name of an attribute or resource type, in bytes. Keys of indexed attributes are a URN and two names.
pub const MAX_NAME_LENGTH: usize = 64;

/// Longest URN of a defined schema, in bytes: with the names behind it well within a path.
pub const MAX_URN_LENGTH: usize = 256;

/// Longest description and canonical value, in bytes; Okta shows a thousand characters.
pub const MAX_DESCRIPTION_LENGTH: usize = 1000;

/// Most canonical values of one attribute: what a person can choose from in a list.
pub const MAX_CANONICAL_VALUES: usize = 200;
