//! What an application can do, and how that is known, for people. Its JSON is [`Capabilities`] as it is.

use std::io::{self, Write};

use connector::{Capabilities, Capability, Learned};

use crate::clock::shown;

/// Writes a line for each capability: `bulk  on  announced since …, at most 1000 operations in a request`.
///
/// # Errors
/// Those of the writer.
pub fn print(out: &mut dyn Write, capabilities: &Capabilities) -> io::Result<()> {
    for (name, capability) in capabilities.named() {
        writeln!(out, "        {name:<18}  {}{}", in_words(capability), bounds(capabilities, name))?;
    }
    Ok(())
}

fn in_words(Capability { on, learned, why, since }: &Capability) -> String {
    let known = match learned {
        Learned::Assumed => "assumed",
        Learned::Announced => "announced",
        Learned::Tried => "tried",
        Learned::Configured => "configured",
    };
    let on = if *on { "on" } else { "off" };
    let since = since.map(|since| format!(", {}", shown(since))).unwrap_or_default();
    let why = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("{on:<3}  {known}{since}{why}")
}

/// The bounds that come with a capability.
fn bounds(known: &Capabilities, name: &str) -> String {
    let bound = |most: Option<u64>, of: &str| most.map(|most| format!("; at most {most} {of}"));
    let bounds = match name {
        "bulk" if known.bulk.on => [
            bound(known.bulk_max_operations, "operations"),
            bound(known.bulk_max_payload_bytes, "bytes in a request"),
        ],
        "filter" if known.filter.on => [bound(known.filter_max_results, "results"), None],
        _ => [None, None],
    };
    bounds.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_on_or_off_with_its_reason_and_bounds() {
        let known = Capabilities {
            bulk: Capability::on(Learned::Announced),
            bulk_max_operations: Some(1000),
            patch: Capability::off(Learned::Tried, "PATCH /Users/… answered 501"),
            ..Capabilities::default()
        };
        let known = known.dated("2026-11-22T08:00:00Z".parse().unwrap());
        let mut out = Vec::new();
        print(&mut out, &known).unwrap();
        let told = String::from_utf8(out).unwrap();
        for line in [
            "patch               off  tried, 2026-11-22 08:00:00Z: PATCH /Users/… answered 501\n",
            "bulk                on   announced, 2026-11-22 08:00:00Z; at most 1000 operations\n",
        ] {
            assert!(told.contains(line), "{line} is not in\n{told}");
        }
    }
}
