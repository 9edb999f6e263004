//! `webhook …`: where a tenant's events are delivered to.

use clap::Subcommand;
use events::WebhookId;
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
        id: WebhookId,
    },
    /// Make another secret for a webhook; the one before it signs as well for a while
    Rotate {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its id
        id: WebhookId,
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
        id: WebhookId,
    },
    /// Deliver nothing until it is enabled; nothing is lost meanwhile
    Disable {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its id
        id: WebhookId,
    },
    /// Deliver everything from an event on, again
    Replay {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its id
        id: WebhookId,
        /// The number of the first event; 1 is the tenant's first
        #[arg(long, value_name = "SEQUENCE", value_parser = clap::value_parser!(i64).range(1..))]
        from: i64,
    },
    /// Remove a webhook
    Delete {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its id
        id: WebhookId,
    },
}
