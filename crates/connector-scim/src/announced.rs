//! What an application says of itself in its ServiceProviderConfig (RFC 7643 §5, RFC 9865 §4).

use crate::answer::{Answer, member};
use crate::attribute::truth;
use connector::{Capabilities, Capability, Error, Learned};
use serde_json::{Map, Value};

/// Where it says so.
pub(crate) const PATH: &str = "/ServiceProviderConfig";

/// Takes in the answer to the question. An application without a ServiceProviderConfig announces nothing, which is fine.
pub(crate) fn learn(known: &mut Capabilities, answer: &Answer) -> Result<(), Error> {
    let document = match answer.check() {
        // Its words are believed, whatever it calls their type.
        Ok(()) => answer.document().ok(),
        Err(error @ (Error::Transient { .. } | Error::RateLimited { .. })) => return Err(error),
        Err(_) => None,
    };
    known.asked = true;
    let Some(document) = document else {
        for capability in [&mut known.bulk, &mut known.etag, &mut known.sort, &mut known.cursor] {
            let why = format!("{} answered {}", answer.place, answer.status);
            capability.learn(Capability::off(Learned::Assumed, why));
        }
        return Ok(());
    };
    let part = |name: &str| member(&document, name).and_then(Value::as_object);
    known.patch.learn(supported("patch", part("patch"), "supported"));
    known.bulk.learn(supported("bulk", part("bulk"), "supported"));
    known.bulk_max_operations = number(part("bulk"), "maxOperations");
    known.bulk_max_payload_bytes = number(part("bulk"), "maxPayloadSize");
    known.filter.learn(supported("filter", part("filter"), "supported"));
    known.filter_max_results = number(part("filter"), "maxResults");
    known.etag.learn(supported("etag", part("etag"), "supported"));
    known.sort.learn(supported("sort", part("sort"), "supported"));
    known.cursor.learn(supported("pagination", part("pagination"), "cursor"));
    Ok(())
}

/// What is not mentioned is known no better than before.
fn supported(name: &str, part: Option<&Map<String, Value>>, flag: &str) -> Capability {
    let why = |said: &str| format!("ServiceProviderConfig {said} {name}.{flag}");
    let said = part.and_then(|part| member(part, flag));
    match said.and_then(|said| said.as_bool().or_else(|| said.as_str().and_then(truth))) {
        Some(true) => Capability::on(Learned::Announced),
        Some(false) => Capability::off(Learned::Announced, why("denies")),
        // RFC 7643 §5 requires all but `pagination`; only PATCH and filters are used without being announced.
        None if matches!(name, "patch" | "filter") => Capability::on(Learned::Assumed),
        None => Capability::off(Learned::Assumed, why("does not mention")),
    }
}

fn number(part: Option<&Map<String, Value>>, name: &str) -> Option<u64> {
    member(part?, name)?.as_u64().filter(|number| *number > 0)
}
