//! Verbs of a print tenant.

use clap::Subcommand;
use jiff::SignedDuration;

use super::{Lifetime, OfTenant, duration};

/// `print …`
#[derive(Debug, Subcommand)]
pub enum Print {
    /// Enable provisioning, or make a new token for it: shows the Provisioning tenant URL and the secret token, once
    Enable {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// How long the token lives: 180d, 24h, … or never
        #[arg(long, default_value = "180d", value_name = "TIME")]
        expires: Lifetime,
        /// How long the token lives on that is replaced
        #[arg(long, default_value = "24h", value_name = "TIME", value_parser = duration)]
        overlap: SignedDuration,
    },
    /// Show whether provisioning is enabled, and when its token was used
    Show {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
    },
    /// List the names and cards that belonged to nobody when print clients asked, the latest first
    Unresolved {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// How many at most
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Disable provisioning: its tokens are revoked; users stay as they are
    Disable {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
    },
}
