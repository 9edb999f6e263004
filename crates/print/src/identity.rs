//! What a user is found by.

use application::resources::Operation;
use application::{TypeProfile, USER};
use model::ResourceId;
use store::attr::{self, AttributeRow};
use store::{Error, Tx};

/// URN of the print user extension, under which print services take the attributes that identify a job's owner.
pub const PRINT_USER_URN: &str = "urn:ietf:params:scim:schemas:extension:uniFLOWOnline:2.0:User";

/// What a user is found by. None of it is two users' of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// The name on the workstation, as print jobs carry it.
    LocalUserName,
    /// `userName`.
    UserName,
    /// An e-mail address.
    Email,
    /// The number of a card; a secret.
    Card,
    /// A PIN; a secret.
    Pin,
    /// The code with which a card is registered; a secret.
    RegistrationCode,
}

impl Identity {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::LocalUserName, Self::UserName, Self::Email, Self::Card, Self::Pin, Self::RegistrationCode];

    /// Those that a name can be, in the order in which they count.
    pub const NAMES: [Self; 3] = [Self::LocalUserName, Self::UserName, Self::Email];

    /// The attribute that has it, by its path without the URN of its schema.
    #[must_use]
    pub fn attribute(self) -> &'static str {
        match self {
            Self::LocalUserName => "localUsername",
            Self::UserName => "userName",
            Self::Email => "emails.value",
            Self::Card => "cardNumber",
            Self::Pin => "pin",
            Self::RegistrationCode => "cardRegistrationCode",
        }
    }

    /// The path of the attribute (RFC 7644 §3.10).
    #[must_use]
    pub fn path(self) -> String {
        match self {
            Self::UserName | Self::Email => self.attribute().to_owned(),
            Self::LocalUserName | Self::Card | Self::Pin | Self::RegistrationCode => {
                format!("{PRINT_USER_URN}:{}", self.attribute())
            }
        }
    }

    /// The attribute's key ([`scim::attribute_key`]).
    #[must_use]
    pub fn key(self) -> String {
        self.path().to_ascii_lowercase()
    }

    /// The row of a user who has this value of it. `None` for a secret of which no digest can be made.
    pub(crate) fn row(self, users: &TypeProfile, value: &str) -> Option<AttributeRow> {
        users.row(&self.key(), value)
    }

    /// The user who has it. Of a secret the look-up sees a digest only, whose beginning nobody without the key can
    /// choose: how long it takes tells nothing about the secrets of others.
    ///
    /// # Errors
    /// The store's.
    pub fn owner(self, tx: &mut Tx<'_>, on: &Operation, value: &str) -> Result<Option<ResourceId>, Error> {
        match self.row(&on.kind, value) {
            Some(row) => attr::owner(tx, on.tenant, USER, &row),
            None => Ok(None),
        }
    }
}
