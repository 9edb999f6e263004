//! The schemas of RFC 7643 §8.7: User, Group and the enterprise user extension.

use crate::schema::Schema;

/// URN of the core User schema (RFC 7643 §4.1).
pub const USER_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// URN of the core Group schema (RFC 7643 §4.2).
pub const GROUP_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// URN of the enterprise user extension (RFC 7643 §4.3).
pub const ENTERPRISE_USER_URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The User schema (RFC 7643 §4.1, §8.7.1).
#[must_use]
pub fn user() -> Schema {
    parse(include_str!("../schemas/user.json"))
}

/// The Group schema (RFC 7643 §4.2, §8.7.1).
#[must_use]
pub fn group() -> Schema {
    parse(include_str!("../schemas/group.json"))
}

/// The enterprise user extension (RFC 7643 §4.3, §8.7.1).
#[must_use]
pub fn enterprise_user() -> Schema {
    parse(include_str!("../schemas/enterprise-user.json"))
}

#[expect(clippy::expect_used, reason = "the text is part of the program, and a test parses it")]
fn parse(text: &str) -> Schema {
    serde_json::from_str(text).expect("a built-in schema is valid")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Mutability, Returned, Uniqueness};

    #[test]
    fn built_in_schemas_are_valid() {
        for (schema, id) in
            [(user(), USER_URN), (group(), GROUP_URN), (enterprise_user(), ENTERPRISE_USER_URN)]
        {
            assert_eq!(schema.validate(), Ok(()));
            assert_eq!(schema.id, id);
        }
    }

    #[test]
    fn characteristics_that_security_and_matching_depend_on() {
        let (user, group) = (user(), group());
        let user_name = user.attribute("userName").unwrap();
        assert!(user_name.required && !user_name.case_exact);
        assert_eq!(user_name.uniqueness, Uniqueness::Server);
        let password = user.attribute("password").unwrap();
        assert_eq!((password.mutability, password.returned), (Mutability::WriteOnly, Returned::Never));
        assert_eq!(user.attribute("groups").unwrap().mutability, Mutability::ReadOnly);
        assert!(group.attribute("displayName").unwrap().required);
        let parts = &group.attribute("members").unwrap().sub_attributes;
        assert_eq!(
            parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(),
            ["value", "$ref", "type"]
        );
        let member_id = group.attribute("members").unwrap().sub_attribute("value").unwrap();
        assert!(member_id.case_exact);
        assert_eq!(member_id.mutability, Mutability::Immutable);
    }
}
