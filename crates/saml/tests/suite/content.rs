//! What a believed assertion must say: for whom, from whom, to where, in answer to what, and when.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saml::{Assertion, Expected, Rejection};

use crate::provider::*;

const ELSEWHERE: &str = "https://evil.example/acs";

/// Verifies a changed assertion, once signed by itself and once with its response: what is checked must not depend on it.
fn with(from: &str, to: &str) -> Result<Assertion, Rejection> {
    let assertion = changed(ASSERTION, from, to);
    let result = verify_signed(&assertion);
    assert_eq!(result, verify(&CONTOSO.sign(&response(&assertion))));
    result
}

/// Verifies a changed response around a signed assertion, without a signature of its own and with one.
fn around(from: &str, to: &str) -> Result<Assertion, Rejection> {
    let changed = changed(&response(&CONTOSO.sign(ASSERTION)), from, to);
    let result = verify(&changed);
    assert_eq!(result, verify(&CONTOSO.sign(&changed)));
    result
}

/// Verifies the usual response at an instant.
fn at(assertion: &str, instant: &str) -> Result<Assertion, Rejection> {
    let signed = response(&CONTOSO.sign(assertion));
    verify_as(&signed, &CONTOSO.described(), instant.parse().unwrap(), Some("_request"))
}

#[test]
fn a_wrong_audience_is_refused() {
    let audience = format!("<saml:Audience>{ENTITY_ID}</saml:Audience>");
    let refused =
        |found: &str| Err(Rejection::Audience { expected: ENTITY_ID.to_owned(), found: found.to_owned() });
    assert_eq!(with(&audience, "<saml:Audience>urn:other</saml:Audience>"), refused("urn:other"));
    assert_eq!(
        with(&audience, &format!("<saml:Audience>{ENTITY_ID}/</saml:Audience>")),
        refused(&format!("{ENTITY_ID}/"))
    );
    assert_eq!(with(&audience, ""), refused(""));
    with(&audience, &format!("<saml:Audience>urn:other</saml:Audience>{audience}")).unwrap();
}

#[test]
fn all_audience_restrictions_must_name_this_side() {
    let end = "</saml:Conditions>";
    let another = |audience: &str| {
        format!(
            "<saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction>{end}"
        )
    };
    with(end, &another(ENTITY_ID)).unwrap();
    let refused = Rejection::Audience { expected: ENTITY_ID.to_owned(), found: "urn:other".to_owned() };
    assert_eq!(with(end, &another("urn:other")), Err(refused));
}

#[test]
fn an_assertion_without_audience_or_conditions_is_refused() {
    let start = ASSERTION.find("<saml:AudienceRestriction>").unwrap();
    let end = ASSERTION.find("</saml:Conditions>").unwrap();
    let refused = Rejection::Audience { expected: ENTITY_ID.to_owned(), found: String::new() };
    assert_eq!(with(&ASSERTION[start..end], ""), Err(refused));
    let (start, end) =
        (ASSERTION.find("<saml:Conditions").unwrap(), ASSERTION.find("<saml:AuthnStatement").unwrap());
    assert_eq!(
        with(&ASSERTION[start..end], ""),
        Err(Rejection::Malformed("the assertion has not one Conditions"))
    );
}

#[test]
fn a_condition_that_nobody_knows_is_refused() {
    let end = "</saml:Conditions>";
    with(end, &format!("<saml:OneTimeUse/><saml:ProxyRestriction Count=\"0\"/>{end}")).unwrap();
    assert_eq!(with(end, &format!("<saml:Condition/>{end}")), Err(Rejection::Condition));
    assert_eq!(with(end, &format!("<x:OneTimeUse xmlns:x=\"urn:x\"/>{end}")), Err(Rejection::Condition));
}

#[test]
fn a_wrong_recipient_is_refused() {
    let recipient = format!("Recipient=\"{ACS}\"");
    let refused =
        |found: &str| Err(Rejection::Recipient { expected: ACS.to_owned(), found: found.to_owned() });
    assert_eq!(with(&recipient, &format!("Recipient=\"{ELSEWHERE}\"")), refused(ELSEWHERE));
    assert_eq!(with(&recipient, ""), refused(""));
}

#[test]
fn a_wrong_destination_is_refused() {
    let destination = format!("Destination=\"{ACS}\"");
    let refused = Rejection::Destination { expected: ACS.to_owned(), found: ELSEWHERE.to_owned() };
    assert_eq!(around(&destination, &format!("Destination=\"{ELSEWHERE}\"")), Err(refused));
}

#[test]
fn a_signed_response_needs_a_destination_and_an_unsigned_one_does_not() {
    let without = changed(&response(&CONTOSO.sign(ASSERTION)), &format!("Destination=\"{ACS}\""), "");
    verify(&without).unwrap();
    let refused = Rejection::Destination { expected: ACS.to_owned(), found: String::new() };
    assert_eq!(verify(&CONTOSO.sign(&without)), Err(refused));
}

#[test]
fn an_answer_to_another_request_is_refused() {
    let data = "<saml:SubjectConfirmationData InResponseTo=\"_request\"";
    for wrong in ["InResponseTo=\"_other\"", "InResponseTo=\"\"", ""] {
        let confirmation = format!("<saml:SubjectConfirmationData {wrong}");
        assert_eq!(with(data, &confirmation), Err(Rejection::InResponseTo), "{wrong}");
        let head = format!("Destination=\"{ACS}\" InResponseTo=\"_request\"");
        let response = around(&head, &format!("Destination=\"{ACS}\" {wrong}"));
        assert_eq!(response, Err(Rejection::InResponseTo), "{wrong}");
    }
}

#[test]
fn an_unsolicited_response_answers_nothing() {
    let unasked = |xml: &str| verify_as(xml, &CONTOSO.described(), now(), None);
    let quiet = ASSERTION.replace(" InResponseTo=\"_request\"", "");
    let silent = |assertion: &str| {
        let head = format!("Destination=\"{ACS}\" InResponseTo=\"_request\"");
        changed(&response(&CONTOSO.sign(assertion)), &head, &format!("Destination=\"{ACS}\""))
    };
    let assertion = unasked(&silent(&quiet)).unwrap();
    assert_eq!(assertion.in_response_to, None);
    assert_eq!(unasked(&silent(ASSERTION)), Err(Rejection::NotAsked), "the confirmation answers");
    assert_eq!(unasked(&response(&CONTOSO.sign(&quiet))), Err(Rejection::NotAsked), "the response answers");
    assert_eq!(verify(&silent(&quiet)), Err(Rejection::InResponseTo), "a request is under way");
}

#[test]
fn a_missing_bearer_confirmation_is_refused() {
    let bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
    assert_eq!(with(bearer, "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"), Err(Rejection::NoBearer));
    let start = ASSERTION.find("<saml:SubjectConfirmation ").unwrap();
    let end = ASSERTION.find("</saml:Subject>").unwrap();
    assert_eq!(with(&ASSERTION[start..end], ""), Err(Rejection::NoBearer));
}

#[test]
fn one_bearer_confirmation_of_several_must_hold() {
    let start = ASSERTION.find("<saml:SubjectConfirmation ").unwrap();
    let good = &ASSERTION[start..ASSERTION.find("</saml:Subject>").unwrap()];
    let bad = changed(good, ACS, ELSEWHERE);
    with(good, &format!("{bad}{good}")).unwrap();
    let refused = with(good, &format!("{bad}{}", changed(good, "_request", "_other")));
    assert!(
        matches!(refused, Err(Rejection::Recipient { .. })),
        "the first one's failure is told: {refused:?}"
    );
}

#[test]
fn an_assertion_is_valid_within_its_times_and_the_skew() {
    // The skew is 60 seconds; the conditions begin at 11:55, the confirmation ends at 12:30.
    let cases = [
        ("2026-11-20T11:53:59Z", false),
        ("2026-11-20T11:54:00Z", true),
        ("2026-11-20T11:54:01Z", true),
        ("2026-11-20T12:30:59Z", true),
        ("2026-11-20T12:30:59.999999999Z", true),
        ("2026-11-20T12:31:00Z", false),
        ("2026-11-20T12:31:01Z", false),
    ];
    for (instant, is_valid) in cases {
        assert_eq!(at(ASSERTION, instant).is_ok(), is_valid, "{instant}");
    }
}

#[test]
fn the_conditions_may_end_before_the_confirmation() {
    let early = changed(ASSERTION, "2026-11-20T13:00:00Z", "2026-11-20T12:10:00Z");
    let cases =
        [("2026-11-20T12:10:59Z", true), ("2026-11-20T12:11:00Z", false), ("2026-11-20T12:11:01Z", false)];
    for (instant, is_valid) in cases {
        assert_eq!(at(&early, instant).is_ok(), is_valid, "{instant}");
    }
    assert_eq!(
        at(&early, "2026-11-20T12:00:00Z").unwrap().not_on_or_after,
        "2026-11-20T12:11:00Z".parse().unwrap()
    );
}

#[test]
fn until_an_id_may_be_forgotten_its_response_is_refused_for_its_age() {
    let until = verify_signed(ASSERTION).unwrap().not_on_or_after;
    at(ASSERTION, &(until - Duration::from_nanos(1)).to_string()).unwrap();
    assert!(matches!(at(ASSERTION, &until.to_string()), Err(Rejection::Expired { .. })));
}

#[test]
fn missing_and_unreadable_times_are_refused() {
    let none = Rejection::Malformed("a bearer confirmation has no NotOnOrAfter");
    assert_eq!(with(" NotOnOrAfter=\"2026-11-20T12:30:00Z\"", ""), Err(none));
    let unreadable = Rejection::Malformed("NotBefore or NotOnOrAfter is no instant of UTC");
    for text in ["tomorrow", "", "2026-11-20", "2026-11-20T12:30:00", "99999-11-20T12:30:00Z"] {
        assert_eq!(with("2026-11-20T12:30:00Z", text), Err(unreadable.clone()), "{text}");
        assert_eq!(with("2026-11-20T11:55:00Z", text), Err(unreadable.clone()), "{text}");
    }
    with(" NotBefore=\"2026-11-20T11:55:00Z\" NotOnOrAfter=\"2026-11-20T13:00:00Z\"", "").unwrap();
}

#[test]
fn a_confirmation_that_is_still_to_come_is_refused() {
    let later = with(
        " NotOnOrAfter=\"2026-11-20T12:30:00Z\"",
        " NotBefore=\"2026-11-20T12:02:00Z\" NotOnOrAfter=\"2026-11-20T12:30:00Z\"",
    );
    assert!(matches!(later, Err(Rejection::NotYet { .. })), "{later:?}");
}

#[test]
fn a_session_of_the_provider_that_is_over_is_refused() {
    let session = |until: &str| {
        with(
            "SessionIndex=\"_session\"",
            &format!("SessionIndex=\"_session\" SessionNotOnOrAfter=\"{until}\""),
        )
    };
    let until = session("2026-11-20T20:00:00.000Z").unwrap().session_not_on_or_after;
    assert_eq!(until, Some("2026-11-20T20:00:00Z".parse().unwrap()));
    assert!(matches!(session("2026-11-20T11:59:00Z"), Err(Rejection::Expired { .. })));
    assert_eq!(session("never"), Err(Rejection::Malformed("SessionNotOnOrAfter is no instant of UTC")));
}

#[test]
fn a_wrong_issuer_is_refused() {
    let refused =
        |found: &str| Err(Rejection::Issuer { expected: ISSUER.to_owned(), found: found.to_owned() });
    let issuer = format!("<saml:Issuer>{ISSUER}</saml:Issuer>");
    assert_eq!(
        with(&issuer, "<saml:Issuer>https://sts.example/fabrikam</saml:Issuer>"),
        refused("https://sts.example/fabrikam")
    );
    assert_eq!(with(&issuer, ""), Err(Rejection::Malformed("the assertion has no Issuer")));
    let outer = format!("<Issuer xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\">{ISSUER}</Issuer>");
    assert_eq!(
        around(&outer, &outer.replace("contoso", "fabrikam")),
        refused("https://sts.example/fabrikam")
    );
    around(&outer, "").unwrap();
    assert_eq!(around(&outer, &outer.repeat(2)), Err(Rejection::Malformed("an element has several Issuers")));
}

#[test]
fn an_assertion_without_a_user_or_a_sign_in_is_refused() {
    let cases = [
        (">ada@contoso.com<", "> <", "the NameID is not text"),
        (
            "<saml:AuthnStatement AuthnInstant",
            "<saml:Other AuthnInstant",
            "the assertion has no AuthnStatement",
        ),
        (
            "Version=\"2.0\"><saml:Issuer",
            "Version=\"1.1\"><saml:Issuer",
            "the assertion is none of version 2.0",
        ),
        ("Name=\"EmployeeID\"", "", "an attribute has no Name"),
    ];
    for (from, to, message) in cases {
        let assertion = changed(ASSERTION, from, to).replace(
            "</saml:AuthnStatement>",
            if to.contains("Other") { "</saml:Other>" } else { "</saml:AuthnStatement>" },
        );
        assert_eq!(verify_signed(&assertion), Err(Rejection::Malformed(message)));
    }
}

#[test]
fn metadata_that_are_over_sign_nobody_in() {
    let mut provider = CONTOSO.described();
    provider.valid_until = Some("2026-11-20T11:59:00Z".parse().unwrap());
    let signed = response(&CONTOSO.sign(ASSERTION));
    let result = verify_as(&signed, &provider, now(), Some("_request"));
    assert_eq!(result, Err(Rejection::MetadataExpired("2026-11-20T11:59:00Z".parse().unwrap())));
    provider.valid_until = Some("2026-11-20T11:59:01Z".parse().unwrap());
    verify_as(&signed, &provider, now(), Some("_request")).unwrap();
}

#[test]
fn a_skew_beyond_all_times_is_no_panic() {
    let (provider, service_provider) = (CONTOSO.described(), service_provider());
    let expected = Expected {
        provider: &provider,
        service_provider: &service_provider,
        acs: ACS,
        request_id: Some("_request"),
        now: now(),
        skew: Duration::MAX,
    };
    let posted = STANDARD.encode(response(&CONTOSO.sign(ASSERTION)));
    saml::verify(&posted, &expected).unwrap();
}
