//! The checks, one file a theme: a table of rules, and below it how each is carried out.

mod auth;
mod bulk;
mod case;
mod create;
mod delete;
mod discovery;
mod entra;
mod entra_groups;
mod entra_leaving;
mod entra_users;
mod errors;
mod etag;
mod filter;
mod groups;
mod life;
mod okta_groups;
mod okta_spec;
mod okta_users;
mod paging;
mod patch;
mod patch_refusals;
mod read;
mod replace;
mod search;
mod sort;
mod validator;
mod validator_groups;
mod validator_users;

use crate::check::Theme;

/// All checks there are, in the order in which they are carried out.
pub const THEMES: &[&Theme] = &[
    &discovery::THEME,
    &create::THEME,
    &read::THEME,
    &filter::THEME,
    &patch::THEME,
    &patch_refusals::THEME,
    &replace::THEME,
    &delete::THEME,
    &groups::THEME,
    &paging::THEME,
    &sort::THEME,
    &etag::THEME,
    &bulk::THEME,
    &search::THEME,
    &errors::THEME,
    &auth::THEME,
    &case::THEME,
    &life::THEME,
    &entra_users::THEME,
    &entra_leaving::THEME,
    &entra_groups::THEME,
    &validator_users::THEME,
    &validator_groups::THEME,
    &okta_users::THEME,
    &okta_groups::THEME,
    &okta_spec::THEME,
];
