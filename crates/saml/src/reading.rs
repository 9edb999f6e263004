//! An assertion, read from the text that a signature covers (SAML 2.0 Core §2).

use jiff::Timestamp;

use crate::assertion::{Assertion, Attribute};
use crate::conditions;
use crate::envelope;
use crate::limits::{MAX_ATTRIBUTE_VALUES, MAX_ATTRIBUTES};
use crate::names::ASSERTION;
use crate::rejection::{Rejection, shown};
use crate::response::Expected;
use crate::xml::Element;

/// Reads and checks a verified assertion.
pub(crate) fn assertion(assertion: Element<'_>, expected: &Expected<'_>) -> Result<Assertion, Rejection> {
    if !assertion.is(ASSERTION, "Assertion") || assertion.attribute("Version") != Some("2.0") {
        return Err(Rejection::Malformed("the assertion is none of version 2.0"));
    }
    let id = assertion.attribute("ID").filter(|id| !id.is_empty());
    let issuer = envelope::issuer(assertion)?.ok_or(Rejection::Malformed("the assertion has no Issuer"))?;
    check_issuer(&issuer, expected)?;
    let subject = assertion.one(ASSERTION, "Subject").ok().flatten();
    let subject = subject.ok_or(Rejection::Malformed("the assertion has not one Subject"))?;
    let not_on_or_after = conditions::check(assertion, subject, expected)?;

    let (name_id, name_id_format) = name_id(subject)?;
    let (session_index, session_not_on_or_after) = session(assertion, expected)?;
    Ok(Assertion {
        id: id.ok_or(Rejection::Malformed("the assertion has no ID"))?.to_owned(),
        in_response_to: expected.request_id.map(str::to_owned),
        name_id,
        name_id_format,
        attributes: attributes(assertion)?,
        session_index,
        session_not_on_or_after,
        not_on_or_after,
    })
}

pub(crate) fn check_issuer(issuer: &str, expected: &Expected<'_>) -> Result<(), Rejection> {
    let provider = &expected.provider.entity_id;
    if issuer == provider {
        return Ok(());
    }
    Err(Rejection::Issuer { expected: provider.clone(), found: shown(issuer) })
}

/// An `xs:dateTime` of UTC (SAML 2.0 Core §1.3.3).
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    text.trim().parse().ok()
}

fn name_id(subject: Element<'_>) -> Result<(String, Option<String>), Rejection> {
    if subject.named(ASSERTION, "EncryptedID").next().is_some() {
        return Err(Rejection::Encrypted("the user's name"));
    }
    let name = subject.one(ASSERTION, "NameID").ok().flatten();
    let name = name.ok_or(Rejection::Malformed("the Subject has not one NameID"))?;
    let text =
        name.text().filter(|text| !text.is_empty()).ok_or(Rejection::Malformed("the NameID is not text"))?;
    Ok((text, name.attribute("Format").map(str::to_owned)))
}

/// The provider's session, of the first statement. An assertion without one does not sign in (Profiles §4.1.4.2).
fn session(
    assertion: Element<'_>,
    expected: &Expected<'_>,
) -> Result<(Option<String>, Option<Timestamp>), Rejection> {
    let statement = assertion.named(ASSERTION, "AuthnStatement").next();
    let statement = statement.ok_or(Rejection::Malformed("the assertion has no AuthnStatement"))?;
    let until = statement.attribute("SessionNotOnOrAfter");
    let until = until
        .map(|text| instant(text).ok_or(Rejection::Malformed("SessionNotOnOrAfter is no instant of UTC")));
    let until = until.transpose()?;
    match until {
        Some(until) if conditions::is_over(until, expected) => {
            Err(Rejection::Expired { until, now: expected.now })
        }
        Some(_) | None => Ok((statement.attribute("SessionIndex").map(str::to_owned), until)),
    }
}

fn attributes(assertion: Element<'_>) -> Result<Vec<Attribute>, Rejection> {
    let mut attributes = Vec::new();
    let mut values = 0;
    for element in assertion.named(ASSERTION, "AttributeStatement").flat_map(Element::children) {
        if element.is(ASSERTION, "EncryptedAttribute") {
            return Err(Rejection::Encrypted("an attribute"));
        }
        let attribute = attribute(element)?;
        values += attribute.values.len();
        if attributes.len() == MAX_ATTRIBUTES || values > MAX_ATTRIBUTE_VALUES {
            return Err(Rejection::TooManyAttributes);
        }
        attributes.push(attribute);
    }
    Ok(attributes)
}

/// An attribute and those of its values that are text.
fn attribute(element: Element<'_>) -> Result<Attribute, Rejection> {
    let name = Some(element)
        .filter(|element| element.is(ASSERTION, "Attribute"))
        .and_then(|element| element.attribute("Name"));
    let values = element.named(ASSERTION, "AttributeValue").filter_map(Element::text);
    Ok(Attribute {
        name: name.ok_or(Rejection::Malformed("an attribute has no Name"))?.to_owned(),
        friendly_name: element.attribute("FriendlyName").map(str::to_owned),
        values: values.filter(|value| !value.is_empty()).collect(),
    })
}
