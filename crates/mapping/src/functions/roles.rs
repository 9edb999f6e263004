//! Application roles, in the forms that Entra sends them.
//!
//! The argument is the attribute `appRoleAssignments`: the roles an object has in the application, each a text (the
//! role's value) or an object with `id`, `value` and `displayName`, as Microsoft Graph has an `appRole`.

use serde_json::{Map, Value as Json};

use super::{Arguments, Function};
use crate::expression::Failure;
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("AppRoleAssignmentsComplex", &["appRoleAssignments"], complex),
    Function::new("AssertiveAppRoleAssignmentsComplex", &["appRoleAssignments"], assertive),
    Function::new("SingleAppRoleAssignment", &["appRoleAssignments"], single),
];

/// The `type` of every role that Entra sends.
const TYPE: &str = "WindowsAzureActiveDirectoryRole";

struct Role {
    value: Option<String>,
    display: Option<String>,
}

/// The value of one role. Entra picks any where there are several; the first makes the result the same each time.
fn single(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let role = roles(arguments.value(0)?).into_iter().next();
    Ok(role.and_then(|role| role.value.or(role.display)).map_or(Value::Null, Value::Text))
}

/// Roles that are only ever added: see [`crate::Apply::MultiValueAddOnly`].
fn complex(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    Ok(list(roles(arguments.value(0)?), "displayName"))
}

/// Roles that take the place of those the target has.
fn assertive(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    Ok(list(roles(arguments.value(0)?), "display"))
}

fn list(roles: Vec<Role>, display: &str) -> Value {
    let complex = |role: Role| {
        let mut members = Map::new();
        members.insert("primary".to_owned(), false.into());
        members.insert("type".to_owned(), TYPE.into());
        members.extend(role.display.map(|text| (display.to_owned(), text.into())));
        members.extend(role.value.map(|text| ("value".to_owned(), text.into())));
        Value::Complex(members)
    };
    if roles.is_empty() { Value::Null } else { Value::List(roles.into_iter().map(complex).collect()) }
}

/// A role without a value, such as the default access, has only its name.
fn roles(value: Value) -> Vec<Role> {
    let role = |value: Value| match value {
        Value::Complex(members) => {
            let text = |name| members.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
            let (value, display) = (text("value"), text("displayName"));
            Role { value: value.map(str::to_owned), display: display.map(str::to_owned) }
        }
        other => Role { value: Some(other.to_string()), display: Some(other.to_string()) },
    };
    let roles = value.into_values().into_iter().map(role);
    roles.filter(|role| role.value.is_some() || role.display.is_some()).collect()
}
