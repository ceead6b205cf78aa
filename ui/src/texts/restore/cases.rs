//! What the words of the restore wizard are chosen by.

/// The steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Which backup, which tables, where to.
    What,
    Preview,
    Confirm,
    Restore,
    Report,
}

impl Step {
    pub(crate) const ALL: [Self; 5] = [Self::What, Self::Preview, Self::Confirm, Self::Restore, Self::Report];

    /// Those that ask something.
    pub(crate) const ASKING: [Self; 3] = [Self::What, Self::Preview, Self::Confirm];

    /// As it stands in the address.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::What => "what",
            Self::Preview => "preview",
            Self::Confirm => "confirm",
            Self::Restore => "restore",
            Self::Report => "report",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == text)
    }

    pub(crate) fn number(self) -> usize {
        self as usize + 1
    }

    pub(crate) fn next(self) -> Option<Self> {
        Self::ALL.get(self as usize + 1).copied()
    }

    pub(crate) fn before(self) -> Option<Self> {
        (self as usize).checked_sub(1).and_then(|i| Self::ALL.get(i)).copied()
    }
}

/// What a step still needs before the next can be entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lack {
    Archive,
    Tables,
    Url,
    UrlForm,
    SchemaName,
    File,
    FileForm,
    /// The target of a whole database is not empty.
    NotEmpty,
    /// The archive is of another kind of database than this profile's.
    OtherEngine,
    Plan,
    /// The plan says that it would be refused.
    Blocked,
    /// The name of what is overwritten.
    Name,
    Reason,
}

/// Which kind of place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum TargetKind {
    /// The profile's own database.
    #[default]
    Same,
    /// Another database of a server.
    Other,
    /// A schema beside the others, in the profile's own database.
    Schema,
    /// A file.
    File,
}

/// A table that is not chosen, tied to some that are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Neighbour {
    pub(crate) table: String,
    /// The chosen tables that it refers to.
    pub(crate) refers_to: Vec<String>,
    /// The chosen tables that refer to it.
    pub(crate) referred_by: Vec<String>,
}

/// What could go wrong, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Risk {
    /// It may be damaged where nobody has looked.
    NotVerified,
    /// Damage is found before anything is changed.
    Damage,
    /// Who writes to the tables has to wait.
    WritersWait,
    /// Sessions of the whole database are ended.
    SessionsEnd,
    /// What was written since the backup is overwritten, and saved.
    NewerWork,
    /// Tables of these names in another database are overwritten, and saved.
    Elsewhere,
    /// Nothing there is overwritten.
    Beside,
    /// Something has to be mended first.
    Blocked,
    /// There are warnings.
    Warned,
    /// It may be stopped.
    Interrupted,
}
