//! What Prometheus counts of sign-ins. No label has more values than the code has names for.

use std::fmt;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use crate::{Door, Refusal, attempt};

/// Counts of sign-ins. A clone counts the same.
#[derive(Clone, Default)]
pub struct Metrics(Family<Labels, Counter>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    door: Door,
    outcome: &'static str,
}

impl Metrics {
    /// Lets a registry tell them.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("sign_ins", "Attempts to sign in by door and outcome", self.0.clone());
    }

    pub(crate) fn count(&self, door: Door, refusal: Option<&Refusal>) {
        let outcome = refusal.map_or(attempt::SIGNED_IN, Refusal::code);
        self.0.get_or_create(&Labels { door, outcome }).inc();
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics(…)")
    }
}
