//! What a provider says of a user, once it is believed.

use jiff::Timestamp;

/// A verified statement of the provider about one user.
///
/// Everything in it was covered by a signature of the provider.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Assertion {
    /// The provider's id of this statement. Remembered until [`Assertion::not_on_or_after`], so that it signs in once.
    pub id: String,
    /// The request that this answers, [`crate::Expected::request_id`]; absent when the provider began the sign-in.
    pub in_response_to: Option<String>,
    /// Who the user is: what the provider is set to send, such as a UPN, an e-mail address or an object id.
    pub name_id: String,
    /// What kind of name that is, as a URI; the provider's own idea where it is absent.
    pub name_id_format: Option<String>,
    /// What else is said of the user, in the provider's order.
    pub attributes: Vec<Attribute>,
    /// The provider's name of its session.
    pub session_index: Option<String>,
    /// When the provider's session ends: no session here should last longer.
    pub session_not_on_or_after: Option<Timestamp>,
    /// From this instant on the same response is refused for its age, skew included: until then its id must be remembered.
    pub not_on_or_after: Timestamp,
}

/// One attribute of a user (a *claim*, in Entra's words).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attribute {
    /// The name, often a URI.
    pub name: String,
    /// A name for people.
    pub friendly_name: Option<String>,
    /// Its values as text, empty ones left out.
    pub values: Vec<String>,
}

impl Assertion {
    /// The attribute of this name: `EmployeeID`, or in full
    /// `http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress`.
    ///
    /// An attribute of exactly this name comes first. Otherwise it is the one whose last segment (after `/` or `:`) is this
    /// name in any letter case, because Entra puts a namespace before the names of claims if the administrator leaves it
    /// there. Where several have that segment, none is meant: a guess would be about who signs in.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        let exact = only(self.attributes.iter().filter(|attribute| attribute.name == name));
        exact.or_else(|| {
            let ends_so = |attribute: &&Attribute| segment(&attribute.name).eq_ignore_ascii_case(name);
            only(self.attributes.iter().filter(ends_so))
        })
    }

    /// The value of [`Assertion::attribute`] where it has exactly one: several people are nobody.
    pub fn value(&self, name: &str) -> Option<&str> {
        only(self.attribute(name)?.values.iter()).map(String::as_str)
    }
}

fn segment(name: &str) -> &str {
    name.rsplit(['/', ':']).next().unwrap_or(name)
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assertion(attributes: &[(&str, &[&str])]) -> Assertion {
        let attribute = |(name, values): &(&str, &[&str])| Attribute {
            name: (*name).to_owned(),
            friendly_name: None,
            values: values.iter().map(|&value| value.to_owned()).collect(),
        };
        Assertion {
            id: "_a".to_owned(),
            in_response_to: None,
            name_id: "ada@contoso.com".to_owned(),
            name_id_format: None,
            attributes: attributes.iter().map(attribute).collect(),
            session_index: None,
            session_not_on_or_after: None,
            not_on_or_after: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn claims_are_found_by_name_and_by_last_segment() {
        let said = assertion(&[
            ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", &["ada@contoso.com"]),
            ("urn:example:EmployeeID", &["0042"]),
            ("department", &[]),
            ("groups", &["a", "b"]),
        ]);
        let cases = [
            ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", Some("ada@contoso.com")),
            ("emailAddress", Some("ada@contoso.com")),
            ("EMPLOYEEID", Some("0042")),
            ("department", None),
            ("groups", None),
            ("address", None),
            ("", None),
        ];
        for (name, value) in cases {
            assert_eq!(said.value(name), value, "{name}");
        }
    }

    #[test]
    fn the_exact_name_comes_first_and_two_alike_are_none() {
        let said = assertion(&[
            ("urn:a:mail", &["a"]),
            ("mail", &["b"]),
            ("urn:c:phone", &["c"]),
            ("urn:d:Phone", &["d"]),
        ]);
        assert_eq!(said.value("mail"), Some("b"));
        assert_eq!(said.value("phone"), None);
        let twice = assertion(&[("mail", &["a"]), ("mail", &["b"])]);
        assert_eq!(twice.value("mail"), None);
    }
}
