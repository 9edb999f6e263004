//! A response, from what the browser posted to what is believed (SAML 2.0 Core §3.2.2, §3.4; Profiles §4.1.4).

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;

use crate::assertion::Assertion;
use crate::conditions::{answers, is_over};
use crate::envelope::{self, unreadable};
use crate::metadata::IdentityProvider;
use crate::names::{ASSERTION, PROTOCOL, SIGNATURE, SUCCESS};
use crate::reading;
use crate::rejection::{Rejection, shown};
use crate::service_provider::ServiceProvider;
use crate::signature;
use crate::xml::{self, Element};

/// What a response must agree with.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Who signs users in.
    pub provider: &'a IdentityProvider,
    /// This side; its entity id is the audience.
    pub service_provider: &'a ServiceProvider,
    /// Where the response came: the address as the provider knows it.
    pub acs: &'a str,
    /// The id of the request that it must answer; absent where the provider began the sign-in (unsolicited).
    pub request_id: Option<&'a str>,
    /// The instant at which it came.
    pub now: Timestamp,
    /// How far the clocks of both sides may be apart. Microsoft recommends 5 minutes.
    pub skew: Duration,
}

/// Verifies a `SAMLResponse` as it was posted (Bindings §3.5), and tells what is believed of it.
///
/// Either the response or its assertion must be signed; where both are, both signatures must hold. The caller still has to
/// refuse an [`Assertion::id`] that came before.
///
/// # Errors
///
/// Anything that is not exactly as expected; [`Rejection`] tells the administrator what to do.
pub fn verify(saml_response: &str, expected: &Expected<'_>) -> Result<Assertion, Rejection> {
    if let Some(until) = expected.provider.valid_until
        && is_over(until, expected)
    {
        return Err(Rejection::MetadataExpired(until));
    }
    let text = envelope::decoded(saml_response)?;
    let document = xml::parse(&text).map_err(unreadable)?;
    let response = envelope::response(Element::root(&document))?;
    // A refusal carries neither assertion nor signature, and asking for those would hide what the provider says.
    check_status(response)?;
    check_issuer(envelope::issuer(response)?, expected)?;
    let assertion = only_assertion(response)?;
    check_ids(response)?;

    let certificates = &expected.provider.signing_certificates;
    match signatures(response, assertion)? {
        (None, None) => Err(Rejection::Unsigned),
        (None, Some(signature)) => {
            check_response(response, false, expected)?;
            read_assertion(&signature::covered(assertion, signature, certificates)?, expected)
        }
        (Some(signature), inner) => {
            let covered = signature::covered(response, signature, certificates)?;
            let document = xml::parse(&covered).map_err(unreadable)?;
            let response = envelope::response(Element::root(&document))?;
            check_response(response, true, expected)?;
            match inner {
                Some(inner) => read_assertion(&signature::covered(assertion, inner, certificates)?, expected),
                None => reading::assertion(only_assertion(response)?, expected),
            }
        }
    }
}

/// Reads an assertion from the text that its own signature covers.
fn read_assertion(covered: &str, expected: &Expected<'_>) -> Result<Assertion, Rejection> {
    let document = xml::parse(covered).map_err(unreadable)?;
    let assertion = Element::root(&document).ok_or(Rejection::NoAssertion)?;
    reading::assertion(assertion, expected)
}

/// The one assertion, directly in the response. Others anywhere, or another response, are what wrapping attacks are made of.
fn only_assertion(response: Element<'_>) -> Result<Element<'_>, Rejection> {
    if response.all().any(|element| element.is(ASSERTION, "EncryptedAssertion")) {
        return Err(Rejection::Encrypted("the assertion"));
    }
    let assertion = response.one(ASSERTION, "Assertion").map_err(|_| Rejection::SeveralAssertions)?;
    if response.all().filter(|element| element.is(ASSERTION, "Assertion")).count() > 1 {
        return Err(Rejection::SeveralAssertions);
    }
    if response.all().filter(|element| element.is(PROTOCOL, "Response")).count() > 1 {
        return Err(Rejection::Malformed("there is a Response in the Response"));
    }
    assertion.ok_or(Rejection::NoAssertion)
}

/// No id twice, so that a reference can mean one element alone.
fn check_ids(response: Element<'_>) -> Result<(), Rejection> {
    let mut seen = HashSet::new();
    if response.all().flat_map(Element::ids).all(|id| seen.insert(id)) {
        Ok(())
    } else {
        Err(Rejection::DuplicateId)
    }
}

type Signatures<'d> = (Option<Element<'d>>, Option<Element<'d>>);

/// The signatures of the response and of the assertion. There are none elsewhere.
fn signatures<'d>(response: Element<'d>, assertion: Element<'d>) -> Result<Signatures<'d>, Rejection> {
    let found = (signature::of(response)?, signature::of(assertion)?);
    let everywhere = response.all().filter(|element| element.is(SIGNATURE, "Signature")).count();
    if everywhere > usize::from(found.0.is_some()) + usize::from(found.1.is_some()) {
        return Err(Rejection::SignatureForm(
            "there is one that is neither the response's nor the assertion's",
        ));
    }
    Ok(found)
}

/// What a response says around its assertion.
fn check_response(response: Element<'_>, is_signed: bool, expected: &Expected<'_>) -> Result<(), Rejection> {
    check_status(response)?;
    check_issuer(envelope::issuer(response)?, expected)?;
    check_destination(response.attribute("Destination"), is_signed, expected)?;
    answers(response.attribute("InResponseTo"), expected)
}

fn check_status(response: Element<'_>) -> Result<(), Rejection> {
    let malformed = Rejection::Malformed("it has not one Status with a StatusCode");
    let (Ok(Some(status)), prefix) =
        (response.one(PROTOCOL, "Status"), "urn:oasis:names:tc:SAML:2.0:status:")
    else {
        return Err(malformed);
    };
    let Ok(Some(outer)) = status.one(PROTOCOL, "StatusCode") else { return Err(malformed) };
    if outer.attribute("Value") == Some(SUCCESS) {
        return Ok(());
    }
    let codes = [Some(outer), outer.named(PROTOCOL, "StatusCode").next()];
    let values = codes.iter().flatten().filter_map(|code| code.attribute("Value"));
    let short: Vec<&str> = values.map(|value| value.strip_prefix(prefix).unwrap_or(value)).collect();
    let message = status.named(PROTOCOL, "StatusMessage").next().and_then(Element::text);
    Err(Rejection::Status {
        code: shown(&short.join(": ")),
        message: message.map(|message| shown(&message)).filter(|message| !message.is_empty()),
    })
}

/// A response may leave its issuer to its assertion.
fn check_issuer(issuer: Option<String>, expected: &Expected<'_>) -> Result<(), Rejection> {
    issuer.map_or(Ok(()), |issuer| reading::check_issuer(&issuer, expected))
}

/// A signed response must say where it is sent (Bindings §3.5.5.2). An unsigned one may leave that to the assertion's
/// `Recipient`, but what it says must be true.
fn check_destination(
    destination: Option<&str>,
    is_signed: bool,
    expected: &Expected<'_>,
) -> Result<(), Rejection> {
    match destination {
        Some(destination) if destination == expected.acs => Ok(()),
        None if !is_signed => Ok(()),
        other => Err(Rejection::Destination {
            expected: expected.acs.to_owned(),
            found: shown(other.unwrap_or_default()),
        }),
    }
}
