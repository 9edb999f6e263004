//! How a client speaks SCIM.

use crate::ConfigError;
use std::str::FromStr;

/// The client whose request shapes are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// RFC 7644 to the letter.
    Rfc,
    /// The Microsoft Entra provisioning service without a behaviour flag.
    Entra,
}

impl FromStr for Dialect {
    type Err = ConfigError;

    fn from_str(name: &str) -> Result<Self, ConfigError> {
        match name {
            "rfc" => Ok(Self::Rfc),
            "entra" => Ok(Self::Entra),
            "entra-2020" | "okta-aiw" | "okta-oin" | "okta-oin-patch" => {
                Err(ConfigError::DialectNotSupported(name.to_owned()))
            }
            _ => Err(ConfigError::DialectUnknown(name.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!("rfc".parse::<Dialect>().unwrap(), Dialect::Rfc);
        assert_eq!("entra".parse::<Dialect>().unwrap(), Dialect::Entra);
        for name in ["entra-2020", "okta-aiw", "okta-oin", "okta-oin-patch"] {
            let error = name.parse::<Dialect>().unwrap_err().to_string();
            assert_eq!(error, format!("dialect \"{name}\" is not supported yet; use rfc or entra"));
        }
        let error = "Entra ".parse::<Dialect>().unwrap_err().to_string();
        assert_eq!(error, "dialect \"Entra \" is unknown; use rfc or entra");
    }
}
