//! What a restore has found, as data: the words are up to who shows it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::word::closed_list;
use crate::{ErrorCode, Word};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// What was asked for would be refused.
    Blocker,
    /// Worth a thought before going on.
    Warning,
    /// Good to know.
    Info,
}

/// Something that a preview or a restore has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The fact.
    pub message: String,
    /// What to do; empty when nothing needs doing.
    pub hint: String,
    /// The same as data; absent in reports of earlier versions, and where there is only the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fact: Option<Fact>,
}

impl Finding {
    /// In words alone.
    #[must_use]
    pub fn new(severity: Severity, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { severity, message: message.into(), hint: hint.into(), fact: None }
    }

    /// The same, also as data.
    #[must_use]
    pub fn of(self, fact: Fact) -> Self {
        Self { fact: Some(fact), ..self }
    }
}

/// What a finding is about. Names are those of the database: data, and never commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Fact {
    /// An error would end the restore; its message has the names.
    Refused {
        /// Its code.
        code: Word<ErrorCode>,
    },
    /// What a restore that was killed had left was dropped.
    LeftoverDropped {
        /// Name of the database.
        name: String,
    },
    /// The schema `public` has the privileges of a new database.
    PublicPrivileges {
        /// Who may not change them.
        user: String,
    },
    /// A foreign key is left out, because the table that it references was not chosen.
    KeyLeftOut {
        /// Its name.
        key: String,
        /// Its table.
        table: String,
        /// The table that it references.
        foreign_table: String,
    },
    /// Materialized views still show the rows from before.
    StaleViews {
        /// Their names.
        names: Vec<String>,
    },
    /// The statistics for the planner could not be collected.
    NoStatistics,
    /// The target lacks views of the archive.
    ViewsMissing {
        /// Their names.
        names: Vec<String>,
    },
    /// Tables that are made again are no longer in their publications.
    PublicationsLost {
        /// The tables, each with its publication.
        names: Vec<String>,
        /// What puts them back.
        statements: Vec<String>,
    },
    /// Foreign keys were added again.
    KeysAdded {
        /// How many.
        count: u64,
    },
    /// The server is older than the one that was backed up.
    OlderServer {
        /// Its major version.
        server: u32,
        /// That of the archive.
        archived: u32,
    },
    /// The role may not create databases.
    MayNotCreate {
        /// The role.
        user: String,
    },
    /// The role may not rename the live database.
    MayNotRename {
        /// The role.
        user: String,
        /// The database.
        database: String,
    },
    /// An existing database is filled by one connection.
    FilledByOne,
    /// An extension will have another version.
    OtherExtension {
        /// Its name.
        name: String,
        /// The version on the server.
        version: String,
        /// The version in the archive.
        archived: String,
    },
    /// The server lacks extensions.
    ExtensionsMissing {
        /// Their names and versions.
        names: Vec<String>,
    },
    /// Tables of extensions are not in the archive.
    OfExtensions {
        /// Their names.
        names: Vec<String>,
    },
    /// The server lacks roles.
    RolesMissing {
        /// Their names, quoted.
        names: Vec<String>,
    },
    /// Only one of two tables that a foreign key binds is restored.
    KeyCrosses {
        /// The key.
        key: String,
        /// The table that references.
        table: String,
        /// The table that is referenced.
        foreign_table: String,
    },
    /// A foreign key leads to a table that will not be there.
    KeyLeadsNowhere {
        /// The key.
        key: String,
        /// That table.
        foreign_table: String,
    },
    /// The target lacks a table; it is made again.
    TableMadeAgain {
        /// Its name.
        table: String,
    },
    /// A table has other columns than the archive.
    TableChanged {
        /// Its name.
        table: String,
        /// How it differs.
        differences: Vec<Difference>,
    },
    /// The schema to restore into holds something.
    SchemaNotEmpty {
        /// Its name.
        schema: String,
    },
    /// The target lacks types.
    TypesMissing {
        /// Their names.
        names: Vec<String>,
    },
    /// Two tables of one name are to go into one schema.
    SameName {
        /// The name.
        table: String,
    },
    /// Partitions that the archive does not have hold rows.
    PartitionsHoldRows {
        /// The partitions, with how many.
        names: Vec<String>,
    },
    /// Partitions are foreign tables, which stay as they are.
    PartitionsForeign {
        /// The partitions.
        names: Vec<String>,
    },
    /// About so much room is needed on the server, which can't be seen from here.
    RoomOnServer {
        /// The tables, without their indexes.
        bytes: u64,
        /// What else takes room until then.
        kept: Option<KeptBeside>,
    },
    /// There is too little room on the disk.
    TooLittleRoom {
        /// What is needed, about.
        needed_bytes: u64,
        /// What is free.
        free_bytes: u64,
    },
    /// Sessions are open on the live database; the swap ends them.
    SessionsOpen {
        /// How many.
        count: u64,
    },
    /// The rows of some tables are estimates of the server.
    RowsEstimated {
        /// The tables.
        names: Vec<String>,
    },
    /// What others have written could run with the rights of the role.
    CodeCouldRun {
        /// The role.
        user: String,
        /// What could run, the first few.
        code: Vec<String>,
        /// How much more there is.
        more: u64,
        /// Whether the role has rights that the owners have not.
        is_mighty: bool,
    },
    /// Triggers did not fire.
    TriggersSilent {
        /// How many.
        count: u64,
    },
    /// A full-text index is not restored with its table.
    StaleIndex {
        /// The index.
        index: String,
        /// The table.
        table: String,
    },
    /// References lead nowhere, as in the database that was backed up.
    BrokenReferences {
        /// Rows with one.
        rows: u64,
    },
    /// A power failure may still undo the restore.
    NotFlushed {
        /// The file.
        path: String,
    },
    /// Foreign keys of a table can't be checked.
    KeysUnchecked {
        /// The table.
        table: String,
    },
    /// The database in the place of which it is restored can't be read.
    TargetUnreadable,
    /// The archive lacks tables of the target, which stay in what is set aside.
    TablesSetAside {
        /// Their names.
        names: Vec<String>,
    },
    /// Programs have the file open, and are waited for.
    FileInUse {
        /// The programs.
        programs: Vec<String>,
        /// How long, in seconds.
        seconds: u64,
    },
    /// The archive could not be read from one store, so a copy was used.
    CopyUsed {
        /// The store.
        location: String,
    },
    /// A store could not be asked for a newer archive.
    StoreSilent {
        /// The store.
        location: String,
    },
    /// A check has found the archive damaged.
    FoundDamaged {
        /// When.
        at: Timestamp,
    },
    /// The archive is of another database than the one that it goes into.
    OfAnother {
        /// The one that it goes into.
        own: String,
    },
    /// Newer archives were passed over.
    PassedOver {
        /// How many.
        count: u64,
        /// Why; absent for those of another database.
        why: Option<Word<PassedOverWhy>>,
    },
    /// Newer whole archives were stored, and are gone from the store.
    NewerGone {
        /// How many.
        count: u64,
    },
    /// What was overwritten lies in a further store.
    SafetyInCopy {
        /// The archive.
        id: String,
        /// The store.
        location: String,
    },
    /// The restore is done, but the catalog has not taken that.
    NotRecorded,
    /// What was restored for a proof could not be dropped.
    ProofLeft,
    /// What another proof has made is there.
    OtherProof {
        /// Its name.
        name: String,
    },
    /// Of a later version.
    #[serde(other)]
    Other,
}

/// What takes room beside what is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptBeside {
    /// The old database, until it is dropped.
    OldDatabase,
    /// What is overwritten, until the restore is done.
    Overwritten,
}

/// Why an archive is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassedOverWhy {
    /// It holds what a restore has overwritten.
    Safety,
    /// It does not open, and was disowned.
    Disowned,
    /// It holds only some of the tables.
    Partial,
}

closed_list!(PassedOverWhy {
    Safety => "safety",
    Disowned => "disowned",
    Partial => "partial",
});

/// How a table differs from the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "differs", rename_all = "snake_case")]
pub enum Difference {
    /// It has no such column any more.
    ColumnGone {
        /// Its name.
        column: String,
    },
    /// The archive has no such column.
    ColumnNew {
        /// Its name.
        column: String,
    },
    /// A column has another type.
    ColumnType {
        /// Its name.
        column: String,
        /// The type in the archive.
        was: String,
        /// The type now.
        is: String,
    },
    /// It is another kind of table, or a view.
    Kind,
    /// Its primary key changed.
    PrimaryKey,
    /// Of a later version.
    #[serde(other)]
    Other,
}

/// Why the rows of a table can't be compared with an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Obstacle {
    /// It has changed.
    Changed {
        /// How.
        differences: Vec<Difference>,
    },
    /// Only some of its rows are archived: an extension makes the others.
    PartlyArchived,
    /// Its values of the type `money` depend on a locale.
    Money,
    /// It could not be read; the words have what the server said.
    Unread {
        /// The error.
        code: Word<ErrorCode>,
    },
    /// Of a later version.
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_of_another_version_is_read() {
        let earlier = r#"{"severity":"info","message":"a fact","hint":""}"#;
        let finding: Finding = serde_json::from_str(earlier).expect("a finding");
        assert_eq!(finding, Finding::new(Severity::Info, "a fact", ""));
        assert_eq!(serde_json::to_string(&finding).expect("JSON"), earlier, "as it was written before");
        let later =
            r#"{"severity":"info","message":"a fact","hint":"","fact":{"about":"the_moon","phase":3}}"#;
        let finding: Finding = serde_json::from_str(later).expect("a finding");
        assert_eq!(finding.fact, Some(Fact::Other));
    }

    #[test]
    fn a_fact_is_read_back_as_it_was_sent() {
        let differences = vec![Difference::ColumnNew { column: "vip".to_owned() }, Difference::Kind];
        for fact in [
            Fact::TableChanged { table: "Booking".to_owned(), differences },
            Fact::NotRecorded,
            Fact::RoomOnServer { bytes: 7, kept: Some(KeptBeside::OldDatabase) },
        ] {
            let finding = Finding::new(Severity::Warning, "words", "").of(fact);
            let text = serde_json::to_string(&finding).expect("JSON");
            assert_eq!(serde_json::from_str::<Finding>(&text).expect("a finding"), finding);
        }
    }
}
