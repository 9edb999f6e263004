//! Addresses of locations.

use std::net::IpAddr;

use application::api::{Call, Method, Operation};
use application::resources::Error;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Tx;

use super::{ById, Made, Nothing};
use crate::ip_range::{self, IpRange};
use crate::{LocationId, RangeId};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            (Method::Get, "/ip-ranges"),
            "listIpRanges",
            "All ranges of addresses, in their order.",
            list,
        ),
        Operation::new(
            (Method::Post, "/locations/{id}/ip-ranges"),
            "addIpRange",
            "Gives a location a range of addresses. Ranges don't overlap.",
            add,
        )
        .creating(),
        Operation::new((Method::Delete, "/ip-ranges/{id}"), "removeIpRange", "Removes a range.", remove),
    ]
}

/// Ranges of addresses.
#[derive(Serialize, JsonSchema)]
struct IpRanges {
    /// In the order of their addresses.
    ranges: Vec<IpRange>,
}

/// A range of addresses to be added.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewIpRange {
    /// Its name.
    name: String,
    /// Its first address.
    first: IpAddr,
    /// Its last address.
    last: IpAddr,
}

fn list(tx: &mut Tx<'_>, call: &Call, _: Nothing, (): ()) -> Result<IpRanges, Error> {
    Ok(IpRanges { ranges: ip_range::list(tx, call.tenant)? })
}

fn add(tx: &mut Tx<'_>, call: &Call, of: ById, new: NewIpRange) -> Result<Made, Error> {
    let NewIpRange { name, first, last } = new;
    let range = IpRange { id: RangeId(call.ids.next()), location: LocationId(of.id), name, first, last };
    ip_range::add(tx, call.tenant, &range)?;
    call.audit(tx, "iprange.create", &range.id.to_string(), json!(range))?;
    Ok(Made { id: range.id.0 })
}

fn remove(tx: &mut Tx<'_>, call: &Call, of: ById, (): ()) -> Result<(), Error> {
    ip_range::remove(tx, call.tenant, RangeId(of.id))?;
    Ok(call.audit(tx, "iprange.delete", &of.id.to_string(), json!({}))?)
}
