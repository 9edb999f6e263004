//! Where `Guid` and `RandomString` take their values from.

use std::cell::RefCell;
use std::fmt;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sha2::{Digest as _, Sha256};

/// Random bytes that an environment brings along: the same bytes make up the same values.
///
/// Values made up from it may become passwords, so it takes fresh entropy for each object that is created, and is not
/// shown by `Debug`.
#[derive(Clone, Copy)]
pub struct Seed([u8; 32]);

impl Seed {
    /// A seed of these bytes, which should be as unpredictable as a key.
    pub fn new(bytes: [u8; 32]) -> Seed {
        Seed(bytes)
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Seed(…)")
    }
}

/// The generator of one evaluation. The target attribute is part of it, so that two attributes get different values.
pub(crate) struct Generator<'a> {
    seed: Seed,
    target: &'a str,
    /// Made when it is first asked for, because hardly any expression does.
    made: RefCell<Option<StdRng>>,
}

impl<'a> Generator<'a> {
    pub(crate) fn new(seed: Seed, target: &'a str) -> Generator<'a> {
        Generator { seed, target, made: RefCell::new(None) }
    }

    /// Draws from the generator; `draw` evaluates nothing.
    pub(crate) fn draw<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        let mut made = self.made.borrow_mut();
        draw(made.get_or_insert_with(|| {
            let digest = Sha256::new().chain_update(self.seed.0).chain_update(self.target).finalize();
            StdRng::from_seed(digest.into())
        }))
    }
}
