//! Whether an archive is of the database of the profile.

use aitta_model::{DatabaseEngine, Word};

use super::Context;
use crate::Result;
use crate::catalog::Named;

/// The database of a profile, as archives name it.
pub(crate) struct Own {
    engine: Word<DatabaseEngine>,
    pub(crate) database: String,
    place: String,
}

impl Own {
    /// Whether this is it. Two databases of one name at two places are two; where an archive does not say its place, the
    /// name decides.
    pub(crate) fn is(&self, named: &Named) -> bool {
        named.engine.as_ref() == Some(&self.engine)
            && named.database.as_ref() == Some(&self.database)
            && named.place.as_ref().is_none_or(|place| *place == self.place)
    }
}

impl Context {
    /// The profile's database, as archives name it; `None` for a profile that names none.
    ///
    /// # Errors
    /// `config_invalid` when its URL can't be understood.
    pub(crate) fn own(&self) -> Result<Option<Own>> {
        let own = |source: std::sync::Arc<dyn aitta_source::Source>| Own {
            engine: source.engine().into(),
            database: source.database(),
            place: source.place(),
        };
        self.profile.database_url.as_ref().map(|_| self.source().map(own)).transpose()
    }
}
