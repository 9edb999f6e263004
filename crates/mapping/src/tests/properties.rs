//! What holds for every text and every expression.

use proptest::prelude::*;
use proptest::string::string_regex;

use super::{environment, object};
use crate::Expression;

/// Texts of valid expressions over a handful of functions, nested.
fn expressions() -> impl Strategy<Value = String> {
    let text = string_regex("[ -~äß\n]{0,8}").unwrap();
    let quoted = text.prop_map(|text| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")));
    let leaf = prop_oneof![
        Just("[mail]".to_owned()),
        Just("[phones]".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        quoted
    ];
    leaf.prop_recursive(5, 32, 4, |inner| {
        let one = (
            prop::sample::select(vec![
                "ToLower",
                "PCase",
                "Count",
                "Not",
                "NormalizeDiacritics",
                "Trim",
                "CDate",
                "DateFromNum",
                "StringFromSid",
            ]),
            inner.clone(),
        );
        let two = (
            prop::sample::select(vec![
                "Append",
                "Left",
                "Split",
                "Item",
                "Join",
                "Right",
                "DNComponent",
                "ReplaceChars",
                "RandomNum",
            ]),
            inner.clone(),
            inner.clone(),
        );
        let condition = prop::sample::select(vec!["=", "<>", ">", ">=", "<", "<="]);
        prop_oneof![
            one.prop_map(|(name, a)| format!("{name}({a})")),
            two.prop_map(|(name, a, b)| format!("{name}({a},{b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("Replace({a}, \"a\", , , {b}, , )")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("Switch({a}, , \"x\", {b})")),
            (inner.clone(), condition, inner.clone())
                .prop_map(|(a, operator, b)| format!("IIF({a} {operator} {b}, {b}, )")),
        ]
    })
}

proptest! {
    #[test]
    fn parsing_any_text_never_panics(text in "\\PC{0,60}") {
        if let Err(error) = Expression::parse(&text) {
            prop_assert!(error.offset <= text.len());
            prop_assert!(error.render(&text).contains(&error.message));
        }
    }

    #[test]
    fn parsing_text_of_the_language_s_tokens_never_panics(
        tokens in prop::collection::vec(
            prop::sample::select(vec!["IIF", "Replace", "(", ")", ",", "[a]", "[", "\"", "\\", "&H", "-", "1", "=", "<>", " "]),
            0..24,
        )
    ) {
        let text = tokens.concat();
        if let Ok(expression) = Expression::parse(&text) {
            prop_assert_eq!(Expression::parse(&expression.to_string()), Ok(expression));
        }
    }

    #[test]
    fn parsing_what_was_printed_gives_the_same(text in expressions()) {
        if let Ok(expression) = Expression::parse(&text) {
            prop_assert_eq!(Expression::parse(&expression.to_string()), Ok(expression));
        }
    }

    #[test]
    fn tracing_changes_no_result(text in expressions(), mail in "\\PC{0,12}") {
        let Ok(expression) = Expression::parse(&text) else { return Ok(()) };
        let mut object = object(r#"{"phones":["1","2"]}"#);
        object.insert("mail".to_owned(), mail.into());
        let plain = expression.evaluate(&object, &environment());
        let traced = expression.evaluate_traced(&object, &environment());
        match (plain, traced) {
            (Ok(value), Ok(evaluation)) => {
                prop_assert_eq!(&evaluation.trace.value, &value);
                prop_assert_eq!(evaluation.value, value);
            }
            (plain, traced) => prop_assert_eq!(plain.is_ok(), traced.is_ok()),
        }
    }
}
