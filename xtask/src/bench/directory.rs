//! A directory to provision, the same one every time, in the shape of `samples/contoso`.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

/// Given and family name as displayed, and as they stand in a user name.
type Name = (&'static str, &'static str);

const GIVEN: [Name; 8] = [
    ("Anna", "Anna"),
    ("José", "Jose"),
    ("Mei", "Mei"),
    ("Þóra", "Thora"),
    ("Bryan", "Bryan"),
    ("Zoë", "Zoe"),
    ("Ngozi", "Ngozi"),
    ("Łukasz", "Lukasz"),
];
const FAMILY: [Name; 7] = [
    ("Strauß", "Strauss"),
    ("O'Brien", "O'Brien"),
    ("García-Peña", "Garcia-Pena"),
    ("Mensah", "Mensah"),
    ("van der Berg", "vanderBerg"),
    ("Nguyễn", "Nguyen"),
    ("Smith", "Smith"),
];
const DEPARTMENTS: [&str; 5] = ["Engineering", "Sales", "People", "Finance", "Legal & Compliance"];
const TITLES: [&str; 4] = ["Senior Engineer", "VP, Sales", "Analyst", "Intern (Summer)"];
const OFFICES: [(&str, &str, &str, &str); 4] = [
    ("Omaha", "NE", "US", "Omaha - Old Market"),
    ("Kraków", "MA", "PL", "Krakow Zabłocie"),
    ("München", "BY", "DE", "München Mitte"),
    ("Montréal", "QC", "CA", "Montréal Centre"),
];
/// The group by which everybody is assigned.
const EVERYBODY: &str = "00000000-0000-4000-8000-ffffffffffff";

/// Writes `users.jsonl`, `groups.jsonl` and `assignments.jsonl` with so many users, all enabled and assigned.
///
/// # Errors
/// Those of the file system.
pub fn write(folder: &Path, users: u64) -> Result<()> {
    fs::create_dir_all(folder)?;
    write_lines(&folder.join("users.jsonl"), (0..users).map(user))?;
    let group = json!({
        "id": EVERYBODY,
        "displayName": "Everybody",
        "mailNickname": "everybody",
        "securityEnabled": true,
        "members": (0..users).map(id).collect::<Vec<_>>(),
    });
    write_lines(&folder.join("groups.jsonl"), [group])?;
    let assignment = json!({ "principalType": "Group", "principalId": EVERYBODY });
    write_lines(&folder.join("assignments.jsonl"), [assignment])
}

fn user(number: u64) -> Value {
    let (given, given_ascii) = pick(&GIVEN, number);
    let (family, family_ascii) = pick(&FAMILY, number / 3);
    let (city, state, country, office) = pick(&OFFICES, number / 5);
    let nickname = format!("{given_ascii}.{family_ascii}{number}");
    let name = format!("{nickname}@contoso.com");
    json!({
        "id": id(number),
        "userPrincipalName": name,
        // Every eleventh has no mailbox.
        "mail": (!number.is_multiple_of(11)).then(|| name.to_lowercase()),
        "mailNickname": nickname,
        "displayName": format!("{given} {family}"),
        "givenName": given,
        "surname": family,
        "jobTitle": pick(&TITLES, number),
        "department": pick(&DEPARTMENTS, number / 7),
        "companyName": "Contoso",
        "employeeId": (100_000 + number).to_string(),
        "userType": "Member",
        "city": city,
        "state": state,
        "country": country,
        "officeLocation": office,
        "businessPhones": [format!("+1 402 555 {:04}", number % 10_000)],
        "mobilePhone": format!("+1 (402) 556-{:04}", number % 10_000),
        "accountEnabled": true,
        "deletedDateTime": null,
        "manager": (number > 0).then(|| id(number / 10)),
    })
}

/// Ids in no order, as those of a directory are: a multiplication by an odd number permutes all 32-bit numbers.
fn id(number: u64) -> String {
    let scattered = number.wrapping_mul(2_654_435_761) & 0xffff_ffff;
    format!("{scattered:08x}-0000-4000-8000-{number:012x}")
}

fn pick<T: Copy + Default, const N: usize>(list: &[T; N], number: u64) -> T {
    let place = usize::try_from(number).unwrap_or_default() % N;
    list.get(place).copied().unwrap_or_default()
}

fn write_lines(file: &Path, lines: impl IntoIterator<Item = Value>) -> Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    for line in lines {
        serde_json::to_writer(&mut out, &line)?;
        writeln!(out)?;
    }
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn nobody_has_the_id_or_the_name_of_another() {
        let users: Vec<Value> = (0..super::super::USERS).map(user).collect();
        for attribute in ["id", "userPrincipalName", "employeeId"] {
            let distinct: BTreeSet<_> =
                users.iter().map(|user| user[attribute].as_str().unwrap().to_lowercase()).collect();
            assert_eq!(distinct.len(), users.len(), "{attribute}");
        }
    }

    #[test]
    fn every_manager_is_somebody_else_in_the_directory() {
        let users: Vec<Value> = (0..100).map(user).collect();
        let ids: BTreeSet<_> = users.iter().map(|user| user["id"].as_str().unwrap()).collect();
        for user in &users {
            let Some(manager) = user["manager"].as_str() else { continue };
            assert!(ids.contains(manager) && manager != user["id"], "{user}");
        }
    }

    #[test]
    fn users_have_the_attributes_of_the_sample_company() {
        let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/contoso/day1/users.jsonl");
        let text = fs::read_to_string(sample).unwrap();
        let theirs: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        let names = |user: &Value| user.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(names(&user(1)), names(&theirs));
    }
}
