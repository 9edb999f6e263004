//! The steps of the demo, each told as it is done.

use std::env;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use model::connection::ConnectionName;
use model::grant::Grant;
use model::job::{FileSettings, SecretText, SourceSettings, TargetSettings};
use model::tenant::{Application, TenantName};
use provisioning::cycle::Options;
use serde::Serialize;

use super::people::{self, Person};
use crate::cli::Lifetime;
use crate::definition::Definition;
use crate::failure::refusal;
use crate::installation::Installation;
use crate::output::{Answer, Output, table, write_table};
use crate::sample::{self, DAYS};
use crate::verbs::{cycle, job, location, plan, tenant, test_connection, token};

const TENANT: &str = "contoso";
/// Steps of the plan that are shown.
const PLAN_ROWS: usize = 8;
/// Users without a location that are shown.
const UNMATCHED_ROWS: usize = 5;

/// What the tenant calls its locations, and what the directory calls them besides. Lincoln and Dublin are missing, so
/// that the list of those without a location has something to say.
const LOCATIONS: [(&str, &[&str]); 9] = [
    ("New York", &[]),
    ("Omaha", &[]),
    ("Zürich", &[]),
    ("Kraków", &[]),
    ("Montréal", &[]),
    ("São Paulo", &[]),
    ("Copenhagen", &["København"]),
    ("Munich", &["München"]),
    ("Tokyo", &["東京"]),
];

/// The demo: where it works, and to whom it tells.
pub struct Show<'a> {
    /// Where it works.
    pub on: &'a Installation,
    /// A folder for the directory of the company.
    pub folder: &'a Path,
    /// To whom it tells.
    pub output: Output,
}

/// What was shown; a script gets all of it in one document.
#[derive(Serialize)]
pub struct Shown {
    tenant: String,
    url: String,
    token: String,
    database: String,
    job: String,
    cycles: [cycle::Summary; 2],
    people: Vec<Person>,
    locations: location::Locations,
}

impl Show<'_> {
    /// All steps.
    ///
    /// # Errors
    /// The first step that fails.
    pub async fn everything(&self) -> Result<Shown> {
        self.say("1. A tenant of an application, and a job that provisions a directory into it")?;
        let tenant = self.tenant().await?;
        let new = token::New {
            connection: ConnectionName::default(),
            label: "demo".to_owned(),
            lifetime: Lifetime::Never,
            grant: Grant::default(),
        };
        let token = token::create(self.on, TENANT, new).await?;
        let [first, second, ..] = &DAYS;
        let directory = self.folder.join("directory");
        first.write(&directory)?;
        let job = self.job(&tenant.url, &token.secret, &directory).await?;
        self.say(&format!("{}\n\n2. Do both ends work?", tenant.url))?;
        self.test(&job).await?;

        self.say("\n3. What would happen?")?;
        let plan = plan::make(self.on, &job).await?;
        self.print(|out| plan.print_steps(PLAN_ROWS, out))?;

        self.say("\n4. The first day in an initial cycle, the second in an incremental one")?;
        let initial = self.cycle(&job).await?;
        second.write(&directory)?;
        let cycles = [initial, self.cycle(&job).await?];
        self.table(cycle::COLUMNS, cycles.iter().map(|summary| summary.cells(summary.kind.as_str())))?;

        self.say("\n5. Three people as the application has them now")?;
        let people = people::find(self.on, &job).await?;
        self.table(people::COLUMNS, people.iter().map(Person::cells))?;

        self.say("\n6. Where everybody works")?;
        let locations = self.locations().await?;
        let (tenant, url) = (tenant.tenant, tenant.url);
        let database = self.on.database.clone();
        let shown = Shown { tenant, url, token: token.secret, database, job, cycles, people, locations };
        self.output.answer(&shown)?;
        Ok(shown)
    }

    async fn tenant(&self) -> Result<tenant::Created> {
        let name: TenantName = TENANT.parse()?;
        if self.on.store.read(|tx| store::tenant::by_name(tx, TENANT)).await?.is_some() {
            return Err(refusal(
                format!("{} has a tenant {TENANT} already", self.on.database),
                "the demo wants a database of its own: leave --database out, or name a fresh one",
            ));
        }
        let made = tenant::create(self.on, name, Application::Workplace).await?;
        for (name, aliases) in LOCATIONS {
            let aliases = aliases.iter().map(|alias| (*alias).to_owned()).collect();
            location::create(self.on, TENANT, name.to_owned(), aliases).await?;
        }
        Ok(made)
    }

    async fn job(&self, url: &str, token: &str, directory: &Path) -> Result<String> {
        let mut file = sample::job()?;
        file.source = SourceSettings::File(FileSettings { path: directory.to_owned() });
        let TargetSettings::Scim { url: target, token: secret, .. } = &mut file.target;
        url.clone_into(target);
        *secret = SecretText::Plain(token.to_owned());
        let name = file.name.clone();
        job::apply(self.on, Definition::of(file, self.folder, &self.on.keys.sealer())?).await?;
        Ok(name)
    }

    async fn test(&self, job: &str) -> Result<()> {
        let (_, ends) = self.on.connected(job).await?;
        let tested = test_connection::test(&ends, self.on.ids.as_ref()).await;
        self.print(|out| tested.print(out))
    }

    async fn cycle(&self, job: &str) -> Result<cycle::Summary> {
        let options = Options { initial: false, allow_deletions: false, patience: Duration::ZERO };
        cycle::watched(self.on, job, options).await
    }

    async fn locations(&self) -> Result<location::Locations> {
        let locations = location::list(self.on, TENANT).await?;
        let unmatched = location::unmatched(self.on, TENANT, u32::MAX).await?;
        self.print(|out| {
            locations.print(out)?;
            writeln!(out, "\nNobody has named a location for {} more:", unmatched.len())?;
            unmatched.print_first(UNMATCHED_ROWS, out)
        })?;
        Ok(locations)
    }

    /// What can be tried while the demo goes on serving.
    ///
    /// # Errors
    /// When it can't be told.
    pub fn what_next(&self, shown: &Shown) -> Result<()> {
        let [_, _, third, fourth] = &DAYS;
        third.write(&self.folder.join("day3"))?;
        fourth.write(&self.folder.join("day4"))?;
        let rollcall =
            env::current_exe().map_or_else(|_| "rollcall".into(), |path| path.display().to_string());
        let Shown { url, token, database, job, people, .. } = shown;
        let leaver = people.get(1).map(Person::name).unwrap_or_default();
        self.print(|out| {
            writeln!(out, "\nTry next, in another terminal:")?;
            writeln!(out, "  curl -H 'Authorization: Bearer {token}' '{url}/Users?count=3'")?;
            writeln!(out, "  cd {}; export ROLLCALL_DATABASE='{database}'", self.folder.display())?;
            writeln!(out, "  {rollcall} explain {job} \"{leaver}\"")?;
            writeln!(out, "  {rollcall} location alias --tenant {TENANT} Omaha Lincoln")?;
            writeln!(out, "  cp day3/* directory/; {rollcall} plan {job}; {rollcall} cycle {job}")?;
            writeln!(out, "  cp day4/* directory/; {rollcall} cycle {job}")?;
            writeln!(out, "\nServing until Ctrl-C. The folder is removed then.")
        })
    }

    fn say(&self, text: &str) -> Result<()> {
        self.print(|out| writeln!(out, "{text}"))
    }

    fn table<const N: usize>(
        &self,
        columns: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) -> Result<()> {
        self.print(|out| write_table(out, &table(columns, rows), ""))
    }

    /// Tells people; a script gets one document at the end, and nothing before.
    fn print(&self, print: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        if self.output.json { Ok(()) } else { self.output.print(print) }
    }
}

impl Answer for Shown {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\nTenant URL    {}\nSecret Token  {}", self.url, self.token)?;
        writeln!(out, "Database      {}", self.database)
    }
}
