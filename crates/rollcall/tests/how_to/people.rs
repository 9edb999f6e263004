//! Who is in the directories of all pages.

/// Their names; the user name is this at `contoso.com`.
pub const PEOPLE: [&str; 3] = ["ana", "bo", "cy"];

/// The group that all of them are in.
pub const TEAM: &str = "Workplace users";

/// The object id of a person, or of the group.
pub fn anchor(name: &str) -> String {
    let place = PEOPLE.iter().position(|known| *known == name).map_or(9, |place| place + 1);
    format!("00000000-0000-4000-8000-{place:012}")
}
