//! What is asked for, and where.

use std::fmt;

use aitta_model::Guarded;
use serde::{Deserialize, Serialize};

use crate::Context;

/// What a profile is, apart from its name: anybody can write a profile of any name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Its name.
    pub(crate) profile: String,
    /// Where its database is; absent when it names none.
    pub(crate) database: Option<String>,
    /// Where its archives lie.
    pub(crate) store: String,
}

impl Place {
    pub(crate) fn of(context: &Context) -> Self {
        Self {
            profile: context.profile.name.clone(),
            database: context.source().ok().map(|source| source.place()),
            store: context.store.location(),
        }
    }
}

/// What the second factor is asked for.
pub(crate) struct Asked {
    pub(crate) guarded: Guarded,
    pub(crate) place: Place,
    /// Whether it is done to another database than the profile's own.
    pub(crate) elsewhere: bool,
}

impl Asked {
    pub(crate) fn of(context: &Context, guarded: Guarded) -> Self {
        Self { guarded, place: Place::of(context), elsewhere: false }
    }

    pub(crate) fn into_database(mut self, target: &str) -> Self {
        self.elsewhere = self.place.database.as_deref() != Some(target);
        self
    }

    /// Whether it is at the place that something was allowed for.
    pub(crate) fn is_at(&self, place: &Place) -> bool {
        !self.elsewhere && self.place == *place
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.guarded {
            Guarded::Restore if self.elsewhere => "restore into another database than its own",
            Guarded::Restore => "restore into a database that exists",
            Guarded::Delete => "deletion of an archive",
            Guarded::Keys => "replacement, export or destruction of a key",
            Guarded::Mfa => "change of the second factor",
        };
        write!(f, "{what} (profile {})", self.place.profile)
    }
}
