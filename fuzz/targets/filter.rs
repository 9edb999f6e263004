//! A filter is refused, or it prints as a filter that means the same, and deciding by it never fails.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rollcall_fuzz::{PETER, USER, lenient};
use scim::Filter;

fuzz_target!(|text: &str| {
    let Ok(filter) = Filter::parse(text) else { return };
    let printed = filter.to_string();
    assert_eq!(Filter::parse(&printed).as_ref(), Ok(&filter), "{printed}");
    if let Ok(resolved) = filter.resolve(&USER, &lenient()) {
        let _ = resolved.matches(&PETER);
    }
});
