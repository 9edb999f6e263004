//! Addresses of locations: who signs in from one is there.

use std::net::IpAddr;

use model::TenantId;
use schemars::JsonSchema;
use serde::Serialize;
use store::{Tx, params};

use crate::limits::{MAX_RANGES, at_most};
use crate::name::checked;
use crate::{Error, LocationId, RangeId, location};

/// A range of addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IpRange {
    /// Its id.
    pub id: RangeId,
    /// The location it belongs to.
    pub location: LocationId,
    /// Its name.
    pub name: String,
    /// Its first address.
    pub first: IpAddr,
    /// Its last address.
    pub last: IpAddr,
}

/// Gives a location a range of addresses. Ranges of a tenant don't overlap, so that an address is in one place.
///
/// # Errors
/// [`Error::Unknown`] location; [`Error::Name`]; [`Error::Invalid`] if it ends before it begins, or its ends are of two
/// families; [`Error::Conflict`] if it overlaps, or there are too many; the store's.
pub fn add(tx: &mut Tx<'_>, tenant: TenantId, range: &IpRange) -> Result<(), Error> {
    let (lowest, highest) = (digits(range.first), digits(range.last));
    if range.first.to_canonical().is_ipv4() != range.last.to_canonical().is_ipv4() || lowest > highest {
        let text = "a range begins and ends in the same family of addresses, and not before it begins";
        return Err(Error::Invalid(text.to_owned()));
    }
    lock_ranges(tx, tenant)?;
    location::lock(tx, tenant, range.location)?;
    let all = "SELECT count(*) FROM ip_range WHERE tenant_id = $1";
    at_most(tx, all, params![tenant], (MAX_RANGES, "ranges of addresses"))?;
    let other = tx.query_opt(
        "SELECT name FROM ip_range WHERE tenant_id = $1 AND highest >= $2 AND lowest <= $3
         ORDER BY highest LIMIT 1",
        params![tenant, &lowest, &highest],
        |row| row.get::<String>(0),
    )?;
    if let Some(other) = other {
        return Err(Error::Conflict(format!("the range {other:?} has some of these addresses already")));
    }
    tx.execute(
        "INSERT INTO ip_range (tenant_id, ip_range_id, location_id, name, lowest, highest)
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![tenant, range.id, range.location, checked(&range.name)?, &lowest, &highest],
    )?;
    Ok(())
}

/// A tenant's ranges, in the order of their addresses.
///
/// # Errors
/// The store's.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<IpRange>, store::Error> {
    tx.query(
        "SELECT ip_range_id, location_id, name, lowest, highest FROM ip_range WHERE tenant_id = $1 ORDER BY lowest",
        params![tenant],
        |row| {
            Ok(IpRange {
                id: row.get(0)?,
                location: row.get(1)?,
                name: row.get(2)?,
                first: row.parse(3, "ip_range.lowest", address)?,
                last: row.parse(4, "ip_range.highest", address)?,
            })
        },
    )
}

/// Removes a range.
///
/// # Errors
/// [`Error::Unknown`], or the store's.
pub fn remove(tx: &mut Tx<'_>, tenant: TenantId, id: RangeId) -> Result<(), Error> {
    let removed =
        tx.execute("DELETE FROM ip_range WHERE tenant_id = $1 AND ip_range_id = $2", params![tenant, id])?;
    if removed == 0 { Err(Error::unknown("range", id.0)) } else { Ok(()) }
}

/// The location that an address belongs to.
///
/// # Errors
/// The store's.
pub fn location_of(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    address: IpAddr,
) -> Result<Option<LocationId>, store::Error> {
    tx.query_opt(
        "SELECT location_id FROM ip_range WHERE tenant_id = $1 AND highest >= $2 AND lowest <= $2
         ORDER BY highest LIMIT 1",
        params![tenant, &digits(address)],
        |row| row.get(0),
    )
}

/// Lets one transaction after the other look for overlaps.
fn lock_ranges(tx: &mut Tx<'_>, tenant: TenantId) -> Result<(), store::Error> {
    tx.query(
        "SELECT 1 FROM location WHERE tenant_id = $1 ORDER BY location_id FOR UPDATE",
        params![tenant],
        |_| Ok(()),
    )?;
    Ok(())
}

/// An address as the digits of IPv6; one of IPv4 as it is mapped there (RFC 4291 §2.5.5.2).
fn digits(address: IpAddr) -> String {
    let bits = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    };
    format!("{:032x}", bits.to_bits())
}

fn address(digits: &str) -> Option<IpAddr> {
    let bits = u128::from_str_radix(digits, 16).ok()?;
    Some(IpAddr::from(std::net::Ipv6Addr::from_bits(bits)).to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_keep_the_order_of_addresses() {
        let ordered = ["9.255.255.255", "10.0.0.1", "203.0.113.9", "2001:db8::1", "2001:db8:1::"];
        let digits: Vec<String> = ordered.iter().map(|text| digits(text.parse().unwrap())).collect();
        assert!(digits.is_sorted(), "{digits:?}");
        let back: Vec<String> = digits.iter().map(|text| address(text).unwrap().to_string()).collect();
        assert_eq!(back, ordered);
    }

    #[test]
    fn a_mapped_address_is_the_address_it_maps() {
        let [plain, mapped] = ["10.1.2.3", "::ffff:10.1.2.3"].map(|text| digits(text.parse().unwrap()));
        assert_eq!(plain, mapped);
    }
}
