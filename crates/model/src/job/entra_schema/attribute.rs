//! One attribute mapping.

use mapping::{Apply, AttributeMapping, Expression, Flow, Part, PartKind, Source, TargetPath};

use super::{Warnings, document};

/// Flow types with Graph's names.
const FLOW_TYPES: [(Apply, &str); 5] = [
    (Apply::Always, "Always"),
    (Apply::OnlyDuringCreation, "ObjectAddOnly"),
    (Apply::MultiValueAddOnly, "MultiValueAddOnly"),
    (Apply::ValueAddOnly, "ValueAddOnly"),
    (Apply::AttributeAddOnly, "AttributeAddOnly"),
];

const FLOW_ALWAYS: &str = "FlowAlways";
const FLOW_WHEN_CHANGED: &str = "FlowWhenChanged";

/// The mapping of a job file, or `None` with a warning. A mapping of nothing to nothing is no mapping.
pub(super) fn import(
    attribute: &document::Attribute,
    case_exact: bool,
    place: &str,
    warnings: &mut Warnings,
) -> Option<AttributeMapping> {
    let lost = |why: String| format!("the mapping is not carried over: {why}");
    let target = match TargetPath::parse(&attribute.target_attribute_name) {
        Ok(target) => target,
        Err(error) => {
            warnings.add(place, lost(error.to_string()));
            return None;
        }
    };
    let source = match attribute.source.as_ref().map_or(Ok(Source::None), source) {
        Ok(source) => source,
        Err(why) => {
            warnings.add(place, lost(why));
            return None;
        }
    };
    let default = attribute.default_value.clone().filter(|text| !text.is_empty());
    if source.is_none() && default.is_none() {
        return None;
    }
    let matching = u32::try_from(attribute.matching_priority).ok().filter(|priority| *priority > 0);
    let (apply, flow) = (apply(attribute, place, warnings), flow(attribute, place, warnings));
    let mapping = AttributeMapping { target, source, default, matching, apply, flow, case_exact };
    if let Err(fault) = mapping.check() {
        warnings.add(place, lost(fault.to_string()));
        return None;
    }
    Some(mapping)
}

fn source(source: &document::Source) -> Result<Source, String> {
    let text = match (source.kind.as_str(), source.name.as_deref()) {
        ("Attribute", Some(name)) if !name.is_empty() => format!("[{name}]"),
        ("Constant", Some(name)) => return Ok(Source::Constant(name.to_owned())),
        _ => source.expression.clone(),
    };
    Source::parse(&text).map_err(|error| format!("\n{}", error.render(&text)))
}

fn apply(attribute: &document::Attribute, place: &str, warnings: &mut Warnings) -> Apply {
    let named = FLOW_TYPES.iter().find(|(_, name)| *name == attribute.flow_type);
    if named.is_none() && !attribute.flow_type.is_empty() {
        warnings.add(place, format!("the flow type {:?} is unknown; it is always now", attribute.flow_type));
    }
    named.map_or(Apply::Always, |(apply, _)| *apply)
}

fn flow(attribute: &document::Attribute, place: &str, warnings: &mut Warnings) -> Flow {
    match attribute.flow_behavior.as_str() {
        FLOW_ALWAYS => Flow::Always,
        "" | FLOW_WHEN_CHANGED => Flow::WhenChanged,
        other => {
            warnings.add(place, format!("the flow behavior {other:?} is unknown; it is when_changed now"));
            Flow::WhenChanged
        }
    }
}

/// The mapping of a schema, with a warning for functions that Entra does not know.
pub(super) fn export(
    mapping: &AttributeMapping,
    place: &str,
    warnings: &mut Warnings,
) -> document::Attribute {
    for function in mapping.source.expression().map(Expression::beyond_entra).unwrap_or_default() {
        warnings.add(place, format!("Entra's application provisioning has no function {function}"));
    }
    let flow_type = FLOW_TYPES.iter().find(|(apply, _)| *apply == mapping.apply).map(|(_, name)| *name);
    let flow_behavior = match mapping.flow {
        Flow::WhenChanged => FLOW_WHEN_CHANGED,
        Flow::Always => FLOW_ALWAYS,
    };
    document::Attribute {
        target_attribute_name: mapping.target.to_string(),
        source: exported_source(&mapping.source),
        default_value: mapping.default.clone(),
        matching_priority: mapping.matching.map_or(0, i64::from),
        flow_type: flow_type.unwrap_or_default().to_owned(),
        flow_behavior: flow_behavior.to_owned(),
        rest: serde_json::Map::new(),
    }
}

fn exported_source(source: &Source) -> Option<document::Source> {
    let leaf = |kind: &str, name: &str| document::Source {
        expression: source.to_string(),
        name: Some(name.to_owned()),
        kind: kind.to_owned(),
        parameters: Vec::new(),
    };
    match source {
        Source::None => None,
        Source::Direct(name) => Some(leaf("Attribute", name)),
        Source::Constant(text) => Some(leaf("Constant", text)),
        Source::Expression(expression) => Some(part(expression.parts())),
    }
}

fn part(part: Part) -> document::Source {
    let kind = match part.kind {
        PartKind::Attribute => "Attribute",
        PartKind::Constant => "Constant",
        PartKind::Function => "Function",
    };
    let parameter =
        |(key, value): (&str, Part)| document::Parameter { key: key.to_owned(), value: self::part(value) };
    document::Source {
        expression: part.expression,
        name: Some(part.name),
        kind: kind.to_owned(),
        parameters: part.parameters.into_iter().map(parameter).collect(),
    }
}
