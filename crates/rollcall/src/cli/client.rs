//! `client …`: OAuth 2.0 clients of a tenant.

use clap::Subcommand;
use jiff::SignedDuration;
use model::ClientId;
use model::connection::ConnectionName;

use super::{Grant, Lifetime, OfTenant, duration};

/// `client …`
#[derive(Debug, Subcommand)]
pub enum Client {
    /// Make a client with a secret (OAuth 2.0 client credentials); its secret is shown once
    Create {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// The connection that its tokens belong to
        #[arg(long, default_value = "default", value_name = "NAME")]
        connection: ConnectionName,
        /// What it is for
        #[arg(long, default_value = "")]
        label: String,
        /// How long its secret lives: 365d, … or never
        #[arg(long, default_value = "365d", value_name = "TIME")]
        expires: Lifetime,
        /// What its tokens open
        #[command(flatten)]
        grant: Grant,
    },
    /// Make a client that proves itself by assertions (RFC 7523, for example Entra's workload identity)
    Trust {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// The connection that its tokens belong to
        #[arg(long, default_value = "default", value_name = "NAME")]
        connection: ConnectionName,
        /// What it is for
        #[arg(long, default_value = "")]
        label: String,
        /// Who signs, as `iss` says
        #[arg(long, value_name = "URL")]
        issuer: String,
        /// Whom it is about, as `sub` says
        #[arg(long, value_name = "TEXT")]
        subject: String,
        /// Whom it is for, as `aud` says
        #[arg(long, value_name = "TEXT")]
        audience: String,
        /// Where the issuer's keys are
        #[arg(long, value_name = "URL")]
        jwks_url: String,
        /// A claim that must be there as well, for example tid=…; may be repeated
        #[arg(long, value_name = "NAME=VALUE", value_parser = claim)]
        claim: Vec<(String, String)>,
        /// What its tokens open
        #[command(flatten)]
        grant: Grant,
    },
    /// Make another secret for a client, to replace the one in use; two may live at once
    Secret {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// The client
        id: ClientId,
        /// How long the one in use lives on; to its own end if it is not given
        #[arg(long, value_name = "TIME", value_parser = duration)]
        overlap: Option<SignedDuration>,
        /// How long it lives: 365d, … or never
        #[arg(long, default_value = "365d", value_name = "TIME")]
        expires: Lifetime,
    },
    /// Revoke a secret of a client, and the tokens that the client has
    Revoke {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// The client
        id: ClientId,
        /// The secret's id
        secret: String,
    },
    /// List a tenant's clients and their secrets
    List {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
    },
    /// Remove a client; its tokens end with it
    Delete {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// The client
        id: ClientId,
    },
}

fn claim(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE, for example tid=…")?;
    Ok((name.to_owned(), value.to_owned()))
}
