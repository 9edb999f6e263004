//! Resolving a PATCH against a resource type: everything that can be refused without the stored resource.

use std::sync::Arc;

use serde_json::Value;

use super::{Change, Op, Operation, Patch, PatchRequest, SelectedChange, Selection, Step};
use crate::Object;
use crate::canonical::Canonical;
use crate::error::Error;
use crate::filter::Filter;
use crate::path::Target;
use crate::quirks::{self, Quirk, Tolerance};
use crate::resource::read_only;
use crate::resource_type::{AttributeRef, ResourceType, SchemaRef};
use crate::schema::{Attribute, Mutability};
use crate::value::is_present;

impl Patch {
    /// Resolves a PATCH message against a resource type.
    ///
    /// # Errors
    /// 400 `invalidPath` or `invalidFilter` for an unknown attribute in a path, `mutability` for a path to a
    /// read-only attribute or the removal of a required one (RFC 7644 §3.5.2.2), `invalidValue` for a value
    /// of the wrong type.
    pub fn resolve(
        request: &PatchRequest,
        resource_type: &ResourceType,
        tolerance: &Tolerance,
    ) -> Result<Self, Error> {
        let mut resolver = Resolver { resource_type, tolerance, steps: Vec::new() };
        for operation in &request.operations {
            resolver.operation(operation)?;
        }
        Ok(Self { steps: resolver.steps, shape: Arc::clone(resource_type.shape()) })
    }
}

struct Resolver<'a> {
    resource_type: &'a ResourceType,
    tolerance: &'a Tolerance,
    steps: Vec<Step>,
}

impl<'a> Resolver<'a> {
    fn canonical<'b>(&self, found: &'b AttributeRef) -> Canonical<'b>
    where
        'a: 'b,
    {
        Canonical::new(found.leaf(), parent(found), self.tolerance)
    }

    fn operation(&mut self, operation: &Operation) -> Result<(), Error> {
        let Operation { op, path, value } = operation;
        let value = value.as_ref();
        let Some(path) = path else {
            return self.members(*op, None, value.unwrap_or(&Value::Null));
        };
        path.urn.as_deref().map_or(Ok(()), |urn| quirks::note_spelling(urn, self.tolerance))?;
        let target = path.resolve(self.resource_type)?;
        match (op, &target) {
            (Op::Remove, Target::Extension(urn)) => self.remove_extension(urn),
            (Op::Remove, Target::Attribute { attribute, filter }) => self.remove(attribute, *filter, value),
            (Op::Add | Op::Replace, Target::Extension(urn)) => {
                self.members(*op, Some(urn), value.unwrap_or(&Value::Null))
            }
            (Op::Add | Op::Replace, Target::Attribute { attribute, filter }) => {
                if is_read_only(attribute) {
                    return Err(read_only(attribute));
                }
                self.set(*op, attribute, *filter, value.unwrap_or(&Value::Null))
            }
        }
    }

    /// The members of a value without path, or of the object of an extension. Read-only and unknown
    /// attributes are ignored here: clients send whole resources back.
    fn members(&mut self, op: Op, extension: Option<&str>, value: &Value) -> Result<(), Error> {
        let members = match (value, extension) {
            (Value::Object(members), _) => members,
            (unassigned, Some(urn)) if quirks::is_unassigned(unassigned) => {
                return self.remove_extension(urn);
            }
            _ => return Err(Error::invalid_value("without an attribute path, the value must be an object")),
        };
        members.iter().try_for_each(|(name, value)| self.member(op, extension, name, value))
    }

    fn member(&mut self, op: Op, extension: Option<&str>, name: &str, value: &Value) -> Result<(), Error> {
        if let Some(found) = self.resource_type.find_attribute(extension, name, None) {
            let found = Arc::clone(found);
            if !name.eq_ignore_ascii_case(&found.attribute.name) {
                self.note_path(name)?;
            }
            return self.set_if_writable(op, &found, None, value);
        }
        if extension.is_some() {
            return Ok(());
        }
        quirks::note_spelling(name, self.tolerance)?;
        match self.resource_type.find_schema(name) {
            Some(SchemaRef::Extension(urn)) => return self.members(op, Some(&urn), value),
            Some(SchemaRef::Core) => return self.members(op, None, value),
            None => {}
        }
        let Some(path) = quirks::path_of_name(name) else { return Ok(()) };
        match path.resolve(self.resource_type) {
            Ok(Target::Attribute { attribute, filter }) => {
                self.note_path(name)?;
                self.set_if_writable(op, attribute, filter, value)
            }
            Ok(Target::Extension(_)) | Err(_) => Ok(()),
        }
    }

    fn set_if_writable(
        &mut self,
        op: Op,
        found: &Arc<AttributeRef>,
        filter: Option<&Filter>,
        value: &Value,
    ) -> Result<(), Error> {
        if is_read_only(found) {
            return self.tolerance.require(Quirk::ReadOnlyEcho, || read_only(found));
        }
        self.set(op, found, filter, value)
    }

    /// `add` and `replace` on an attribute.
    fn set(
        &mut self,
        op: Op,
        found: &Arc<AttributeRef>,
        filter: Option<&Filter>,
        value: &Value,
    ) -> Result<(), Error> {
        // The service provider keeps `schemas` in step with the attributes.
        if found.key() == "schemas" {
            return Ok(());
        }
        if let Some(filter) = filter {
            return self.set_selected(op, found, filter, value);
        }
        let leaf = found.leaf();
        if leaf.is_complex() && !leaf.multi_valued {
            return self.set_complex(op, found, value);
        }
        let change = match (op, leaf.multi_valued) {
            (Op::Add, true) => {
                let values = self.values(found, value)?;
                if values.is_empty() {
                    return Ok(());
                }
                Change::AddValues(values)
            }
            _ => match self.canonical(found).value(value.clone())? {
                Some(value) => Change::Set(value),
                // Clearing a group is not what a list of misspelt members means.
                None if is_present(value) => return Err(nothing_known(found)),
                None => return self.unassign(found),
            },
        };
        self.steps.push(Step::Attribute(Arc::clone(found), change));
        Ok(())
    }

    /// RFC 7644 §3.5.2.1, §3.5.2.3: the sub-attributes given are set, the others left alone. In the order of
    /// the schema, so that `value` comes before what depends on it.
    fn set_complex(&mut self, op: Op, found: &Arc<AttributeRef>, value: &Value) -> Result<(), Error> {
        let attribute = &found.attribute;
        let value = quirks::as_single(attribute, value.clone(), self.tolerance)?;
        if quirks::is_unassigned(&value) || quirks::clears_reference(attribute, &value, self.tolerance)? {
            return self.unassign(found);
        }
        let Value::Object(members) = quirks::as_complex(attribute, value, self.tolerance)? else {
            return Err(Error::invalid_value(format!("{} must be an object", found.name())));
        };
        for part in &attribute.sub_attributes {
            for (_, value) in members.iter().filter(|(name, _)| name.eq_ignore_ascii_case(&part.name)) {
                let urn = found.extension.as_deref();
                if let Some(part) = self.resource_type.find_attribute(urn, &attribute.name, Some(&part.name))
                {
                    self.set_if_writable(op, part, None, value)?;
                }
            }
        }
        Ok(())
    }

    fn set_selected(
        &mut self,
        op: Op,
        found: &Arc<AttributeRef>,
        filter: &Filter,
        value: &Value,
    ) -> Result<(), Error> {
        let canonical = self.canonical(found);
        let (is_object, cleared) = (value.is_object(), nulls(found, value));
        let value = match found.sub_attribute {
            Some(_) => canonical.value(value.clone())?,
            None => canonical.single(quirks::as_single(found.leaf(), value.clone(), self.tolerance)?)?,
        };
        let change = match (value, cleared) {
            (Some(Value::Object(mut members)), cleared) => {
                members.extend(cleared);
                SelectedChange::Set(Value::Object(members))
            }
            (Some(value), _) => SelectedChange::Set(value),
            (None, cleared) if is_object => SelectedChange::Set(Value::Object(cleared)),
            (None, _) => SelectedChange::Remove,
        };
        let selection = self.selection(op, found, filter)?;
        self.steps.push(Step::Selected(selection, change));
        Ok(())
    }

    fn selection(&self, op: Op, found: &Arc<AttributeRef>, filter: &Filter) -> Result<Selection, Error> {
        Ok(Selection {
            op,
            attribute: Arc::clone(found),
            filter: filter.resolve_value(self.resource_type, found, self.tolerance)?,
            template: quirks::value_for_filter(&found.attribute, filter),
        })
    }

    fn remove(
        &mut self,
        found: &Arc<AttributeRef>,
        filter: Option<&Filter>,
        value: Option<&Value>,
    ) -> Result<(), Error> {
        if is_read_only(found) {
            return Err(read_only(found));
        }
        if let Some(filter) = filter {
            let selection = self.selection(Op::Remove, found, filter)?;
            self.steps.push(Step::Selected(selection, SelectedChange::Remove));
            return Ok(());
        }
        if let Some(values) = quirks::values_to_remove(found.leaf(), value, self.tolerance)? {
            let values = self.canonical(found).elements(values)?;
            if !values.is_empty() {
                self.steps.push(Step::Attribute(Arc::clone(found), Change::RemoveValues(values)));
            }
            return Ok(());
        }
        self.unassign(found)
    }

    /// The values of a list that an operation names.
    fn values(&self, found: &AttributeRef, value: &Value) -> Result<Vec<Value>, Error> {
        let list = quirks::as_list(found.leaf(), value.clone(), self.tolerance)?;
        self.canonical(found).elements(list)
    }

    /// A name that is a whole path.
    fn note_path(&self, name: &str) -> Result<(), Error> {
        let refusal =
            || Error::invalid_path(format!("{name} is a path; send it as path, in an operation of its own"));
        self.tolerance.require(Quirk::PathsAsNames, refusal)
    }

    fn unassign(&mut self, found: &Arc<AttributeRef>) -> Result<(), Error> {
        // RFC 7644 §3.5.2.2: removing a required attribute fails with "mutability".
        if found.sub_attribute.is_none() && found.attribute.required {
            return Err(Error::mutability(format!("{} is required and cannot be removed", found.name())));
        }
        self.steps.push(Step::Attribute(Arc::clone(found), Change::Remove));
        Ok(())
    }

    fn remove_extension(&mut self, urn: &str) -> Result<(), Error> {
        let extensions = &self.resource_type.extensions;
        if extensions.iter().any(|extension| extension.required && extension.schema.id == urn) {
            return Err(Error::mutability(format!("{urn} is required and cannot be removed")));
        }
        let removed = self.resource_type.attributes().iter().filter(|found| {
            found.extension.as_deref() == Some(urn) && found.attribute.mutability != Mutability::ReadOnly
        });
        self.steps.extend(removed.map(|found| Step::Attribute(Arc::clone(found), Change::Remove)));
        Ok(())
    }
}

fn nothing_known(found: &AttributeRef) -> Error {
    Error::invalid_value(format!("no value for {} has a sub-attribute that can be set", found.name()))
}

/// Sub-attributes that a value for selected elements clears by `null`.
fn nulls(found: &AttributeRef, value: &Value) -> Object {
    let (None, Value::Object(members)) = (&found.sub_attribute, value) else { return Object::new() };
    let cleared = members.iter().filter(|(_, value)| quirks::is_unassigned(value));
    cleared
        .filter_map(|(name, _)| found.attribute.sub_attribute(name))
        .filter(|part| part.mutability != Mutability::ReadOnly)
        .map(|part| (part.name.clone(), Value::Null))
        .collect()
}

fn parent(found: &AttributeRef) -> Option<&Attribute> {
    found.sub_attribute.as_ref().map(|_| &*found.attribute)
}

fn is_read_only(found: &AttributeRef) -> bool {
    [&*found.attribute, found.leaf()].iter().any(|attribute| attribute.mutability == Mutability::ReadOnly)
}
