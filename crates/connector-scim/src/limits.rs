//! Bounds, each with its reason.

/// An answer. A user is some KiB; a group that ignores `excludedAttributes=members` is larger than this and refused.
pub(crate) const MAX_ANSWER_BYTES: usize = 10 << 20;

/// Idle connections kept: the engine sends at most so many requests at once.
pub(crate) const MAX_IDLE_CONNECTIONS: usize = 256;

/// How much of an application's own words goes into an error.
pub(crate) const MAX_DETAIL_CHARS: usize = 300;

/// How much of an answer that is no JSON goes into an error: enough to recognise a login page or a firewall.
pub(crate) const MAX_EXCERPT_CHARS: usize = 80;

/// Members that one PATCH adds or removes, unless the job says otherwise: applications take that many in well under a
/// second.
pub(crate) const MEMBERS_PER_REQUEST: usize = 100;

/// Operations in one bulk request, however many more an application announces. Each may take some tenths of a second where
/// they are done one after the other, and all of them have a minute; an answer that is lost leaves so many in doubt.
pub(crate) const MAX_BULK_OPERATIONS: usize = 100;

/// Bytes of one bulk request, however many more an application announces.
pub(crate) const MAX_BULK_BYTES: usize = 1 << 20;

/// A page of a source. A group of a million members is some 100 MiB; a page of groups has to fit.
pub(crate) const MAX_PAGE_BYTES: usize = 256 << 20;

/// Users asked for in one page.
pub(crate) const USERS_PER_PAGE: u64 = 500;

/// Objects of a target asked for in one page of an import, as Okta does.
pub(crate) const LISTED_PER_PAGE: u64 = 100;

/// Groups asked for in one page: they come with their members.
pub(crate) const GROUPS_PER_PAGE: u64 = 50;

/// Groups delivered in one page.
pub(crate) const GROUPS_DELIVERED: usize = 50;

/// Recently changed users that a watermark remembers with a digest each, some 60 bytes. Who is not among them comes again,
/// which does no harm.
pub(crate) const MAX_RECENT: usize = 2000;
