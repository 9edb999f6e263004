//! A chore's steps, announced, and timed for the summary at the end.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// The steps done so far.
#[derive(Default)]
pub struct Steps {
    done: Vec<(&'static str, Duration)>,
}

impl Steps {
    /// Announces a step, does it, and says how long it took.
    ///
    /// # Errors
    /// Those of the step, with its name.
    pub fn step<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("\n=== {name}");
        let began = Instant::now();
        let result = work().with_context(|| format!("step failed: {name}"))?;
        let took = began.elapsed();
        println!("=== {name}: {:.1} s", took.as_secs_f64());
        self.done.push((name, took));
        Ok(result)
    }

    /// Prints every step with its time.
    pub fn summary(&self) {
        println!("\n=== all steps passed");
        for (name, took) in &self.done {
            println!("{:>8.1} s  {name}", took.as_secs_f64());
        }
        let total: Duration = self.done.iter().map(|(_, took)| *took).sum();
        println!("{:>8.1} s  in all", total.as_secs_f64());
    }
}
