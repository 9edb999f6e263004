//! Verbs about mappings.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `expression`
#[derive(Args, Debug)]
pub struct Expression {
    /// The expression, for example 'ToLower([mail])'
    #[arg(required_unless_present = "functions")]
    pub expression: Option<String>,
    /// The job whose source has the user
    #[arg(long, value_name = "NAME", requires = "on")]
    pub job: Option<String>,
    /// The user: userPrincipalName, mail or object id
    #[arg(long, value_name = "USER", requires = "job", conflicts_with = "object")]
    pub on: Option<String>,
    /// A file with a JSON object whose members are the attributes, in place of a user
    #[arg(long, value_name = "FILE")]
    pub object: Option<PathBuf>,
    /// List the functions that there are, and evaluate nothing
    #[arg(long, conflicts_with_all = ["expression", "job", "object"])]
    pub functions: bool,
}

/// `job import-entra`
#[derive(Args, Debug)]
pub struct ImportEntra {
    /// The schema: what Graph answers to GET …/synchronization/jobs/{id}/schema
    pub file: PathBuf,
    /// The job's name
    #[arg(long, default_value = "imported")]
    pub name: String,
    /// Where the people are; what has to be filled in is told
    #[arg(long, value_enum, default_value = "file", value_name = "KIND")]
    pub source: SourceKind,
    /// The Tenant URL of the application
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
}

/// A kind of source of an imported job.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SourceKind {
    /// Files
    File,
    /// Microsoft Entra ID, over Microsoft Graph
    Entra,
}
