//! Inputs meant to exhaust the stack or the clock, on a stack of 256 KiB.

use scim::{Filter, Patch, PatchRequest, Path, parse_json};
use serde_json::{Value, json};

use crate::{USER, lenient, object};

fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(256 * 1024).spawn(work).unwrap().join().unwrap();
}

/// A filter nested `depth` times in `open` and `close`.
fn nested(open: &str, inner: &str, close: &str, depth: usize) -> String {
    format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn nesting_is_accepted_up_to_the_limit_and_refused_beyond_it() {
    on_a_small_stack(|| {
        let peter = crate::peter();
        for (open, close) in [("(", ")"), ("not (", ")")] {
            for depth in [1, 31, 32] {
                let filter = Filter::parse(&nested(open, "title pr", close, depth)).unwrap();
                let printed = filter.to_string();
                assert_eq!(Filter::parse(&printed).unwrap(), filter);
                let negations = if open == "(" { 0 } else { depth };
                assert_eq!(filter.resolve(&USER, &lenient()).unwrap().matches(&peter), negations % 2 == 0);
            }
            for depth in [33, 100, 1_300] {
                let error = Filter::parse(&nested(open, "title pr", close, depth)).unwrap_err();
                assert!(error.detail.contains("nested deeper"), "{error}");
            }
            assert!(Filter::parse(&nested(open, "title", close, 30)).is_err());
            assert!(Filter::parse(&nested(open, "title pr", close, 100_000)).is_err());
        }
        assert!(Filter::parse(&nested("emails[", "type pr", "]", 2)).is_err());
        assert!(Path::parse(&nested("emails[", "type pr", "]", 200)).is_err());
        assert!(Path::parse(&format!("emails[{}]", nested("(", "type pr", ")", 33))).is_err());
    });
}

#[test]
fn a_long_chain_is_not_a_deep_tree() {
    on_a_small_stack(|| {
        for separator in [" and ", " or "] {
            let chain = |terms: usize| vec!["title pr"; terms].join(separator);
            let filter = Filter::parse(&chain(200)).unwrap();
            assert!(filter.resolve(&USER, &lenient()).unwrap().matches(&crate::peter()));
            assert!(Filter::parse(&chain(201)).unwrap_err().detail.contains("comparisons"));
            assert!(Filter::parse(&chain(100_000)).unwrap_err().detail.contains("longer"));
        }
    });
}

#[test]
fn long_and_odd_texts_are_refused() {
    on_a_small_stack(|| {
        let dotted = "a.".repeat(4_000);
        let quotes = "\"\\".repeat(4_000);
        let colons = "urn:".repeat(2_000);
        for text in [
            dotted.as_str(),
            &quotes,
            &colons,
            "\0",
            "\u{feff}",
            "\u{202e}title pr x",
            "[[[[",
            "]]]]",
            "\"\"",
        ] {
            assert!(Filter::parse(text).is_err(), "{text}");
            assert!(Path::parse(text).is_err(), "{text}");
        }
    });
}

#[test]
fn deep_values_are_neither_parsed_nor_applied_recursively_without_bound() {
    on_a_small_stack(|| {
        let deep = format!("{}1{}", "{\"a\":".repeat(60), "}".repeat(60));
        let value = parse_json(deep.as_bytes()).unwrap();
        let operations = json!({ "Operations": [{ "op": "add", "value": { "title": "x", "name": value } }] });
        let request = PatchRequest::parse(&operations, &lenient()).unwrap();
        let mut resource = object(json!({ "userName": "a" }));
        Patch::resolve(&request, &USER, &lenient()).unwrap().apply(&mut resource, &lenient()).unwrap();
        assert_eq!(resource["title"], "x");
        assert!(parse_json("{\"a\":".repeat(100_000).as_bytes()).is_err());
    });
}

#[test]
fn nested_urns_in_values_end() {
    on_a_small_stack(|| {
        let mut value = json!({ "title": "x" });
        for _ in 0..60 {
            value = json!({ "urn:ietf:params:scim:schemas:core:2.0:User": value });
        }
        let request =
            PatchRequest::parse(&json!({ "Operations": [{ "op": "add", "value": value }] }), &lenient())
                .unwrap();
        let mut resource = object(json!({ "userName": "a" }));
        Patch::resolve(&request, &USER, &lenient()).unwrap().apply(&mut resource, &lenient()).unwrap();
        assert_eq!(resource["title"], "x");
    });
}

/// Quadratic work on lists of this size would take minutes.
#[test]
fn large_lists_are_compared_in_linear_time() {
    let values: Vec<Value> = (0..50_000).map(|n| json!({ "value": format!("v{n}"), "type": "t" })).collect();
    let operations = json!({ "Operations": [
        { "op": "add", "path": "ims", "value": values },
        { "op": "add", "path": "ims", "value": values },
        { "op": "remove", "path": "ims", "value": values.get(1..).unwrap() },
    ] });
    let request = PatchRequest::parse(&operations, &lenient()).unwrap();
    let mut resource = object(json!({ "userName": "a" }));
    Patch::resolve(&request, &USER, &lenient()).unwrap().apply(&mut resource, &lenient()).unwrap();
    assert_eq!(resource["ims"], json!([{ "value": "v0", "type": "t" }]));
}
