//! `webhook …`: where a tenant's events are delivered to.

use clap::Subcommand;
use events::StreamId;
use jiff::SignedDuration;

use super::{OfTenant, duration};

/// `webhook …`
#[derive(Debug, Subcommand)]
pub enum Webhook {
    /// Have what happens from now on delivered to a URL; the secret that signs it is shown once
    Create {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// The receiver, for example https://app.example.com/rollcall
        #[arg(long, value_name = "URL")]
        url: String,
        /// What it is for
        #[arg(long, default_value = "")]
        label: String,
    },
    /// List a tenant's webhooks
    List {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
    },
    /// Show a webhook: how far it has come, and what fails
    Show {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its id
        id: StreamId,
    },
    /// Make another secret for a webhook; the one before it signs as well for a while
    Rotate {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its id
        id: StreamId,
        /// How long the old secret signs as well
        #[arg(long, default_value = "24h", value_name = "TIME", value_parser = duration)]
        overlap: SignedDuration,
    },
    /// Deliver again, from where it stopped
    Enable {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its id
        id: StreamId,
    },
    /// Deliver nothing until it is enabled; nothing is lost meanwhile
    Disable {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its id
        id: StreamId,
    },
    /// Deliver everything from an event on, again
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
    /// Go past the event that it stops at, which is then never delivered, and on with the next one
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
    /// Remove a webhook
    Delete {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its id
        id: StreamId,
    },
}
