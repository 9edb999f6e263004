//! From a definition to resource types.

use crate::schema::Schema;

use super::mistake::{Mistake, Mistakes};
use super::{Definition, IndexedType, overrides, schemas, types};

impl Definition {
    /// The resource types of a tenant whose application brings `base`.
    ///
    /// # Errors
    /// Everything that is wrong, with its place and what to do about it.
    pub fn apply(&self, base: &[IndexedType]) -> Result<Vec<IndexedType>, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        let mut known = schemas_of(base);
        overrides::apply(&self.overrides, &mut known, &mut mistakes);
        schemas::add(&self.schemas, &mut known, &mut mistakes);
        let plans = types::plan(base, &self.resource_types, &mut mistakes);
        self.check_use(&mut mistakes);
        // A schema with a mistake in it would be reported once more by each resource type that has it.
        if !mistakes.0.is_empty() && self.schemas.iter().any(|schema| schema.validate().is_err()) {
            return Err(mistakes.0);
        }
        let types: Vec<IndexedType> =
            plans.iter().filter_map(|plan| types::build(plan, &known, &mut mistakes)).collect();
        check_references(&self.schemas, &types, &mut mistakes);
        if mistakes.0.is_empty() { Ok(types) } else { Err(mistakes.0) }
    }
    /// A schema that nothing has is one that somebody forgot to name.
    fn check_use(&self, mistakes: &mut Mistakes) {
        let is_named = |urn: &str| {
            self.resource_types.iter().any(|kind| {
                let extensions = kind.schema_extensions.iter().map(|extension| &extension.schema);
                kind.schema.iter().chain(extensions).any(|named| named.eq_ignore_ascii_case(urn))
            })
        };
        for schema in self.schemas.iter().filter(|schema| !is_named(&schema.id)) {
            let hint = "name it under [[resourceTypes]], as schema or in schemaExtensions";
            mistakes.add(format_args!("schema {}", schema.id), "no resource type has it", hint);
        }
    }
}

/// The schemas of resource types, each once.
fn schemas_of(base: &[IndexedType]) -> Vec<Schema> {
    let mut known: Vec<Schema> = Vec::new();
    for schema in base.iter().flat_map(|base| base.resource_type.schemas()) {
        if !known.iter().any(|other| other.id == schema.id) {
            known.push(schema.clone());
        }
    }
    known
}

/// RFC 7643 §7: a reference points to resource types by name, to something `external`, or to a `uri`.
fn check_references(defined: &[Schema], types: &[IndexedType], mistakes: &mut Mistakes) {
    let is_known = |name: &str| {
        matches!(name, "external" | "uri") || types.iter().any(|kind| kind.resource_type.name == name)
    };
    for schema in defined {
        for attribute in
            schema.attributes.iter().flat_map(|top| std::iter::once(top).chain(&top.sub_attributes))
        {
            for name in attribute.reference_types.iter().filter(|name| !is_known(name)) {
                let problem = format!("{} refers to {name:?}, which is no resource type", attribute.name);
                let hint = "name a resource type of the tenant, external or uri";
                mistakes.add(format_args!("schema {}", schema.id), problem, hint);
            }
        }
    }
}
