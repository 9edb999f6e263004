//! `rollcall test-connection`

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use model::IdSource;
use provisioning::Ends;
use serde::Serialize;

use crate::failure::{hint, message};
use crate::installation::Installation;
use crate::output::{Answer, Output};

/// How both ends of a job answered.
#[derive(Serialize)]
pub struct Tested {
    source: Outcome,
    target: Outcome,
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
        Ok(())
    }
}

impl Tested {
    /// Whether both ends work.
    pub fn works(&self) -> bool {
        matches!((&self.source, &self.target), (Outcome::Works(_), Outcome::Works(_)))
    }
}

/// Tests both ends, whatever the first of them answers.
pub async fn test(ends: &Ends, ids: &dyn IdSource) -> Tested {
    let nobody = ids.next().to_string();
    let (source, target) = tokio::join!(ends.source.test(), ends.target.test(&nobody));
    Tested { source: source.into(), target: target.into() }
}

/// Tests a job. Exit code 1 if an end fails.
pub async fn run(on: &Installation, job: &str, output: Output) -> Result<ExitCode> {
    let (_, ends) = on.connected(job).await?;
    let tested = test(&ends, on.ids.as_ref()).await;
    output.answer(&tested)?;
    Ok(if tested.works() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
