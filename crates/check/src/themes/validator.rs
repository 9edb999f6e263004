//! What Microsoft's public SCIM validator does with users and groups alike.

use serde_json::{Value, json};

use crate::finding::{Finding, Verdict};
use crate::probe::{Fresh, Probe};
use crate::themes::entra::patch_gives;

/// Resources of one kind, as the validator makes and finds them.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    /// Where they are.
    pub(super) endpoint: &'static str,
    /// The attribute that they are found by.
    pub(super) name: &'static str,
    /// A new one.
    pub(super) body: fn(&mut Probe) -> Value,
}

impl Kind {
    /// A new one, made.
    pub(super) async fn made(self, probe: &mut Probe) -> Result<Fresh, Finding> {
        let body = (self.body)(probe);
        probe.fresh(self.endpoint, body).await
    }

    /// The filter that finds those of this name.
    pub(super) fn named(self, name: &str) -> String {
        format!("{} eq {}", self.name, json!(name))
    }

    pub(super) async fn create_duplicate(self, probe: &mut Probe) -> Verdict {
        let made = self.made(probe).await?;
        probe.post(self.endpoint, &made.sent).await?.is(409).map(drop)
    }

    pub(super) async fn filter_none(self, probe: &mut Probe) -> Verdict {
        let filter = self.named(&probe.name());
        probe.find(self.endpoint, &filter).await?.list()?.finds(&[])
    }

    pub(super) async fn filter_other_case(self, probe: &mut Probe) -> Verdict {
        let made = self.made(probe).await?;
        let filter = self.named(&made.name.to_uppercase());
        probe.find(self.endpoint, &filter).await?.list()?.finds(&[&made.id])
    }

    /// A replace without a path.
    pub(super) async fn replace(self, probe: &mut Probe, attribute: &'static str) -> Verdict {
        let (made, value) = (self.made(probe).await?, probe.name());
        let operations = json!([{ "op": "replace", "value": { attribute: value } }]);
        patch_gives(probe, &made, operations, &[(&format!("/{attribute}"), json!(value))]).await
    }

    pub(super) async fn delete(self, probe: &mut Probe) -> Verdict {
        let made = self.made(probe).await?;
        probe.delete(&made.path).await?.is(204)?;
        probe.get(&made.path).await?.is(404).map(drop)
    }

    pub(super) async fn delete_nothing(self, probe: &mut Probe) -> Verdict {
        let path = format!("{}/{}", self.endpoint, probe.unknown_id());
        probe.delete(&path).await?.is(404).map(drop)
    }

    pub(super) async fn delete_twice(self, probe: &mut Probe) -> Verdict {
        let made = self.made(probe).await?;
        probe.delete(&made.path).await?.is(204)?;
        probe.delete(&made.path).await?.is(404).map(drop)
    }
}
