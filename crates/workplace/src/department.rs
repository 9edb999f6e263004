//! Departments: what they are called, and who is in them.
//!
//! A user is in the department whose name or number is the user's `department` (RFC 7643 §4.3). Nothing is stored of
//! that but the user's attribute, so that a department that is made later finds its users.

use model::TenantId;
use schemars::JsonSchema;
use serde::Serialize;
use store::{Tx, params};

use crate::limits::{MAX_DEPARTMENTS, at_most};
use crate::name::{checked, folded};
use crate::{DepartmentId, Error};

const DEPARTMENT: &str = "department";

/// A department in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Department {
    /// Its id.
    pub id: DepartmentId,
    /// Its name.
    pub name: String,
    /// Its number, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// How many active users are in it.
    pub occupants: i64,
}

/// Makes a department.
///
/// # Errors
/// [`Error::Name`]; [`Error::Taken`] if one has this name or number, as either; [`Error::Conflict`] if there are too
/// many; the store's.
pub fn create(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: DepartmentId,
    name: &str,
    number: Option<&str>,
) -> Result<(), Error> {
    let all = "SELECT count(*) FROM department WHERE tenant_id = $1";
    at_most(tx, all, params![tenant], (MAX_DEPARTMENTS, "departments"))?;
    let (name, number) = (checked(name)?, number.map(checked).transpose()?);
    tx.execute(
        "INSERT INTO department (tenant_id, department_id, name, number) VALUES ($1, $2, $3, $4)",
        params![tenant, id, name, number],
    )?;
    let number = number.filter(|number| folded(number) != folded(name));
    for called in [Some(name), number].into_iter().flatten() {
        let added = tx.execute(
            "INSERT INTO department_name (tenant_id, folded, department_id) VALUES ($1, $2, $3)
             ON CONFLICT DO NOTHING",
            params![tenant, &folded(called), id],
        )?;
        if added == 0 {
            return Err(Error::Taken { what: DEPARTMENT, name: called.to_owned() });
        }
    }
    Ok(())
}

/// A tenant's departments by name.
///
/// # Errors
/// The store's.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<Department>, store::Error> {
    tx.query(
        "SELECT d.department_id, d.name, d.number,
                (SELECT count(*) FROM occupant AS o
                 WHERE o.tenant_id = $1 AND o.active = 1 AND o.department_folded IN
                 (SELECT n.folded FROM department_name AS n
                  WHERE n.tenant_id = $1 AND n.department_id = d.department_id))
         FROM department AS d WHERE d.tenant_id = $1 ORDER BY d.name, d.department_id",
        params![tenant],
        |row| {
            Ok(Department { id: row.get(0)?, name: row.get(1)?, number: row.get(2)?, occupants: row.get(3)? })
        },
    )
}

/// Whether the tenant has it, for those who list its users.
///
/// # Errors
/// [`Error::Unknown`], or the store's.
pub fn check(tx: &mut Tx<'_>, tenant: TenantId, id: DepartmentId) -> Result<(), Error> {
    let known = tx.query_opt(
        "SELECT 1 FROM department WHERE tenant_id = $1 AND department_id = $2",
        params![tenant, id],
        |_| Ok(()),
    )?;
    known.ok_or_else(|| Error::unknown(DEPARTMENT, id.0))
}

/// Removes a department; its users are in none.
///
/// # Errors
/// [`Error::Unknown`], or the store's.
pub fn remove(tx: &mut Tx<'_>, tenant: TenantId, id: DepartmentId) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM department_name WHERE tenant_id = $1 AND department_id = $2",
        params![tenant, id],
    )?;
    let removed = tx
        .execute("DELETE FROM department WHERE tenant_id = $1 AND department_id = $2", params![tenant, id])?;
    if removed == 0 { Err(Error::unknown(DEPARTMENT, id.0)) } else { Ok(()) }
}
