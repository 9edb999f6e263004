//! `rollcall test-connection`

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use connector::Capabilities;
use model::IdSource;
use provisioning::{Ends, standing};
use serde::Serialize;

use crate::failure::{hint, message};
use crate::installation::Installation;
use crate::output::{Answer, Output};
use crate::verbs::capabilities;

/// How both ends of a job answered.
#[derive(Serialize)]
pub struct Tested {
    source: Outcome,
    target: Outcome,
    /// What the application can do; nothing when the target fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    capabilities: Option<Capabilities>,
}

/// `"ok"`, or what is wrong with an end.
#[derive(Serialize)]
#[serde(untagged)]
enum Outcome {
    Works(&'static str),
    Fails { error: String, hint: Option<String> },
}

impl From<Result<(), connector::Error>> for Outcome {
    fn from(result: Result<(), connector::Error>) -> Self {
        match result.map_err(anyhow::Error::new) {
            Ok(()) => Self::Works("ok"),
            Err(error) => Self::Fails { error: message(&error), hint: hint(&error) },
        }
    }
}

impl Answer for Tested {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        for (end, outcome) in [("source", &self.source), ("target", &self.target)] {
            match outcome {
                Outcome::Works(ok) => writeln!(out, "{end}  {ok}")?,
                Outcome::Fails { error, hint } => {
                    writeln!(out, "{end}  FAILS: {error}")?;
                    hint.iter().try_for_each(|hint| writeln!(out, "        hint: {hint}"))?;
                }
            }
        }
        self.capabilities.iter().try_for_each(|known| capabilities::print(out, known))
    }
}

impl Tested {
    /// Whether both ends work.
    pub fn works(&self) -> bool {
        matches!((&self.source, &self.target), (Outcome::Works(_), Outcome::Works(_)))
    }
}

/// Tests both ends, whatever the first of them answers, and asks the target what it can do.
pub async fn test(ends: &Ends, ids: &dyn IdSource) -> Tested {
    let nobody = ids.next().to_string();
    let (source, target) = tokio::join!(ends.source.test(), target(ends, &nobody));
    let capabilities = target.is_ok().then(|| ends.target.capabilities()).flatten();
    Tested { source: source.into(), target: target.into(), capabilities }
}

/// What it announces is asked first, so that what the test shows is the last word.
async fn target(ends: &Ends, nobody: &str) -> Result<(), connector::Error> {
    if let Err(error) = ends.target.learn().await {
        tracing::debug!(%error, "the target does not tell what it can do");
    }
    ends.target.test(nobody).await
}

/// Tests a job. Exit code 1 if an end fails. Where both work, a quarantine that was about an end is over with the next
/// cycle, which begins at once.
pub async fn run(on: &Installation, job: &str, output: Output) -> Result<ExitCode> {
    let (instance, ends) = on.connected(job).await?;
    let tested = test(&ends, on.ids.as_ref()).await;
    let (works, learned, now) = (tested.works(), ends.target.capabilities(), on.now());
    let noted = on.store.write(move |tx| {
        let settings = &instance.definition.target;
        provisioning::capabilities::remember(tx, instance.id, settings, learned.as_ref(), now)?;
        if works { standing::tested(tx, instance.id, now) } else { Ok(()) }
    });
    noted.await?;
    output.answer(&tested)?;
    Ok(if tested.works() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
