//! A target that answers in 50 ms and allows 25 requests a second: how much of that is used?

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use connector::{Error, ObjectType, Operation, Page, Request, Target, TargetObject};
use scim::path::Path;
use tokio::time::{Instant, sleep};

use crate::directory::{Application, Directory};
use crate::job::Job;

const LATENCY: Duration = Duration::from_millis(50);
const ALLOWED: f64 = 25.0;
/// What the engine has learned by then it keeps.
const LEARNING: Duration = Duration::from_secs(30);
/// A user takes two requests: it is looked for, and made.
const USERS: u64 = 1_500;

/// Measures, and prints a table.
pub async fn run() {
    println!("A target that answers in 50 ms and allows 25 requests a second, {USERS} users:");
    println!("{:<54}{:>8}{:>10}{:>14}{:>10}", "", "s", "used, %", "after 30 s, %", "refused");
    for (what, burst, cap) in [
        ("requests_per_second = 25, refuses beyond 25 at once", 25.0, "requests_per_second = 25"),
        ("no bound, refuses beyond 25 at once", 25.0, ""),
        ("no bound, refuses beyond 2 at once", 2.0, ""),
    ] {
        let target = Allowing::new(burst);
        let began = Instant::now();
        let report = Job::new(cap).await.cycle(Directory::new(USERS, 0), target.clone()).await;
        let elapsed = began.elapsed().as_secs_f64();
        assert_eq!(report.cycle.counts.created, USERS, "{report:?}");
        let state = target.state.lock().unwrap();
        let used = 100.0 * state.answered / (ALLOWED * elapsed);
        let later = 100.0 * state.answered_later / (ALLOWED * (elapsed - LEARNING.as_secs_f64()));
        println!("{what:<54}{elapsed:>8.1}{used:>10.1}{later:>14.1}{:>10}", state.refused);
    }
}

/// Lets so many requests through at once, and 25 in a second.
#[derive(Clone)]
struct Allowing {
    application: Application,
    state: Arc<Mutex<State>>,
    burst: f64,
}

struct State {
    level: f64,
    seen: Instant,
    began: Instant,
    answered: f64,
    answered_later: f64,
    refused: u64,
}

impl Allowing {
    fn new(burst: f64) -> Self {
        let now = Instant::now();
        let state =
            State { level: burst, seen: now, began: now, answered: 0.0, answered_later: 0.0, refused: 0 };
        Self { application: Application::default(), state: Arc::new(Mutex::new(state)), burst }
    }

    async fn admit(&self) -> Result<(), Error> {
        let admitted = {
            let mut state = self.state.lock().unwrap();
            let now = Instant::now();
            state.level = (state.level + (now - state.seen).as_secs_f64() * ALLOWED).min(self.burst);
            state.seen = now;
            let admitted = state.level >= 1.0;
            if admitted {
                state.level -= 1.0;
                state.answered += 1.0;
                state.answered_later += f64::from(u8::from(now - state.began > LEARNING));
            } else {
                state.refused += 1;
            }
            admitted
        };
        sleep(LATENCY).await;
        if admitted { Ok(()) } else { Err(Error::RateLimited { retry_after: Some(Duration::from_secs(1)) }) }
    }
}

#[async_trait]
impl Target for Allowing {
    async fn test(&self, nobody: &str) -> Result<(), Error> {
        self.admit().await?;
        self.application.test(nobody).await
    }

    async fn find(&self, kind: ObjectType, path: &Path, value: &str) -> Result<Vec<TargetObject>, Error> {
        self.admit().await?;
        self.application.find(kind, path, value).await
    }

    async fn get(&self, kind: ObjectType, id: &str) -> Result<Option<TargetObject>, Error> {
        self.admit().await?;
        self.application.get(kind, id).await
    }

    async fn list(&self, kind: ObjectType, from: u64) -> Result<Page, Error> {
        self.admit().await?;
        self.application.list(kind, from).await
    }

    fn preview(&self, operation: &Operation) -> Vec<Request> {
        self.application.preview(operation)
    }

    async fn export(&self, operation: &Operation) -> Result<TargetObject, Error> {
        self.admit().await?;
        self.application.export(operation).await
    }
}
