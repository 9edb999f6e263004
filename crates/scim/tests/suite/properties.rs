//! Properties that hold for all inputs.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use scim::filter::{AttributePath, Literal, Op};
use scim::resource::create;
use scim::{Filter, Object, Patch, PatchRequest, Path, Projection, fold, parse_json};
use serde_json::{Number, Value, json};

use crate::{USER, lenient, peter};

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z][a-zA-Z0-9_-]{0,6}".prop_filter("a keyword", |name| {
        !["not", "and", "or", "pr"].iter().any(|keyword| keyword.eq_ignore_ascii_case(name))
    })
}

fn attribute_path() -> impl Strategy<Value = AttributePath> {
    let urn = option::of("urn:[a-z]{1,4}:[a-zA-Z0-9.]{1,6}:[A-Z][a-z]{1,4}");
    (urn, name(), option::of(name())).prop_map(|(urn, attribute, sub)| AttributePath { urn, attribute, sub })
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        "[^\0]{0,8}".prop_map(Literal::String),
        any::<i64>().prop_map(|number| Literal::Number(number.into())),
        any::<f64>().prop_filter_map("not finite", |number| Number::from_f64(number).map(Literal::Number)),
        any::<bool>().prop_map(Literal::Boolean),
        Just(Literal::Null),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop::sample::select(vec![Op::Eq, Op::Ne, Op::Co, Op::Sw, Op::Ew, Op::Gt, Op::Ge, Op::Lt, Op::Le])
}

/// Filters without value paths.
fn value_filter() -> impl Strategy<Value = Filter> {
    let term = prop_oneof![
        (attribute_path(), op(), literal()).prop_map(|(path, op, value)| Filter::Compare { path, op, value }),
        attribute_path().prop_map(Filter::Present),
    ];
    term.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Filter::And),
            vec(inner.clone(), 2..4).prop_map(Filter::Or),
            inner.prop_map(|operand| Filter::Not(Box::new(operand))),
        ]
    })
}

fn filter() -> impl Strategy<Value = Filter> {
    let value_path = (attribute_path(), value_filter())
        .prop_map(|(path, filter)| Filter::ValuePath { path, filter: Box::new(filter) });
    let operand = prop_oneof![value_filter(), value_path];
    prop_oneof![
        operand.clone(),
        vec(operand.clone(), 2..4).prop_map(Filter::And),
        vec(operand, 2..4).prop_map(Filter::Or)
    ]
}

fn path() -> impl Strategy<Value = Path> {
    (attribute_path(), option::of(value_filter())).prop_map(|(path, filter)| Path {
        urn: path.urn,
        attribute: path.attribute,
        filter: filter.map(Box::new),
        sub: path.sub,
    })
}

/// Attribute paths that mean something for a user, and some that do not.
fn known_path() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "userName",
        "title",
        "active",
        "name",
        "name.givenName",
        "emails",
        "emails.value",
        "emails.primary",
        r#"emails[type eq "work"]"#,
        r#"emails[type eq "work"].value"#,
        r#"emails[type eq "home"].primary"#,
        r#"addresses[type eq "work"].region"#,
        "phoneNumbers",
        "manager",
        "id",
        "groups",
        "schemas",
        "nope",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    ])
    .prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        "[a-c]{0,2}".prop_map(Value::String),
        Just(json!("True")),
        (0..3).prop_map(|number| json!(number)),
    ];
    let names =
        prop::sample::select(vec!["value", "type", "primary", "givenName", "title", "emails", "department"]);
    leaf.prop_recursive(2, 8, 3, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::Array),
            vec((names.clone(), inner), 0..3).prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

fn operation() -> impl Strategy<Value = Value> {
    let op = prop::sample::select(vec!["add", "replace", "remove"]);
    (op, option::of(known_path()), value()).prop_map(|(op, path, value)| match path {
        Some(path) => json!({ "op": op, "path": path, "value": value }),
        None => json!({ "op": op, "value": value }),
    })
}

fn apply(operations: &[Value], resource: &mut Object) -> Result<(), scim::Error> {
    let request = PatchRequest::parse(&json!({ "Operations": operations }), &lenient())?;
    Patch::resolve(&request, &USER, &lenient())?.apply(resource, &lenient())
}

/// Whether every value of the projection stands in the resource at the same place.
fn is_part_of(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            part.iter().all(|(name, value)| whole.get(name).is_some_and(|whole| is_part_of(value, whole)))
        }
        (Value::Array(part), Value::Array(whole)) => {
            part.iter().all(|value| whole.iter().any(|whole| is_part_of(value, whole)))
        }
        _ => part == whole,
    }
}

/// The invariant of the crate: exact names, no nulls, nothing empty, at most one primary.
fn is_canonical(resource: &Object) -> bool {
    let echo = create(&USER, Value::Object(resource.clone()), &lenient()).unwrap();
    let server_set = |name: &str| matches!(name, "id" | "meta" | "groups");
    resource
        .iter()
        .filter(|(name, _)| !server_set(name))
        .all(|(name, value)| name.starts_with("urn:") || echo.get(name) == Some(value))
}

proptest! {
    #[test]
    fn filters_parse_as_printed(filter in filter()) {
        prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
    }

    #[test]
    fn paths_parse_as_printed(path in path()) {
        prop_assert_eq!(Path::parse(&path.to_string()), Ok(path));
    }

    #[test]
    fn parsing_never_panics(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        let _ = (Filter::parse(&text), Path::parse(&text), parse_json(text.as_bytes()), parse_json(&bytes));
    }

    #[test]
    fn parsing_texts_like_filters_never_panics(
        words in vec(prop::sample::select(vec![
            "userName", "emails", "[", "]", "(", ")", "eq", "pr", "and", "or", "not", "\"a\"", ".value", "true", "1.5", " ", "urn:a:b:c", "\\", "é",
        ]), 0..20),
    ) {
        let text = words.concat();
        if let Ok(filter) = Filter::parse(&text) {
            let _ = filter.resolve(&USER, &lenient()).map(|filter| (filter.matches(&peter()), filter.necessary_terms()));
        }
        if let Ok(path) = Path::parse(&text) {
            let mut document = peter();
            path.write(&mut document, json!("x"));
            path.remove(&mut document);
        }
    }

    #[test]
    fn folding_is_idempotent(text in any::<String>()) {
        prop_assert_eq!(fold(&fold(&text)), fold(&text));
    }

    #[test]
    fn patches_keep_resources_canonical_or_change_nothing(operations in vec(operation(), 1..4)) {
        let mut resource = peter();
        match apply(&operations, &mut resource) {
            Ok(()) => prop_assert!(is_canonical(&resource), "{:?}", resource),
            Err(error) => {
                prop_assert_eq!(error.status, 400);
                prop_assert_eq!(resource, peter());
            }
        }
    }

    #[test]
    fn read_only_attributes_never_change(operations in vec(operation(), 1..4)) {
        let mut resource = peter();
        let _ = apply(&operations, &mut resource);
        prop_assert_eq!(&resource["id"], &peter()["id"]);
        prop_assert_eq!(&resource["meta"], &peter()["meta"]);
    }

    /// Unless it made its own path select something else.
    #[test]
    fn replace_is_idempotent(path in known_path(), value in value()) {
        let operation = [json!({ "op": "replace", "path": path, "value": value })];
        let mut once = peter();
        if apply(&operation, &mut once).is_ok() {
            let mut twice = once.clone();
            match apply(&operation, &mut twice) {
                Ok(()) => prop_assert_eq!(twice, once),
                Err(error) => prop_assert_eq!(error.scim_type, Some(scim::ScimType::NoTarget)),
            }
        }
    }

    #[test]
    fn projections_invent_nothing(
        paths in vec(known_path(), 0..4), exclude in any::<bool>(),
    ) {
        let list = paths.join(",");
        let (attributes, excluded) = if exclude { (None, Some(list.as_str())) } else { (Some(list.as_str()), None) };
        let projected = Projection::parse(&USER, attributes, excluded).unwrap().apply(&peter());
        prop_assert!(projected.contains_key("id") && projected.contains_key("schemas"));
        prop_assert!(is_part_of(&Value::Object(projected), &Value::Object(peter())));
    }

    #[test]
    fn a_match_satisfies_all_necessary_terms(
        op in op(), name in prop::sample::select(vec!["userName", "title", "externalId", "emails", "emails.type"]),
        text in prop::sample::select(vec!["Peter@Example.com", "peter@work.example", "WORK", "Ext-1", "P", ""]),
    ) {
        let filter = Filter::parse(&format!("{name} {op} {}", json!(text))).unwrap().resolve(&USER, &lenient()).unwrap();
        for term in filter.necessary_terms().into_iter().filter(|_| filter.matches(&peter())) {
            let (attribute, sub) = term.key.split_once('.').map_or((term.key.as_str(), None), |(a, s)| (a, Some(s)));
            let values = USER.find_attribute(None, attribute, sub).unwrap().index_values(&peter());
            let satisfied = match term.matches {
                scim::filter::Match::OneOf(wanted) => wanted.iter().any(|value| values.contains(value)),
                scim::filter::Match::StartsWith(prefix) => values.iter().any(|value| value.starts_with(&prefix)),
            };
            prop_assert!(satisfied, "{} {:?}", name, values);
        }
    }
}
