//! The operation by which a receiver fetches security event tokens (RFC 8936).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use application::api::{Arguments, Call, Method as Verb, Operation, Wait};
use application::resources::Error;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::feed::{self, Numbered};
use store::{Tx, tenant};
use uuid::Uuid;

use crate::event::View;
use crate::feed_api::check_place;
use crate::limits::{DEFAULT_SETS, MAX_FAILURES, MAX_SETS, MAX_WAIT_SECONDS, POLL_WINDOW};
use crate::security_event::{Issuer, known_error};
use crate::stream::{self, Disabled, Stream};
use crate::{StreamId, pause};

/// What receivers of security event tokens ask, for `Applications::sharing`.
#[must_use]
pub fn polling(issuer: &Issuer) -> Vec<Operation> {
    let issuer = issuer.clone();
    let summary = "Security event tokens that were not acknowledged yet, by RFC 8936.";
    let run =
        move |tx: &mut Tx<'_>, call: &Call, of: OfStream, poll: Poll| answer(&issuer, tx, call, &of, &poll);
    let operation = Operation::new((Verb::Post, "/streams/{id}/poll"), "pollEvents", summary, run);
    vec![operation.waiting(Wait { seconds, has_news })]
}

/// Which stream.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OfStream {
    /// The stream.
    id: Uuid,
}

/// RFC 8936 §2.4. What it does not define is ignored.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Poll {
    /// How many tokens at most: 0 to 100. 0 only acknowledges.
    #[serde(default = "default_sets")]
    max_events: usize,
    /// Whether an answer without tokens is wanted rather than a wait for some.
    #[serde(default)]
    return_immediately: bool,
    /// The `jti` of tokens that are kept now.
    #[serde(default)]
    ack: Vec<String>,
    /// By their `jti`, tokens that are not believed.
    #[serde(default)]
    set_errs: BTreeMap<String, SetError>,
}

fn default_sets() -> usize {
    DEFAULT_SETS
}

/// RFC 8935 §2.4. The description is not read.
#[derive(Deserialize, JsonSchema)]
struct SetError {
    /// For example `invalid_key`.
    err: String,
}

/// RFC 8936 §2.3.
#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Answer {
    /// Tokens by their `jti`.
    sets: BTreeMap<Uuid, String>,
    /// Whether there are more.
    more_available: bool,
}

/// Who acknowledges only, or tells of errors, is answered at once.
fn seconds(arguments: &Arguments) -> u64 {
    let is_patient = serde_json::from_value::<Poll>(arguments.body.clone())
        .is_ok_and(|poll| !poll.return_immediately && poll.max_events > 0 && poll.set_errs.is_empty());
    if is_patient { MAX_WAIT_SECONDS } else { 0 }
}

fn has_news(body: &Value) -> bool {
    body.get("sets").and_then(Value::as_object).is_some_and(|sets| !sets.is_empty())
}

fn answer(
    issuer: &Issuer,
    tx: &mut Tx<'_>,
    call: &Call,
    of: &OfStream,
    poll: &Poll,
) -> Result<Answer, Error> {
    let stream = polled(tx, call, StreamId(of.id))?;
    let window = feed::read(tx, call.tenant, stream.delivered, POLL_WINDOW)?;
    check_place(tx, call.tenant, stream.delivered, window.first().map(|one| one.sequence))?;
    let heard = Heard::of(poll, &stream, &window);
    stream::acknowledge(tx, &stream, &heard, call.at)?;
    if let Some((sequence, code)) = heard.refused {
        let failures = if heard.goes_on { 0 } else { stream.failures };
        refused(tx, call, &Stream { failures, ..stream }, sequence, code)?;
        return Ok(Answer { more_available: true, ..Answer::default() });
    }
    let Some(audience) = stream.method.audience() else { return Ok(Answer::default()) };
    // What was confirmed makes room for as many more.
    let is_further = heard.delivered > stream.delivered;
    let window = if is_further { feed::read(tx, call.tenant, heard.delivered, POLL_WINDOW)? } else { window };
    let is_due = heard.goes_on || stream.due <= call.at;
    let most = if is_due { poll.max_events.min(MAX_SETS) } else { 0 };
    let (chosen, more) = choose(&window, &heard, most);
    let Some(owner) = tenant::by_id(tx, call.tenant)? else { return Ok(Answer::default()) };
    let view = View {
        tenant: call.tenant,
        profile: call.profile.clone(),
        tenant_url: issuer.tenant_url(owner.name.as_str()),
    };
    let count = chosen.len();
    let told = view.tell(tx, chosen)?;
    let more_available = more || told.len() < count;
    let mut sets = BTreeMap::new();
    if !told.is_empty() {
        let signer = issuer.signer(tx, owner.name.as_str(), audience)?;
        for event in &told {
            sets.insert(event.change.id.0, signer.sign(event, call.at)?);
        }
    }
    Ok(Answer { sets, more_available })
}

/// The stream, if it is one that is polled and not disabled.
fn polled(tx: &mut Tx<'_>, call: &Call, id: StreamId) -> Result<Stream, Error> {
    let found = stream::lock(tx, call.tenant, id)?;
    let is_polled = |stream: &Stream| stream.method.url().is_none();
    let stream = found.filter(is_polled).ok_or_else(|| {
        scim::Error::new(
            404,
            format!("the tenant has no stream {id} that is polled; see `rollcall stream list`"),
        )
    })?;
    match stream.disabled {
        None => Ok(stream),
        Some(why) => {
            let why = why.as_str();
            let detail = format!("the stream {id} is disabled ({why}); see `rollcall stream enable`");
            Err(scim::Error::new(409, detail).into())
        }
    }
}

/// What a receiver has said of the events that it was told.
pub(crate) struct Heard {
    /// All events up to this one are confirmed.
    pub delivered: i64,
    /// Events after that which are.
    pub acknowledged: BTreeSet<i64>,
    /// How many have been confirmed with this poll.
    pub confirmed: i64,
    /// Whether it confirmed any, or has none to confirm.
    pub keeps_up: bool,
    /// Whether what attempts failed with is behind it, or what comes next is another event.
    pub goes_on: bool,
    /// The first event that was not believed, and why.
    refused: Option<(i64, Option<&'static str>)>,
}

impl Heard {
    /// What is not in the window was confirmed before, or never told: it is passed over (RFC 8936 §2.4).
    fn of(poll: &Poll, stream: &Stream, window: &[Numbered]) -> Self {
        let known: BTreeMap<Uuid, i64> = window.iter().map(|one| (one.change.id.0, one.sequence)).collect();
        let sequence = |jti: &String| known.get(&Uuid::parse_str(jti).ok()?).copied();
        let mut place = stream.clone();
        place.acknowledged.extend(poll.ack.iter().filter_map(sequence));
        let confirmed = place.acknowledged.len() - stream.acknowledged.len();
        place.advance(stream.delivered);
        let refused =
            poll.set_errs.iter().filter_map(|(jti, error)| Some((sequence(jti)?, known_error(&error.err))));
        let refused = refused.filter(|(sequence, _)| !place.is_past(*sequence)).min();
        let has_passed = stream.stopped_at.is_some_and(|event| place.is_past(event));
        Self {
            delivered: place.delivered,
            acknowledged: place.acknowledged,
            confirmed: i64::try_from(confirmed).unwrap_or(i64::MAX),
            keeps_up: confirmed > 0 || window.is_empty(),
            goes_on: has_passed || place.delivered > stream.delivered,
            refused,
        }
    }
}

/// Lets the receiver wait for what it did not believe, as if it had been sent; after too many times the stream is disabled.
fn refused(
    tx: &mut Tx<'_>,
    call: &Call,
    stream: &Stream,
    sequence: i64,
    code: Option<&str>,
) -> Result<(), Error> {
    let why = format!("the receiver refused event {sequence}: {}", code.unwrap_or("with another code"));
    let failures = stream.failures + 1;
    let due = pause::until(call.at, failures, stream.id);
    stream::failed(tx, stream, (sequence, &why), failures, due)?;
    if failures >= MAX_FAILURES {
        let reason = Disabled::Failing;
        stream::disable(tx, stream.tenant, stream.id, reason)?;
        let detail = json!({ "why": reason.as_str(), "failure": why });
        call.audit(tx, "stream.disable", &stream.id.to_string(), detail)?;
    }
    Ok(())
}

/// The events to tell, and whether there are more. Of one resource only the first that is not confirmed: an answer has no
/// order, and what comes later must not overtake.
fn choose(window: &[Numbered], heard: &Heard, most: usize) -> (Vec<Numbered>, bool) {
    let (mut chosen, mut resources) = (Vec::new(), HashSet::new());
    let mut more = i64::try_from(window.len()).is_ok_and(|length| length >= POLL_WINDOW);
    let open =
        |one: &&Numbered| one.sequence > heard.delivered && !heard.acknowledged.contains(&one.sequence);
    for one in window.iter().filter(open) {
        if resources.insert(one.change.resource) && chosen.len() < most {
            chosen.push(one.clone());
        } else {
            more = true;
        }
    }
    (chosen, more)
}
