//! Writes go together where the target takes several in one request, and nothing else is different.

use connector::{Error, Interruption, ObjectType, Operation};
use provisioning::Ends;
use provisioning::cycle::{self, Options, Report};
use provisioning::progress::Unwatched;
use testkit::{Call, Fault, user};

use crate::distant::Distant;
use crate::world::World;

const PEOPLE: usize = 120;

/// A company whose application is some way off, and takes so many operations in one request.
async fn hired(most: Option<usize>) -> World {
    let world = World::new().await;
    most.into_iter().for_each(|most| world.target.take_bulk(most));
    for n in 0..PEOPLE {
        world.source.put(user(&format!("p{n:03}"), &format!("p{n:03}@contoso.com")));
    }
    world
}

async fn try_cycle(world: &World) -> Result<Report, provisioning::Error> {
    let target = Box::new(Distant::new(&world.target));
    let ends = Ends { source: Box::new(world.source.clone()), target };
    cycle::run(&world.context, &world.job, &ends, Options::default(), &Unwatched).await
}

async fn cycle(world: &World) -> Report {
    try_cycle(world).await.unwrap()
}

/// The sizes of the bulk requests.
fn sizes(log: &[Call]) -> Vec<usize> {
    log.iter().filter_map(|call| if let Call::Bulk(size) = call { Some(*size) } else { None }).collect()
}

fn is_creation(call: &Call, name: &str) -> bool {
    let Call::Export(Operation::Create { values, .. }) = call else { return false };
    values.iter().any(|(path, value)| path.to_string() == "userName" && value == name)
}

/// Nobody is there twice, nobody is missing, and nothing is left to do.
async fn is_complete(world: &World) {
    assert_eq!(world.users().len(), PEOPLE);
    world.target.take_log();
    let last = cycle(world).await;
    assert_eq!((last.cycle.counts.created, last.cycle.counts.escrowed), (0, 0));
    assert_eq!(world.target.exports(), []);
}

#[tokio::test(start_paused = true)]
async fn a_cycle_takes_fewer_requests_and_ends_the_same() {
    let (alone, together) = (hired(None).await, hired(Some(50)).await);
    assert_eq!(cycle(&alone).await.cycle.counts, cycle(&together).await.cycle.counts);
    assert_eq!(alone.target.requests(), 1 + 2 * PEOPLE);
    let requests = together.target.requests();
    assert!(requests <= 1 + PEOPLE + 20, "{requests} requests");
    let sizes = sizes(&together.target.take_log());
    assert!(sizes.iter().all(|size| (2..=50).contains(size)), "{sizes:?}");
    assert_eq!(alone.users(), together.users());
    assert_eq!(together.log().await.len(), 100, "an entry for each, of which so many are read");
    is_complete(&together).await;
}

#[tokio::test(start_paused = true)]
async fn a_write_that_waits_with_nobody_goes_as_it_would_without() {
    let world = hired(Some(50)).await;
    cycle(&world).await;
    world.target.take_log();
    world.source.set("p007", "city", "Omaha");
    cycle(&world).await;
    assert_eq!(world.target.exports().len(), 1);
    assert!(sizes(&world.target.take_log()).is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_fails_takes_nobody_along() {
    let world = hired(Some(50)).await;
    world.target.fail_when(|call| {
        let refusal = Error::Rejected { status: 400, code: "invalidValue".into(), detail: "no".into() };
        let failure = Error::transient(Interruption::Server, "500");
        match call {
            call if is_creation(call, "p033@contoso.com") => Some(Fault::Fail(refusal)),
            call if is_creation(call, "p034@contoso.com") => Some(Fault::Fail(failure)),
            _ => None,
        }
    });
    let report = cycle(&world).await;
    assert_eq!((report.cycle.counts.created, report.cycle.counts.escrowed), (PEOPLE as u64 - 2, 2));
    assert_eq!(world.escrow("p033").await.unwrap().code, "invalidValue");
    assert_eq!(world.escrow("p034").await.unwrap().code, "InternalServerError");
    let created = world.target.exports().into_iter().filter(|one| matches!(one, Operation::Create { .. }));
    assert_eq!(created.count(), PEOPLE, "nothing was sent again");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_leaves_all_of_it_in_doubt_and_nobody_is_made_twice() {
    let world = hired(Some(100)).await;
    let mut lost = 0;
    world.target.fail_when(move |call| match call {
        Call::Bulk(size) if lost == 0 => {
            lost = *size;
            Some(Fault::LoseAnswer)
        }
        _ => None,
    });
    let report = cycle(&world).await;
    let sizes = sizes(&world.target.take_log());
    assert!(sizes[0] > 64, "more than may fail in a row: {sizes:?}");
    assert_eq!(report.cycle.counts.escrowed, sizes[0] as u64, "each is tried again later");
    assert_eq!(report.cycle.counts.created, (PEOPLE - sizes[0]) as u64);
    assert_eq!(world.users().len(), PEOPLE, "all were made all the same");
    world.target.mend();
    world.hands.pass(jiff::SignedDuration::from_hours(1));
    cycle(&world).await;
    is_complete(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_gone_ends_the_cycle() {
    let world = hired(Some(20)).await;
    world.target.fail_when(|call| {
        let gone = || Fault::Fail(Error::transient(Interruption::Connection, "gone"));
        matches!(call, Call::Bulk(_) | Call::Export(_)).then(gone)
    });
    let error = try_cycle(&world).await.unwrap_err();
    assert!(matches!(error, provisioning::Error::Target(Error::Transient { .. })), "{error:?}");
    let sizes = sizes(&world.target.take_log());
    assert!(sizes.len() < PEOPLE / 20 + 6, "{sizes:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_now_is_sent_again_and_only_that() {
    for inside in [false, true] {
        let world = hired(Some(50)).await;
        let mut refused = false;
        world.target.fail_when(move |call| {
            let hit =
                if inside { is_creation(call, "p033@contoso.com") } else { matches!(call, Call::Bulk(_)) };
            let is_first = hit && !refused;
            refused |= hit;
            is_first.then(|| Fault::Fail(Error::RateLimited { retry_after: None }))
        });
        let report = cycle(&world).await;
        assert_eq!((report.cycle.counts.created, report.cycle.counts.escrowed), (PEOPLE as u64, 0));
        assert_eq!(world.target.exports().len(), PEOPLE + usize::from(inside));
        is_complete(&world).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_application_that_never_allows_so_many_at_once_gets_fewer() {
    let world = hired(Some(50)).await;
    world.target.fail_when(|call| {
        let too_many = matches!(call, Call::Bulk(size) if *size > 7);
        too_many.then(|| Fault::Fail(Error::RateLimited { retry_after: None }))
    });
    let report = cycle(&world).await;
    assert_eq!((report.cycle.counts.created, report.cycle.counts.escrowed), (PEOPLE as u64, 0));
    let refused = sizes(&world.target.take_log()).into_iter().filter(|size| *size > 7).count();
    assert!(refused < 8, "{refused} were refused");
    is_complete(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_bulk_request_that_is_not_taken_is_sent_one_by_one() {
    let world = hired(Some(50)).await;
    world.target.fail_when(|call| {
        let refusal = || Error::Rejected { status: 400, code: "invalidSyntax".into(), detail: "no".into() };
        matches!(call, Call::Bulk(_)).then(|| Fault::Fail(refusal()))
    });
    cycle(&world).await;
    assert_eq!(world.target.exports().len(), PEOPLE, "each once");
    is_complete(&world).await;
}

#[tokio::test(start_paused = true)]
async fn what_one_object_needs_is_written_in_its_order() {
    let world = hired(Some(50)).await;
    cycle(&world).await;
    for n in 0..PEOPLE {
        world.source.set(&format!("p{n:03}"), "city", "Omaha");
    }
    world.target.take_log();
    cycle(&world).await;
    let mut written: Vec<String> =
        world.target.exports().iter().map(|operation| operation.id().unwrap().to_owned()).collect();
    written.sort();
    written.dedup();
    assert_eq!(written.len(), PEOPLE, "one write of each");
    for n in 0..PEOPLE {
        world.source.edit(&format!("p{n:03}"), |object| object.enabled = false);
    }
    cycle(&world).await;
    assert!(world.target.objects(ObjectType::User).iter().all(|user| user["active"] == false));
}
