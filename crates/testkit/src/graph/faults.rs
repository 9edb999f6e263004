//! What goes wrong, and what was asked.

use serde_json::Value;

use super::answer::{Answer, Request};

/// What goes wrong with a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// 429, with `Retry-After` in seconds unless there is none.
    Throttled(Option<u64>),
    /// 503, likewise.
    Unavailable(Option<u64>),
    /// 500.
    Broken,
    /// 401, as for a token that was withdrawn.
    Unauthorized,
    /// 200 and an HTML page, as a proxy sends it.
    Page,
    /// An answer of so many bytes.
    Huge(usize),
    /// The connection breaks within the answer.
    BreaksOff,
}

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// The method.
    pub method: String,
    /// Path and query below `/v1.0`, decoded; `token` for the token endpoint.
    pub path: String,
    /// The answer's status.
    pub status: u16,
    /// What it cost in resource units.
    pub units: u64,
    /// Whether it came inside a batch.
    pub in_batch: bool,
}

#[derive(Default)]
pub(super) struct Faults {
    once: Vec<(String, Fault)>,
    always: Vec<(String, Fault)>,
    /// The limit, what was spent of it, and how long a refusal lasts.
    limit: Option<(u64, u64, u64)>,
    count: u64,
    log: Vec<Logged>,
}

impl Faults {
    pub(super) fn fail_once(&mut self, part: &str, fault: Fault) {
        self.once.push((part.to_owned(), fault));
    }

    pub(super) fn fail_always(&mut self, part: &str, fault: Fault) {
        self.always.push((part.to_owned(), fault));
    }

    pub(super) fn limit_units(&mut self, units: u64, retry_after: u64) {
        self.limit = Some((units, 0, retry_after));
    }

    pub(super) fn take_log(&mut self) -> Vec<Logged> {
        std::mem::take(&mut self.log)
    }

    /// How many requests came so far.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Notes a request and how it was answered.
    pub(super) fn note(&mut self, method: &str, path: String, status: u16, units: u64, in_batch: bool) {
        self.count += 1;
        self.log.push(Logged { method: method.to_owned(), path, status, units, in_batch });
    }

    /// What goes wrong with this request, if anything does.
    pub(super) fn of(&mut self, path: &str, units: u64) -> Option<Answer> {
        let fault = match self.once.iter().position(|(part, _)| path.contains(part.as_str())) {
            Some(index) => Some(self.once.remove(index).1),
            None => self.always.iter().find(|(part, _)| path.contains(part.as_str())).map(|(_, f)| f.clone()),
        };
        fault.or_else(|| self.spend(units)).map(Fault::answer)
    }

    fn spend(&mut self, units: u64) -> Option<Fault> {
        let (limit, spent, retry_after) = self.limit.as_mut()?;
        *spent += units;
        if *spent <= *limit {
            return None;
        }
        *spent = 0;
        Some(Fault::Throttled(Some(*retry_after)))
    }
}

impl Fault {
    fn answer(self) -> Answer {
        let after = |answer: Answer, seconds: Option<u64>| match seconds {
            Some(seconds) => answer.with("retry-after", seconds),
            None => answer,
        };
        match self {
            Self::Throttled(seconds) => {
                let answer = Answer::error(429, "TooManyRequests", "Too many requests.");
                after(answer, seconds)
                    .with("x-ms-throttle-limit-percentage", "1.0")
                    .with("x-ms-throttle-scope", "Tenant_Application/ReadWrite/app/tenant")
                    .with("x-ms-throttle-information", "ResourceUnitLimitExceeded")
            }
            Self::Unavailable(seconds) => {
                after(Answer::error(503, "serviceNotAvailable", "The service is busy."), seconds)
            }
            Self::Broken => Answer::error(500, "generalException", "Something broke."),
            Self::Unauthorized => unauthorized(),
            Self::Page => Answer::ok(Value::from("<html>Please sign in to the network</html>")),
            Self::Huge(bytes) => Answer::ok(Value::from("x".repeat(bytes))),
            Self::BreaksOff => Answer { breaks_off: true, ..Answer::ok(Value::Null) },
        }
    }
}

/// The answer to who has no live token.
pub(super) fn unauthorized() -> Answer {
    Answer::error(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
}

/// What a request costs (Microsoft Graph, "Identity and access service limits").
pub(super) fn units(request: &Request<'_>) -> u64 {
    let base = match request.path {
        path if path.contains("/transitiveMember") => 5,
        path if path.contains("/members") || path.contains("/memberOf") => 3,
        path if path.contains("checkMemberGroups") => 4,
        path if path.starts_with("groups/delta") => 3,
        "$batch" => 0,
        _ => 2,
    };
    let fewer = u64::from(request.parameter("$select").is_some())
        + u64::from(
            request.parameter("$top").and_then(|top| top.parse::<u64>().ok()).is_some_and(|top| top < 20),
        );
    let more = u64::from(request.parameter("$expand").is_some());
    if base == 0 { 0 } else { (base + more).saturating_sub(fewer).max(1) }
}
