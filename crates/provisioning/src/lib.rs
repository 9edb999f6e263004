//! The provisioning engine: reads a source, decides, and brings a target into step with it, in initial and
//! incremental cycles.
//!
//! Not here: how a source is read or a request is shaped (`connector` and its crates), what a mapping evaluates to
//! (`mapping`), SQL (`store`). The engine knows no service provider of ours: it meets every target over the
//! `connector::Target` trait alone.
//!
//! Invariants
//! - Every step is idempotent: a cycle that dies anywhere is repeated from the last watermark and does nothing twice.
//! - Nothing is deleted because it is absent unless the source proved that it was read to its end
//!   (`connector::Completed`), and no deletion or disable is sent before all of a cycle's are counted ([`guard`]); what
//!   the guard holds back is staged, and only a person's word sends it.
//! - A match that is not unique, or belongs to somebody who has not left, is an error and never a guess.
//! - The watermark moves only when everything before it is done, in escrow, or skipped.
//! - [`decide`], [`guard`], [`diff`], [`subject`], [`references`], [`undo`], [`quarantine`], [`notice`] and the decisions
//!   of [`pacing`] are pure.

mod applied_references;
pub mod apply;
pub mod capabilities;
pub mod context;
mod creation_ledger;
pub mod cycle;
pub mod decide;
pub mod diff;
pub mod drift;
mod due;
mod element;
mod entries;
pub mod error;
mod escrow_ledger;
pub mod evaluate;
pub mod explain;
mod export;
mod gathering;
pub mod guard;
pub mod import;
mod key;
mod lease;
mod leavers;
mod ledger;
mod limits;
mod line;
mod lost_creates;
pub mod notice;
pub mod nudge;
pub mod object_summary;
pub mod on_demand;
pub mod pacing;
pub mod person;
pub mod plan;
mod planned_references;
pub mod progress;
pub mod quarantine;
mod reading;
mod redaction;
mod reference_ledger;
pub mod references;
pub mod restart;
pub mod retention;
pub mod rollback;
pub mod schedule;
mod search;
mod second_pass;
mod sending;
mod side_by_side;
mod staged_ledger;
mod staging;
pub mod standing;
pub mod step;
mod steps;
pub mod subject;
pub mod undo;
pub mod waker;
mod walk;
mod watching;

pub use context::{Connected, Context, Ends, JobInstance};
pub use error::Error;
