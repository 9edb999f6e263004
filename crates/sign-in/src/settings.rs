//! What a tenant's administrator chose about signing in.

use std::fmt;
use std::str::FromStr;

use model::TenantId;
use scim::builtin::ENTERPRISE_USER_URN;
use scim::fold;
use serde::{Deserialize, Serialize};
use store::{Error, Tx, params};

use crate::limits::MAX_DOMAINS;
use crate::{Door, session};

/// The settings; one that is missing in the database has its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// By which attribute users are found.
    pub match_key: MatchKey,
    /// E-mail domains that are the tenant's: an address in one of them is believed without `email_verified`, and users are
    /// made just in time in these alone. Folded.
    pub domains: Vec<String>,
    /// Whether only the provider lets users in: links that work once don't.
    pub sso_only: bool,
    /// Whether SAML sign-ins are accepted that begin at the provider, as from Okta's dashboard.
    pub provider_initiated: bool,
    /// Whether who is not there yet is made.
    pub just_in_time: JustInTime,
    /// After how many minutes without use a session ends.
    pub idle_minutes: u32,
    /// After how many minutes it ends in any case.
    pub lifetime_minutes: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            match_key: MatchKey::UserName,
            domains: Vec::new(),
            sso_only: false,
            provider_initiated: false,
            just_in_time: JustInTime::Off,
            idle_minutes: 60,
            lifetime_minutes: 12 * 60,
        }
    }
}

/// Settings that can't be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSetting {
    /// Not a domain.
    #[error("{0:?} is no e-mail domain; write it like contoso.com")]
    Domain(String),
    /// Too many.
    #[error("a tenant claims {MAX_DOMAINS} domains at most")]
    Domains,
    /// Users would be made for any address.
    #[error("just-in-time creation needs the e-mail domains that are the tenant's; name them with --domain")]
    NoDomain,
    /// Times that make no sense.
    #[error("a session's idle time is a minute at least, and its lifetime not shorter and a year at most")]
    Times,
}

impl Settings {
    /// Checks them, and folds domains.
    ///
    /// # Errors
    /// What can't be.
    pub fn checked(mut self) -> Result<Self, BadSetting> {
        let is_domain = |domain: &str| {
            let mut labels = domain.split('.');
            domain.contains('.')
                && domain.len() <= 253
                && labels
                    .all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'))
        };
        if let Some(bad) = self.domains.iter().find(|domain| !is_domain(domain)) {
            return Err(BadSetting::Domain(bad.clone()));
        }
        self.domains.iter_mut().for_each(|domain| *domain = fold(domain));
        self.domains.sort();
        self.domains.dedup();
        if self.domains.len() > MAX_DOMAINS {
            return Err(BadSetting::Domains);
        }
        if self.just_in_time != JustInTime::Off && self.domains.is_empty() {
            return Err(BadSetting::NoDomain);
        }
        let is_ordered = (1..=self.lifetime_minutes).contains(&self.idle_minutes);
        if !is_ordered || self.lifetime_minutes > 366 * 24 * 60 {
            return Err(BadSetting::Times);
        }
        Ok(self)
    }

    /// Whether an e-mail address is in a domain of the tenant's.
    #[must_use]
    pub fn claims(&self, address: &str) -> bool {
        let domain = address.rsplit_once('@').map(|(_, domain)| fold(domain));
        domain.is_some_and(|domain| self.domains.contains(&domain))
    }
}

/// By which attribute users are found when they sign in for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MatchKey {
    /// `userName`: as a rule the userPrincipalName.
    UserName,
    /// An e-mail address.
    Emails,
    /// `externalId`: as a rule the object id.
    ExternalId,
    /// `employeeNumber` of the enterprise extension.
    EmployeeNumber,
}

impl MatchKey {
    const ALL: [Self; 4] = [Self::UserName, Self::Emails, Self::ExternalId, Self::EmployeeNumber];

    /// The attribute's name (RFC 7643 §4.1, §4.3).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserName => "userName",
            Self::Emails => "emails",
            Self::ExternalId => "externalId",
            Self::EmployeeNumber => "employeeNumber",
        }
    }

    /// Its key (`scim::attribute_key`).
    pub(crate) fn key(self) -> String {
        match self {
            Self::UserName | Self::ExternalId => scim::attribute_key(None, self.as_str(), None),
            Self::Emails => scim::attribute_key(None, "emails", Some("value")),
            Self::EmployeeNumber => scim::attribute_key(Some(ENTERPRISE_USER_URN), self.as_str(), None),
        }
    }
}

impl fmt::Display for MatchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for MatchKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|key| key.as_str() == text);
        found.ok_or("users are matched by userName, emails, externalId or employeeNumber")
    }
}

/// Whether somebody who signs in and is not there is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JustInTime {
    /// Never.
    Off,
    /// While nobody provisions the tenant by SCIM.
    On,
    /// Also beside SCIM.
    BesideScim,
}

impl JustInTime {
    /// The name on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::BesideScim => "beside-scim",
        }
    }
}

impl FromStr for JustInTime {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = [Self::Off, Self::On, Self::BesideScim].into_iter().find(|one| one.as_str() == text);
        found.ok_or("just-in-time creation is off, on or beside-scim")
    }
}

/// A tenant's settings.
///
/// # Errors
/// A statement's.
pub fn get(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Settings, Error> {
    let found =
        tx.query_opt("SELECT settings FROM sign_in WHERE tenant_id = $1", params![tenant], |row| {
            row.parse(0, "sign_in.settings", |text| serde_json::from_str(text).ok())
        })?;
    Ok(found.unwrap_or_default())
}

/// Changes them. Where only the provider lets users in from now on, those end whom a link let in.
///
/// # Errors
/// A statement's.
pub fn set(tx: &mut Tx<'_>, tenant: TenantId, settings: &Settings) -> Result<(), Error> {
    let text = serde_json::to_string(settings).map_err(|_| Error::corrupt("sign_in.settings"))?;
    tx.execute(
        "INSERT INTO sign_in (tenant_id, settings) VALUES ($1, $2)
         ON CONFLICT (tenant_id) DO UPDATE SET settings = excluded.settings",
        params![tenant, &text],
    )?;
    if settings.sso_only { session::end_at(tx, tenant, Door::Link) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_is_refused() {
        let with = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            settings.checked()
        };
        assert!(with(|_| {}).is_ok());
        assert_eq!(with(|s| s.just_in_time = JustInTime::On).unwrap_err(), BadSetting::NoDomain);
        assert_eq!(with(|s| s.idle_minutes = 0).unwrap_err(), BadSetting::Times);
        assert_eq!(with(|s| s.idle_minutes = 721).unwrap_err(), BadSetting::Times);
        for domain in ["", "com", "@contoso.com", "contoso..com", "conto so.com"] {
            let settings = Settings { domains: vec![domain.to_owned()], ..Settings::default() };
            assert!(matches!(settings.checked(), Err(BadSetting::Domain(_))), "{domain}");
        }
    }

    #[test]
    fn a_domain_is_claimed_whole_and_in_any_letter_case() {
        let settings = Settings { domains: vec!["Contoso.com".to_owned()], ..Settings::default() };
        let settings = settings.checked().unwrap();
        assert!(settings.claims("ana@CONTOSO.com"));
        for address in ["ana@x.contoso.com", "ana@notcontoso.com", "contoso.com", "ana@contoso.com@evil.test"]
        {
            assert!(!settings.claims(address), "{address}");
        }
    }
}
