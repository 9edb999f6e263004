//! The attribute mappings of one object type.

use serde::{Deserialize, Serialize};

use crate::attribute_mapping::{AttributeMapping, MappedValue, MappingError};
use crate::attributes::Attributes;
use crate::expression::Environment;
use crate::flow::Phase;

/// The attribute mappings of one object type, in the order they are evaluated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mappings(Vec<AttributeMapping>);

impl Mappings {
    /// The given mappings, of which a later one with the same target replaces an earlier one.
    pub fn new(mappings: Vec<AttributeMapping>) -> Mappings {
        Mappings::default().overridden_by(mappings)
    }

    /// The mappings in order.
    pub fn iter(&self) -> std::slice::Iter<'_, AttributeMapping> {
        self.0.iter()
    }

    /// These mappings with `others` over them: one with the same target takes the place of the one here, the
    /// rest follow at the end.
    #[must_use]
    pub fn overridden_by(mut self, others: Vec<AttributeMapping>) -> Mappings {
        for other in others {
            match self.0.iter_mut().find(|mapping| mapping.target == other.target) {
                Some(mapping) => *mapping = other,
                None => self.0.push(other),
            }
        }
        self
    }

    /// The matching attributes, by precedence.
    pub fn matching(&self) -> Vec<&AttributeMapping> {
        let mut matching: Vec<_> = self.0.iter().filter(|mapping| mapping.matching.is_some()).collect();
        matching.sort_by_key(|mapping| mapping.matching);
        matching
    }

    /// The source attributes that any mapping reads, each once.
    pub fn attributes(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for name in self.0.iter().flat_map(|mapping| mapping.source.attributes()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The values for one object, in the order of the mappings; those that do not flow are left out, see
    /// [`AttributeMapping::evaluate`].
    ///
    /// # Errors
    /// The first mapping whose expression does not fit the object's values.
    pub fn evaluate(
        &self,
        attributes: &dyn Attributes,
        environment: &Environment,
        phase: Phase,
    ) -> Result<Vec<MappedValue<'_>>, MappingError> {
        self.0
            .iter()
            .filter_map(|mapping| mapping.evaluate(attributes, environment, phase).transpose())
            .collect()
    }

    /// As [`Mappings::evaluate`], with the traces filled in.
    ///
    /// # Errors
    /// As [`Mappings::evaluate`].
    pub fn evaluate_traced(
        &self,
        attributes: &dyn Attributes,
        environment: &Environment,
        phase: Phase,
    ) -> Result<Vec<MappedValue<'_>>, MappingError> {
        let evaluate = |mapping| AttributeMapping::evaluate_traced(mapping, attributes, environment, phase);
        self.0.iter().filter_map(|mapping| evaluate(mapping).transpose()).collect()
    }
}

impl<'a> IntoIterator for &'a Mappings {
    type Item = &'a AttributeMapping;
    type IntoIter = std::slice::Iter<'a, AttributeMapping>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
