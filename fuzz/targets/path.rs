//! A path is refused, or it prints as the same path, and resolving it never fails otherwise than with an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rollcall_fuzz::USER;
use scim::Path;

fuzz_target!(|text: &str| {
    let Ok(path) = Path::parse(text) else { return };
    let printed = path.to_string();
    assert_eq!(Path::parse(&printed).as_ref(), Ok(&path), "{printed}");
    let _ = path.resolve(&USER);
});
