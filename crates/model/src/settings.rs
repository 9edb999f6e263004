//! What the administrator of a tenant may choose. Each setting has a default, its unit in its name or its comment,
//! and is checked when it is set.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

/// The settings of one tenant. Kept as JSON with the tenant; a setting that is missing there has its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// For how many days a deleted user can come back as who they were (0: not at all).
    pub retention_days: u16,
    /// Whether several groups may have the same `displayName`. Entra and Okta look groups up by it, so that they can't
    /// tell such groups apart. Concerns names that are given from then on, not those that groups have already.
    pub duplicate_group_names: bool,
    /// What happens when a client creates a user who is inactive or was deleted: `relink` brings the same user back,
    /// `reject` answers 409 for an inactive one and makes a new user in place of a deleted one.
    pub relink: Relink,
    /// When one connection disabled or deleted more users than this within an hour, an administrator must allow
    /// further ones (0: any number is fine).
    pub brake_count: u32,
    /// The same as a share of the tenant's users, in percent (0: any share is fine). Does not hold for tenants with
    /// fewer than 20 users.
    pub brake_percent: u8,
    /// How many requests a second are answered, after as many at once (0: any number). Further ones get 429.
    pub requests_per_second: u32,
    /// For how many days the request log keeps a request (0: none is logged).
    pub request_log_days: u16,
    /// Whether the request log keeps bodies and the literals of filters too. Passwords and attributes that are never
    /// returned are left out of them. Turn it on for as long as it takes to find out what a client sends.
    pub request_log_bodies: bool,
}

/// What to do with somebody who comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relink {
    /// The same user is active again.
    Relink,
    /// The client is told.
    Reject,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            retention_days: 30,
            duplicate_group_names: false,
            relink: Relink::Relink,
            brake_count: 0,
            brake_percent: 20,
            requests_per_second: 0,
            request_log_days: 7,
            request_log_bodies: false,
        }
    }
}

/// A setting that can't be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the setting {name} can't be {value:?}: {reason}; the settings are {known}")]
pub struct BadSetting {
    name: String,
    value: String,
    reason: String,
    known: String,
}

impl Settings {
    /// Changes one setting by its name; `value` is JSON, or text that needs no quotes. `default` brings back the
    /// default.
    ///
    /// # Errors
    /// If there is no setting of this name, or it can't have this value.
    pub fn set(&self, name: &str, value: &str) -> Result<Self, BadSetting> {
        let bad = |reason: String| BadSetting {
            name: name.to_owned(),
            value: value.to_owned(),
            reason,
            known: Self::names().join(", "),
        };
        if !Self::names().iter().any(|known| known == name) {
            return Err(bad("there is no such setting".to_owned()));
        }
        let mut all = self.to_object();
        if value == "default" {
            all.remove(name);
        } else {
            let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
            all.insert(name.to_owned(), value);
        }
        serde_json::from_value(Value::Object(all)).map_err(|error| bad(error.to_string()))
    }

    /// Each setting with its value.
    #[must_use]
    pub fn to_object(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(all)) => all,
            Ok(_) | Err(_) => Map::new(),
        }
    }

    /// The settings that are not at their defaults, as JSON text: what the store keeps, so that a better default of a
    /// later release reaches everybody who did not choose.
    #[must_use]
    pub fn chosen(&self) -> String {
        let defaults = Self::default().to_object();
        let mut all = self.to_object();
        all.retain(|name, value| defaults.get(name) != Some(value));
        Value::Object(all).to_string()
    }

    fn names() -> Vec<String> {
        Self::default().to_object().keys().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_set_by_name_and_checked() {
        let settings = Settings::default();
        assert_eq!(settings.set("retention_days", "7").unwrap().retention_days, 7);
        assert_eq!(
            settings.set("retention_days", "7").unwrap().set("retention_days", "default").unwrap(),
            settings
        );
        for (name, value) in [("retention_days", "-1"), ("retention_days", "many"), ("retention", "7")] {
            let error = settings.set(name, value).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("retention_days"), "{error}");
        }
    }

    #[test]
    fn a_setting_that_is_missing_has_its_default() {
        assert_eq!(serde_json::from_str::<Settings>("{}").unwrap(), Settings::default());
        assert_eq!(Settings::default().chosen(), "{}");
    }
}
