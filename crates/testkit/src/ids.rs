//! Ids that a test can foretell.

use std::sync::atomic::{AtomicU64, Ordering};

use model::IdSource;
use uuid::Uuid;

/// Ids in the order of their making, shaped like version 7.
#[derive(Debug, Default)]
pub struct Numbers(AtomicU64);

impl IdSource for Numbers {
    fn next(&self) -> Uuid {
        let number = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | u128::from(number))
    }
}
