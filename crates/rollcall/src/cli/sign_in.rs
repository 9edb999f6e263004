//! `sign-in …`: how a tenant's users sign in.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::SignedDuration;
use model::ResourceId;
use sign_in::{Door, JustInTime, MatchKey};

use super::{OfTenant, duration};

/// `sign-in …`
#[derive(Debug, Subcommand)]
pub enum SignIn {
    /// Show how users sign in, and what must be typed at the provider
    Show {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
    },
    /// Change how users are found, and for how long they stay signed in; what is not named stays as it is
    Set(Set),
    /// Sign in with an OpenID Provider
    Oidc(Oidc),
    /// Sign in with a SAML 2.0 provider
    Saml(Saml),
    /// Remove a provider; the sessions that it let in end
    Remove {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// saml, entra-saml or oidc
        #[arg(value_name = "PROVIDER", value_parser = door)]
        provider: Door,
    },
    /// Make a break-glass key, in place of the one before: the way in when the provider is out of order, shown once
    BreakGlass {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Remove it instead
        #[arg(long)]
        remove: bool,
    },
    /// Make a link by which a user without an account at the provider signs in once; shown once
    Link {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// The user's SCIM id
        user: ResourceId,
    },
    /// Forget which account at the provider a user has: the next sign-in finds out again
    Unlink {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// The user's SCIM id
        user: ResourceId,
    },
    /// Show who signed in, who could not, and why
    Log {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// How many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
    },
}

/// `sign-in set`
#[derive(Args, Debug)]
pub struct Set {
    /// Whose
    #[command(flatten)]
    pub of: OfTenant,
    /// By which attribute users are found: userName, emails, externalId or employeeNumber
    #[arg(long = "match", value_name = "ATTRIBUTE")]
    pub match_key: Option<MatchKey>,
    /// An e-mail domain of the tenant's, any number of times; `none` for none
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Vec<String>,
    /// Whether only the provider lets users in: links that work once don't
    #[arg(long, value_name = "on|off", value_parser = switch)]
    pub sso_only: Option<bool>,
    /// Whether SAML sign-ins may begin at the provider
    #[arg(long, value_name = "on|off", value_parser = switch)]
    pub provider_initiated: Option<bool>,
    /// Whether who is not there is made: off, on (while nobody provisions by SCIM) or beside-scim
    #[arg(long, value_name = "WHEN")]
    pub just_in_time: Option<JustInTime>,
    /// After how long without use a session ends
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub idle: Option<SignedDuration>,
    /// After how long a session ends in any case
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub lifetime: Option<SignedDuration>,
}

/// `sign-in oidc`
#[derive(Args, Debug)]
pub struct Oidc {
    /// Whose
    #[command(flatten)]
    pub of: OfTenant,
    /// The issuer, exactly as the provider writes it
    #[arg(long, value_name = "URL")]
    pub issuer: String,
    /// What the provider calls this application
    #[arg(long, value_name = "ID")]
    pub client_id: String,
    /// A file with the secret that belongs to it
    #[arg(long, value_name = "FILE")]
    pub client_secret: PathBuf,
    /// What is asked for besides openid, any number of times
    #[arg(long, value_name = "SCOPE", default_values = ["profile", "email"])]
    pub scope: Vec<String>,
    /// The claim that is compared, if it is not the usual one
    #[arg(long, value_name = "NAME")]
    pub claim: Option<String>,
}

/// `sign-in saml`
#[derive(Args, Debug)]
pub struct Saml {
    /// Whose
    #[command(flatten)]
    pub of: OfTenant,
    /// The provider is Microsoft Entra, whose identifier and reply URL end with /saml/acs_msft
    #[arg(long)]
    pub entra: bool,
    /// Where the provider publishes its metadata; they are read again for new keys
    #[arg(long, value_name = "URL", required_unless_present = "metadata", conflicts_with = "metadata")]
    pub metadata_url: Option<String>,
    /// A file with its metadata, which nobody reads again
    #[arg(long, value_name = "FILE")]
    pub metadata: Option<PathBuf>,
    /// The attribute that is compared, if it is not the usual one; NameID is the name itself
    #[arg(long, value_name = "NAME")]
    pub claim: Option<String>,
}

fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        _ => Err("write on or off".to_owned()),
    }
}

fn door(text: &str) -> Result<Door, String> {
    let door = text.parse().ok().filter(|door| Door::WITH_PROVIDER.contains(door));
    door.ok_or_else(|| "the providers are saml, entra-saml and oidc".to_owned())
}
