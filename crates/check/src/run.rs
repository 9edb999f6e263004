//! A run: which checks, one after another, and what is made is removed again.

use std::future::Future;
use std::time::Instant;

use serde_json::Value;

use crate::announced::Announced;
use crate::check::{Check, Client, Theme};
use crate::endpoint::Endpoint;
use crate::finding::{Finding, Outcome};
use crate::probe::Probe;
use crate::report::{Entry, Report};
use crate::themes::THEMES;
use crate::wire::Wire;

/// Which checks are carried out.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only those of this client; else of all.
    pub client: Option<Client>,
    /// Only those whose full name, or theme, is among these; else all.
    pub only: Vec<String>,
}

/// What a run is given.
#[derive(Debug)]
pub struct Order {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Which checks.
    pub selection: Selection,
    /// Something that no other run has, of letters a-z and digits: part of every name that is made.
    pub nonce: String,
    /// The time at which it begins, for the report.
    pub started: String,
}

/// Why a run can't begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No check has such a name.
    #[error("there is no check and no theme named {0}")]
    Unknown(String),
    /// The checks that are named are not those of the client.
    #[error("none of the checks named is one of {0}'s")]
    Nothing(Client),
    /// The endpoint can't be asked at all.
    #[error("{url} does not answer: {why}")]
    Unreachable {
        /// The address that was asked.
        url: String,
        /// What happened.
        why: String,
    },
    /// The HTTP client can't be set up.
    #[error("HTTPS can't be set up")]
    Http(#[source] reqwest::Error),
}

/// The full name of a check.
#[must_use]
pub fn full_name(theme: &Theme, check: &Check) -> String {
    format!("{}.{}", theme.name, check.name)
}

impl Selection {
    /// The checks that are meant, in the order in which they are carried out.
    ///
    /// # Errors
    /// When a name is unknown, or nothing is left.
    pub fn checks(&self) -> Result<Vec<(&'static Theme, &'static Check)>, Error> {
        let all = || THEMES.iter().flat_map(|theme| theme.checks.iter().map(move |check| (*theme, check)));
        let is =
            |name: &str, theme: &Theme, check: &Check| name == theme.name || name == full_name(theme, check);
        if let Some(name) = self.only.iter().find(|name| !all().any(|(t, c)| is(name, t, c))) {
            return Err(Error::Unknown(name.clone()));
        }
        let wanted = |(theme, check): &(&Theme, &Check)| {
            self.client.is_none_or(|client| client == theme.client)
                && (self.only.is_empty() || self.only.iter().any(|name| is(name, theme, check)))
        };
        let checks: Vec<_> = all().filter(wanted).collect();
        match (checks.is_empty(), self.client) {
            (true, Some(client)) => Err(Error::Nothing(client)),
            _ => Ok(checks),
        }
    }
}

/// Carries out the checks, until `stop` is done, and removes what they made. `watch` is told each outcome as it comes.
///
/// # Errors
/// When the run can't begin. What an endpoint does wrong is in the report.
pub async fn run(
    order: Order,
    stop: impl Future<Output = ()>,
    mut watch: impl FnMut(&Entry),
) -> Result<Report, Error> {
    let checks = order.selection.checks()?;
    let mut report = Report::new(&order);
    let wire = Wire::new(order.endpoint).map_err(Error::Http)?;
    let mut probe = Probe::new(wire, order.nonce);
    let carried_out = async {
        probe.announced = announced(&mut probe).await?;
        for (theme, check) in checks {
            let entry = carry_out(&mut probe, theme, check).await;
            report.left_over.extend(probe.clean().await);
            watch(&entry);
            report.entries.push(entry);
        }
        Ok(())
    };
    tokio::select! {
        result = carried_out => result?,
        () = stop => report.is_cut_short = true,
    }
    report.left_over.extend(probe.clean().await);
    Ok(report)
}

async fn carry_out(probe: &mut Probe, theme: &'static Theme, check: &'static Check) -> Entry {
    let began = Instant::now();
    probe.client = theme.client;
    let verdict = match theme.needs.iter().try_for_each(|feature| probe.needs(*feature)) {
        Ok(()) => (check.run)(probe).await,
        Err(skip) => Err(skip),
    };
    Entry::new(theme, check, Outcome::new(verdict, check.requirement), began.elapsed())
}

/// Reads what the endpoint says about itself, as far as it does. What is wrong with it is the matter of a theme; only
/// an endpoint that does not answer at all ends the run.
async fn announced(probe: &mut Probe) -> Result<Announced, Error> {
    let mut read = async |path: &str| match probe.get(path).await {
        Ok(answer) if answer.status == 200 => Ok(answer.body),
        Ok(_) => Ok(Value::Null),
        Err(finding) => Err(unreachable(finding)),
    };
    Ok(Announced {
        config: read("/ServiceProviderConfig").await?,
        resource_types: read("/ResourceTypes").await?,
        schemas: read("/Schemas").await?,
    })
}

fn unreachable(finding: Finding) -> Error {
    match finding {
        Finding::Wrong(wrong) | Finding::Blocked(wrong) => {
            Error::Unreachable { url: wrong.exchange.map(|e| e.url).unwrap_or_default(), why: wrong.got }
        }
        Finding::Skip { why } => Error::Unreachable { url: String::new(), why },
    }
}
