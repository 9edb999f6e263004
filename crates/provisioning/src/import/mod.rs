//! Import: every account that the target has, and whom of the source each belongs to, as Okta's import with matching.
//!
//! A cycle asks for the people of the source one by one, and so never meets the accounts that belong to nobody. An import
//! lists all accounts. What it finds can be confirmed: then the account is that person's from the next cycle on, also
//! where no matching attribute says so.

mod people;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use connector::{Entry, ObjectType, Target, TargetObject};
use jiff::Timestamp;
use mapping::{Environment, Phase};
use model::link::{Link, LinkState};
use scim::path::Path;
use serde::Serialize;
use serde_json::Value;

use crate::Error;
use crate::context::{Context, Ends, JobInstance};
use crate::decide::Intent;
use crate::export::Exporter;
use crate::lease::alone;
use crate::ledger::Ledger;
use crate::limits::{LINK_PAGE, MAX_ACCOUNTS, RECORD_BATCH};
use crate::subject::{Subject, rules};
use people::{Hit, People, Person};

/// Whom an account belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Match {
    /// To whom it is linked: nothing is to be decided.
    Linked,
    /// To whom a matching attribute names. The next cycle finds the same.
    Exact,
    /// Perhaps to the one person who has that first and last name.
    Partial,
    /// To more than one, or others belong to the same person: a person has to correct that.
    Ambiguous,
    /// To nobody in scope: the application alone knows it.
    None,
}

/// An account of the target that is not linked.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The kind of object.
    pub object_type: ObjectType,
    /// Its id in the target.
    pub target_id: String,
    /// Its userName or displayName.
    pub display: String,
    /// Whether it is active; a group always is.
    pub active: bool,
    /// How it was matched.
    #[serde(rename = "match")]
    pub matched: Match,
    /// The attribute that led to the person.
    pub attribute: Option<String>,
    /// The anchor of the person it belongs to, or may belong to.
    pub source_id: Option<String>,
    /// That person's name.
    pub person: Option<String>,
    /// Whether it is linked now.
    pub confirmed: bool,
}

/// What is linked of what was found.
#[derive(Clone, Debug, Default)]
pub struct Confirm {
    /// Accounts that were matched so.
    pub matches: BTreeSet<Match>,
    /// Only these, by their ids in the target; all if it is empty.
    pub accounts: BTreeSet<String>,
}

impl Confirm {
    fn wants(&self, account: &Account) -> bool {
        let may_be = matches!(account.matched, Match::Exact | Match::Partial);
        may_be
            && self.matches.contains(&account.matched)
            && (self.accounts.is_empty() || self.accounts.contains(&account.target_id))
    }
}

/// What an import came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Accounts that the target has.
    pub scanned: u64,
    /// How many of them were matched how.
    pub matches: BTreeMap<Match, u64>,
    /// Accounts that were linked by this import.
    pub confirmed: u64,
    /// People of the source whose mapping can't be evaluated; they were matched with nothing.
    pub unreadable: u64,
    /// All that were not linked before, in the order of types, matches and names.
    pub accounts: Vec<Account>,
}

/// Lists the target, and links what `confirm` says. Nothing is written to the target.
///
/// # Errors
/// [`Error::Busy`] when a cycle runs; the source's, the target's or the store's.
pub async fn run(
    context: &Context,
    job: &JobInstance,
    ends: &Ends,
    confirm: &Confirm,
) -> Result<Report, Error> {
    alone(context, job, Duration::ZERO, |lease| async move {
        let work = async {
            let lease = Some(lease.clone());
            let ledger = Ledger::new(context.store.clone(), job.id, None, lease, context.ids.clone());
            let exporter = Exporter::new(context, job, ends);
            let mut import = Import { context, job, ends, exporter, ledger, report: Report::default() };
            import.run(confirm).await?;
            Ok(import.report)
        };
        lease.hold(&context.store, &context.clock, None, work).await
    })
    .await
}

struct Import<'a> {
    context: &'a Context,
    job: &'a JobInstance,
    ends: &'a Ends,
    exporter: Exporter<'a>,
    ledger: Ledger,
    report: Report,
}

/// The links of a job, of one type.
#[derive(Default)]
struct Linked {
    accounts: HashSet<String>,
    people: HashSet<String>,
}

impl Import<'_> {
    async fn run(&mut self, confirm: &Confirm) -> Result<(), Error> {
        let groups = self.job.definition.groups.is_some().then_some(ObjectType::Group);
        let types: Vec<ObjectType> = [ObjectType::User].into_iter().chain(groups).collect();
        let mut linked = HashMap::new();
        for object_type in &types {
            linked.insert(*object_type, self.linked(*object_type).await?);
        }
        let people = self.people(&linked).await?;
        for object_type in types {
            let (none, nobody) = (Linked::default(), People::default());
            let linked = linked.get(&object_type).unwrap_or(&none);
            let people = people.get(&object_type).unwrap_or(&nobody);
            let mut accounts = self.accounts(object_type, linked, people).await?;
            refuse_shared(&mut accounts);
            self.confirm(&mut accounts, confirm).await?;
            accounts.sort_by(|a, b| (a.matched, &a.display).cmp(&(b.matched, &b.display)));
            for account in &accounts {
                *self.report.matches.entry(account.matched).or_default() += 1;
            }
            self.report.accounts.extend(accounts);
        }
        Ok(())
    }

    async fn linked(&self, object_type: ObjectType) -> Result<Linked, Error> {
        let (mut linked, mut after) = (Linked::default(), String::new());
        loop {
            let page = self.ledger.links_after(object_type, after, LINK_PAGE).await?;
            let Some(last) = page.last() else { return Ok(linked) };
            after = last.source_id.clone();
            for link in page {
                linked.accounts.insert(link.target_id);
                linked.people.insert(link.source_id);
            }
        }
    }

    /// Everybody whom a cycle would provision and has not linked yet.
    async fn people(
        &mut self,
        linked: &HashMap<ObjectType, Linked>,
    ) -> Result<HashMap<ObjectType, People>, Error> {
        let mut all: HashMap<ObjectType, People> = HashMap::new();
        let environment = Environment { now: self.context.clock.now(), seed: self.ledger.seed() };
        let mut reading = self.ends.source.read(None).await.map_err(Error::Source)?;
        while let Some(page) = reading.next_page().await.map_err(Error::Source)? {
            for entry in page {
                let Entry::Present(object) = entry else { continue };
                let object_type = object.object_type;
                let Some(rules) = rules(&self.job.definition, object_type) else { continue };
                let subject = Subject::judge(object, &self.job.definition, &self.job.digest);
                let is_linked =
                    linked.get(&object_type).is_some_and(|l| l.people.contains(&subject.object.anchor));
                if is_linked || subject.intent(None) != Intent::Provision {
                    continue;
                }
                match rules.mappings.evaluate(subject.attributes(), &environment, Phase::Update) {
                    Ok(mapped) => {
                        let matching = matching(self.job, object_type);
                        all.entry(object_type).or_default().add(&subject, &matching, &mapped);
                    }
                    Err(_) => self.report.unreadable += 1,
                }
            }
        }
        // A source that was not read to its end would make accounts look like nobody's.
        reading.finish().map_err(Error::Source)?;
        Ok(all)
    }

    /// The accounts of the target that are not linked, matched.
    async fn accounts(
        &mut self,
        object_type: ObjectType,
        linked: &Linked,
        people: &People,
    ) -> Result<Vec<Account>, Error> {
        let matching = matching(self.job, object_type);
        let (mut accounts, mut met, mut from) = (Vec::new(), HashSet::new(), Some(1));
        while let Some(place) = from
            && met.len() < MAX_ACCOUNTS
        {
            let page = self.exporter.list(object_type, place).await.map_err(Error::Target)?;
            for found in page.objects {
                // A list that changes meanwhile may tell of somebody twice.
                if !met.insert(found.id.clone()) {
                    continue;
                }
                self.report.scanned += 1;
                if linked.accounts.contains(&found.id) {
                    *self.report.matches.entry(Match::Linked).or_default() += 1;
                } else {
                    accounts.push(account(object_type, found, &matching, people));
                }
            }
            from = page.next;
        }
        Ok(accounts)
    }

    /// Links what is to be, so that the next cycle provisions it. That cycle looks at everybody, because no source tells
    /// again of somebody who has not changed.
    async fn confirm(&mut self, accounts: &mut [Account], confirm: &Confirm) -> Result<(), Error> {
        let now = self.context.clock.now();
        let mut wanted: Vec<&mut Account> =
            accounts.iter_mut().filter(|account| confirm.wants(account)).collect();
        for batch in wanted.chunks_mut(RECORD_BATCH) {
            let links: Vec<Link> = batch.iter().filter_map(|account| link(account, now)).collect();
            self.report.confirmed += links.len() as u64;
            let write = move |tx: &mut store::Tx<'_>, ledger: &Ledger| {
                store::link::upsert(tx, ledger.job, &links)?;
                store::job::set_watermark(tx, ledger.job, None)
            };
            self.ledger.leased(now, write).await?;
            batch.iter_mut().for_each(|account| account.confirmed = true);
        }
        Ok(())
    }
}

/// The matching attributes of a type, by precedence.
fn matching(job: &JobInstance, object_type: ObjectType) -> Vec<&Path> {
    let rules = rules(&job.definition, object_type);
    rules.map(|r| r.mappings.matching().into_iter().map(|m| m.target.path()).collect()).unwrap_or_default()
}

fn account(object_type: ObjectType, found: TargetObject, matching: &[&Path], people: &People) -> Account {
    let by_attribute = people.matching(&found, matching);
    let by_name = || people.of_that_name(&found).map(|hit| ("name".to_owned(), hit, Match::Partial));
    let hit = by_attribute.map(|(path, hit)| (path.to_string(), hit, Match::Exact)).or_else(by_name);
    let (attribute, matched, person) = match hit {
        None => (None, Match::None, None),
        Some((attribute, Hit::Several, _)) => (Some(attribute), Match::Ambiguous, None),
        Some((attribute, Hit::One(number), how)) => (Some(attribute), how, people.get(number)),
    };
    let text = |name: &str| found.document.get(name).and_then(Value::as_str);
    let name = text("userName").or_else(|| text("displayName")).unwrap_or_default();
    let is_false = |value: &Value| match value {
        Value::Bool(active) => !active,
        Value::String(active) => active.eq_ignore_ascii_case("false"),
        _ => false,
    };
    Account {
        object_type,
        display: name.to_owned(),
        active: !found.document.get("active").is_some_and(is_false),
        matched,
        attribute,
        source_id: person.map(|person: &Person| person.anchor.clone()),
        person: person.map(|person| person.display.clone()),
        confirmed: false,
        target_id: found.id,
    }
}

/// Two accounts are never one person's. Where one of them matches exactly and others by name alone, it is that one's.
fn refuse_shared(accounts: &mut [Account]) {
    let mut best: HashMap<String, (Match, u64)> = HashMap::new();
    for account in accounts.iter() {
        let Some(person) = &account.source_id else { continue };
        let (matched, count) = best.entry(person.clone()).or_insert((account.matched, 0));
        if account.matched < *matched {
            (*matched, *count) = (account.matched, 1);
        } else {
            *count += u64::from(account.matched == *matched);
        }
    }
    for account in accounts {
        let Some((matched, count)) = account.source_id.as_ref().and_then(|person| best.get(person)) else {
            continue;
        };
        if *count > 1 || account.matched != *matched {
            account.matched = Match::Ambiguous;
        }
    }
}

/// A link that says nothing of what was sent: the next cycle compares everything.
fn link(account: &Account, now: Timestamp) -> Option<Link> {
    Some(Link {
        object_type: account.object_type.to_string(),
        source_id: account.source_id.clone()?,
        target_id: account.target_id.clone(),
        state: LinkState::Managed,
        fingerprint: String::new(),
        display: account.person.clone()?,
        modified: now,
    })
}
