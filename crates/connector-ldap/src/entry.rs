//! An entry as the server sent it.

use ldap3::ResultEntry;
use ldap3::asn1::{PL, StructureTag};

/// An entry. Values are bytes: their syntax is not sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawEntry {
    /// The distinguished name.
    pub(crate) dn: String,
    /// Attributes by the names that the server uses, options (`;binary`) included.
    pub(crate) attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl RawEntry {
    /// Reads a SearchResultEntry (RFC 4511 §4.5.2); `None` for what is none.
    pub(crate) fn parse(entry: ResultEntry) -> Option<Self> {
        let mut parts = inner(entry.0)?.into_iter();
        let dn = text(parts.next()?)?;
        let attributes = inner(parts.next()?)?.into_iter().map(attribute).collect::<Option<_>>()?;
        Some(Self { dn, attributes })
    }

    /// The values of an attribute; none where it is absent. Names know no letter case (RFC 4512 §2.5).
    pub(crate) fn values(&self, name: &str) -> &[Vec<u8>] {
        self.attributes
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map_or(&[], |(_, values)| values)
    }

    /// Those of them that are text.
    pub(crate) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values(name).iter().filter_map(|value| std::str::from_utf8(value).ok())
    }

    /// The first of them.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.texts(name).next()
    }
}

fn attribute(tag: StructureTag) -> Option<(String, Vec<Vec<u8>>)> {
    let mut parts = inner(tag)?.into_iter();
    let name = text(parts.next()?)?;
    Some((name, inner(parts.next()?)?.into_iter().map(octets).collect::<Option<_>>()?))
}

/// The elements of a constructed value.
pub(crate) fn inner(tag: StructureTag) -> Option<Vec<StructureTag>> {
    match tag.payload {
        PL::C(elements) => Some(elements),
        PL::P(_) => None,
    }
}

/// A primitive value.
pub(crate) fn octets(tag: StructureTag) -> Option<Vec<u8>> {
    match tag.payload {
        PL::P(bytes) => Some(bytes),
        PL::C(_) => None,
    }
}

fn text(tag: StructureTag) -> Option<String> {
    String::from_utf8(octets(tag)?).ok()
}

#[cfg(test)]
pub(crate) fn entry(dn: &str, attributes: &[(&str, &[&str])]) -> RawEntry {
    let values = |values: &[&str]| values.iter().map(|value| value.as_bytes().to_vec()).collect();
    RawEntry {
        dn: dn.to_owned(),
        attributes: attributes.iter().map(|(name, of)| ((*name).to_owned(), values(of))).collect(),
    }
}
