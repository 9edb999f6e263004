//! Microsoft Graph over a directory in memory: a real HTTP server with delta queries, assignments, the recycle bin,
//! batches, subscriptions, throttling and whatever else of Graph a source of users meets.
//!
//! A test edits the directory through [`Graph`], sets how the service behaves ([`Behaviour`], [`Fault`]), and reads what
//! was asked of it. Sources: Microsoft's "Use delta query to track changes", "Throttling guidance" and the reference of
//! each call.

#![allow(clippy::indexing_slicing, reason = "JSON that lacks what it must have fails the test")]

mod answer;
mod batch;
mod delta;
mod directory;
mod edit;
mod faults;
mod groups;
mod lists;
mod load;
mod server;
mod sign_in;
mod subscriptions;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use faults::{Fault, Logged};
pub use sign_in::{certificate_pem, private_key_pem};

use delta::Deltas;
use directory::Directory;
use faults::Faults;
use sign_in::Tokens;
use subscriptions::Subscriptions;

/// The tenant that the simulator answers for.
pub const TENANT: &str = "contoso.onmicrosoft.com";
/// The application that may read it.
pub const CLIENT_ID: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";
/// That application's client secret.
pub const SECRET: &str = "Abc8Q~not-a-real-secret";
/// The object id of the enterprise application that users are assigned to.
pub const SERVICE_PRINCIPAL: &str = "8e881353-1735-45af-af21-ee1344582a4d";

/// How the service delivers what it holds. The default is one object once, in pages of 100.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// Objects in a page of a delta query.
    pub page_size: usize,
    /// Objects in a page of any other list at most, whatever `$top` asks for.
    pub list_page: usize,
    /// Members in one record of a group; a larger group comes in several records of the same id.
    pub members_per_record: usize,
    /// Every record comes a second time at the end of the query.
    pub replays: bool,
    /// An empty page with a nextLink stands before each page.
    pub empty_pages: bool,
    /// Records come in the opposite order.
    pub reversed: bool,
    /// After how many further requests a change shows in delta queries.
    pub delay_requests: u64,
    /// Seconds until an access token ends.
    pub token_seconds: u64,
    /// Permissions that the application lacks, such as `GroupMember.Read.All`.
    pub missing_permissions: Vec<&'static str>,
    /// The nextLink of delta queries leads to this host.
    pub foreign_links: Option<String>,
    /// A forgotten token is answered with 400 `syncStateNotFound`, not with 410.
    pub forgets_with_400: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            page_size: 100,
            list_page: 999,
            members_per_record: 1000,
            replays: false,
            empty_pages: false,
            reversed: false,
            delay_requests: 0,
            token_seconds: 3599,
            missing_permissions: Vec::new(),
            foreign_links: None,
            forgets_with_400: false,
        }
    }
}

/// A directory behind a Graph endpoint. Clones share it.
#[derive(Clone)]
pub struct Graph {
    /// Scheme, host and port; `graph_url` is this with `/v1.0`, `login_url` this alone.
    pub url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    directory: Directory,
    behaviour: Behaviour,
    deltas: Deltas,
    faults: Faults,
    tokens: Tokens,
    subscriptions: Subscriptions,
}

impl Graph {
    /// The URL of Graph, for the setting `graph_url`.
    #[must_use]
    pub fn graph_url(&self) -> String {
        format!("{}/v1.0", self.url)
    }

    /// The `[source]` table of a job file that reads the tenant.
    #[must_use]
    pub fn source_table(&self) -> String {
        format!(
            "[source]\nkind = \"entra\"\ntenant = \"{TENANT}\"\nclient_id = \"{CLIENT_ID}\"\nsecret = \"{SECRET}\"\n\
             service_principal = \"{SERVICE_PRINCIPAL}\"\ngraph_url = \"{}\"\nlogin_url = \"{}\"\n",
            self.graph_url(),
            self.url
        )
    }

    /// Changes how the service behaves from now on.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.state().behaviour);
    }

    /// Forgets every delta token given so far: they are answered with 410 Gone.
    pub fn forget_deltas(&self) {
        self.state().deltas = Deltas::default();
    }

    /// Ends every access token given so far.
    pub fn end_tokens(&self) {
        self.state().tokens.end();
    }

    /// Lets a coming request whose path contains `part` go wrong, once; a request inside a batch as well.
    pub fn fail_once(&self, part: &str, fault: Fault) {
        self.state().faults.fail_once(part, fault);
    }

    /// From now on every request whose path contains `part` goes wrong.
    pub fn fail_always(&self, part: &str, fault: Fault) {
        self.state().faults.fail_always(part, fault);
    }

    /// Refuses one request with 429 whenever so many resource units were spent since the last refusal.
    pub fn limit_units(&self, units: u64, retry_after_seconds: u64) {
        self.state().faults.limit_units(units, retry_after_seconds);
    }

    /// The requests so far, which are forgotten.
    pub fn take_log(&self) -> Vec<Logged> {
        self.state().faults.take_log()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
