//! Bounds on what a tenant's resources can become, each with its reason. Those on a single request are in
//! [`scim::limits`].

/// The largest document, in bytes: its names and text values together. A user with every attribute of RFC 7643 takes
/// some 4 KiB, and one with a photo at the bound of a single text some 260 KiB; without this bound, PATCH after PATCH
/// could add to one resource for ever.
pub const MAX_DOCUMENT_LENGTH: usize = 512 * 1024;

/// A page ends early once its resources are longer than this, in bytes of names and texts (RFC 7644 §3.4.2.4 allows
/// fewer resources than `count`). A page of 1,000 users takes some 3 MiB; with a photo each it would be 250.
pub const MAX_PAGE_LENGTH: usize = 16 * 1024 * 1024;

/// The most that is put in order for one request, in bytes: some 200,000 resources with what they are sorted by. Beyond
/// that a filter must name fewer.
pub const MAX_SORT_LENGTH: usize = 32 * 1024 * 1024;

/// A page of groups ends early once they have more members than this altogether (RFC 7644 §3.4.2.4 allows fewer
/// resources than `count`). Some 20 MiB of answer: a page of the largest groups would else fill the memory.
pub const MAX_MEMBERS_IN_PAGE: usize = 100_000;

/// How deep groups can be nested: the number of groups from the outermost one to the innermost, both counted. Each level
/// is one more step in reading the groups of every user below it. Organisations nest four or five levels.
pub const MAX_NESTED_GROUPS: i64 = 16;

/// How many resources are read at once when all of a type are brought in line with other schemas.
pub const SCHEMA_CHUNK: i64 = 500;

/// Most resources that a look-up by a value reads: it holds up the requests of its thread, some 10 µs a resource.
pub const MAX_LOOKED_UP: usize = 10;

/// How many aliases of a user are kept. Each is the name that a directory's recycle bin gave; a user who was deleted
/// there more often than this comes back all the same, but is not found by the names that came later.
pub const MAX_ALIASES: usize = 16;

/// How long a connection's removals count for its brake, in minutes: the hour of the settings' description.
pub const BRAKE_WINDOW_MINUTES: i64 = 60;

/// With fewer users than this, a share says little: two of nine are 22 %.
pub const BRAKE_MIN_USERS: i64 = 20;

/// What a client that met a shut brake is told to wait, in seconds: a person has to decide, and should not be asked by
/// a request every second meanwhile.
pub const BRAKE_RETRY_SECONDS: u32 = 900;
