//! The command line about what the engine remembers: escrow, what a restart forgets, and for how long records are kept.

use clap::{Args, Subcommand, ValueEnum};
use provisioning::restart::ResetScope;
use provisioning::retention;

/// `escrow …`
#[derive(Debug, Subcommand)]
pub enum Escrow {
    /// List the objects in escrow: why, how often they were tried, and when they are again
    List {
        /// The job's name
        job: String,
        /// How many at most
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Let the next cycle try them, whenever they would be due
    Retry {
        /// The job's name
        job: String,
        /// Only this object: its id, or its name as `escrow list` shows it
        object: Option<String>,
    },
}

/// What a restart forgets, and what Microsoft Graph calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Reset {
    /// Nothing: only start
    None,
    /// Where the next cycle begins: it looks at everybody
    Watermark,
    /// Who waits for another try
    Escrows,
    /// Quarantine
    #[value(alias = "QuarantineState")]
    Quarantine,
    /// Who is who: everybody is matched anew
    #[value(alias = "ConnectorDataStore")]
    Links,
    /// All of these
    Full,
    /// Nothing, and let the next cycle delete as many as it has to
    #[value(alias = "ForceDeletes")]
    ForceDeletes,
}

impl Reset {
    /// The scope of all of these together; `None` if they can't go together.
    pub fn scope(resets: &[Self]) -> Option<ResetScope> {
        let alone = |reset| resets.contains(&reset) && resets.iter().any(|other| *other != reset);
        if alone(Self::ForceDeletes) || alone(Self::None) {
            return None;
        }
        let mut scope = ResetScope::default();
        for reset in resets {
            match reset {
                Self::None => {}
                Self::Watermark => scope.watermark = true,
                Self::Escrows => scope.escrows = true,
                Self::Quarantine => scope.quarantine = true,
                Self::Links => scope.links = true,
                Self::Full => scope = ResetScope::FULL,
                Self::ForceDeletes => scope.force_deletes = true,
            }
        }
        Some(scope)
    }
}

/// For how many days what is known of jobs is kept.
#[derive(Args, Clone, Copy, Debug)]
pub struct Kept {
    /// Days that entries of the provisioning log are kept
    #[arg(
        long,
        env = "ROLLCALL_PROVISIONING_LOG_DAYS",
        value_name = "DAYS",
        default_value_t = crate::server::KEPT.log_days,
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    provisioning_log_days: u16,
    /// Days that cycles are kept
    #[arg(
        long,
        env = "ROLLCALL_CYCLE_DAYS",
        value_name = "DAYS",
        default_value_t = crate::server::KEPT.cycle_days,
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    cycle_days: u16,
    /// Days that plans are kept
    #[arg(
        long,
        env = "ROLLCALL_PLAN_DAYS",
        value_name = "DAYS",
        default_value_t = crate::server::KEPT.plan_days,
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    plan_days: u16,
}

impl Kept {
    /// As the engine wants it.
    pub fn days(&self) -> retention::Kept {
        retention::Kept {
            log_days: self.provisioning_log_days,
            cycle_days: self.cycle_days,
            plan_days: self.plan_days,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_together_is_one_scope() {
        let default = [Reset::Quarantine, Reset::Watermark, Reset::Escrows];
        assert_eq!(Reset::scope(&default), Some(ResetScope::DEFAULT));
        assert_eq!(Reset::scope(&[Reset::Full]), Some(ResetScope::FULL));
        assert_eq!(Reset::scope(&[Reset::None]), Some(ResetScope::default()));
        assert_eq!(Reset::scope(&[Reset::ForceDeletes, Reset::Watermark]), None);
        assert_eq!(Reset::scope(&[Reset::None, Reset::Links]), None);
    }
}
