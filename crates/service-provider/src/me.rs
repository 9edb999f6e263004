//! `…/Me` (RFC 7644 §3.11): the user that a client acts as.

use crate::caller::Caller;
use crate::error::Error;

/// 404, whatever the method: a secret token stands for a connection that provisions users, and is none itself.
pub(crate) async fn me(_: Caller) -> Error {
    let detail =
        "this token belongs to a connection and not to a user, so there is no /Me; address the user by id";
    scim::Error::new(404, detail).into()
}
