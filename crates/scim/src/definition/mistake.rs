//! What is wrong with a definition.

use std::fmt;

use serde::Serialize;

/// One thing that is wrong with a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// Where it is: a schema, a resource type or an override, and the attribute.
    pub place: String,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub hint: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.problem, self.hint)
    }
}

/// The mistakes found at one place after the other.
#[derive(Default)]
pub(super) struct Mistakes(pub Vec<Mistake>);

impl Mistakes {
    pub fn add(&mut self, place: impl fmt::Display, problem: impl Into<String>, hint: impl Into<String>) {
        self.0.push(Mistake { place: place.to_string(), problem: problem.into(), hint: hint.into() });
    }

    /// Notes that there are more of something than there may be.
    pub fn check_count(&mut self, place: &str, count: usize, most: usize) {
        if count > most {
            self.add(place, format!("there are {count}, and {most} is the limit"), "take some out");
        }
    }

    /// Notes that a text is longer than it may be.
    pub fn check_length(&mut self, place: impl fmt::Display, text: &str, most: usize) {
        if text.len() > most {
            self.add(
                place,
                format!("has a text of {} bytes, and {most} is the limit", text.len()),
                "shorten it",
            );
        }
    }
}
