//! Signatures: which are believed, and which attacks on them are refused.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saml::Rejection;

use crate::provider::*;

const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

fn form<T>(result: Result<T, Rejection>) -> &'static str {
    match result.err().expect("the signature is refused") {
        Rejection::SignatureForm(what) => what,
        other => panic!("{other}"),
    }
}

/// A response with an assertion whose signature the test wrote.
fn with(signature: &str) -> String {
    response(&CONTOSO.fill(&changed(ASSERTION, "<saml:Subject>", &format!("{signature}<saml:Subject>"))))
}

fn usual_transforms() -> String {
    transform(ENVELOPED) + &transform(EXCLUSIVE)
}

#[test]
fn a_signed_assertion_signs_in() {
    let assertion = verify_signed(ASSERTION).unwrap();
    assert_eq!(assertion.id, "_assertion");
    assert_eq!(assertion.in_response_to.as_deref(), Some("_request"));
    assert_eq!(assertion.name_id, "ada@contoso.com");
    let format = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
    assert_eq!(assertion.name_id_format.as_deref(), Some(format));
    assert_eq!(assertion.value("ObjectIdentifier"), Some("6f1d7a9e-0000-4000-8000-00000000ada0"));
    assert_eq!(assertion.value("EmployeeID"), Some("0042"));
    assert_eq!(assertion.session_index.as_deref(), Some("_session"));
    assert_eq!(assertion.session_not_on_or_after, None);
    assert_eq!(assertion.not_on_or_after, "2026-11-20T12:31:00Z".parse().unwrap(), "with skew");
}

#[test]
fn a_signed_response_signs_in_like_one_with_a_signed_assertion() {
    let expected = verify_signed(ASSERTION).unwrap();
    assert_eq!(verify(&CONTOSO.sign(&response(ASSERTION))).unwrap(), expected);
    assert_eq!(
        verify(&CONTOSO.sign(&response(&CONTOSO.sign(ASSERTION)))).unwrap(),
        expected,
        "both are signed"
    );
}

#[test]
fn a_signature_written_by_hand_is_believed_when_it_is_of_the_usual_form() {
    let signature = signature(EXCLUSIVE, &reference("#_assertion", &usual_transforms()));
    verify(&with(&signature)).unwrap();
}

/// Response and assertion signed by signxml 4 (Python, lxml), with line breaks, typed values and the signatures at the end.
#[test]
fn what_signxml_signs_is_believed() {
    let mut provider = CONTOSO.described();
    let certificate = include_str!("fixtures/signxml.certificate");
    provider.signing_certificates = vec![STANDARD.decode(certificate.trim()).unwrap()];
    let signed = include_str!("fixtures/signxml-response.xml");
    let assertion = verify_as(signed, &provider, now(), Some("_request")).unwrap();
    assert_eq!(assertion, verify_signed(ASSERTION).unwrap());
    let changed = verify_as(&changed(signed, ">0042<", ">0001<"), &provider, now(), Some("_request"));
    assert_eq!(changed, Err(Rejection::Altered));
}

#[test]
fn prefixes_that_canonicalisation_keeps_are_kept() {
    let list =
        r#"<ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="xs"/>"#;
    let exclusive = format!(r#"<ds:Transform Algorithm="{EXCLUSIVE}">{list}</ds:Transform>"#);
    let signature = signature(EXCLUSIVE, &reference("#_assertion", &(transform(ENVELOPED) + &exclusive)));
    let typed = r#"<saml:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">0042<"#;
    let assertion = changed(ASSERTION, "<saml:AttributeValue>0042<", typed);
    let assertion = changed(&assertion, " ID=", " xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" ID=");
    let assertion = changed(&assertion, "<saml:Subject>", &format!("{signature}<saml:Subject>"));
    assert_eq!(verify(&response(&CONTOSO.fill(&assertion))).unwrap().value("EmployeeID"), Some("0042"));
}

#[test]
fn prefixes_that_canonicalisation_keeps_have_a_number() {
    let usual = format!(r#"<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>"#);
    let keeping = |count: usize| {
        let list = format!(
            r#"<ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE}" PrefixList="{}"/>"#,
            "a ".repeat(count)
        );
        let method = format!(
            r#"<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}">{list}</ds:CanonicalizationMethod>"#
        );
        verify(&changed(&response(&CONTOSO.sign(ASSERTION)), &usual, &method))
    };
    assert_eq!(
        keeping(saml::limits::MAX_PREFIXES),
        Err(Rejection::UnknownKey),
        "that is not what was signed"
    );
    assert_eq!(form(keeping(saml::limits::MAX_PREFIXES + 1)), "a canonicalisation keeps too many prefixes");
}

#[test]
fn an_elliptic_key_signs_in() {
    let signed = response(&ELLIPTIC.sign(ASSERTION));
    verify_as(&signed, &ELLIPTIC.described(), now(), Some("_request")).unwrap();
    let other_kind = changed(&signed, ECDSA_SHA256, RSA_SHA256);
    let result = verify_as(&other_kind, &ELLIPTIC.described(), now(), Some("_request"));
    assert_eq!(result, Err(Rejection::UnknownKey));
}

#[test]
fn unsigned_is_refused() {
    assert_eq!(verify(&response(ASSERTION)), Err(Rejection::Unsigned));
}

#[test]
fn a_signed_response_does_not_excuse_a_broken_signature_of_its_assertion() {
    let broken = changed(&CONTOSO.sign(ASSERTION), "ada@contoso.com", "eve@contoso.com");
    assert_eq!(verify(&CONTOSO.sign(&response(&broken))), Err(Rejection::Altered));
    let foreign = SOMEBODY_ELSE.sign(ASSERTION);
    assert_eq!(verify(&CONTOSO.sign(&response(&foreign))), Err(Rejection::UnknownKey));
}

#[test]
fn a_signed_assertion_does_not_excuse_a_broken_signature_of_the_response() {
    let signed = CONTOSO.sign(&response(&CONTOSO.sign(ASSERTION)));
    assert_eq!(
        verify(&changed(&signed, "_response\" Version", "_response\" Consent=\"x\" Version")),
        Err(Rejection::Altered)
    );
}

#[test]
fn what_is_changed_after_signing_is_refused() {
    let signed = response(&CONTOSO.sign(ASSERTION));
    for (from, to) in
        [("ada@", "eve@"), (">0042<", ">0001<"), ("13:00:00Z", "23:00:00Z"), ("\"_session\"", "\"_other\"")]
    {
        assert_eq!(verify(&changed(&signed, from, to)), Err(Rejection::Altered), "{from}");
    }
}

#[test]
fn a_changed_digest_is_no_way_round() {
    let signed = response(&CONTOSO.sign(ASSERTION));
    let evil = response(&SOMEBODY_ELSE.sign(&changed(ASSERTION, "ada@", "eve@")));
    let digest =
        |xml: &str| xml.split_once("<ds:DigestValue>").unwrap().1.split_once('<').unwrap().0.to_owned();
    let forged = changed(&changed(&signed, "ada@", "eve@"), &digest(&signed), &digest(&evil));
    assert_eq!(verify(&forged), Err(Rejection::UnknownKey));
}

#[test]
fn a_wrong_key_is_refused() {
    assert_eq!(verify(&response(&SOMEBODY_ELSE.sign(ASSERTION))), Err(Rejection::UnknownKey));
}

#[test]
fn the_attackers_certificate_in_key_info_means_nothing() {
    let certificate = STANDARD.encode(&SOMEBODY_ELSE.certificate);
    let brought =
        format!("<ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data>");
    let signed = response(&SOMEBODY_ELSE.sign(ASSERTION));
    let forged = changed(&signed, "<ds:X509Data/>", &brought);
    assert_eq!(verify(&forged), Err(Rejection::UnknownKey));
}

#[test]
fn during_a_roll_over_the_old_and_the_new_key_are_believed() {
    let mut provider = CONTOSO.described();
    provider.signing_certificates = vec![SOMEBODY_ELSE.certificate.clone(), CONTOSO.certificate.clone()];
    for key in [&CONTOSO, &SOMEBODY_ELSE] {
        verify_as(&response(&key.sign(ASSERTION)), &provider, now(), Some("_request")).unwrap();
    }
    provider.signing_certificates.truncate(1);
    let old = verify_as(&response(&CONTOSO.sign(ASSERTION)), &provider, now(), Some("_request"));
    assert_eq!(old, Err(Rejection::UnknownKey), "after it");
}

#[test]
fn short_keys_and_what_is_no_certificate_are_no_keys() {
    let weak = include_str!("fixtures/rsa-1024.certificate");
    let mut provider = CONTOSO.described();
    provider.signing_certificates = vec![STANDARD.decode(weak.trim()).unwrap(), b"no certificate".to_vec()];
    let result = verify_as(&response(&CONTOSO.sign(ASSERTION)), &provider, now(), Some("_request"));
    assert_eq!(result, Err(Rejection::NoUsableKey));
}

#[test]
fn weak_algorithms_and_hmac_are_refused() {
    let signed = response(&CONTOSO.sign(ASSERTION));
    let methods = [
        (RSA_SHA256, "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        (RSA_SHA256, "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"),
        (RSA_SHA256, "http://www.w3.org/2000/09/xmldsig#dsa-sha1"),
        (RSA_SHA256, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
        (RSA_SHA256, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha224"),
        (SHA256, "http://www.w3.org/2000/09/xmldsig#sha1"),
        (SHA256, "http://www.w3.org/2001/04/xmldsig-more#md5"),
    ];
    for (from, to) in methods {
        assert_eq!(verify(&changed(&signed, from, to)), Err(Rejection::Algorithm(to.to_owned())));
    }
}

#[test]
fn hmac_with_a_truncated_length_is_refused() {
    let method = format!(r#"<ds:SignatureMethod Algorithm="{RSA_SHA256}"/>"#);
    let truncated = r#"<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"><ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>"#;
    let signed = response(&CONTOSO.sign(ASSERTION));
    assert_eq!(form(verify(&changed(&signed, &method, truncated))), "a method is missing, or has parameters");
}

#[test]
fn several_references_are_refused() {
    let twice = reference("#_assertion", &usual_transforms()).repeat(2);
    let what = form(verify(&with(&signature(EXCLUSIVE, &twice))));
    assert_eq!(what, "SignedInfo is not one method of each kind and one reference");
}

#[test]
fn other_canonicalisations_are_refused() {
    for other in [
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/2006/12/xml-c14n11",
        "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    ] {
        let usual = reference("#_assertion", &usual_transforms());
        let of_info = form(verify(&with(&signature(other, &usual))));
        assert_eq!(of_info, "it does not use exclusive canonicalisation without comments alone");
        let transforms = transform(ENVELOPED) + &transform(other);
        let of_reference = form(verify(&with(&signature(EXCLUSIVE, &reference("#_assertion", &transforms)))));
        assert_eq!(of_reference, "it does not use exclusive canonicalisation without comments alone");
    }
}

#[test]
fn other_transforms_are_refused() {
    let usual = usual_transforms();
    let unusual = [
        String::new(),
        transform(ENVELOPED),
        transform(EXCLUSIVE),
        transform(EXCLUSIVE) + &transform(ENVELOPED),
        transform(ENVELOPED) + &transform("http://www.w3.org/TR/1999/REC-xslt-19991116"),
        transform("http://www.w3.org/TR/1999/REC-xpath-19991116") + &transform(EXCLUSIVE),
        transform(ENVELOPED) + &transform("http://www.w3.org/2000/09/xmldsig#base64"),
        usual.clone() + &transform("http://www.w3.org/TR/1999/REC-xslt-19991116"),
    ];
    let signed = with(&signature(EXCLUSIVE, &reference("#_assertion", &usual)));
    for transforms in unusual {
        let transforms = format!("<ds:Transforms>{transforms}</ds:Transforms>");
        let other = changed(&signed, &format!("<ds:Transforms>{usual}</ds:Transforms>"), &transforms);
        form(verify(&other));
    }
}

#[test]
fn references_to_anything_but_the_own_element_are_refused() {
    let signed = with(&signature(EXCLUSIVE, &reference("#_assertion", &usual_transforms())));
    for uri in [
        "",
        "#",
        "#_response",
        "_assertion",
        "https://evil.example/assertion.xml",
        "file:///etc/passwd",
        "#xpointer(/)",
    ] {
        let other = changed(&signed, r##"URI="#_assertion""##, &format!(r#"URI="{uri}""#));
        let what = form(verify(&other));
        assert_eq!(what, "it refers to something else than the element that it stands in", "{uri}");
    }
    let without = changed(&signed, r##" URI="#_assertion""##, "");
    assert_eq!(form(verify(&without)), "it refers to something else than the element that it stands in");
}

#[test]
fn an_object_in_a_signature_is_refused() {
    let signed = response(&CONTOSO.sign(ASSERTION));
    for place in ["</ds:Signature>", "<ds:SignedInfo>", "<ds:KeyInfo>"] {
        form(verify(&changed(&signed, place, &format!("<ds:Object/>{place}"))));
    }
}

#[test]
fn several_signatures_of_one_element_are_refused() {
    let signed = CONTOSO.sign(ASSERTION);
    let (start, end) = (signed.find("<ds:Signature ").unwrap(), signed.find("</ds:Signature>").unwrap() + 15);
    let twice = changed(&signed, "<saml:Subject>", &format!("{}<saml:Subject>", &signed[start..end]));
    assert_eq!(form(verify(&response(&twice))), "an element has several signatures");
}

#[test]
fn duplicate_ids_are_refused() {
    let same = changed(ASSERTION, "\"_assertion\"", "\"_response\"");
    assert_eq!(verify_signed(&same), Err(Rejection::DuplicateId));
    for name in ["Id", "id", "xml:id"] {
        let status = format!("<samlp:Status {name}=\"_assertion\">");
        let doubled = changed(&response(&CONTOSO.sign(ASSERTION)), "<samlp:Status>", &status);
        assert_eq!(verify(&doubled), Err(Rejection::DuplicateId), "{name}");
    }
}

#[test]
fn an_id_in_another_namespace_is_no_id() {
    let renamed = changed(ASSERTION, " ID=\"_assertion\"", " xmlns:x=\"urn:x\" x:ID=\"_assertion\"");
    let signature = signature(EXCLUSIVE, &reference("#_assertion", &usual_transforms()));
    let signed = changed(&renamed, "<saml:Subject>", &format!("{signature}<saml:Subject>"));
    assert_eq!(verify(&response(&signed)), Err(Rejection::Malformed("a signed element has no ID")));
}
