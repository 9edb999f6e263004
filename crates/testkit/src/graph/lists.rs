//! Objects one by one and in lists.

use serde_json::{Map, Value, json};

use super::SERVICE_PRINCIPAL;
use super::answer::{Answer, Request};
use super::directory::{Directory, Kind, Life, Role, Thing};

/// `GET /users`, `/groups` and the recycle bin: those that live so, and pass `$filter`.
pub(super) fn list(directory: &Directory, kind: Kind, life: Life, request: &Request<'_>) -> Answer {
    let filter = request.parameter("$filter").unwrap_or_default();
    let select = request.select();
    let found = directory
        .all(kind)
        .filter(|(id, thing)| thing.life.value == life && passes(filter, id, thing))
        .map(|(id, thing)| Value::Object(document(directory, kind, id, thing, select.as_deref(), request)));
    paged(found.collect(), request)
}

/// One object.
pub(super) fn one(directory: &Directory, kind: Kind, life: Life, id: &str, request: &Request<'_>) -> Answer {
    match directory.thing(kind, id).filter(|thing| thing.life.value == life) {
        None => Answer::not_found(id),
        Some(thing) => {
            let select = request.select();
            Answer::ok(Value::Object(document(directory, kind, id, thing, select.as_deref(), request)))
        }
    }
}

fn document(
    directory: &Directory,
    kind: Kind,
    id: &str,
    thing: &Thing,
    select: Option<&[String]>,
    request: &Request<'_>,
) -> Map<String, Value> {
    let mut document = thing.document(id, select);
    let expands = request.parameter("$expand").is_some_and(|expand| expand.starts_with("manager"));
    if expands && let Some(manager) = thing.linked.first().filter(|id| directory.kind_of(id).is_some()) {
        document.insert("manager".to_owned(), json!({ "@odata.type": kind.odata_type(), "id": manager }));
    }
    document
}

/// A page of values: `$top` of them, 100 unless asked, and never more than the service wants to.
pub(super) fn paged(values: Vec<Value>, request: &Request<'_>) -> Answer {
    let number = |name| request.parameter(name).and_then(|text| text.parse::<usize>().ok());
    let top = number("$top").unwrap_or(100).clamp(1, request.list_page.max(1));
    let from = number("$skiptoken").unwrap_or(0);
    let page: Vec<&Value> = values.iter().skip(from).take(top).collect();
    let mut body = json!({ "value": page });
    if from + top < values.len() {
        body["@odata.nextLink"] = json!(request.link("$skiptoken", &(from + top).to_string()));
    }
    Answer::ok(body)
}

/// `a eq 'x' or startswith(b,'y')`: the part of `$filter` that is asked for here.
fn passes(filter: &str, id: &str, thing: &Thing) -> bool {
    filter.is_empty() || terms(filter).iter().any(|term| holds(term.trim(), id, thing))
}

/// The terms between ` or `, which may stand inside quotation marks as well.
fn terms(filter: &str) -> Vec<String> {
    let (mut terms, mut term, mut is_quoted) = (Vec::new(), String::new(), false);
    for c in filter.chars() {
        is_quoted ^= c == '\'';
        term.push(c);
        if !is_quoted && let Some(done) = term.strip_suffix(" or ") {
            terms.push(done.to_owned());
            term.clear();
        }
    }
    terms.push(term);
    terms
}

fn holds(term: &str, id: &str, thing: &Thing) -> bool {
    let value = |name: &str| if name == "id" { id.to_lowercase() } else { thing.text(name).to_lowercase() };
    let text = |quoted: &str| unquoted(quoted).to_lowercase();
    if let Some((name, wanted)) = term.strip_prefix("startswith(").and_then(|rest| rest.split_once(',')) {
        return value(name).starts_with(&text(wanted.strip_suffix(')').unwrap_or(wanted)));
    }
    match term.split_once(" eq ") {
        Some((name, wanted)) => value(name) == text(wanted),
        None => panic!("the simulator does not know the filter {term}"),
    }
}

/// The application's assignments, and what it is.
pub(super) fn service_principal(directory: &Directory, rest: &[&str], request: &Request<'_>) -> Answer {
    match rest {
        [SERVICE_PRINCIPAL] => {
            let role =
                |role: &Role| json!({ "id": role.id, "value": role.value, "displayName": role.display_name });
            let roles: Vec<Value> = directory.roles.iter().map(role).collect();
            Answer::ok(json!({ "id": SERVICE_PRINCIPAL, "displayName": "Workplace", "appRoles": roles }))
        }
        [SERVICE_PRINCIPAL, "appRoleAssignedTo"] => {
            // An object in the recycle bin is not shown as assigned; it is again when it is restored.
            let shown =
                directory.assignments.iter().filter(|a| directory.here(a.kind, &a.principal).is_some());
            let values = shown.map(|assigned| {
                json!({
                    "id": assigned.id, "appRoleId": assigned.role, "principalId": assigned.principal,
                    "principalType": if assigned.kind == Kind::User { "User" } else { "Group" },
                    "principalDisplayName": directory.thing(assigned.kind, &assigned.principal).map(|t| t.text("displayName")),
                    "resourceId": SERVICE_PRINCIPAL,
                })
            });
            paged(values.collect(), request)
        }
        other => Answer::not_found(other.first().unwrap_or(&"")),
    }
}

/// The text of an OData string.
fn unquoted(literal: &str) -> String {
    let inner = literal.trim().strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    inner.unwrap_or_else(|| panic!("{literal} is no string")).replace("''", "'")
}
