//! The `Link` header, in which Okta tells where the next page is (RFC 8288 §3).

/// The target of `rel="next"` among the values of all `Link` headers of an answer.
///
/// A value is `<URI>` and parameters; several may share a header, separated by commas, which a URI may hold as well.
pub(crate) fn next<'a>(headers: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    headers.flat_map(links).find(|(_, parameters)| is_next(parameters)).map(|(uri, _)| uri)
}

/// The links of one header, each with the text of its parameters.
fn links(header: &str) -> impl Iterator<Item = (&str, &str)> {
    header.split('<').skip(1).filter_map(|link| link.split_once('>'))
}

fn is_next(parameters: &str) -> bool {
    parameters.split([';', ',']).filter_map(|parameter| parameter.split_once('=')).any(|(name, value)| {
        name.trim().eq_ignore_ascii_case("rel")
            && value.trim().trim_matches('"').split(' ').any(|relation| relation.eq_ignore_ascii_case("next"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[&str], expect: Option<&str>) {
        assert_eq!(next(headers.iter().copied()), expect, "{headers:?}");
    }

    #[test]
    fn the_next_page_is_found_wherever_it_stands() {
        check(
            &["<https://a/1>; rel=\"self\"", "<https://a/2?x=1,2>; rel=\"next\""],
            Some("https://a/2?x=1,2"),
        );
        check(&["<https://a/1>; rel=\"self\", <https://a/2>; rel=\"next\""], Some("https://a/2"));
        check(&["<https://a/2>; title=\"n\"; REL=next"], Some("https://a/2"));
        check(&["<https://a/2>; rel=\"prev next\""], Some("https://a/2"));
    }

    #[test]
    fn without_one_the_list_is_at_its_end() {
        check(&[], None);
        check(&["<https://a/1>; rel=\"self\""], None);
        check(&["https://a/2; rel=\"next\"", "<https://a/2", ""], None);
        check(&["<https://a/2>; title=\"next\""], None);
    }
}
