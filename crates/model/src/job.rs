//! A provisioning job: what a person writes into a TOML file, and what the engine works with.
//!
//! [`JobFile`] is the file, field for field; [`Job`] is the file understood: mappings parsed, filters compiled,
//! defaults filled in. A mistake in the file is a [`JobError`] that names the place.

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use mapping::{AttributeMapping, Mappings, Scope, ScopingFilter};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::tenant::{BadName, dns_label};

/// The shortest interval between two cycles of a job.
pub const SHORTEST_INTERVAL: Duration = Duration::from_secs(5);
/// The longest one: a week.
pub const LONGEST_INTERVAL: Duration = Duration::from_secs(7 * 24 * 3600);
/// The deletion threshold of a job that names none; the default of Entra's cloud sync.
pub const DEFAULT_DELETION_COUNT: u64 = 500;

/// A job file, as it is written and as it is stored (with its secret sealed).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobFile {
    /// The job's name on the command line.
    pub name: String,
    /// The time from the end of one cycle to the begin of the next, for example `40m`, `30s`, `1h 30m`.
    #[serde(default = "forty_minutes")]
    pub interval: String,
    /// Where the people are.
    pub source: SourceSettings,
    /// Where they shall be.
    pub target: TargetSettings,
    /// Who of them.
    #[serde(default)]
    pub scope: ScopeSettings,
    /// What of them.
    pub users: UserSettings,
    /// What must not happen.
    #[serde(default)]
    pub guard: GuardSettings,
}

fn forty_minutes() -> String {
    "40m".to_owned()
}

/// `[source]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum SourceSettings {
    /// Files: a folder with `users.jsonl` or `users.csv`, or one such file.
    File {
        /// The folder or file; relative to the job file until the job is applied.
        path: PathBuf,
    },
}

/// `[target]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum TargetSettings {
    /// A SCIM 2.0 service provider.
    Scim {
        /// The Tenant URL.
        url: String,
        /// The Secret Token.
        token: SecretText,
        /// How requests are shaped; `rfc` unless given.
        #[serde(default = "rfc")]
        dialect: String,
    },
}

fn rfc() -> String {
    "rfc".to_owned()
}

/// A secret in a job file: written out, in an environment variable, or in a file. A secret that is written out is
/// sealed when the job is applied, so that the database never holds it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SecretText {
    /// `token = "…"`
    Plain(String),
    /// `token = { env = "NAME" }`: read whenever the job runs.
    Env {
        /// The variable's name.
        env: String,
    },
    /// `token = { file = "PATH" }`: read whenever the job runs, white space at its end left out.
    File {
        /// The file.
        file: PathBuf,
    },
    /// What `Plain` becomes in the database.
    Sealed {
        /// The sealed text; only the installation's key opens it.
        sealed: String,
    },
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Plain(_) | Self::Sealed { .. } => f.write_str("SecretText(…)"),
            Self::Env { env } => write!(f, "SecretText(env {env})"),
            Self::File { file } => write!(f, "SecretText(file {})", file.display()),
        }
    }
}

/// `[scope]`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScopeSettings {
    /// Only who is assigned, directly or as direct member of an assigned group.
    pub assigned_only: bool,
    /// Scoping filters; who passes one of them is in scope. None: everybody passes.
    pub filters: Vec<ScopingFilter>,
}

/// `[users]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserSettings {
    /// A named table of mappings to begin with: `workplace`.
    #[serde(default)]
    pub preset: Option<String>,
    /// What an emptied source value does. Default: `clear`; in Entra's dialects `keep`.
    #[serde(default)]
    pub empty: Option<Empty>,
    /// Mappings that are added to the preset's, or take the place of those with the same target.
    #[serde(default)]
    pub mappings: Vec<AttributeMapping>,
}

/// What a source value that became empty does to the target's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Empty {
    /// The target's value stays (Entra: null values are not provisioned).
    Keep,
    /// The target's value is removed.
    Clear,
}

/// `[guard]`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GuardSettings {
    /// The deletion threshold.
    pub deletions: Option<Threshold>,
}

/// How many deletions and disables a cycle may do. Reaching `count`, or more than `share` of the managed users,
/// holds all of them back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// From this number on.
    #[serde(default)]
    pub count: Option<u64>,
    /// Above this share of the managed users, 0 to 1.
    #[serde(default)]
    pub share: Option<f64>,
}

/// A job, understood.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// The time from the end of one cycle to the begin of the next.
    pub interval: Duration,
    /// Where the people are.
    pub source: SourceSettings,
    /// Where they shall be.
    pub target: TargetSettings,
    /// Whether only assigned people are in scope.
    pub assigned_only: bool,
    /// The scoping filters.
    pub scope: Scope,
    /// The attribute mappings of users.
    pub users: Mappings,
    /// What an emptied source value does.
    pub empty: Empty,
    /// The deletion threshold.
    pub deletions: Threshold,
}

/// A mistake in a job file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JobError {
    /// The text is no TOML, or a field is missing, unknown or of the wrong type. The message shows the line.
    #[error("{0}")]
    Syntax(String),
    /// A field's value makes no sense.
    #[error("{place}: {message}")]
    Value {
        /// The field, for example `users.mappings[2].source`.
        place: String,
        /// What is wrong and what would be right.
        message: String,
    },
}

impl JobError {
    fn at(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Value { place: place.into(), message: message.into() }
    }
}

impl JobFile {
    /// Reads the TOML text of a job file.
    ///
    /// # Errors
    /// [`JobError::Syntax`] with line and column.
    pub fn parse(text: &str) -> Result<Self, JobError> {
        toml::from_str(text).map_err(|e| JobError::Syntax(e.to_string()))
    }

    /// The job as TOML text, as it is stored and shown. Secrets appear as they stand in the value: seal them first.
    ///
    /// # Errors
    /// [`JobError::Syntax`] when a value can't be written as TOML.
    pub fn to_toml(&self) -> Result<String, JobError> {
        toml::to_string_pretty(self).map_err(|e| JobError::Syntax(e.to_string()))
    }

    /// Understands the file.
    ///
    /// # Errors
    /// [`JobError::Value`] naming the first field that makes no sense.
    pub fn resolve(&self) -> Result<Job, JobError> {
        dns_label(&self.name).map_err(|BadName(_)| {
            JobError::at(
                "name",
                format!("{} - a job's name is written in small letters", BadName(self.name.clone())),
            )
        })?;
        Ok(Job {
            name: self.name.clone(),
            interval: self.interval()?,
            source: self.source.clone(),
            target: self.target.clone(),
            assigned_only: self.scope.assigned_only,
            scope: scope(&self.scope.filters)?,
            users: mappings(&self.users)?,
            empty: self.users.empty.unwrap_or_else(|| default_empty(&self.target)),
            deletions: threshold(self.guard.deletions)?,
        })
    }
}

impl JobFile {
    /// The time from the end of one cycle to the begin of the next.
    ///
    /// # Errors
    /// [`JobError::Value`] when the text is no duration, or one out of bounds.
    pub fn interval(&self) -> Result<Duration, JobError> {
        let text = &self.interval;
        let wrong = |why: &str| {
            JobError::at("interval", format!("{text:?} {why}; write for example \"40m\" or \"30s\""))
        };
        let parsed: SignedDuration = text.parse().map_err(|_| wrong("is no duration"))?;
        let interval = Duration::try_from(parsed).map_err(|_| wrong("is not a positive duration"))?;
        if (SHORTEST_INTERVAL..=LONGEST_INTERVAL).contains(&interval) {
            Ok(interval)
        } else {
            Err(wrong("is not between 5 seconds and a week"))
        }
    }
}

/// Entra's documented default is that null values do not flow; everybody else's is that they do.
fn default_empty(target: &TargetSettings) -> Empty {
    let TargetSettings::Scim { dialect, .. } = target;
    if dialect.starts_with("entra") { Empty::Keep } else { Empty::Clear }
}

fn scope(filters: &[ScopingFilter]) -> Result<Scope, JobError> {
    match filters.iter().position(|filter| filter.clauses.is_empty()) {
        Some(i) => Err(JobError::at(
            format!("scope.filters[{i}].clauses"),
            "a filter without clauses would let everybody pass; leave the filter out to mean that",
        )),
        None => Ok(Scope { filters: filters.to_vec() }),
    }
}

fn mappings(users: &UserSettings) -> Result<Mappings, JobError> {
    let preset = match &users.preset {
        None => Mappings::default(),
        Some(name) => mapping::preset(name).ok_or_else(|| {
            JobError::at("users.preset", format!("there is no preset {name:?}; the presets are: workplace"))
        })?,
    };
    let all = preset.overridden_by(users.mappings.clone());
    if all.matching().is_empty() {
        return Err(JobError::at(
            "users.mappings",
            "no mapping has `matching`; name the attribute by which users are found in the target, \
             for example { target = \"userName\", source = \"[userPrincipalName]\", matching = 1 }",
        ));
    }
    Ok(all)
}

fn threshold(deletions: Option<Threshold>) -> Result<Threshold, JobError> {
    let Some(threshold) = deletions else {
        return Ok(Threshold { count: Some(DEFAULT_DELETION_COUNT), share: None });
    };
    if threshold.share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
        return Err(JobError::at(
            "guard.deletions.share",
            "a share is a number from 0 to 1, for example 0.1",
        ));
    }
    if threshold.count == Some(0) {
        return Err(JobError::at(
            "guard.deletions.count",
            "0 would hold back every cycle; 1 holds back the first deletion",
        ));
    }
    Ok(threshold)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of README.
    const EXAMPLE: &str = r#"
name = "contoso-workplace"
interval = "40m"
[source]
kind = "file"
path = "directory"
[target]
kind = "scim"
url = "https://contoso.example.com/scim/v2"
token = { env = "CONTOSO_TOKEN" }
dialect = "entra"
[scope]
assigned_only = true
filters = [{ title = "Nebraska", clauses = [{ attribute = "state", operator = "EQUALS", value = "NE" }] }]
[users]
preset = "workplace"
mappings = [{ target = "addresses[type eq \"work\"].locality", source = "[officeLocation]" }]
[guard]
deletions = { count = 50, share = 0.1 }
"#;

    fn resolve(text: &str) -> Result<Job, JobError> {
        JobFile::parse(text)?.resolve()
    }

    /// The example with one text replaced, and what the error must tell.
    fn check(from: &str, to: &str, expect: &[&str]) {
        assert!(EXAMPLE.contains(from), "{from}");
        let error = resolve(&EXAMPLE.replace(from, to)).unwrap_err().to_string();
        for part in expect {
            assert!(error.contains(part), "{part:?} is not in:\n{error}");
        }
    }

    #[test]
    fn the_example_is_understood() {
        let job = resolve(EXAMPLE).unwrap();
        assert_eq!(job.interval, Duration::from_secs(2400));
        assert_eq!(job.empty, Empty::Keep, "Entra's dialect");
        assert_eq!(job.deletions, Threshold { count: Some(50), share: Some(0.1) });
        assert_eq!(job.users.iter().count(), 15, "an override adds no mapping");
        assert!(job.assigned_only);
    }

    #[test]
    fn a_stored_job_reads_back_the_same() {
        let file = JobFile::parse(EXAMPLE).unwrap();
        let again = JobFile::parse(&file.to_toml().unwrap()).unwrap();
        assert_eq!(format!("{file:?}"), format!("{again:?}"));
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let short = EXAMPLE.replace("interval = \"40m\"\n", "").replace("dialect = \"entra\"\n", "");
        let short = short.split("[guard]").next().unwrap().to_owned();
        let job = resolve(&short).unwrap();
        assert_eq!(job.interval, Duration::from_secs(2400));
        assert_eq!(job.empty, Empty::Clear);
        assert_eq!(job.deletions, Threshold { count: Some(DEFAULT_DELETION_COUNT), share: None });
    }

    #[test]
    fn every_mistake_names_its_place() {
        check("40m", "soon", &["interval", "soon", "40m"]);
        check("40m", "1s", &["interval", "5 seconds"]);
        check("contoso-workplace", "Contoso!", &["name"]);
        check("kind = \"file\"", "kind = \"ldap\"", &["ldap", "file"]);
        check("assigned_only", "asigned_only", &["line", "asigned_only", "assigned_only"]);
        check("EQUALS", "LOOKS_LIKE", &["line", "LOOKS_LIKE"]);
        check("[officeLocation]", "Joyn([a])", &["line", "Joyn", "Join"]);
        check("addresses[type", "addresses[", &["line", "addresses["]);
        check("preset = \"workplace\"", "preset = \"workspace\"", &["users.preset", "workspace"]);
        check("share = 0.1", "share = 10", &["guard.deletions.share"]);
        check("count = 50", "count = 0", &["guard.deletions.count"]);
        check("preset = \"workplace\"\n", "", &["users.mappings", "matching"]);
        check(
            "clauses = [{ attribute = \"state\", operator = \"EQUALS\", value = \"NE\" }]",
            "clauses = []",
            &["scope.filters[0]"],
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        let file = JobFile::parse(&EXAMPLE.replace("{ env = \"CONTOSO_TOKEN\" }", "\"hunter2\"")).unwrap();
        assert!(!format!("{file:?}").contains("hunter2"));
    }
}
