//! What the words of the first run are chosen by.

/// What lacks, or can't be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lack {
    Host,
    Port,
    Database,
    User,
    Url,
    Path,
}

/// What lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreLack {
    Folder,
    Bucket,
    Account,
    Container,
    /// One of id and secret without the other.
    Secret,
}
