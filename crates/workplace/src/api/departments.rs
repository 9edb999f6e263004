//! Departments, and who is in them.

use application::api::{Call, Method, Operation};
use application::resources::Error;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Tx;

use super::{ById, Made, Nothing, Users, UsersOf};
use crate::department::{self, Department};
use crate::{DepartmentId, occupant};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new((Method::Get, "/departments"), "listDepartments", "All departments, by name.", list),
        Operation::new(
            (Method::Post, "/departments"),
            "createDepartment",
            "Makes a department. Users whose department is its name or number are in it.",
            create,
        )
        .creating(),
        Operation::new(
            (Method::Delete, "/departments/{id}"),
            "removeDepartment",
            "Removes a department. Its users are in none.",
            remove,
        ),
        Operation::new(
            (Method::Get, "/departments/{id}/users"),
            "listDepartmentUsers",
            "The active users of a department, in the order of their creation.",
            users,
        ),
    ]
}

/// Departments.
#[derive(Serialize, JsonSchema)]
struct Departments {
    /// By name.
    departments: Vec<Department>,
}

/// A department to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewDepartment {
    /// Its name.
    name: String,
    /// Its number, if the directory writes that instead.
    number: Option<String>,
}

fn list(tx: &mut Tx<'_>, call: &Call, _: Nothing, (): ()) -> Result<Departments, Error> {
    Ok(Departments { departments: department::list(tx, call.tenant)? })
}

fn create(tx: &mut Tx<'_>, call: &Call, _: Nothing, new: NewDepartment) -> Result<Made, Error> {
    let id = DepartmentId(call.ids.next());
    department::create(tx, call.tenant, id, &new.name, new.number.as_deref())?;
    let detail = json!({ "name": new.name, "number": new.number });
    call.audit(tx, "department.create", &id.to_string(), detail)?;
    Ok(Made { id: id.0 })
}

fn remove(tx: &mut Tx<'_>, call: &Call, of: ById, (): ()) -> Result<(), Error> {
    department::remove(tx, call.tenant, DepartmentId(of.id))?;
    Ok(call.audit(tx, "department.delete", &of.id.to_string(), json!({}))?)
}

fn users(tx: &mut Tx<'_>, call: &Call, of: UsersOf, (): ()) -> Result<Users, Error> {
    department::check(tx, call.tenant, DepartmentId(of.id))?;
    let users = occupant::of_department(tx, call.tenant, DepartmentId(of.id), of.part()?)?;
    Ok(Users { users })
}
