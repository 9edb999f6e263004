//! XML as SAML messages have it: without document types, bounded, and read without guessing.

use thiserror::Error;
use uppsala::{Document, NodeId, NodeKind};

use crate::limits::{MAX_DEPTH, MAX_ELEMENT_ATTRIBUTES, MAX_ELEMENTS};

/// Why a text is not read.
#[derive(Debug, Error)]
pub(crate) enum Unreadable {
    /// It has a document type, which could define entities.
    #[error("it has a document type declaration")]
    DocumentType,
    /// It is no XML, or exceeds [`crate::limits`].
    #[error("{0}")]
    Xml(String),
}

/// The tree of a text.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, Unreadable> {
    // No well-formed message has `<!` but for comments and CDATA, whatever the parser would make of it.
    let declares = |(at, _)| {
        let rest = text.get(at..).unwrap_or_default();
        !rest.starts_with("<!--") && !rest.starts_with("<![CDATA[")
    };
    if text.match_indices("<!").any(declares) {
        return Err(Unreadable::DocumentType);
    }
    if text.split('<').count() > 2 * MAX_ELEMENTS {
        return Err(Unreadable::Xml("it has too many elements".to_owned()));
    }
    let has_too_many = |tag: &str| tag.bytes().filter(|&byte| byte == b'=').count() > MAX_ELEMENT_ATTRIBUTES;
    if text.split('<').any(has_too_many) {
        return Err(Unreadable::Xml("an element has too many attributes".to_owned()));
    }
    let parser =
        uppsala::Parser::new().with_forbid_dtd(true).with_max_depth(MAX_DEPTH).with_max_entity_expansion(0);
    parser.parse(text).map_err(|error| Unreadable::Xml(crate::rejection::shown(&error.to_string())))
}

/// An element of a tree.
#[derive(Clone, Copy)]
pub(crate) struct Element<'d> {
    document: &'d Document<'d>,
    id: NodeId,
}

impl<'d> Element<'d> {
    /// The outermost element.
    pub(crate) fn root(document: &'d Document<'d>) -> Option<Self> {
        document.document_element().map(|id| Self { document, id })
    }

    pub(crate) fn document(self) -> &'d Document<'d> {
        self.document
    }

    pub(crate) fn id(self) -> NodeId {
        self.id
    }

    /// Whether it has this name in this namespace.
    pub(crate) fn is(self, namespace: &str, name: &str) -> bool {
        self.document.element(self.id).is_some_and(|element| element.matches_name_ns(namespace, name))
    }

    /// The elements directly in it.
    pub(crate) fn children(self) -> impl Iterator<Item = Self> {
        let document = self.document;
        document.children_iter(self.id).map(move |id| Self { document, id }).filter(|node| node.is_element())
    }

    /// Those of a name.
    pub(crate) fn named<'n>(
        self,
        namespace: &'n str,
        name: &'n str,
    ) -> impl Iterator<Item = Self> + use<'d, 'n> {
        let document = self.document;
        let nodes = document.children_iter(self.id).map(move |id| Self { document, id });
        nodes.filter(move |node| node.is(namespace, name))
    }

    /// The one of a name, an error where there are several.
    pub(crate) fn one(self, namespace: &str, name: &str) -> Result<Option<Self>, Several> {
        let mut found = self.named(namespace, name);
        let first = found.next();
        if found.next().is_some() { Err(Several) } else { Ok(first) }
    }

    /// It and all elements in it.
    pub(crate) fn all(self) -> impl Iterator<Item = Self> {
        let document = self.document;
        let within = document.descendants(self.id).into_iter().map(move |id| Self { document, id });
        std::iter::once(self).chain(within.filter(move |node| node.id != self.id && node.is_element()))
    }

    /// The attribute of a name in no namespace, as all of SAML's are: `x:ID` is not `ID`.
    pub(crate) fn attribute(self, name: &str) -> Option<&'d str> {
        let element = self.document.element(self.id)?;
        let attribute = element.attributes.iter().find(|attribute| attribute.name.matches(None, name))?;
        Some(&attribute.value)
    }

    /// All attributes that anybody might take for an id.
    pub(crate) fn ids(self) -> impl Iterator<Item = &'d str> {
        let attributes = self.document.element(self.id).map(|element| element.attributes.as_slice());
        let named = attributes.unwrap_or_default().iter();
        named
            .filter(|attribute| attribute.name.local_name.eq_ignore_ascii_case("id"))
            .map(|attribute| &*attribute.value)
    }

    /// Its whole text without what stands around it; none where it has anything but text and comments. A comment divides a
    /// text and never ends it (CVE-2017-11427).
    pub(crate) fn text(self) -> Option<String> {
        let mut text = String::new();
        for node in self.document.children_iter(self.id) {
            match self.document.node_kind(node)? {
                NodeKind::Text(part) | NodeKind::CData(part) => text.push_str(part),
                NodeKind::Comment(_) => (),
                NodeKind::Document
                | NodeKind::Element(_)
                | NodeKind::ProcessingInstruction(_)
                | NodeKind::Attribute(..) => return None,
            }
        }
        Some(text.trim().to_owned())
    }

    fn is_element(self) -> bool {
        self.document.element(self.id).is_some()
    }
}

/// Several elements where one may be.
#[derive(Debug)]
pub(crate) struct Several;

/// A text without white space, as base64 may have it in XML.
pub(crate) fn compact(text: &str) -> String {
    text.split_ascii_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_whole_or_none() {
        let cases = [
            ("<a>b</a>", Some("b")),
            ("<a> b\n</a>", Some("b")),
            ("<a>b<!-- -->c</a>", Some("bc")),
            ("<a>b<![CDATA[c]]>&#100;</a>", Some("bcd")),
            ("<a/>", Some("")),
            ("<a>b<c/>d</a>", None),
            ("<a>b<?c?>d</a>", None),
        ];
        for (xml, text) in cases {
            let document = parse(xml).ok();
            let found = document.as_ref().and_then(Element::root).and_then(Element::text);
            assert_eq!(found.as_deref(), text, "{xml}");
        }
    }
}
