//! User names as Entra alters them, turned back. Pure.

/// The name a person signs in with, when `upn` is one that Entra altered; `None` when it is as it should be.
///
/// - A soft delete renames the userPrincipalName to the object's id as 32 hexadecimal digits followed by the old name,
///   so that the name can be used again. The digits are only taken off when they are the object's own id.
/// - A B2B guest has `alias_theirdomain#EXT#@ourdomain`, which Entra's provisioning reduces to `alias@theirdomain`.
///
/// A soft-deleted guest has both.
pub fn clean_user_principal_name(upn: &str, object_id: &str) -> Option<String> {
    let restored = without_deletion_prefix(upn, object_id);
    guest_name(restored.unwrap_or(upn)).or_else(|| restored.map(str::to_owned))
}

fn without_deletion_prefix<'a>(upn: &'a str, object_id: &str) -> Option<&'a str> {
    let (prefix, name) = upn.split_at_checked(32)?;
    let digits: String = object_id.chars().filter(|c| *c != '-').collect();
    let own_id = digits.len() == 32 && digits.chars().all(|c| c.is_ascii_hexdigit());
    (own_id && prefix.eq_ignore_ascii_case(&digits) && !name.is_empty()).then_some(name)
}

fn guest_name(upn: &str) -> Option<String> {
    let (home, resource_domain) = upn.rsplit_once("#EXT#")?;
    if !resource_domain.starts_with('@') {
        return None;
    }
    // A domain name holds no underscore, an alias may: the last one stands for the "@".
    let (alias, domain) = home.rsplit_once('_')?;
    (!alias.is_empty() && !domain.is_empty()).then(|| format!("{alias}@{domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "283405F5-1111-2222-3333-44445555c2ff";

    fn check(upn: &str, expect: Option<&str>) {
        assert_eq!(clean_user_principal_name(upn, ID).as_deref(), expect, "{upn}");
    }

    #[test]
    fn an_ordinary_name_is_left_alone() {
        check("ralf@contoso.com", None);
        check("", None);
        check("Łukasz.Żółć.with.a.long.name.ąąąąąąąą@contoso.com", None);
    }

    #[test]
    fn a_soft_delete_is_undone_only_for_the_objects_own_id() {
        check("283405f511112222333344445555c2ffralf@contoso.com", Some("ralf@contoso.com"));
        check("283405F511112222333344445555C2FFralf@contoso.com", Some("ralf@contoso.com"));
        check("283405f511112222333344445555c200ralf@contoso.com", None);
        check("283405f511112222333344445555c2ff", None);
    }

    #[test]
    fn a_guest_has_the_name_of_the_home_tenant() {
        check("ama_fabrikam.com#EXT#@contoso.onmicrosoft.com", Some("ama@fabrikam.com"));
        check("ama_b_fabrikam.com#EXT#@contoso.onmicrosoft.com", Some("ama_b@fabrikam.com"));
        check("ama#EXT#@contoso.onmicrosoft.com", None);
        check("_fabrikam.com#EXT#@contoso.onmicrosoft.com", None);
        check("ama_fabrikam.com#EXT#", None);
    }

    #[test]
    fn a_soft_deleted_guest_has_both() {
        check("283405f511112222333344445555c2ffama_fabrikam.com#EXT#@contoso.com", Some("ama@fabrikam.com"));
    }

    #[test]
    fn an_id_that_is_no_guid_removes_nothing() {
        assert_eq!(clean_user_principal_name("abcralf@contoso.com", "abc"), None);
        assert_eq!(clean_user_principal_name("ralf@contoso.com", ""), None);
    }
}
