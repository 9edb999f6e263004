//! A user of Okta as the engine sees it. Pure.

use crate::application::Assigned;
use connector::{Assignment, Object, ObjectType};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A user as the API answers it, as far as it matters here.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct User {
    pub(crate) id: String,
    status: Status,
    profile: Map<String, Value>,
}

/// Okta's user statuses. One that is not among them is an error: what it means for an account is not to be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    Staged,
    Provisioned,
    Active,
    Recovery,
    PasswordExpired,
    LockedOut,
    Suspended,
    Deprovisioned,
}

/// Names that mappings for Entra use, each with the profile's own.
const SYNONYMS: &[(&str, &str)] = &[
    ("userPrincipalName", "login"),
    ("mail", "email"),
    ("givenName", "firstName"),
    ("surname", "lastName"),
    ("jobTitle", "title"),
    ("mobile", "mobilePhone"),
    ("telephoneNumber", "primaryPhone"),
    ("postalCode", "zipCode"),
    ("country", "countryCode"),
    ("employeeId", "employeeNumber"),
    ("companyName", "organization"),
];

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Staged => "STAGED",
            Self::Provisioned => "PROVISIONED",
            Self::Active => "ACTIVE",
            Self::Recovery => "RECOVERY",
            Self::PasswordExpired => "PASSWORD_EXPIRED",
            Self::LockedOut => "LOCKED_OUT",
            Self::Suspended => "SUSPENDED",
            Self::Deprovisioned => "DEPROVISIONED",
        }
    }

    /// Whether the person has an account that counts. Okta provisions nobody who is staged, and a suspension sends
    /// nothing to applications.
    fn is_enabled(self) -> bool {
        match self {
            Self::Provisioned
            | Self::Active
            | Self::Recovery
            | Self::PasswordExpired
            | Self::LockedOut
            | Self::Suspended => true,
            Self::Staged | Self::Deprovisioned => false,
        }
    }

    /// Whether the account is one that can be brought back, until it is deleted.
    fn is_soft_deleted(self) -> bool {
        self == Self::Deprovisioned
    }
}

impl User {
    /// Who the profile says the manager is: an id, or what else the org keeps there.
    pub(crate) fn manager(&self) -> Option<&str> {
        self.profile.get("managerId")?.as_str().filter(|manager| !manager.is_empty())
    }

    /// The object, with the manager's anchor and the assignment.
    pub(crate) fn into_object(self, manager: Option<String>, assigned: Option<Assigned>) -> Object {
        let Self { id, status, profile: mut attributes } = self;
        name_manager(&mut attributes, manager);
        for (synonym, name) in SYNONYMS {
            if let (false, Some(value)) = (attributes.contains_key(*synonym), attributes.get(*name)) {
                attributes.insert((*synonym).to_owned(), value.clone());
            }
        }
        attributes.insert("id".to_owned(), Value::from(id.as_str()));
        attributes.insert("status".to_owned(), Value::from(status.name()));
        attributes.entry("accountEnabled").or_insert(Value::Bool(status.is_enabled()));
        let assignment = match assigned {
            Some(Assigned { assignment, profile }) => {
                attributes.insert("app".to_owned(), Value::Object(profile));
                assignment
            }
            None => Assignment::Unassigned,
        };
        let login = attributes.get("login").and_then(Value::as_str);
        Object {
            display: login.unwrap_or(&id).to_owned(),
            anchor: id,
            object_type: ObjectType::User,
            attributes,
            enabled: status.is_enabled(),
            soft_deleted: status.is_soft_deleted(),
            assignment,
            members: None,
        }
    }
}

/// Okta's `manager` is a name, the engine's an anchor; the name moves to where Okta's own SCIM profile has it.
fn name_manager(attributes: &mut Map<String, Value>, anchor: Option<String>) {
    if let Some(name) = attributes.remove("manager") {
        attributes.entry("managerDisplayName").or_insert(name);
    }
    if let Some(anchor) = anchor {
        attributes.insert("manager".to_owned(), Value::from(anchor));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn user(status: &str, profile: Value) -> Result<User, serde_json::Error> {
        serde_json::from_value(
            json!({ "id": "00u1", "status": status, "profile": profile, "lastLogin": null }),
        )
    }

    #[test]
    fn every_status_has_its_meaning() {
        let table = [
            ("STAGED", false, false),
            ("PROVISIONED", true, false),
            ("ACTIVE", true, false),
            ("RECOVERY", true, false),
            ("PASSWORD_EXPIRED", true, false),
            ("LOCKED_OUT", true, false),
            ("SUSPENDED", true, false),
            ("DEPROVISIONED", false, true),
        ];
        for (status, enabled, soft_deleted) in table {
            let object = user(status, json!({ "login": "a@contoso.com" })).unwrap().into_object(None, None);
            assert_eq!((object.enabled, object.soft_deleted), (enabled, soft_deleted), "{status}");
            assert_eq!(object.attributes["status"], status);
            assert_eq!(object.attributes["accountEnabled"], enabled);
        }
        assert!(user("RETIRED", json!({})).is_err(), "nobody's account depends on a guess");
    }

    #[test]
    fn attributes_are_the_profile_and_the_names_of_entra() {
        let profile = json!({
            "login": "a@contoso.com", "email": "mail@contoso.com", "title": null, "organization": "Contoso",
            "companyName": "its own", "badge": 7,
        });
        let object = user("ACTIVE", profile).unwrap().into_object(None, None);
        assert_eq!(object.display, "a@contoso.com");
        for (name, value) in [
            ("id", json!("00u1")),
            ("userPrincipalName", json!("a@contoso.com")),
            ("mail", json!("mail@contoso.com")),
            ("email", json!("mail@contoso.com")),
            ("jobTitle", json!(null)),
            ("companyName", json!("its own")),
            ("badge", json!(7)),
        ] {
            assert_eq!(object.attributes[name], value, "{name}");
        }
        assert!(!object.attributes.contains_key("surname"), "what the profile does not have");
    }

    #[test]
    fn the_manager_is_an_anchor_and_never_a_name() {
        let profile =
            json!({ "login": "a@contoso.com", "manager": "Ben Example", "managerId": "ben@contoso.com" });
        let user = user("ACTIVE", profile).unwrap();
        assert_eq!(user.manager(), Some("ben@contoso.com"));
        let known = user.clone().into_object(Some("00u2".into()), None);
        assert_eq!(known.attributes["manager"], "00u2");
        assert_eq!(known.attributes["managerDisplayName"], "Ben Example");
        assert!(!user.into_object(None, None).attributes.contains_key("manager"));
    }

    #[test]
    fn the_assignment_brings_the_profile_in_the_app() {
        let assigned = Assigned {
            assignment: Assignment::ByGroup { group: "Sales".into() },
            profile: json!({ "role": "Seller" }).as_object().cloned().unwrap(),
        };
        let object = user("ACTIVE", json!({})).unwrap().into_object(None, Some(assigned));
        assert_eq!(object.attributes["app"]["role"], "Seller");
        assert_eq!(object.assignment, Assignment::ByGroup { group: "Sales".into() });
        assert_eq!(object.display, "00u1");
    }
}
