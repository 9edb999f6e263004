//! What the org holds, and how it behaves.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::app::App;
use super::clock::OrgClock;
use super::faults::Faults;
use super::groups::Group;
use super::limits::RateLimits;
use super::log::SystemLog;
use super::oauth::Oauth;
use super::users::User;

/// An org: edit it with the methods of its parts.
pub struct Org {
    pub(super) url: String,
    pub(super) clock: OrgClock,
    pub(super) users: BTreeMap<String, User>,
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) app: App,
    pub(super) log: SystemLog,
    pub(super) oauth: Oauth,
    pub(super) limits: RateLimits,
    pub(super) faults: Faults,
    pub(super) page_size: usize,
}

impl Org {
    pub(super) fn set_clock() -> Self {
        Self::empty(OrgClock::Set("2026-01-01T00:00:00Z".parse::<Timestamp>().expect("an instant")))
    }

    pub(super) fn system_clock() -> Self {
        Self::empty(OrgClock::System)
    }

    fn empty(clock: OrgClock) -> Self {
        Self {
            url: String::new(),
            clock,
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            app: App::default(),
            log: SystemLog::default(),
            oauth: Oauth::default(),
            limits: RateLimits::default(),
            faults: Faults::default(),
            page_size: usize::MAX,
        }
    }

    /// No page holds more items than this, whatever a client asks for.
    pub fn page_size(&mut self, items: usize) {
        self.page_size = items.max(1);
    }
}
