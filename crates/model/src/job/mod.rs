//! A provisioning job: what a person writes into a TOML file, and what the engine works with.
//!
//! [`JobFile`] is the file, field for field; [`Job`] is the file understood: mappings parsed, filters compiled,
//! defaults filled in. A mistake in the file is a [`JobError`] that names the place.

pub mod entra_schema;
mod guard;
mod objects;
mod secret;
mod source;
mod target;

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use guard::{GuardSettings, NotifySettings, Threshold};
pub use objects::{Actions, Empty, GroupSettings, NestedGroups, Rules, ScopeSettings, UserSettings};
pub use secret::{Placed, SecretText};
pub use source::{
    EVENT_HOOK, EntraSettings, FileSettings, LdapGroups, LdapServer, LdapSettings, LdapUsers,
    NOTIFICATION_STATE, OktaSettings, ScimSettings, SourceSettings, SqlSettings,
};
pub use target::TargetSettings;

use crate::tenant::{BadName, dns_label};

/// The shortest interval between two cycles of a job.
pub const SHORTEST_INTERVAL: Duration = Duration::from_secs(5);
/// The longest one: a week.
pub const LONGEST_INTERVAL: Duration = Duration::from_secs(7 * 24 * 3600);
/// The deletion threshold of a job that names none; the default of Entra's cloud sync.
pub const DEFAULT_DELETION_COUNT: u64 = 500;

/// A job file, as it is written and as it is stored (with its secrets sealed).
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
    /// What of their groups; without it, groups are not provisioned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<GroupSettings>,
    /// What must not happen.
    #[serde(default)]
    pub guard: GuardSettings,
    /// Who is told when the job needs a person.
    #[serde(default)]
    pub notify: NotifySettings,
}

fn forty_minutes() -> String {
    "40m".to_owned()
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
    /// What a group in a group means.
    pub nested_groups: NestedGroups,
    /// Whether who leaves the scope is left alone.
    pub skip_out_of_scope_deletions: bool,
    /// How users are provisioned.
    pub users: Rules,
    /// How groups are, if they are.
    pub groups: Option<Rules>,
    /// The deletion threshold of a cycle.
    pub deletions: Threshold,
    /// The deletion threshold of 24 hours.
    pub deletions_per_day: Threshold,
    /// Who is told when the job needs a person.
    pub notify: NotifySettings,
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
        self.source.check(self.scope.assigned_only)?;
        self.target.check()?;
        let empty = default_empty(&self.target);
        Ok(Job {
            name: self.name.clone(),
            interval: self.interval()?,
            source: self.source.clone(),
            target: self.target.clone(),
            assigned_only: self.scope.assigned_only,
            nested_groups: self.scope.nested_groups,
            skip_out_of_scope_deletions: self.scope.skip_out_of_scope_deletions,
            users: Rules::of_users(&self.users, &self.scope, empty)?,
            groups: self.groups.as_ref().map(|groups| Rules::of_groups(groups, empty)).transpose()?,
            deletions: self.guard.per_cycle()?,
            deletions_per_day: self.guard.per_day()?,
            notify: self.notify.clone(),
        })
    }
}

impl JobFile {
    /// Every secret of the file, with its place.
    pub fn secrets_mut(&mut self) -> Vec<Placed<'_>> {
        let mut secrets = self.source.secrets_mut();
        secrets.extend(self.target.secrets_mut());
        secrets
    }

    /// Does something to every path in the file, those of secrets among them.
    pub fn for_each_path(&mut self, mut change: impl FnMut(&mut PathBuf)) {
        self.source.paths_mut().into_iter().for_each(&mut change);
        for (_, secret) in self.secrets_mut() {
            if let SecretText::File { file } = secret {
                change(file);
            }
        }
    }

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
    if target.dialect().starts_with("entra") { Empty::Keep } else { Empty::Clear }
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
        assert_eq!(job.users.empty, Empty::Keep, "Entra's dialect");
        assert_eq!(job.deletions, Threshold { count: Some(50), share: Some(0.1) });
        assert_eq!(job.users.mappings.iter().count(), 15, "an override adds no mapping");
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
        assert_eq!(job.users.empty, Empty::Clear);
        assert_eq!(job.deletions, Threshold { count: Some(DEFAULT_DELETION_COUNT), share: None });
    }

    #[test]
    fn every_mistake_names_its_place() {
        check("40m", "soon", &["interval", "soon", "40m"]);
        check("40m", "1s", &["interval", "5 seconds"]);
        check("contoso-workplace", "Contoso!", &["name"]);
        check("kind = \"file\"", "kind = \"fax\"", &["fax", "file", "ldap"]);
        check("assigned_only", "asigned_only", &["line", "asigned_only", "assigned_only"]);
        check("EQUALS", "LOOKS_LIKE", &["line", "LOOKS_LIKE"]);
        check("[officeLocation]", "Joyn([a])", &["line", "Joyn", "Join"]);
        check("addresses[type", "addresses[", &["line", "addresses["]);
        check("preset = \"workplace\"", "preset = \"workspace\"", &["users.preset", "workspace"]);
        check("share = 0.1", "share = 10", &["guard.deletions.share"]);
        check("count = 50", "count = 0", &["guard.deletions.count"]);
        for rate in ["0", "-1", "nan", "inf"] {
            let capped = format!("dialect = \"entra\"\nrequests_per_second = {rate}");
            check("dialect = \"entra\"", &capped, &["target.requests_per_second", "0.1"]);
        }
        check("preset = \"workplace\"\n", "", &["users.mappings", "matching"]);
        check("[officeLocation]", "Guid()", &["users.mappings[0]", "locality", "only_during_creation"]);
        check(", source = \"[officeLocation]\"", "", &["users.mappings[0]", "source"]);
        check(
            "clauses = [{ attribute = \"state\", operator = \"EQUALS\", value = \"NE\" }]",
            "clauses = []",
            &["scope.filters[0]"],
        );
    }

    #[test]
    fn an_entra_source_proves_itself_in_one_way_and_knows_its_application() {
        const FILE: &str = "kind = \"file\"\npath = \"directory\"";
        const TENANT: &str = "kind = \"entra\"\ntenant = \"contoso.com\"\nclient_id = \"c\"\n";
        let with = |more: &str| resolve(&EXAMPLE.replace(FILE, &format!("{TENANT}{more}")));
        let application = "service_principal = \"s\"\n";
        with(&format!("{application}secret = \"x\"")).unwrap();
        with(&format!("{application}private_key = {{ file = \"key.pem\" }}\ncertificate = \"cert.pem\""))
            .unwrap();
        for (more, place) in [
            ("service_principal = \"s\"", "source: give either"),
            ("service_principal = \"s\"\nprivate_key = \"x\"", "source: give either"),
            ("service_principal = \"s\"\nsecret = \"x\"\nprivate_key = \"x\"", "source: give either"),
            ("secret = \"x\"", "source.service_principal"),
        ] {
            let error = with(more).unwrap_err().to_string();
            assert!(error.contains(place), "{more}: {error}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let file = JobFile::parse(&EXAMPLE.replace("{ env = \"CONTOSO_TOKEN\" }", "\"hunter2\"")).unwrap();
        assert!(!format!("{file:?}").contains("hunter2"));
    }
}
