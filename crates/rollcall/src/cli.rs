//! The command line: what can be written, and its help. What it does is in `verbs`.

pub mod client;
pub mod deciding;
pub mod engine;
pub mod log;
pub mod mapping;
pub mod print;
pub mod seeing;
pub mod sign_in;
pub mod stream;
pub mod webhook;
pub mod workplace;

use std::env;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
use jiff::{SignedDuration, Span, SpanRelativeTo};
use model::ResourceId;
use model::connection::{ConnectionName, Kind};
use model::grant::{Networks, Scope};
use model::tenant::{Application, TenantName};

use crate::failure::refusal;
use crate::installation::Place;

/// The environment variable with the database.
const DATABASE: &str = "ROLLCALL_DATABASE";
/// The database where nobody names one.
const DEFAULT_DATABASE: &str = "sqlite:rollcall.db";

/// Automatic user provisioning: a SCIM 2.0 service provider, and the engine that provisions into such.
#[derive(Debug, Parser)]
#[command(name = "rollcall", version, arg_required_else_help = true, propagate_version = true)]
pub struct Cli {
    /// What holds for every verb.
    #[command(flatten)]
    pub options: Options,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What holds for every verb.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Answer in JSON, for scripts; errors and logs too
    #[arg(long, global = true)]
    pub json: bool,
    /// The database: sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME [env: ROLLCALL_DATABASE=] [default: sqlite:rollcall.db]
    #[arg(long, global = true, value_name = "URL")]
    pub database: Option<String>,
    /// The file with the key of tokens and sealed secrets; made on first use [default: beside the SQLite file, else ~/.config/rollcall/key]
    #[arg(long, global = true, env = "ROLLCALL_KEY_FILE", value_name = "PATH")]
    pub key_file: Option<PathBuf>,
    /// What clients call the server, for example https://scim.example.com [default: where it listens]
    #[arg(long, global = true, env = "ROLLCALL_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<PublicUrl>,
    /// Networks of your own that events may be sent to, and providers of sign-ins asked in, by http as well, for example
    /// 10.1.0.0/16 [default: none]
    #[arg(long, global = true, env = "ROLLCALL_OWN_NETWORKS", value_name = "CIDR,…", value_delimiter = ',', value_parser = network)]
    pub own_networks: Vec<IpNet>,
}

impl Options {
    /// The installation that is meant.
    ///
    /// # Errors
    /// When the environment names a database in something other than text.
    pub fn place(&self) -> anyhow::Result<Place> {
        let named = match (&self.database, env::var(DATABASE)) {
            (Some(named), _) => named.clone(),
            (None, Ok(named)) => named,
            (None, Err(env::VarError::NotPresent)) => DEFAULT_DATABASE.to_owned(),
            (None, Err(env::VarError::NotUnicode(_))) => {
                return Err(refusal(format!("{DATABASE} is not UTF-8"), "write sqlite:PATH or postgres://…"));
            }
        };
        Ok(Place {
            database: named,
            key_file: self.key_file.clone(),
            public_url: self.public_text(),
            own_networks: self.own_networks.clone(),
        })
    }

    /// What clients call the server, if that was said.
    pub fn public_text(&self) -> Option<String> {
        self.public_url.as_ref().map(|url| url.0.clone())
    }
}

/// A URL of a server, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(pub String);

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let host = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
        if host.is_empty() || text.contains(['?', '#', ' ', '@']) {
            return Err("write a URL with https:// or http://, a host and nothing after its path".to_owned());
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

/// What a token or client is good for.
#[derive(Args, Clone, Debug)]
pub struct Grant {
    /// Limits of its use: read_only, users_only, or both
    #[arg(long, default_value = "", hide_default_value = true, value_name = "LIMIT,…")]
    pub scope: Scope,
    /// The networks it is accepted from, for example 203.0.113.0/24 [default: any]
    #[arg(long, default_value = "", hide_default_value = true, value_name = "CIDR,…")]
    pub networks: Networks,
}

/// A network as CIDR, or a single address.
fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.map_err(|_| "write an address or a network such as 10.0.0.0/8".to_owned())
}

/// How long a token lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Until it is revoked.
    Never,
    /// For this long.
    For(SignedDuration),
}

impl FromStr for Lifetime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "never" { Ok(Self::Never) } else { duration(text).map(Self::For) }
    }
}

/// A positive span of time such as `180d`, `24h` or `1h 30m`; a day has 24 hours.
fn duration(text: &str) -> Result<SignedDuration, String> {
    let wrong = || "write a time such as 180d, 24h or 30m".to_owned();
    let span: Span = text.parse().map_err(|_| wrong())?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    if duration.is_positive() { Ok(duration) } else { Err(wrong()) }
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Show everything at once: serve, provision a sample company, and its next day
    Demo(Demo),
    /// Serve SCIM, and run the jobs that are on in their interval
    Serve(Serve),
    /// Tenants of the service provider
    #[command(subcommand)]
    Tenant(Tenant),
    /// Connections of a tenant: its clients, and what is tolerated from each
    #[command(subcommand)]
    Connection(Connection),
    /// Secret tokens of a tenant
    #[command(subcommand)]
    Token(Token),
    /// Tokens of the admin API
    #[command(subcommand)]
    AdminToken(AdminToken),
    /// OAuth 2.0 clients of a tenant
    #[command(subcommand)]
    Client(client::Client),
    /// Webhooks of a tenant: where its events are delivered to
    #[command(subcommand)]
    Webhook(webhook::Webhook),
    /// How a tenant's users sign in: provider, sessions, emergency access
    #[command(subcommand)]
    SignIn(sign_in::SignIn),
    /// Streams of a tenant: where its events are told as security event tokens
    #[command(subcommand)]
    Stream(stream::Stream),
    /// Schemas and resource types of a tenant
    #[command(subcommand)]
    Schema(Schema),
    /// Users of a tenant, whatever its application
    #[command(subcommand)]
    User(User),
    /// Locations of a workplace tenant
    #[command(subcommand)]
    Location(Location),
    /// What a workplace tenant chose, its seats, and whom it pays for
    #[command(subcommand)]
    Workplace(workplace::Workplace),
    /// Provisioning of a print tenant: on, off, and what the identity provider is told
    #[command(subcommand)]
    Print(print::Print),
    /// What is refused again and again, and what to do about it
    Refusals(Refusals),
    /// The brake: what happens when a connection takes too many users away
    #[command(subcommand)]
    Brake(Brake),
    /// Provisioning jobs
    #[command(subcommand)]
    Job(Job),
    /// What failed, and waits for another try
    #[command(subcommand)]
    Escrow(engine::Escrow),
    /// Check that both ends of a job can be used
    TestConnection(JobName),
    /// Show what a cycle would do, and store it as a plan
    Plan(deciding::Plan),
    /// Do what a plan says, and nothing else
    Apply(Apply),
    /// Make the plan that undoes a cycle
    Rollback(deciding::Rollback),
    /// Staged deletions: what the deletion guard holds back until a person has decided
    #[command(subcommand)]
    Staged(deciding::Staged),
    /// Tell what somebody has changed in the target behind the job's back; exit code 2 if anything
    Drift(deciding::Drift),
    /// List the application's accounts and whom each belongs to, and link those that are confirmed
    Import(deciding::Import),
    /// Run one cycle of a job now, whether it is on or off
    Cycle(Cycle),
    /// Provision one user now
    Provision(Person),
    /// Tell why one user stands as they do, and what a cycle would do
    Explain(Person),
    /// Evaluate an expression on one user, and show how its value came about
    Expression(mapping::Expression),
    /// Print the description of the admin API in OpenAPI
    Openapi,
    /// Show the provisioning log of a job
    Log(log::Log),
    /// Tell a job that users or groups have changed: they are looked at now
    Nudge(log::Nudge),
    /// Tell how any SCIM endpoint conforms, and how Entra and Okta get on with it
    Check(Check),
    /// Show what clients asked of a tenant, and what they were answered
    Requests(seeing::Requests),
    /// The audit log: who did what, and whether that is still what was written
    #[command(subcommand)]
    Audit(seeing::Audit),
}

/// `check`
#[derive(Args, Debug)]
pub struct Check {
    /// The Tenant URL of the endpoint
    #[arg(required_unless_present = "list")]
    pub url: Option<String>,
    /// The token that it is asked with; none if nobody has to say who they are
    #[arg(long, env = "ROLLCALL_CHECK_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub token: Option<String>,
    /// Only what this client needs: rfc, entra or okta
    #[arg(long = "as", value_name = "CLIENT")]
    pub client: Option<check::Client>,
    /// The form of the report
    #[arg(long, value_enum, default_value = "terminal")]
    pub format: CheckFormat,
    /// Write the report to this file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Only this check or theme; may be repeated
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// List the checks, and send nothing
    #[arg(long)]
    pub list: bool,
    /// Send the token over http, where anybody on the way can read it
    #[arg(long)]
    pub insecure_http: bool,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum CheckFormat {
    /// For people, in a terminal
    Terminal,
    /// For scripts
    Json,
    /// For CI servers
    Junit,
    /// One page
    Html,
}

/// `demo`
#[derive(Args, Debug)]
pub struct Demo {
    /// Leave when done, instead of serving until Ctrl-C
    #[arg(long)]
    pub exit: bool,
}

/// `serve`
#[derive(Args, Debug)]
pub struct Serve {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,
    /// Where the admin API listens, for example 127.0.0.1:8081 [default: nowhere]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub admin: Option<SocketAddr>,
    /// A proxy (address or network) whose X-Forwarded-For is believed; may be repeated
    #[arg(long, value_name = "CIDR", value_parser = network)]
    pub trusted_proxy: Vec<IpNet>,
    /// Where to listen for Prometheus: /metrics, /healthz and /readyz; not for clients
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub metrics: Option<SocketAddr>,
    /// An OpenTelemetry collector that traces are sent to over OTLP/HTTP, for example http://127.0.0.1:4318
    #[arg(long, value_name = "URL")]
    pub otlp: Option<PublicUrl>,
    /// For how long what is known of jobs is kept
    #[command(flatten)]
    pub kept: engine::Kept,
    /// Days that events are kept; longer if a webhook or stream is still to be told of them
    #[arg(
        long,
        env = "ROLLCALL_EVENT_DAYS",
        value_name = "DAYS",
        default_value_t = events::limits::RETENTION_DAYS,
        value_parser = clap::value_parser!(u16).range(i64::from(events::limits::LEAST_RETENTION_DAYS)..)
    )]
    pub event_days: u16,
}

/// `admin-token …`
#[derive(Debug, Subcommand)]
pub enum AdminToken {
    /// Make an admin token; its secret is shown once
    Create {
        /// The only tenant it is good for [default: the whole installation]
        #[arg(long, value_name = "NAME")]
        tenant: Option<String>,
        /// It may read, and change nothing
        #[arg(long)]
        read_only: bool,
        /// What it is for
        #[arg(long, default_value = "")]
        label: String,
        /// How long it lives: 180d, 24h, … or never
        #[arg(long, default_value = "180d", value_name = "TIME")]
        expires: Lifetime,
    },
    /// List the admin tokens
    List,
    /// Revoke an admin token; the next request with it is refused
    Revoke {
        /// Its id
        id: String,
    },
}

/// `tenant …`
#[derive(Debug, Subcommand)]
pub enum Tenant {
    /// Make a tenant
    Create {
        /// Its name: a-z, 0-9 and -
        name: TenantName,
        /// What stands behind it: workplace, print or plain
        #[arg(long)]
        application: Application,
    },
    /// List the tenants
    List,
    /// Show a tenant
    Show {
        /// Its name
        name: String,
    },
    /// Change settings of a tenant; `tenant show` lists them
    Set {
        /// Its name
        name: String,
        /// What to change, for example retention_days=90, or retention_days=default
        #[arg(required = true, value_name = "SETTING=VALUE")]
        settings: Vec<String>,
    },
    /// Remove a tenant and everything that belongs to it
    Delete {
        /// Its name
        name: String,
        /// Yes, remove it
        #[arg(long)]
        yes: bool,
    },
}

/// The tenant that a verb is about.
#[derive(Args, Debug)]
pub struct OfTenant {
    /// The tenant
    #[arg(long, value_name = "NAME")]
    pub tenant: String,
}

/// `token …`
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Make a token; its secret is shown once
    Create {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// The connection it belongs to
        #[arg(long, default_value = "default", value_name = "NAME")]
        connection: ConnectionName,
        /// What it is for
        #[arg(long, default_value = "")]
        label: String,
        /// How long it lives: 180d, 24h, … or never
        #[arg(long, default_value = "180d", value_name = "TIME")]
        expires: Lifetime,
        /// What it opens
        #[command(flatten)]
        grant: Grant,
        /// The id of the user that /Me means with it
        #[arg(long, value_name = "USER-ID")]
        subject: Option<ResourceId>,
    },
    /// List a tenant's tokens
    List {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
    },
    /// Make a token in place of another, which lives on for a while
    Rotate {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// The id of the token to replace
        id: String,
        /// How long the old one lives on
        #[arg(long, default_value = "24h", value_name = "TIME", value_parser = duration)]
        overlap: SignedDuration,
        /// How long the new one lives: 180d, 24h, … or never
        #[arg(long, default_value = "180d", value_name = "TIME")]
        expires: Lifetime,
    },
    /// Revoke a token; the next request with it is refused
    Revoke {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// The token's id
        id: String,
    },
}

/// `connection …`
#[derive(Debug, Subcommand)]
pub enum Connection {
    /// Make a connection for a client of a tenant
    Create {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its name: a-z, 0-9 and -
        name: ConnectionName,
        /// What kind of client: entra, okta, rfc, auto to judge each request, or application for the backend of the
        /// tenant's application
        #[arg(long, default_value = "auto")]
        kind: Kind,
    },
    /// List a tenant's connections
    List {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
    },
    /// Show a connection: its quirks, and how many requests needed each
    Show {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its name
        #[arg(default_value = "default")]
        name: ConnectionName,
    },
    /// Change the kind of a connection, or its quirks; `connection show` lists them
    Set {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its name
        name: ConnectionName,
        /// What to change, for example kind=entra, string_booleans=off or string_booleans=default
        #[arg(required = true, value_name = "NAME=VALUE")]
        changes: Vec<String>,
    },
    /// Remove a connection, its tokens and its OAuth clients; users and groups stay
    Delete {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its name
        name: ConnectionName,
        /// Yes, remove it
        #[arg(long)]
        yes: bool,
    },
}

/// `schema …`
#[derive(Debug, Subcommand)]
pub enum Schema {
    /// Show the definition in force, as TOML
    Show {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
    },
    /// Tell what applying a definition would do; nothing changes
    Check {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// The definition (TOML, or JSON if its name ends in .json)
        file: PathBuf,
        /// Values of attributes that are gone may be removed
        #[arg(long)]
        yes: bool,
    },
    /// Put a definition in force
    Apply {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// The definition (TOML, or JSON if its name ends in .json)
        file: PathBuf,
        /// Yes, remove the values of attributes that are gone
        #[arg(long)]
        yes: bool,
    },
    /// Go back to the schemas of the application
    Reset {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Yes, remove the values of attributes that are gone
        #[arg(long)]
        yes: bool,
    },
    /// Make the rows anew by which filters find resources, after an update says so
    Reindex {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
    },
}

/// `location …`
#[derive(Debug, Subcommand)]
pub enum Location {
    /// Make a location; users whose place is its name or an alias move in
    Create {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// Its name
        name: String,
        /// What directories call it besides; may be repeated
        #[arg(long = "alias", value_name = "ALIAS")]
        aliases: Vec<String>,
    },
    /// List the locations and how many users each has
    List {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
    },
    /// List the users whose place names no location
    Unmatched {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// How many at most
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Add an alias to a location
    Alias {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// The location's name
        name: String,
        /// What directories call it besides
        alias: String,
    },
}

/// `user …`
#[derive(Debug, Subcommand)]
pub enum User {
    /// Deactivate a user in the application, until a client says something else about it
    Deactivate(OfUser),
    /// Activate a user again
    Activate(OfUser),
}

/// The user that a verb is about.
#[derive(Args, Debug)]
pub struct OfUser {
    /// Whose
    #[command(flatten)]
    pub of: OfTenant,
    /// The userName, or the id
    pub user: String,
}

/// `refusals`
#[derive(Args, Debug)]
pub struct Refusals {
    /// Whose
    #[command(flatten)]
    pub of: OfTenant,
    /// How many at most, the latest first
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
}

/// `brake …`
#[derive(Debug, Subcommand)]
pub enum Brake {
    /// Show which connections wait for a decision
    Show {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
    },
    /// Let a connection disable and delete users again; afterwards the brake counts anew
    Allow {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// The connection
        #[arg(long, default_value = "default", value_name = "NAME")]
        connection: String,
        /// For how long the number does not matter
        #[arg(long = "for", default_value = "1h", value_name = "TIME", value_parser = duration)]
        time: SignedDuration,
        /// How many users at most; any number if it is not given
        #[arg(long, value_name = "NUMBER")]
        count: Option<u32>,
    },
    /// Let a connection disable and delete nobody until it is allowed
    Reject {
        /// Whose
        #[command(flatten)]
        of: OfTenant,
        /// The connection
        #[arg(long, default_value = "default", value_name = "NAME")]
        connection: String,
    },
}

/// `job …`
#[derive(Debug, Subcommand)]
pub enum Job {
    /// Add a job, or change it; a new job is off
    Apply {
        /// The job file (TOML)
        file: PathBuf,
    },
    /// List the jobs
    List,
    /// Show a job: state, progress, last cycles, definition
    Show(JobName),
    /// Print a job file with the mappings and filters of a schema that Microsoft Graph exported
    ImportEntra(mapping::ImportEntra),
    /// Print a job's mappings and filters as such a schema
    ExportEntra(JobName),
    /// Turn a job on, and take it out of quarantine: `serve` runs it in its interval
    Start(JobName),
    /// Turn a job off; a cycle under way runs to its end
    Stop(JobName),
    /// Begin again: turn a job on, and forget what it remembers
    Restart {
        /// Its name
        job: String,
        /// What to forget: watermark, escrows, quarantine, links, full or none; or force-deletes, which lets the next cycle delete
        #[arg(
            long,
            value_enum,
            value_name = "SCOPE,…",
            value_delimiter = ',',
            default_values = ["quarantine", "watermark", "escrows"],
            hide_possible_values = true
        )]
        reset: Vec<engine::Reset>,
    },
    /// Remove a job with its links and its log; users stay in the target
    Delete {
        /// Its name
        job: String,
        /// Yes, remove it
        #[arg(long)]
        yes: bool,
    },
}

/// A verb about one job.
#[derive(Args, Debug)]
pub struct JobName {
    /// The job's name
    pub job: String,
}

/// `apply`
#[derive(Args, Debug)]
pub struct Apply {
    /// The plan's id, or the file that `--out` wrote
    pub plan: String,
    /// I have looked at the deletions and disables; do them
    #[arg(long)]
    pub allow_deletions: bool,
}

/// `cycle`
#[derive(Args, Debug)]
pub struct Cycle {
    /// The job's name
    pub job: String,
    /// Look at every user, not only at changes
    #[arg(long)]
    pub initial: bool,
    /// I have looked at the deletions and disables; do them
    #[arg(long)]
    pub allow_deletions: bool,
}

/// A verb about one user of a job.
#[derive(Args, Debug)]
pub struct Person {
    /// The job's name
    pub job: String,
    /// The user: userPrincipalName, mail or object id
    pub user: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_lifetime_is_a_time_or_never() {
        let hours = |n| Ok(Lifetime::For(SignedDuration::from_hours(n)));
        for (text, expect) in [
            ("never", Ok(Lifetime::Never)),
            ("180d", hours(180 * 24)),
            ("24h", hours(24)),
            ("1d 12h", hours(36)),
        ] {
            assert_eq!(text.parse::<Lifetime>(), expect, "{text}");
        }
        for text in ["", "soon", "-1d", "0s", "180"] {
            assert!(text.parse::<Lifetime>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_public_url_has_a_scheme_and_a_host_and_no_slash_at_its_end() {
        let parse = |text: &str| text.parse::<PublicUrl>().map(|url| url.0);
        assert_eq!(parse("https://scim.example.com/").as_deref(), Ok("https://scim.example.com"));
        assert_eq!(parse("http://127.0.0.1:8080").as_deref(), Ok("http://127.0.0.1:8080"));
        for text in ["", "scim.example.com", "https://", "https:///x", "https://a/?b", "https://u:p@a"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
