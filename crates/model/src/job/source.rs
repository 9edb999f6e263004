//! `[source]`: where the people are.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::JobError;
use super::secret::{Placed, SecretText};

/// Where an Okta source has the secret of its event hook.
pub const EVENT_HOOK: &str = "source.event_hook";

/// Where an Entra source has the secret of its subscriptions.
pub const NOTIFICATION_STATE: &str = "source.notification_state";

/// `[source]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum SourceSettings {
    /// Files.
    File(FileSettings),
    /// Microsoft Entra ID, over Microsoft Graph.
    Entra(EntraSettings),
    /// Okta.
    Okta(OktaSettings),
    /// A directory that speaks LDAP: OpenLDAP, Active Directory.
    Ldap(LdapSettings),
    /// A SCIM 2.0 service provider.
    Scim(ScimSettings),
    /// Rows of queries.
    Sql(SqlSettings),
}

/// `kind = "file"`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSettings {
    /// A folder with `users.jsonl` or `users.csv`, or one such file; relative to the job file until the job is applied.
    pub path: PathBuf,
}

/// `kind = "entra"`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntraSettings {
    /// The directory (tenant) id or a verified domain.
    pub tenant: String,
    /// The application (client) id with which Graph is read.
    pub client_id: String,
    /// Its client secret; this or a certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretText>,
    /// Its certificate's private key, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_key: Option<SecretText>,
    /// Its certificate, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<PathBuf>,
    /// The object id of the enterprise application whose assignments count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_principal: Option<String>,
    /// The `clientState` of the subscriptions through which Graph tells of changes. None: it is not listened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notification_state: Option<SecretText>,
    /// Another Graph, for example of a national cloud.
    #[serde(default = "graph")]
    pub graph_url: String,
    /// Another sign-in endpoint, for example of a national cloud.
    #[serde(default = "login")]
    pub login_url: String,
}

fn graph() -> String {
    "https://graph.microsoft.com/v1.0".to_owned()
}

fn login() -> String {
    "https://login.microsoftonline.com".to_owned()
}

/// `kind = "okta"`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OktaSettings {
    /// The org's URL, for example `https://contoso.okta.com`.
    pub url: String,
    /// An API token (`SSWS`); this or a client with a private key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<SecretText>,
    /// The id of an API services app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// That app's private key, PEM: RSA, or EC on the curve P-256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_key: Option<SecretText>,
    /// The id of that key (`kid`), where the app has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The id of the app whose assignments count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The value of the `Authorization` header of the event hook through which Okta tells of changes. None: it is not
    /// listened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_hook: Option<SecretText>,
}

/// `kind = "ldap"`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LdapSettings {
    /// `ldaps://host`, or `ldap://host` with `start_tls`; without TLS only this machine.
    pub url: String,
    /// Whether a connection begins plain and is then secured (RFC 4513 §3).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub start_tls: bool,
    /// Certificates of authorities, PEM, that are trusted besides those of the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Who reads; nobody (anonymous) unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bind_dn: Option<String>,
    /// The reader's password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretText>,
    /// Where the search begins.
    pub base: String,
    /// What kind of server it is, if it shall not be judged by itself.
    #[serde(default)]
    pub server: LdapServer,
    /// Who is a user.
    #[serde(default)]
    pub users: LdapUsers,
    /// What is a group.
    #[serde(default)]
    pub groups: LdapGroups,
    /// The DNs of the groups whose members are assigned, and of people who are assigned themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assigned: Vec<String>,
}

/// A kind of LDAP server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LdapServer {
    /// Judged by its root entry.
    #[default]
    Auto,
    /// OpenLDAP, and others with `entryUUID`.
    #[serde(rename = "openldap")]
    OpenLdap,
    /// Active Directory.
    ActiveDirectory,
}

/// `[source.users]` of `kind = "ldap"`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LdapUsers {
    /// Where they are, if not in all of `base`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Which entries are users (RFC 4515).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Which of them are disabled (RFC 4515).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled_filter: Option<String>,
}

/// `[source.groups]` of `kind = "ldap"`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LdapGroups {
    /// Where they are, if not in all of `base`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Which entries are groups (RFC 4515).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The attribute with their members.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
}

/// `kind = "scim"`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScimSettings {
    /// The Tenant URL.
    pub url: String,
    /// The Secret Token.
    pub token: SecretText,
    /// The displayNames of the groups whose members are assigned to the application, for jobs that provision assigned
    /// people only. Of several groups with the same member the first counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assigned: Vec<String>,
}

/// `kind = "sql"`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqlSettings {
    /// `postgres://user:password@host/database`; a secret as a whole.
    pub url: SecretText,
    /// Certificates of authorities, PEM, that are trusted besides those of the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// The query whose rows are users.
    pub users: String,
    /// The query whose rows are groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<String>,
    /// The query whose rows say who is in which group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<String>,
    /// The query whose rows are assignments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignments: Option<String>,
}

impl EntraSettings {
    /// Whether it can be told how the application proves itself, and, for a job that needs assignments, whose they are.
    fn check(&self, assigned_only: bool) -> Result<(), JobError> {
        match (&self.secret, &self.private_key, &self.certificate) {
            (Some(_), None, None) | (None, Some(_), Some(_)) => {}
            _ => {
                let message = "give either `secret`, or `private_key` with `certificate`";
                return Err(JobError::at("source", message));
            }
        }
        if assigned_only && self.service_principal.is_none() {
            return Err(JobError::at(
                "source.service_principal",
                "a job with `assigned_only` needs the object id of the enterprise application that people are assigned to",
            ));
        }
        Ok(())
    }
}

impl SourceSettings {
    /// Whether the settings fit each other.
    pub(super) fn check(&self, assigned_only: bool) -> Result<(), JobError> {
        match self {
            Self::Entra(s) => s.check(assigned_only),
            Self::Scim(s) if assigned_only && s.assigned.is_empty() => Err(JobError::at(
                "source.assigned",
                "a job with `assigned_only` needs the names of the groups whose members are assigned",
            )),
            Self::File(_) | Self::Okta(_) | Self::Ldap(_) | Self::Scim(_) | Self::Sql(_) => Ok(()),
        }
    }

    /// The word of `kind`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Entra(_) => "entra",
            Self::Okta(_) => "okta",
            Self::Ldap(_) => "ldap",
            Self::Scim(_) => "scim",
            Self::Sql(_) => "sql",
        }
    }

    /// The settings without the secrets by which the service proves itself when it tells of changes.
    #[must_use]
    pub fn untold(mut self) -> Self {
        match &mut self {
            Self::Entra(s) => s.notification_state = None,
            Self::Okta(s) => s.event_hook = None,
            Self::File(_) | Self::Ldap(_) | Self::Scim(_) | Self::Sql(_) => {}
        }
        self
    }

    /// Its secrets, with their places.
    pub fn secrets_mut(&mut self) -> Vec<Placed<'_>> {
        let secrets = match self {
            Self::File(_) => Vec::new(),
            Self::Entra(s) => {
                vec![
                    ("source.secret", s.secret.as_mut()),
                    ("source.private_key", s.private_key.as_mut()),
                    (NOTIFICATION_STATE, s.notification_state.as_mut()),
                ]
            }
            Self::Okta(s) => {
                vec![
                    ("source.token", s.token.as_mut()),
                    ("source.private_key", s.private_key.as_mut()),
                    (EVENT_HOOK, s.event_hook.as_mut()),
                ]
            }
            Self::Ldap(s) => vec![("source.password", s.password.as_mut())],
            Self::Scim(s) => vec![("source.token", Some(&mut s.token))],
            Self::Sql(s) => vec![("source.url", Some(&mut s.url))],
        };
        secrets.into_iter().filter_map(|(place, secret)| Some((place, secret?))).collect()
    }

    pub(super) fn paths_mut(&mut self) -> Vec<&mut PathBuf> {
        match self {
            Self::File(s) => vec![&mut s.path],
            Self::Entra(s) => s.certificate.iter_mut().collect(),
            Self::Ldap(s) => s.ca_file.iter_mut().collect(),
            Self::Sql(s) => s.ca_file.iter_mut().collect(),
            Self::Okta(_) | Self::Scim(_) => Vec::new(),
        }
    }
}
