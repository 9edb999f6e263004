//! A PATCH is refused and changes nothing, or it leaves a resource that a client could have created.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rollcall_fuzz::{PETER, USER, assert_canonical, lenient};
use scim::{Patch, PatchRequest, parse_json};

fuzz_target!(|body: &[u8]| {
    let Ok(body) = parse_json(body) else { return };
    let Ok(request) = PatchRequest::parse(&body, &lenient()) else { return };
    let Ok(patch) = Patch::resolve(&request, &USER, &lenient()) else { return };
    let mut resource = PETER.clone();
    match patch.apply(&mut resource, &lenient()) {
        Ok(()) => assert_canonical(&resource),
        Err(_) => assert_eq!(resource, *PETER, "a PATCH that fails changes nothing"),
    }
});
