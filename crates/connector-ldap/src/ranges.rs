//! Long attributes in pieces: Active Directory answers `member;range=0-1499` for a group with more members
//! ([MS-ADTS] 3.1.1.3.1.3.3).

use crate::entry::RawEntry;

/// A piece of an attribute's values.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Range<'a> {
    /// The values in it.
    pub(crate) values: &'a [Vec<u8>],
    /// What to ask for next, such as `member;range=1500-*`; `None` when this was the last piece.
    pub(crate) next: Option<String>,
}

/// The values of an attribute in an answer, whole or a piece.
pub(crate) fn of<'a>(entry: &'a RawEntry, attribute: &str) -> Range<'a> {
    let ranged = entry.attributes.iter().find_map(|(name, values)| Some((end(name, attribute)?, values)));
    match ranged {
        Some((Some(end), values)) => {
            Range { values, next: Some(format!("{attribute};range={}-*", end.saturating_add(1))) }
        }
        Some((None, values)) => Range { values, next: None },
        None => Range { values: entry.values(attribute), next: None },
    }
}

/// Of `member;range=0-1499` the 1499; of the last piece, `member;range=1500-*`, nothing. `None` for another name.
fn end(name: &str, attribute: &str) -> Option<Option<u64>> {
    let (base, option) = name.split_once(';')?;
    let (key, range) = option.split_once('=')?;
    if !base.eq_ignore_ascii_case(attribute) || !key.eq_ignore_ascii_case("range") {
        return None;
    }
    match range.split_once('-')?.1 {
        "*" => Some(None),
        end => Some(Some(end.parse().ok()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::entry;

    fn check(attributes: &[(&str, &[&str])], count: usize, next: Option<&str>) {
        let entry = entry("cn=all", attributes);
        let range = of(&entry, "member");
        assert_eq!((range.values.len(), range.next.as_deref()), (count, next), "{attributes:?}");
    }

    #[test]
    fn pieces_lead_to_the_next_one() {
        // Active Directory sends the plain name too, without values.
        let first: &[(&str, &[&str])] = &[("member", &[]), ("member;range=0-1499", &["a", "b"])];
        check(first, 2, Some("member;range=1500-*"));
        check(&[("Member;Range=1500-2999", &["c"])], 1, Some("member;range=3000-*"));
        check(&[("member;range=3000-*", &["d"])], 1, None);
    }

    #[test]
    fn a_whole_attribute_has_no_next_piece() {
        check(&[("member", &["a", "b"])], 2, None);
        check(&[("memberOf;range=0-1499", &["a"])], 0, None);
        check(&[], 0, None);
    }
}
