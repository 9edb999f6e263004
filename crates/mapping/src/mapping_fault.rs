//! Mappings that can be read and would never do what they say.

use crate::attribute_mapping::AttributeMapping;
use crate::expression::Expression;
use crate::flow::Apply;

/// Why a mapping makes no sense as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingFault {
    /// Neither source nor default.
    #[error(
        "a mapping needs a `source`, for example \"[mail]\"; or a `default` alone, which the target gets when it has nothing"
    )]
    NoSource,
    /// A matching attribute without a source has the same value for everybody.
    #[error("a matching attribute needs a `source`; else everybody would match the same user")]
    MatchingWithoutSource,
    /// The values of a matching attribute are asked for in queries, where everybody sees them.
    #[error("a matching attribute cannot be redacted: its values stand in the queries to the target")]
    MatchingRedacted,
    /// A value that is another one each time matches nobody.
    #[error("a matching attribute cannot be made up: nobody has that value yet")]
    MatchingRandom,
    /// A value that is another one each time would change the target with every update.
    #[error(
        "its value is another one each time, so every update would change it; hint: apply = \"only_during_creation\""
    )]
    RandomOnUpdate,
}

impl AttributeMapping {
    /// Checks the mapping as a whole.
    ///
    /// # Errors
    /// The first thing that makes no sense.
    pub fn check(&self) -> Result<(), MappingFault> {
        let random = self.source.expression().is_some_and(Expression::is_random);
        match (self.matching.is_some(), self.source.is_none()) {
            (true, true) => Err(MappingFault::MatchingWithoutSource),
            (false, true) if self.default.is_none() => Err(MappingFault::NoSource),
            (true, false) if random => Err(MappingFault::MatchingRandom),
            (true, false) if self.is_redacted() => Err(MappingFault::MatchingRedacted),
            (false, false) if random && self.apply != Apply::OnlyDuringCreation => {
                Err(MappingFault::RandomOnUpdate)
            }
            (_, _) => Ok(()),
        }
    }
}
