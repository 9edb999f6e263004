//! A body is refused, or it becomes a resource that is read again as it is; also when it replaces another.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rollcall_fuzz::{PETER, USER, assert_canonical, lenient};
use scim::{parse_json, resource};

fuzz_target!(|body: &[u8]| {
    let Ok(body) = parse_json(body) else { return };
    if let Ok(created) = resource::create(&USER, body.clone(), &lenient()) {
        assert_canonical(&created);
    }
    if let Ok(replaced) = resource::replace(&USER, &PETER, body, &lenient()) {
        assert_canonical(&replaced);
    }
});
