//! The doors: at each of them a tenant has one provider.

use std::fmt;
use std::str::FromStr;

use prometheus_client::encoding::EncodeLabelValue;
use serde::{Deserialize, Serialize};

/// By what somebody signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EncodeLabelValue)]
#[serde(rename_all = "kebab-case")]
pub enum Door {
    /// SAML 2.0 at `…/saml/acs`: Okta's, and any other provider's.
    Saml,
    /// SAML 2.0 at `…/saml/acs_msft`: Microsoft Entra's.
    EntraSaml,
    /// OpenID Connect.
    Oidc,
    /// A link that works once.
    Link,
    /// The break-glass key.
    BreakGlass,
}

impl Door {
    /// Those with a provider behind them.
    pub const WITH_PROVIDER: [Self; 3] = [Self::Saml, Self::EntraSaml, Self::Oidc];
    const ALL: [Self; 5] = [Self::Saml, Self::EntraSaml, Self::Oidc, Self::Link, Self::BreakGlass];

    /// The name in the database and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Saml => "saml",
            Self::EntraSaml => "entra-saml",
            Self::Oidc => "oidc",
            Self::Link => "link",
            Self::BreakGlass => "break-glass",
        }
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the providers are saml, entra-saml and oidc")]
pub struct UnknownDoor;

impl FromStr for Door {
    type Err = UnknownDoor;

    fn from_str(text: &str) -> Result<Self, UnknownDoor> {
        Self::ALL.into_iter().find(|door| door.as_str() == text).ok_or(UnknownDoor)
    }
}
