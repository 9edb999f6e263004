//! `stream …`: where a tenant's events are told as security event tokens.

use clap::Subcommand;
use events::StreamId;
use jiff::SignedDuration;

use super::{OfTenant, duration};

/// `stream …`
#[derive(Debug, Subcommand)]
pub enum Stream {
    /// Have what happens from now on told as security event tokens, sent to a URL or fetched by the receiver
    Create {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Whom the tokens are for (`aud`), for example https://app.example.com
        #[arg(long)]
        audience: String,
        /// Send them to this URL (RFC 8935)
        #[arg(long, value_name = "URL", required_unless_present = "poll", conflicts_with = "poll")]
        push: Option<String>,
        /// Let the receiver fetch them (RFC 8936), with a token of a connection of the kind application
        #[arg(long)]
        poll: bool,
        /// What it is for
        #[arg(long, default_value = "")]
        label: String,
    },
    /// List a tenant's streams
    List {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
    },
    /// Show a stream: how far it has come, and what fails
    Show {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its id
        id: StreamId,
    },
    /// Tell again, from where it stopped
    Enable {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its id
        id: StreamId,
    },
    /// Tell nothing until it is enabled; nothing is lost meanwhile
    Disable {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its id
        id: StreamId,
    },
    /// Tell everything from an event on, again
    Replay {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its id
        id: StreamId,
        /// The number of the first event; 1 is the tenant's first
        #[arg(long, value_name = "SEQUENCE", value_parser = clap::value_parser!(i64).range(1..))]
        from: i64,
    },
    /// Go past the event that it stops at, which is then never told, and on with the next one
    Skip {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its id
        id: StreamId,
        /// The number of that event, as `show` tells it
        #[arg(long, value_name = "SEQUENCE", value_parser = clap::value_parser!(i64).range(1..))]
        event: i64,
    },
    /// Remove a stream
    Delete {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its id
        id: StreamId,
    },
    /// Let another key sign the tokens of all tenants; the one before it is published as well for a while
    RotateKey {
        /// How long the old key is published
        #[arg(long, default_value = "24h", value_name = "TIME", value_parser = duration)]
        overlap: SignedDuration,
    },
}
