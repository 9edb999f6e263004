//! Where users and groups are on a server, and how they are told apart there.

use crate::dialect::Dialect;
use connector::{Needs, ObjectType};
use model::job::{LdapServer, LdapSettings};

/// Where the objects of a type are.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) base: String,
    pub(crate) filter: String,
}

/// What the job says, completed by what the server is.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) dialect: Dialect,
    pub(crate) users: Part,
    pub(crate) groups: Part,
    /// The attributes with a group's members.
    pub(crate) members: Vec<String>,
    /// Which users are disabled.
    pub(crate) disabled: Option<String>,
    pub(crate) assigned: Vec<String>,
    pub(crate) needs: Needs,
}

impl Layout {
    /// For a server that looks like `judged`.
    pub(crate) fn new(settings: &LdapSettings, needs: &Needs, judged: Dialect) -> Self {
        let dialect = match settings.server {
            LdapServer::Auto => judged,
            LdapServer::OpenLdap => Dialect::OpenLdap,
            LdapServer::ActiveDirectory => Dialect::ActiveDirectory,
        };
        let part = |base: &Option<String>, filter: &Option<String>, usual: &str| Part {
            base: base.as_ref().unwrap_or(&settings.base).clone(),
            filter: filter.as_deref().map_or_else(|| usual.to_owned(), parenthesized),
        };
        let (users, groups) = (&settings.users, &settings.groups);
        let members = match &groups.member {
            Some(attribute) => vec![attribute.clone()],
            None => dialect.member_attributes().iter().map(|name| (*name).to_owned()).collect(),
        };
        Self {
            dialect,
            users: part(&users.base, &users.filter, dialect.users_filter()),
            groups: part(&groups.base, &groups.filter, dialect.groups_filter()),
            members,
            disabled: users.disabled_filter.as_deref().map(parenthesized),
            assigned: settings.assigned.clone(),
            needs: needs.clone(),
        }
    }

    pub(crate) fn part(&self, object_type: ObjectType) -> &Part {
        match object_type {
            ObjectType::User => &self.users,
            ObjectType::Group => &self.groups,
        }
    }

    /// Whether some members are named by their `uid`.
    pub(crate) fn names_members_by_uid(&self) -> bool {
        self.members.iter().any(|name| name.eq_ignore_ascii_case("memberUid"))
    }
}

/// Both filters.
pub(crate) fn both(one: &str, other: &str) -> String {
    format!("(&{one}{other})")
}

/// Any of these filters.
pub(crate) fn any(filters: impl IntoIterator<Item = String>) -> String {
    format!("(|{})", filters.into_iter().collect::<String>())
}

/// People leave out the outer parentheses, which most tools allow.
fn parenthesized(filter: &str) -> String {
    let filter = filter.trim();
    if filter.starts_with('(') { filter.to_owned() } else { format!("({filter})") }
}
