//! From a job file to a stored definition: paths made absolute, secrets sealed, and the digest of what it decides.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use connector_scim::{Config, ScimSource, ScimTarget, Secret, SourceConfig};
use model::job::{Job, JobError, JobFile, NestedGroups, Rules, SecretText, SourceSettings, TargetSettings};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::failure::refusal;
use crate::mail;
use crate::seal::Sealer;

/// What a job's hint says wherever its file is wrong.
const HINT: &str = "README.md shows a whole job file; nothing was changed";

/// A job file, checked and ready to be stored.
pub struct Definition {
    /// The job's name.
    pub name: String,
    /// The TOML text, with absolute paths and no secret.
    pub text: String,
    /// A digest of everything that decides who is provisioned with what.
    pub digest: String,
    /// The Tenant URL.
    pub target: String,
}

impl Definition {
    /// Reads and checks a job file. Relative paths in it begin in `folder`, or else where the file is.
    ///
    /// # Errors
    /// When the file can't be read, or a field makes no sense; names the place.
    pub fn read(path: &Path, folder: Option<&Path>, sealer: &Sealer) -> Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("the job file {} can't be read", path.display()))?;
        let beside = std::path::absolute(path)?.parent().map(Path::to_owned).unwrap_or_default();
        let folder = folder.unwrap_or(&beside);
        let read = JobFile::parse(&text).map_err(wrong).and_then(|file| Self::of(file, folder, sealer));
        read.with_context(|| path.display().to_string())
    }

    /// As [`Definition::read`], for a job file whose relative paths begin in `folder`.
    ///
    /// # Errors
    /// When a field makes no sense.
    pub fn of(mut file: JobFile, folder: &Path, sealer: &Sealer) -> Result<Self> {
        make_absolute(&mut file, folder);
        let job = file.resolve().map_err(wrong)?;
        check_source(&job.source)?;
        check_target(&job.target)?;
        job.notify.to.iter().try_for_each(|to| mail::address(to).map(drop))?;
        seal(&mut file, sealer)?;
        let TargetSettings::Scim { url, .. } = &job.target;
        let (text, target) = (file.to_toml().map_err(wrong)?, url.clone());
        Ok(Self { name: job.name.clone(), text, digest: digest(&job)?, target })
    }
}

fn wrong(error: JobError) -> anyhow::Error {
    refusal(error.to_string().trim_end(), HINT)
}

fn make_absolute(file: &mut JobFile, folder: &Path) {
    file.for_each_path(|path| *path = folder.join(path.as_path()).components().collect());
}

/// Everything about a SCIM source that can be known without its token.
fn check_source(source: &SourceSettings) -> Result<()> {
    let SourceSettings::Scim(settings) = source else { return Ok(()) };
    let checked = ScimSource::new(SourceConfig::new(&settings.url, Secret::new("unset"))).map(drop);
    checked.map_err(|error| refusal(format!("source: {error}"), HINT))
}

/// Everything about the target that can be known without its token.
fn check_target(target: &TargetSettings) -> Result<()> {
    let TargetSettings::Scim { url, dialect, .. } = target;
    let unset = Secret::new("unset");
    let checked =
        dialect.parse().and_then(|dialect| ScimTarget::new(Config::new(url, unset, dialect)).map(drop));
    checked.map_err(|error| refusal(format!("target: {error}"), HINT))
}

fn seal(file: &mut JobFile, sealer: &Sealer) -> Result<()> {
    let job = file.name.clone();
    for (place, secret) in file.secrets_mut() {
        if let SecretText::Plain(text) = secret {
            *secret = SecretText::Sealed { sealed: sealer.seal(&secret_place(&job, place), text)? };
        }
    }
    Ok(())
}

/// Where a sealed secret of a job belongs, for example `target.token`.
pub fn secret_place(job: &str, place: &str) -> String {
    format!("job|{job}|{place}")
}

/// SHA-256 of what decides who is provisioned with what: another interval, guard or token is no reason to look at
/// everybody again.
///
/// # Errors
/// When a mapping can't be written as JSON, which none of those that were read can.
pub fn digest(job: &Job) -> Result<String> {
    #[derive(Serialize)]
    struct Deciding<'a> {
        source: SourceSettings,
        url: &'a str,
        dialect: &'a str,
        assigned_only: bool,
        nested_groups: NestedGroups,
        skip_out_of_scope_deletions: bool,
        users: &'a Rules,
        groups: Option<&'a Rules>,
    }
    let mut source = job.source.clone().untold();
    // Who may read it, or tells of its changes, decides nothing.
    source.secrets_mut().into_iter().for_each(|(_, secret)| *secret = SecretText::Plain(String::new()));
    let TargetSettings::Scim { url, dialect, .. } = &job.target;
    let deciding = Deciding {
        source,
        url,
        dialect,
        assigned_only: job.assigned_only,
        nested_groups: job.nested_groups,
        skip_out_of_scope_deletions: job.skip_out_of_scope_deletions,
        users: &job.users,
        groups: job.groups.as_ref(),
    };
    let hash = Sha256::digest(serde_json::to_vec(&deciding)?);
    Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::message;

    const JOB: &str = r#"
name = "contoso"
interval = "40m"
[source]
kind = "file"
path = "directory"
[target]
kind = "scim"
url = "http://127.0.0.1:8080/t/contoso/scim/v2"
token = "hunter2"
dialect = "entra"
[users]
preset = "workplace"
[guard]
deletions = { count = 50 }
"#;

    fn read(text: &str) -> Result<Definition> {
        Definition::of(JobFile::parse(text)?, Path::new("/srv/jobs"), &Sealer::new([7; 32]))
    }

    fn digest_with(from: &str, to: &str) -> String {
        assert!(JOB.contains(from), "{from}");
        read(&JOB.replace(from, to)).unwrap().digest
    }

    #[test]
    fn paths_are_absolute_and_secrets_sealed() {
        let definition = read(JOB).unwrap();
        assert!(definition.text.contains("/srv/jobs/directory"), "{}", definition.text);
        assert!(!definition.text.contains("hunter2"), "{}", definition.text);
        let stored = JobFile::parse(&definition.text).unwrap();
        let TargetSettings::Scim { token: SecretText::Sealed { sealed }, .. } = stored.target else {
            panic!("the token is sealed")
        };
        assert_eq!(
            Sealer::new([7; 32]).open(&secret_place("contoso", "target.token"), &sealed).unwrap(),
            "hunter2"
        );
    }

    #[test]
    fn a_stored_definition_has_the_digest_of_its_file() {
        let definition = read(JOB).unwrap();
        let again = read(&definition.text).unwrap();
        assert_eq!(again.digest, definition.digest);
        assert_eq!(again.text, definition.text);
    }

    #[test]
    fn only_what_decides_who_is_provisioned_with_what_changes_the_digest() {
        let before = read(JOB).unwrap().digest;
        for (from, to) in
            [("40m", "5s"), ("count = 50", "count = 51"), ("\"hunter2\"", "{ env = \"TOKEN\" }")]
        {
            assert_eq!(digest_with(from, to), before, "{to}");
        }
        for (from, to) in [
            ("\"directory\"", "\"elsewhere\""),
            ("t/contoso/", "t/fabrikam/"),
            ("\"entra\"", "\"rfc\""),
            ("[users]", "[scope]\nassigned_only = true\n[users]"),
            ("preset = \"workplace\"", "preset = \"workplace\"\nempty = \"clear\""),
            (
                "preset = \"workplace\"",
                "preset = \"workplace\"\nmappings = [{ target = \"nickName\", source = \"[mailNickname]\" }]",
            ),
        ] {
            assert_ne!(digest_with(from, to), before, "{to}");
        }
    }

    #[test]
    fn a_directory_over_scim_is_checked_at_once() {
        let of = |url: &str, rest: &str| {
            let from = "kind = \"file\"\npath = \"directory\"";
            assert!(JOB.contains(from));
            let source = format!("kind = \"scim\"\nurl = \"{url}\"\ntoken = \"hunter3\"\n{rest}");
            read(&JOB.replace(from, &source))
        };
        let definition = of("https://directory.example.com/scim", "assigned = [\"Sales\"]\n").unwrap();
        assert!(!definition.text.contains("hunter3"), "{}", definition.text);
        for (url, rest, told) in [
            ("http://directory.example.com/scim", "", "https"),
            ("https://directory.example.com/scim", "[scope]\nassigned_only = true", "source.assigned"),
        ] {
            let Err(error) = of(url, rest) else { panic!("{url} {rest} is accepted") };
            assert!(message(&error).contains(told), "{}", message(&error));
        }
    }

    #[test]
    fn every_dialect_is_accepted() {
        for dialect in ["rfc", "entra-2020", "okta-aiw", "okta-oin", "okta-oin-patch"] {
            read(&JOB.replace("\"entra\"", &format!("\"{dialect}\""))).unwrap();
        }
    }

    #[test]
    fn a_target_that_can_never_work_is_refused_at_once() {
        for (from, to, told) in [
            ("http://127.0.0.1:8080", "http://scim.example.com", "https"),
            ("\"entra\"", "\"entrance\"", "unknown"),
            ("\"entra\"", "\"entra\"\nmembers_per_request = 0", "members_per_request"),
        ] {
            let Err(error) = read(&JOB.replace(from, to)) else { panic!("{to} is accepted") };
            assert!(message(&error).contains(told), "{}", message(&error));
        }
    }
}
