//! How fast a target is asked: as fast as it answers well, and no faster than it allows.
//!
//! [`pace::Pace`] decides, and is pure: it is told when requests are sent, how they end and when. [`in_flight`] is what
//! it learns from latency, [`allowance`] what it learns from refusals. [`pacer::Pacer`] makes requests wait for it.

mod allowance;
mod in_flight;
mod pace;
mod pacer;
mod paces;

pub use pacer::{Pacer, Turn};
pub use paces::Paces;
