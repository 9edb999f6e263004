//! Whatever is done to a valid response, it says what the provider said, or nothing. And nothing panics.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use saml::{Assertion, IdentityProvider, unverified_envelope};

use crate::provider::*;

/// Valid responses: the assertion signed, the response signed, both.
static VALID: LazyLock<[String; 3]> = LazyLock::new(|| {
    let signed = CONTOSO.sign(ASSERTION);
    [response(&signed), CONTOSO.sign(&response(ASSERTION)), CONTOSO.sign(&response(&signed))]
});
static SAID: LazyLock<Assertion> = LazyLock::new(|| verify(&VALID[0]).unwrap());

/// What attackers put in.
const PIECES: [&str; 14] = [
    "<!-- -->",
    "<![CDATA[x]]>",
    "<?x y?>",
    "&#x40;",
    "eve",
    " ID=\"_assertion\"",
    " xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\"",
    " xmlns:saml=\"urn:x\"",
    "<saml:NameID>eve@contoso.com</saml:NameID>",
    "<ds:Object>",
    "</ds:Object>",
    "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_evil\">",
    "</saml:Assertion>",
    "\u{0}\u{feff}é",
];

/// A change of the text, at places that are taken modulo its length.
#[derive(Clone, Debug)]
enum Change {
    Remove(usize, usize),
    Insert(usize, &'static str),
    Replace(usize, char),
    Copy(usize, usize, usize),
    /// An element, copied to where another begins, with its user changed or not.
    CopyElement(usize, usize, bool),
    /// An element in the place of another.
    ReplaceElement(usize, usize),
    /// The user of the document, or of what is left of it.
    Rename,
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        (any::<usize>(), 0_usize..60).prop_map(|(at, length)| Change::Remove(at, length)),
        (any::<usize>(), prop::sample::select(PIECES.to_vec()))
            .prop_map(|(at, piece)| Change::Insert(at, piece)),
        (any::<usize>(), any::<char>()).prop_map(|(at, character)| Change::Replace(at, character)),
        (any::<usize>(), 0_usize..400, any::<usize>())
            .prop_map(|(from, length, to)| Change::Copy(from, length, to)),
        (any::<usize>(), any::<usize>(), any::<bool>())
            .prop_map(|(from, to, evil)| Change::CopyElement(from, to, evil)),
        (any::<usize>(), any::<usize>()).prop_map(|(from, to)| Change::ReplaceElement(from, to)),
        Just(Change::Rename),
    ];
    prop::collection::vec(change, 1..4)
}

fn apply(text: &str, change: &Change) -> String {
    let bounds: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let place = |at: usize| bounds[at % bounds.len()];
    let span =
        |at: usize, length: usize| place(at)..bounds[(at % bounds.len() + length).min(bounds.len() - 1)];
    let elements = elements(text);
    let element =
        |at: usize| elements.get(at.checked_rem(elements.len()).unwrap_or(0)).cloned().unwrap_or(0..0);
    let mut changed = text.to_owned();
    match *change {
        Change::Remove(at, length) => changed.replace_range(span(at, length), ""),
        Change::Insert(at, piece) => changed.insert_str(place(at), piece),
        Change::Replace(at, character) => changed.replace_range(span(at, 1), &character.to_string()),
        Change::Copy(from, length, to) => changed.insert_str(place(to), &text[span(from, length)]),
        Change::CopyElement(from, to, evil) => {
            let copy = &text[element(from)];
            let copy = if evil { copy.replace("ada@", "eve@") } else { copy.to_owned() };
            changed.insert_str(element(to).start, &copy);
        }
        Change::ReplaceElement(from, to) => changed.replace_range(element(to), &text[element(from)]),
        Change::Rename => changed = text.replacen("ada@", "eve@", 1),
    }
    changed
}

/// Where the elements of a document are, if it is one.
fn elements(text: &str) -> Vec<std::ops::Range<usize>> {
    let Ok(document) = uppsala::parse(text) else { return Vec::new() };
    let nodes = document.descendants(document.root()).into_iter();
    nodes
        .filter(|&node| document.element(node).is_some())
        .filter_map(|node| document.node_range(node))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_changed_response_says_what_was_signed_or_nothing(which in 0_usize..3, changes in changes()) {
        let changed = changes.iter().fold(VALID[which].clone(), |text, change| apply(&text, change));
        if let Ok(assertion) = verify(&changed) {
            prop_assert_eq!(&assertion, &*SAID);
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>(), at in any::<usize>()) {
        let _ = unverified_envelope(&text);
        let _ = verify(&text);
        let _ = IdentityProvider::from_metadata(&text);
        let posted = STANDARD.encode(&VALID[0]);
        let _ = unverified_envelope(&posted[..at % posted.len()]);
    }
}

#[test]
fn the_responses_that_are_changed_are_valid() {
    for valid in &*VALID {
        assert_eq!(verify(valid).unwrap(), *SAID);
    }
}
