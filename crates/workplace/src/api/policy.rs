//! What a tenant chose.

use application::api::{Call, Method, Operation};
use application::resources::Error;
use serde_json::json;
use store::Tx;

use super::Nothing;
use crate::policy::{self, Policy};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            (Method::Get, "/policy"),
            "getPolicy",
            "What users are matched to locations by, and what a deactivated user keeps.",
            get,
        ),
        Operation::new(
            (Method::Put, "/policy"),
            "setPolicy",
            "Sets that. If users are matched by something else now, all are matched anew.",
            set,
        ),
    ]
}

fn get(tx: &mut Tx<'_>, call: &Call, _: Nothing, (): ()) -> Result<Policy, Error> {
    Ok(policy::get(tx, call.tenant)?)
}

fn set(tx: &mut Tx<'_>, call: &Call, _: Nothing, new: Policy) -> Result<(), Error> {
    let chosen = policy::set(tx, call.tenant, &new)?;
    Ok(call.audit(tx, "policy.set", &call.tenant.to_string(), json!(chosen))?)
}
