//! An expression taken apart, as Microsoft Graph shows one in a synchronization schema.

use super::{Expression, Node};

/// One part of an expression: Graph's `attributeMappingSource`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What kind of part it is.
    pub kind: PartKind,
    /// The name of the attribute or function, or the constant's value.
    pub name: String,
    /// Its text.
    pub expression: String,
    /// The arguments of a function with the documented names of their parameters; those left empty do not appear.
    pub parameters: Vec<(&'static str, Part)>,
}

/// The kinds of parts, named as Graph names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// `[attribute]`
    Attribute,
    /// `"text"`, a number or a name.
    Constant,
    /// A call, or the comparison in a condition.
    Function,
}

impl Expression {
    /// The expression taken apart.
    pub fn parts(&self) -> Part {
        part(&self.0)
    }
}

fn part(node: &Node) -> Part {
    let (kind, name, parameters) = match node {
        Node::Attribute(name) => (PartKind::Attribute, name.clone(), Vec::new()),
        Node::Text(text) => (PartKind::Constant, text.clone(), Vec::new()),
        Node::Integer(number) => (PartKind::Constant, number.to_string(), Vec::new()),
        Node::Name(name) => (PartKind::Constant, (*name).to_owned(), Vec::new()),
        Node::Comparison(comparison) => {
            let sides = vec![("left", part(&comparison.left)), ("right", part(&comparison.right))];
            (PartKind::Function, comparison.operator.symbol().to_owned(), sides)
        }
        Node::Call(call) => {
            let given = call.arguments.iter().enumerate();
            let parameters = given.filter_map(|(index, argument)| {
                Some((call.function.parameter(index), part(argument.as_ref()?)))
            });
            (PartKind::Function, call.function.name.to_owned(), parameters.collect())
        }
    };
    Part { kind, name, expression: node.to_string(), parameters }
}
