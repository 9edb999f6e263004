//! The four days of the sample company, played through slapd and the engine: each must end with exactly the users in
//! its expected file.
//!
//! What is of LDAP's nature, and changes nothing of what is expected: who is deleted softly is disabled, under a name
//! that nobody signs in with; people are assigned by a group of their own; the manager of a person is nobody when the
//! manager was deleted for good.

use std::sync::Arc;

use connector::{Needs, ObjectType};
use connector_ldap::LdapSource;
use model::clock::Fixed;
use model::job::SourceSettings;
use provisioning::cycle::{self, Options, Report};
use provisioning::pacing::Paces;
use provisioning::progress::Unwatched;
use provisioning::{Context, Ends, JobInstance};
use testkit::contoso::{self, Comparison, DAYS};
use testkit::slapd::{Company, Flavor, PASSWORD, Slapd};
use testkit::{FakeTarget, Numbers};

#[tokio::test]
async fn four_days_through_slapd() {
    let slapd = Slapd::start(Flavor::OpenLdap).await;
    let mut company = Company::default();
    let store = testkit::sqlite();
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    let context = Context {
        store: (*store).clone(),
        clock: Arc::new(Fixed(now)),
        ids: Arc::new(Numbers::default()),
        paces: Paces::default(),
    };
    let file = contoso::job(&Company::source_table(&slapd), "http://127.0.0.1/");
    let (stored, definition) = store.job(&file, now).await;
    let SourceSettings::Ldap(settings) = definition.source.clone() else { panic!("another source") };
    let mut needs = Needs { assignments: true, groups: true, ..Needs::default() };
    needs.user_attributes.extend(definition.users.mappings.attributes().into_iter().map(str::to_owned));
    let source = LdapSource::new(settings, Some(PASSWORD.into()), needs).unwrap();
    let target = FakeTarget::new();
    let ends = Ends { source: Box::new(source), target: Box::new(target.clone()) };
    let job = JobInstance { id: stored.id, definition, digest: stored.digest };
    let cycle = async || -> Report {
        cycle::run(&context, &job, &ends, Options::default(), &Unwatched).await.unwrap()
    };
    let mut comparison = Comparison::default();
    for day in DAYS {
        company.load(&slapd, &contoso::folder(day)).await;
        let report = cycle().await;
        assert_eq!((report.held, report.cycle.counts.escrowed), (None, 0), "{day}");
        let (users, groups) = (target.objects(ObjectType::User), target.objects(ObjectType::Group));
        assert_eq!(comparison.differences(day, &users, Some(&groups)), [""; 0], "{day}");
        let again = cycle().await;
        assert_eq!(again.cycle.counts.written(), 0, "{day}, the same again");
    }
}
