//! Whether an assertion holds now, here, and for this question (SAML 2.0 Core §2.5; Profiles §4.1.4.2, §4.1.4.3).

use jiff::Timestamp;

use crate::names::{ASSERTION, BEARER};
use crate::reading::instant;
use crate::rejection::{Rejection, shown};
use crate::response::Expected;
use crate::xml::Element;

/// Checks the conditions and the subject's confirmation. Answers the instant from which they do not hold any more, skew
/// included.
pub(crate) fn check(
    assertion: Element<'_>,
    subject: Element<'_>,
    expected: &Expected<'_>,
) -> Result<Timestamp, Rejection> {
    let conditions = assertion.one(ASSERTION, "Conditions").ok().flatten();
    let conditions = conditions.ok_or(Rejection::Malformed("the assertion has not one Conditions"))?;
    let until = check_times(conditions, expected)?;
    check_audiences(conditions, expected)?;
    let confirmed_until = confirmation(subject, expected)?;
    let earlier = until.map_or(confirmed_until, |until| until.min(confirmed_until));
    Ok(later(earlier, expected))
}

/// Whether an instant has come, for clocks that are `skew` apart.
pub(crate) fn is_over(until: Timestamp, expected: &Expected<'_>) -> bool {
    expected.now >= later(until, expected)
}

/// `InResponseTo` must be the request's id, and absent where nothing was asked (Profiles §4.1.4.2, §4.1.5).
pub(crate) fn answers(in_response_to: Option<&str>, expected: &Expected<'_>) -> Result<(), Rejection> {
    match (in_response_to, expected.request_id) {
        (Some(_), None) => Err(Rejection::NotAsked),
        (found, asked) if found == asked => Ok(()),
        _ => Err(Rejection::InResponseTo),
    }
}

/// `NotBefore` and `NotOnOrAfter` of an element; answers the latter.
fn check_times(element: Element<'_>, expected: &Expected<'_>) -> Result<Option<Timestamp>, Rejection> {
    if let Some(from) = time(element, "NotBefore")?
        && from > later(expected.now, expected)
    {
        return Err(Rejection::NotYet { from, now: expected.now });
    }
    let until = time(element, "NotOnOrAfter")?;
    match until {
        Some(until) if is_over(until, expected) => Err(Rejection::Expired { until, now: expected.now }),
        Some(_) | None => Ok(until),
    }
}

fn time(element: Element<'_>, name: &str) -> Result<Option<Timestamp>, Rejection> {
    let text = element.attribute(name);
    text.map(|text| {
        instant(text).ok_or(Rejection::Malformed("NotBefore or NotOnOrAfter is no instant of UTC"))
    })
    .transpose()
}

/// Each restriction must name this side, and there must be one (Profiles §4.1.4.2).
fn check_audiences(conditions: Element<'_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    let known = ["AudienceRestriction", "OneTimeUse", "ProxyRestriction"];
    if conditions.children().any(|condition| !known.iter().any(|name| condition.is(ASSERTION, name))) {
        return Err(Rejection::Condition);
    }
    let entity_id = &expected.service_provider.entity_id;
    let refused = |found: &str| Rejection::Audience { expected: entity_id.clone(), found: shown(found) };
    let mut restrictions = conditions.named(ASSERTION, "AudienceRestriction").peekable();
    if restrictions.peek().is_none() {
        return Err(refused(""));
    }
    for restriction in restrictions {
        let audiences: Vec<String> =
            restriction.named(ASSERTION, "Audience").filter_map(Element::text).collect();
        if !audiences.contains(entity_id) {
            return Err(refused(&audiences.join(", ")));
        }
    }
    Ok(())
}

/// One bearer confirmation must hold; where none does, the first one's failure is told. Answers its end.
fn confirmation(subject: Element<'_>, expected: &Expected<'_>) -> Result<Timestamp, Rejection> {
    let confirmations = subject.named(ASSERTION, "SubjectConfirmation");
    let bearers = confirmations.filter(|confirmation| confirmation.attribute("Method") == Some(BEARER));
    let mut first = None;
    for bearer in bearers {
        match check_bearer(bearer, expected) {
            Ok(until) => return Ok(until),
            Err(why) => first = first.or(Some(why)),
        }
    }
    Err(first.unwrap_or(Rejection::NoBearer))
}

fn check_bearer(bearer: Element<'_>, expected: &Expected<'_>) -> Result<Timestamp, Rejection> {
    let data = bearer.one(ASSERTION, "SubjectConfirmationData").ok().flatten();
    let data =
        data.ok_or(Rejection::Malformed("a bearer confirmation has not one SubjectConfirmationData"))?;
    let recipient = data.attribute("Recipient").unwrap_or_default();
    if recipient != expected.acs {
        return Err(Rejection::Recipient { expected: expected.acs.to_owned(), found: shown(recipient) });
    }
    answers(data.attribute("InResponseTo"), expected)?;
    let until = check_times(data, expected)?;
    until.ok_or(Rejection::Malformed("a bearer confirmation has no NotOnOrAfter"))
}

fn later(instant: Timestamp, expected: &Expected<'_>) -> Timestamp {
    instant.checked_add(expected.skew).unwrap_or(Timestamp::MAX)
}
