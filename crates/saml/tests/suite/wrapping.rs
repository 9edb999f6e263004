//! Signature wrapping: something signed is kept where nobody looks, and something else is put where everybody does. The
//! eight permutations are those of Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be" (2012).

use saml::Rejection;

use crate::provider::*;

const END_OF_RESPONSE: &str = "</samlp:Response>";
const END_OF_SIGNATURE: &str = "</ds:Signature>";

/// Another user's assertion under another id.
fn evil_assertion() -> String {
    changed(&changed(ASSERTION, "ada@", "eve@"), "\"_assertion\"", "\"_evil\"")
}

/// Another user's response under another id.
fn evil_response(assertion: &str) -> String {
    changed(&response(assertion), "\"_response\"", "\"_evil_response\"")
}

/// A signed element without its signature, and the signature.
fn apart(signed: &str) -> (String, String) {
    let start = signed.find("<ds:Signature ").unwrap();
    let end = start + signed[start..].find(END_OF_SIGNATURE).unwrap() + END_OF_SIGNATURE.len();
    (format!("{}{}", &signed[..start], &signed[end..]), signed[start..end].to_owned())
}

/// An element with something put in at its end.
fn holding(element: &str, end: &str, content: &str) -> String {
    let (before, after) = element.rsplit_once(end).unwrap();
    format!("{before}{content}{end}{after}")
}

/// The signature with something put into an `Object`, or directly.
fn signature_holding(signature: &str, content: &str) -> String {
    holding(signature, END_OF_SIGNATURE, content)
}

#[test]
fn xsw1_the_signed_response_in_the_signature_of_another() {
    let (original, signature) = apart(&CONTOSO.sign(&response(ASSERTION)));
    let forged = holding(
        &evil_response(&evil_assertion()),
        END_OF_RESPONSE,
        &signature_holding(&signature, &original),
    );
    assert_eq!(verify(&forged), Err(Rejection::SeveralAssertions));
    let object = signature_holding(&signature, &format!("<ds:Object>{original}</ds:Object>"));
    assert_eq!(
        verify(&holding(&evil_response(&evil_assertion()), END_OF_RESPONSE, &object)),
        Err(Rejection::SeveralAssertions)
    );
}

#[test]
fn xsw2_the_signed_response_beside_its_signature_in_another() {
    let (original, signature) = apart(&CONTOSO.sign(&response(ASSERTION)));
    let forged =
        holding(&evil_response(&evil_assertion()), END_OF_RESPONSE, &format!("{original}{signature}"));
    assert_eq!(verify(&forged), Err(Rejection::SeveralAssertions));
}

#[test]
fn xsw3_another_assertion_before_or_after_the_signed_one() {
    let signed = CONTOSO.sign(ASSERTION);
    for assertions in [evil_assertion() + &signed, signed.clone() + &evil_assertion()] {
        assert_eq!(verify(&response(&assertions)), Err(Rejection::SeveralAssertions));
    }
}

#[test]
fn xsw4_the_signed_assertion_in_another() {
    let forged = holding(&evil_assertion(), "</saml:Assertion>", &CONTOSO.sign(ASSERTION));
    assert_eq!(verify(&response(&forged)), Err(Rejection::SeveralAssertions));
}

#[test]
fn xsw5_the_signature_in_another_assertion_and_the_signed_one_at_the_end() {
    let (original, signature) = apart(&CONTOSO.sign(ASSERTION));
    let forged = holding(&evil_assertion(), "</saml:Assertion>", &signature) + &original;
    assert_eq!(verify(&response(&forged)), Err(Rejection::SeveralAssertions));
}

#[test]
fn xsw6_the_signed_assertion_in_its_signature_in_another() {
    let (original, signature) = apart(&CONTOSO.sign(ASSERTION));
    let forged = holding(&evil_assertion(), "</saml:Assertion>", &signature_holding(&signature, &original));
    assert_eq!(verify(&response(&forged)), Err(Rejection::SeveralAssertions));
}

#[test]
fn xsw7_another_assertion_in_extensions() {
    let extensions = format!("<samlp:Extensions>{}</samlp:Extensions>", evil_assertion());
    let signed = CONTOSO.sign(ASSERTION);
    assert_eq!(verify(&response(&(extensions.clone() + &signed))), Err(Rejection::SeveralAssertions));
    let same_id = changed(&extensions, "\"_evil\"", "\"_assertion\"");
    assert_eq!(verify(&response(&(same_id + &signed))), Err(Rejection::SeveralAssertions));
}

#[test]
fn xsw8_the_signed_assertion_in_an_object_of_its_signature() {
    let (original, signature) = apart(&CONTOSO.sign(ASSERTION));
    let object = signature_holding(&signature, &format!("<ds:Object>{original}</ds:Object>"));
    let forged = holding(&evil_assertion(), "</saml:Assertion>", &object);
    assert_eq!(verify(&response(&forged)), Err(Rejection::SeveralAssertions));
}

#[test]
fn a_signature_moved_to_another_element_is_refused() {
    let misplaced =
        Rejection::SignatureForm("there is one that is neither the response's nor the assertion's");
    let (original, signature) = apart(&CONTOSO.sign(ASSERTION));
    for place in ["</saml:Subject>", "</saml:Conditions>", "</saml:AttributeStatement>"] {
        let moved = changed(&original, place, &format!("{signature}{place}"));
        assert_eq!(verify(&response(&moved)), Err(misplaced.clone()), "{place}");
    }
    let in_status = changed(&response(&original), "</samlp:Status>", &format!("{signature}</samlp:Status>"));
    assert_eq!(verify(&in_status), Err(misplaced));

    let refers = Rejection::SignatureForm("it refers to something else than the element that it stands in");
    let in_response = changed(&response(&original), "<samlp:Status>", &format!("{signature}<samlp:Status>"));
    assert_eq!(verify(&in_response), Err(refers.clone()));
    let in_evil = holding(&evil_assertion(), "</saml:Assertion>", &signature);
    assert_eq!(verify(&response(&in_evil)), Err(refers));
    let same_id = changed(&in_evil, "\"_evil\"", "\"_assertion\"");
    assert_eq!(verify(&response(&same_id)), Err(Rejection::Altered));
}

#[test]
fn a_response_in_a_response_is_refused() {
    let inner = CONTOSO.sign(&response(ASSERTION));
    let outer = changed(&RESPONSE.replace("[assertion]", ""), "\"_response\"", "\"_outer\"");
    let nested = Rejection::Malformed("there is a Response in the Response");
    assert_eq!(verify(&holding(&outer, END_OF_RESPONSE, &inner)), Err(nested.clone()));
    let extensions = "<samlp:Extensions><samlp:Response ID=\"_other\" Version=\"2.0\"/></samlp:Extensions>";
    let forged = holding(&response(&CONTOSO.sign(ASSERTION)), END_OF_RESPONSE, extensions);
    assert_eq!(verify(&forged), Err(nested));
}
