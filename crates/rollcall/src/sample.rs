//! The sample company of `samples/contoso`, inside the binary, so that the demo works from anywhere.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use model::job::JobFile;
use serde::Deserialize;

/// The files of a day, and their texts.
pub struct Day([(&'static str, &'static str); 3]);

macro_rules! file {
    ($day:literal, $name:literal) => {
        ($name, include_str!(concat!("../../../samples/contoso/", $day, "/", $name)))
    };
}

macro_rules! day {
    ($day:literal) => {
        Day([file!($day, "users.jsonl"), file!($day, "groups.jsonl"), file!($day, "assignments.jsonl")])
    };
}

/// The four days.
pub const DAYS: [Day; 4] = [day!("day1"), day!("day2"), day!("day3"), day!("day4")];

/// What happened on the second day.
const EVENTS: &str = include_str!("../../../samples/contoso/day2/events.jsonl");

/// The job file that people are shown.
const JOB: &str = include_str!("../../../samples/contoso/job.toml");

impl Day {
    /// Writes the day's files into a folder, over those of another day.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let written = fs::create_dir_all(folder)
            .and_then(|()| self.0.iter().try_for_each(|(name, text)| fs::write(folder.join(name), text)));
        written.with_context(|| format!("the sample company can't be written to {}", folder.display()))
    }
}

/// The sample's job file.
///
/// # Errors
/// None that the tests let through.
pub fn job() -> Result<JobFile> {
    Ok(JobFile::parse(JOB)?)
}

/// The ids of the people to whom this happened on the second day.
pub fn on_second_day(event: &str) -> Vec<String> {
    #[derive(Deserialize)]
    struct Event {
        event: String,
        id: String,
    }
    let events = EVENTS.lines().filter_map(|line| serde_json::from_str::<Event>(line).ok());
    events.filter(|told| told.event == event).map(|told| told.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_whole() {
        assert_eq!(job().unwrap().name, "contoso-workplace");
        for event in ["moved", "softDeleted", "hired"] {
            assert!(!on_second_day(event).is_empty(), "{event}");
        }
        for (day, users) in DAYS.iter().zip([1_200, 1_220, 1_239, 1_258]) {
            assert_eq!(day.0[0].1.lines().count(), users);
        }
    }
}
