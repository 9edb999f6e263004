//! SAML 2.0 at a tenant's door: what `saml` believes, as somebody who signs in.

pub(crate) mod metadata;

use saml::Assertion;

use crate::identity::Value;
use crate::limits::{MAX_ISSUER_BYTES, MAX_SUBJECT_BYTES};
use crate::{Door, Identity, MatchKey, Refusal};

/// A name that the provider gives to one person for ever (SAML 2.0 Core §8.3.7).
const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

/// What an administrator calls the name itself, where an attribute could be meant.
const NAME_ID: &str = "NameID";

/// Who an assertion is about. `claim`: what the administrator said to compare.
pub(crate) fn identity(
    assertion: &Assertion,
    (door, issuer): (Door, &str),
    (key, claim): (MatchKey, Option<&str>),
) -> Result<Identity, Refusal> {
    if issuer.len() > MAX_ISSUER_BYTES || assertion.name_id.len() > MAX_SUBJECT_BYTES {
        return Err(Refusal::Proof("the entity id or the NameID is too long".to_owned()));
    }
    let names: &[&str] = match &claim {
        Some(claim) => &[claim],
        None => usual(key),
    };
    let found = names.iter().find_map(|name| Some((*name, value(assertion, name)?)));
    let owned = |name: &str| assertion.value(name).map(str::to_owned);
    let email = EMAILS.iter().find_map(|name| owned(name));
    Ok(Identity {
        door,
        issuer: issuer.to_owned(),
        subject: subject(assertion, key, found.map(|(name, _)| name)),
        shown: assertion.name_id.clone(),
        claim: found.map_or_else(|| names.join(" or "), |(name, _)| name.to_owned()),
        // SAML has no word for an address that the provider has verified.
        value: found.map(|(name, text)| Value {
            text: text.to_owned(),
            is_email: is_email(name),
            verified: None,
        }),
        email: email.or_else(|| Some(&assertion.name_id).filter(|name| name.contains('@')).cloned()),
        given_name: owned("givenname"),
        family_name: owned("surname"),
        display_name: owned("displayname"),
        session_end: assertion.session_not_on_or_after,
    })
}

/// Entra's, Okta's and others' names of the e-mail address.
const EMAILS: [&str; 3] = ["emailaddress", "email", "mail"];

/// Whether an attribute is the address, under its name alone or with a namespace before it, as the administrator wrote it.
fn is_email(name: &str) -> bool {
    let segment = name.rsplit(['/', ':']).next().unwrap_or(name);
    EMAILS.iter().any(|email| email.eq_ignore_ascii_case(segment))
}

/// What a match key is compared with unless somebody said it: the first that is there.
fn usual(key: MatchKey) -> &'static [&'static str] {
    match key {
        MatchKey::UserName => &[NAME_ID],
        MatchKey::Emails => &["emailaddress", "email", "mail", NAME_ID],
        MatchKey::ExternalId => &["objectidentifier", NAME_ID],
        MatchKey::EmployeeNumber => &["EmployeeID", "employeeNumber"],
    }
}

fn value<'a>(assertion: &'a Assertion, name: &str) -> Option<&'a str> {
    if name == NAME_ID { Some(&assertion.name_id) } else { assertion.value(name) }
}

/// What a link is made for. A name that is compared with `userName`, an address or an employee number is what the
/// directory calls somebody today, whatever it says of it: the next person with it is somebody else.
fn subject(assertion: &Assertion, key: MatchKey, compared: Option<&str>) -> Option<String> {
    let is_name = compared == Some(NAME_ID) && key != MatchKey::ExternalId;
    (is_for_ever(assertion) && !is_name).then(|| assertion.name_id.clone())
}

/// Whether the name is one person's for ever. Entra lets an administrator call a userPrincipalName persistent, which it
/// is not: what looks like an address is none.
fn is_for_ever(assertion: &Assertion) -> bool {
    assertion.name_id_format.as_deref() == Some(PERSISTENT) && !assertion.name_id.contains('@')
}
