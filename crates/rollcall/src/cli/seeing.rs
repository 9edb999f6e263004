//! Verbs that show what happened.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use model::RequestId;

use super::{OfTenant, duration};

/// `requests`
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Requests {
    /// Which one
    #[command(subcommand)]
    pub verb: Option<OneRequest>,
    /// Which ones
    #[command(flatten)]
    pub wanted: Option<WantedRequests>,
}

/// `requests show`
#[derive(Debug, Subcommand)]
pub enum OneRequest {
    /// Show one request with all that is known of it
    Show {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its id: the header x-request-id of its answer
        id: RequestId,
    },
}

/// Which requests are listed.
#[derive(Args, Debug)]
pub struct WantedRequests {
    /// The tenant
    // Not flattened: clap looks only at the arguments of this struct to know whether it is there.
    #[arg(long, value_name = "NAME")]
    pub tenant: String,
    /// Only those answered with this status, or class of status: 409, 4xx
    #[arg(long)]
    pub status: Option<Statuses>,
    /// Only those with this method
    #[arg(long)]
    pub method: Option<String>,
    /// Only those whose path contains this
    #[arg(long)]
    pub path: Option<String>,
    /// Only those of this kind of client: entra, okta or rfc
    #[arg(long)]
    pub kind: Option<String>,
    /// Only those in which this quirk fired
    #[arg(long)]
    pub quirk: Option<String>,
    /// Only those since then: a time ago such as 2h, or an instant such as 2026-11-22T08:00Z
    #[arg(long, value_name = "WHEN")]
    pub since: Option<Since>,
    /// How many at most, the latest first
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
}

/// A range of statuses, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statuses(pub u16, pub u16);

impl FromStr for Statuses {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let class = text.strip_suffix("xx").and_then(|class| class.parse::<u16>().ok());
        let range = match (class, text.parse::<u16>()) {
            (Some(class @ 1..=5), _) => Self(class * 100, class * 100 + 99),
            (None, Ok(status @ 100..=599)) => Self(status, status),
            _ => return Err("write a status such as 409, or a class such as 4xx".to_owned()),
        };
        Ok(range)
    }
}

/// The beginning of a span of time that ends now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// So long ago.
    Ago(SignedDuration),
    /// That instant.
    At(Timestamp),
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |_| "write a time ago such as 2h, or an instant such as 2026-11-22T08:00Z".to_owned();
        duration(text).map(Self::Ago).or_else(|_| text.parse().map(Self::At).map_err(wrong))
    }
}

impl Since {
    /// The instant that it means.
    pub fn instant(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(time) => now.saturating_sub(time).unwrap_or(Timestamp::MIN),
            Self::At(at) => at,
        }
    }
}

/// `audit …`
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// List who did what, the latest first
    List {
        /// Whose log; without it, that of the installation
        #[arg(long, value_name = "NAME")]
        tenant: Option<String>,
        /// How many at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Check that nobody changed, removed or inserted rows
    Verify {
        /// Whose log; without it, all
        #[arg(long, value_name = "NAME")]
        tenant: Option<String>,
        /// What `audit checkpoint` wrote earlier: shows also whether the newest rows are gone
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
    /// Write the signed heads of all logs as JSON; keep them where this machine can't change them
    Checkpoint {
        /// Whose log; without it, all
        #[arg(long, value_name = "NAME")]
        tenant: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_one_or_a_class() {
        assert_eq!("409".parse(), Ok(Statuses(409, 409)));
        assert_eq!("4xx".parse(), Ok(Statuses(400, 499)));
        for text in ["", "xx", "0xx", "6xx", "40x", "99", "600", "-1"] {
            assert!(text.parse::<Statuses>().is_err(), "{text}");
        }
    }

    #[test]
    fn since_is_a_span_or_an_instant() {
        let now: Timestamp = "2026-11-22T08:00:00Z".parse().unwrap();
        let instant = |text: &str| text.parse::<Since>().map(|since| since.instant(now));
        assert_eq!(instant("2h"), Ok("2026-11-22T06:00:00Z".parse().unwrap()));
        assert_eq!(instant("2026-11-01T00:00Z"), Ok("2026-11-01T00:00:00Z".parse().unwrap()));
        assert!(instant("yesterday").is_err());
    }
}
