//! Query strings in the encoding of each client.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::check::Client;

/// RFC 3986 §2.3: what need not be encoded.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The query string of these parameters, without the question mark.
pub(crate) fn query(client: Client, parameters: &[(&str, &str)]) -> String {
    match client {
        Client::Rfc | Client::Okta => {
            let pair =
                |(name, value): &(&str, &str)| format!("{name}={}", utf8_percent_encode(value, RESERVED));
            parameters.iter().map(pair).collect::<Vec<_>>().join("&")
        }
        // Entra's spaces are `+`.
        Client::Entra => form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_its_own_spaces() {
        let parameters = [("filter", r#"userName eq "a@b""#), ("count", "1")];
        assert_eq!(query(Client::Okta, &parameters), "filter=userName%20eq%20%22a%40b%22&count=1");
        assert_eq!(query(Client::Entra, &parameters), "filter=userName+eq+%22a%40b%22&count=1");
    }
}
