//! What an index can say about a filter before any resource is read.

use super::Op;
use super::resolve::{Node, Place, ResolvedFilter, Test, ValueFilter};
use crate::resource_type::attribute_key;
use crate::value::index_value;
use serde_json::Value;

/// A condition on an indexed attribute that every match of a filter satisfies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Key of the attribute, see [`attribute_key`].
    pub key: String,
    /// What some value of the attribute must be, in the form of [`index_value`].
    pub matches: Match,
}

/// A condition on an index value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// One of these.
    OneOf(Vec<String>),
    /// A text that begins so.
    StartsWith(String),
}

impl ResolvedFilter {
    /// The conditions that every matching resource satisfies, so that a store can narrow the candidates by
    /// whichever of them it has an index for. The candidates must still be tested by
    /// [`ResolvedFilter::matches`].
    #[must_use]
    pub fn necessary_terms(&self) -> Vec<Term> {
        let mut terms = Vec::new();
        collect(&self.root, &mut terms);
        terms
    }
}

fn collect(node: &Node, terms: &mut Vec<Term>) {
    match node {
        Node::And(operands) => operands.iter().for_each(|operand| collect(operand, terms)),
        Node::Or(operands) => terms.extend(alternatives(operands)),
        Node::Value(_, filter) => collect(filter, terms),
        Node::Compare(place, test) => terms.extend(term(place, test)),
        Node::Not(_) | Node::Present(_) => {}
    }
}

/// `a eq 1 or a eq 2` is one condition; alternatives on several attributes are none.
fn alternatives(operands: &[Node]) -> Option<Term> {
    let mut key = None;
    let mut values = Vec::new();
    for operand in operands {
        let mut terms = Vec::new();
        collect(operand, &mut terms);
        let term = terms.into_iter().find(|term| key.as_ref().is_none_or(|key| key == &term.key))?;
        let Match::OneOf(more) = term.matches else { return None };
        values.extend(more);
        key = Some(term.key);
    }
    key.map(|key| Term { key, matches: Match::OneOf(values) })
}

fn term(place: &Place, test: &Test) -> Option<Term> {
    let matches = match test {
        Test::Text { op: Op::Eq, text, .. } => Match::OneOf(vec![text.clone()]),
        Test::Text { op: Op::Sw, text, .. } => Match::StartsWith(text.clone()),
        Test::Boolean(boolean) => Match::OneOf(vec![boolean.to_string()]),
        Test::Number(Op::Eq, number) => {
            Match::OneOf(vec![index_value(place.attribute(), &Value::Number(number.clone()))?])
        }
        Test::Instant(Op::Eq, instant) => Match::OneOf(vec![instant.to_string()]),
        Test::Text { .. } | Test::Number(..) | Test::Instant(..) => return None,
    };
    Some(Term { key: place.key(), matches })
}

impl Place {
    /// The key of the attribute that is compared: for a complex attribute its `value`.
    fn key(&self) -> String {
        let (Self::Resource(found) | Self::Part(found) | Self::Itself(found)) = self;
        if found.sub_attribute.is_none() && found.attribute.is_complex() {
            return attribute_key(found.extension.as_deref(), &found.attribute.name, Some("value"));
        }
        found.key().to_owned()
    }
}

impl ValueFilter {
    /// If the filter selects by `value` alone (`value eq "a" or value eq "b"`), the values it selects, in
    /// the form of [`index_value`].
    #[must_use]
    pub fn exact_values(&self) -> Option<Vec<String>> {
        match &self.root {
            Node::Or(operands) => operands.iter().map(exact_value).collect(),
            single => Some(vec![exact_value(single)?]),
        }
    }
}

fn exact_value(node: &Node) -> Option<String> {
    let Node::Compare(place, Test::Text { op: Op::Eq, text, .. }) = node else { return None };
    let names_value = match place {
        Place::Part(found) => found.leaf().name == "value",
        Place::Itself(_) => true,
        Place::Resource(_) => false,
    };
    names_value.then(|| text.clone())
}
