//! The attributes of an entry as mappings read them.

use crate::entry::RawEntry;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use connector::{Needs, ObjectType};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Entra's names, each with the LDAP attributes that it stands for; the first that has a value counts. They are those
/// with which Entra's own cloud sync reads Active Directory, and their counterparts of inetOrgPerson (RFC 2798).
const ENTRA_NAMES: &[(&str, &[&str])] = &[
    ("userPrincipalName", &["userPrincipalName", "mail", "uid"]),
    ("mail", &["mail"]),
    ("mailNickname", &["mailNickname", "uid", "sAMAccountName"]),
    ("givenName", &["givenName"]),
    ("surname", &["sn"]),
    ("displayName", &["displayName", "cn"]),
    ("jobTitle", &["title"]),
    ("department", &["department", "departmentNumber"]),
    ("companyName", &["company", "o"]),
    ("employeeId", &["employeeID", "employeeNumber"]),
    ("city", &["l"]),
    ("state", &["st"]),
    ("country", &["c", "co"]),
    ("streetAddress", &["streetAddress", "street"]),
    ("postalCode", &["postalCode"]),
    ("officeLocation", &["physicalDeliveryOfficeName"]),
    ("physicalDeliveryOfficeName", &["physicalDeliveryOfficeName"]),
    ("telephoneNumber", &["telephoneNumber"]),
    ("mobile", &["mobile"]),
    ("preferredLanguage", &["preferredLanguage"]),
    ("userType", &["employeeType"]),
];

/// What a group is called, and what describes it.
const GROUP_NAMES: &[(&str, &[&str])] =
    &[("displayName", &["displayName", "cn"]), ("description", &["description"]), ("mail", &["mail"])];

/// Passwords in their forms. They are never asked for, whoever may read them.
const NEVER: [&str; 9] = [
    "userPassword",
    "unicodePwd",
    "dBCSPwd",
    "sambaNTPassword",
    "sambaLMPassword",
    "krbPrincipalKey",
    "ms-Mcs-AdmPwd",
    "msLAPS-Password",
    "msLAPS-EncryptedPassword",
];

fn entra_names(object_type: ObjectType) -> &'static [(&'static str, &'static [&'static str])] {
    match object_type {
        ObjectType::User => ENTRA_NAMES,
        ObjectType::Group => GROUP_NAMES,
    }
}

fn needed(object_type: ObjectType, needs: &Needs) -> &BTreeSet<String> {
    match object_type {
        ObjectType::User => &needs.user_attributes,
        ObjectType::Group => &needs.group_attributes,
    }
}

/// Whether the managers of users are wanted.
pub(crate) fn wants_manager(needs: &Needs) -> bool {
    needs.user_attributes.iter().any(|name| name.eq_ignore_ascii_case("manager"))
}

/// The attributes to ask for: what stands behind Entra's names, and what the job reads by its LDAP name.
pub(crate) fn requested(object_type: ObjectType, needs: &Needs) -> Vec<String> {
    let known =
        entra_names(object_type).iter().flat_map(|(_, names)| names.iter().map(|name| (*name).to_owned()));
    let mut names: Vec<String> = Vec::new();
    for name in known.chain(needed(object_type, needs).iter().cloned()) {
        let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-;._".contains(&byte));
        let is_secret = NEVER.iter().any(|secret| secret.eq_ignore_ascii_case(&name));
        if is_plain && !is_secret && !names.iter().any(|other| other.eq_ignore_ascii_case(&name)) {
            names.push(name);
        }
    }
    names
}

/// The attributes of an entry: those that were asked for, under their LDAP names, and Entra's names.
pub(crate) fn of(entry: &RawEntry, object_type: ObjectType, needs: &Needs) -> Map<String, Value> {
    let mut attributes = Map::new();
    for name in requested(object_type, needs) {
        if !name.eq_ignore_ascii_case("manager")
            && let Some(value) = value(entry.values(&name))
        {
            attributes.insert(name, value);
        }
    }
    for (name, sources) in entra_names(object_type) {
        if let Some(text) = sources.iter().find_map(|source| entry.text(source)) {
            attributes.insert((*name).to_owned(), text.into());
        }
    }
    attributes
}

/// One value as itself, several as a list, bytes that are no text as base64.
fn value(values: &[Vec<u8>]) -> Option<Value> {
    let one = |bytes: &Vec<u8>| match std::str::from_utf8(bytes) {
        Ok(text) => Value::from(text),
        Err(_) => Value::from(STANDARD.encode(bytes)),
    };
    match values {
        [] => None,
        [single] => Some(one(single)),
        several => Some(several.iter().map(one).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::entry;
    use serde_json::json;

    fn needs(attributes: &[&str]) -> Needs {
        Needs {
            user_attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
            ..Needs::default()
        }
    }

    #[test]
    fn entra_names_stand_beside_those_of_ldap() {
        let mut ana = entry(
            "uid=ana,dc=x",
            &[
                ("UID", &["ana"]),
                ("cn", &["Ana María Strauß", "Ana"]),
                ("sn", &["Strauß"]),
                ("title", &["Engineer"]),
                ("l", &["Kraków"]),
                ("roomNumber", &["7"]),
                ("mail", &["ana@contoso.com", "strauss@contoso.com"]),
            ],
        );
        ana.attributes.push(("jpegPhoto".into(), vec![vec![0xff, 0xd8]]));
        let shown = of(&ana, ObjectType::User, &needs(&["jpegPhoto", "roomnumber", "[odd]", "extra"]));
        let expected = json!({
            "uid": "ana", "cn": ["Ana María Strauß", "Ana"], "sn": "Strauß", "title": "Engineer", "l": "Kraków",
            "roomnumber": "7", "jpegPhoto": "/9g=", "mail": "ana@contoso.com", "mailNickname": "ana",
            "userPrincipalName": "ana@contoso.com", "surname": "Strauß", "displayName": "Ana María Strauß",
            "jobTitle": "Engineer", "city": "Kraków",
        });
        assert_eq!(Value::Object(shown), expected);
    }

    #[test]
    fn a_user_is_called_by_the_best_name_there_is() {
        for (names, expected) in [
            (vec![("uid", "u"), ("mail", "m"), ("userPrincipalName", "upn")], "upn"),
            (vec![("uid", "u"), ("mail", "m")], "m"),
            (vec![("uid", "u")], "u"),
        ] {
            let mut ana = entry("cn=ana", &[]);
            ana.attributes =
                names.iter().map(|(n, v)| ((*n).to_owned(), vec![v.as_bytes().to_vec()])).collect();
            assert_eq!(of(&ana, ObjectType::User, &Needs::default())["userPrincipalName"], expected);
        }
    }

    #[test]
    fn passwords_are_not_asked_for() {
        let names = requested(ObjectType::User, &needs(&["userpassword", "unicodePwd", "mobile", "MOBILE"]));
        assert!(!names.iter().any(|name| NEVER.iter().any(|secret| secret.eq_ignore_ascii_case(name))));
        assert_eq!(names.iter().filter(|name| name.eq_ignore_ascii_case("mobile")).count(), 1);
    }
}
