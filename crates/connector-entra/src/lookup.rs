//! Finding a person.

use crate::delta::{Pages, id_of};
use crate::endpoint::query_value;
use crate::fetch::Directory;
use connector::{Entry, Error, Object};
use scim::fold::fold_eq;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Names that a person may be meant by.
const NAMES: [&str; 3] = ["userPrincipalName", "originalUserPrincipalName", "mail"];

impl Directory {
    /// The users that a person may mean by an id, a userPrincipalName as stored or cleaned, or a mail address. Who is in
    /// the recycle bin is known by id, by the name that the deletion gave, and by mail.
    pub(crate) async fn find_users(&self, who: &str) -> Result<Vec<Object>, Error> {
        let mut ids: BTreeSet<String> = own_ids(who).collect();
        let quoted = who.replace('\'', "''");
        let mut here = format!("userPrincipalName eq '{quoted}' or mail eq '{quoted}'");
        if let Some((alias, domain)) = quoted.rsplit_once('@') {
            // A guest of this name is stored as alias_domain#EXT#@ourdomain.
            here.push_str(&format!(" or startswith(userPrincipalName,'{alias}_{domain}#EXT#@')"));
        }
        self.filtered("/users", &here, &mut ids).await?;
        let deleted = format!("mail eq '{quoted}'");
        self.filtered("/directory/deletedItems/microsoft.graph.user", &deleted, &mut ids).await?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let roster = self.present_roster().await?;
        let ids: Vec<String> = ids.into_iter().collect();
        let entries = self.fetch_users(&ids, roster.as_ref()).await?;
        let objects = entries.into_iter().filter_map(|entry| match entry {
            Entry::Present(object) => Some(object),
            Entry::Unchanged { .. } | Entry::Removed { .. } => None,
        });
        Ok(objects.filter(|object| is_meant(object, who)).collect())
    }

    async fn filtered(&self, path: &str, filter: &str, ids: &mut BTreeSet<String>) -> Result<(), Error> {
        let mut pages = Pages::of(format!("{path}?$select=id&$filter={}", query_value(filter)));
        while let Some(records) = pages.next(&self.graph).await? {
            for record in &records {
                ids.insert(id_of(record)?.to_owned());
            }
        }
        Ok(())
    }
}

/// The id that somebody gives, or that a deletion put before a name.
fn own_ids(who: &str) -> impl Iterator<Item = String> {
    let id = Uuid::try_parse(who).ok();
    let before_name = who.split_at_checked(32).and_then(|(digits, _)| Uuid::try_parse(digits).ok());
    id.or(before_name).map(|id| id.hyphenated().to_string()).into_iter()
}

fn is_meant(object: &Object, who: &str) -> bool {
    let named = |name| object.attributes.get(name).and_then(|name| name.as_str());
    object.anchor.eq_ignore_ascii_case(who)
        || NAMES.into_iter().filter_map(named).any(|name| fold_eq(name, who))
}
