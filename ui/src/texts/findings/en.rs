//! English.

use aitta_model::{Difference, ErrorCode, Fact, KeptBeside, Obstacle, PassedOverWhy, TableChange, Unusual};

use super::{Findings, differences};
use crate::plain::{bytes, number};
use crate::texts::common::plural;

pub(in crate::texts) const EN: Findings = Findings {
    fact: |fact, when| {
        Some(match fact {
            Fact::LeftoverDropped { name } => {
                (format!("Dropped the database {name}, left by an interrupted restore."), "")
            }
            Fact::PublicPrivileges { user } => (
                format!(
                    "The schema public keeps the privileges of a new database: {user} can't change them."
                ),
                "Ask a superuser to grant them. A pg_dump of the old database has the statements.",
            ),
            Fact::KeyLeftOut { key, table, foreign_table } => (
                format!(
                    "Foreign key {key} of {table} is left out: it references {foreign_table}, which isn't selected."
                ),
                "Select that table as well to keep the key.",
            ),
            Fact::StaleViews { names } => (
                format!("Materialized views still show the earlier rows: {}.", names.join(", ")),
                "Run REFRESH MATERIALIZED VIEW for each.",
            ),
            Fact::NoStatistics => {
                ("Planner statistics couldn't be collected.".to_owned(), "Run ANALYZE in the database.")
            }
            Fact::ViewsMissing { names } => (
                format!("Views missing from the target: {}.", names.join(", ")),
                "Create those you need. A restore of the whole backup into a new database has their definitions.",
            ),
            Fact::PublicationsLost { names, statements } => (
                format!(
                    "Recreated tables are no longer in their publications: {}. To add them back: {}.",
                    names.join(", "),
                    statements.join("; ")
                ),
                "Add their columns and conditions, if they had any.",
            ),
            Fact::KeysAdded { count } => (
                format!(
                    "{} lost with the tables added again.",
                    plural(*count, "foreign key", "foreign keys")
                ),
                "",
            ),
            Fact::OlderServer { server, archived } => (
                format!("The server has version {server}; the backup is from version {archived}."),
                "A feature missing from the older server would make the restore fail. The target then stays unchanged.",
            ),
            Fact::MayNotCreate { user } => (
                format!("{user} can't create databases."),
                "Restore into an empty database that an administrator creates for you.",
            ),
            Fact::MayNotRename { user, database } => (
                format!("{user} doesn't own {database} and can't rename it, so it can't be swapped."),
                "Connect as its owner, or restore into an empty database that an administrator creates for you.",
            ),
            Fact::FilledByOne => (
                "An existing database is filled over one connection.".to_owned(),
                "A database that doesn't exist yet is restored faster, over several connections.",
            ),
            Fact::OtherExtension { name, version, archived } => {
                (format!("Extension {name} will have version {version}; the backup has {archived}."), "")
            }
            Fact::ExtensionsMissing { names } => (
                format!("Extensions missing from the server: {}.", names.join(", ")),
                "Install their packages on the server (often postgresql-contrib), then refresh.",
            ),
            Fact::OfExtensions { names } => (
                format!("Not in the backup, because they belonged to an extension: {}.", names.join(", ")),
                "What the extension creates comes with it. Look for your own in the database that was backed up.",
            ),
            Fact::RolesMissing { names } => {
                let create: Vec<String> = names.iter().map(|name| format!("CREATE ROLE {name};")).collect();
                (
                    format!(
                        "Roles missing from the server: {}. To create them: {}.",
                        names.join(", "),
                        create.join(" ").trim_end_matches(';')
                    ),
                    "Objects in the backup belong to these roles, or grant them privileges.",
                )
            }
            Fact::KeyCrosses { key, table, foreign_table } => (
                format!(
                    "{table} references {foreign_table} (foreign key {key}), and only one of them is selected."
                ),
                "Checked at the end: if a referenced row is missing, nothing is changed.",
            ),
            Fact::KeyLeadsNowhere { key, foreign_table } => (
                format!("Foreign key {key} references {foreign_table}, which won't be there."),
                "Select that table as well.",
            ),
            Fact::TableMadeAgain { table } => {
                (format!("{table} is missing from the target and will be created."), "")
            }
            Fact::TableChanged { table, differences: all } => {
                let how = differences(all, difference).map_or(String::new(), |how| format!(": {how}"));
                (
                    format!("{table} has changed since the backup{how}."),
                    "Restore it beside the present one, and copy over what fits.",
                )
            }
            Fact::SchemaNotEmpty { schema } => {
                (format!("Schema {schema} isn't empty."), "Choose a schema that doesn't exist yet.")
            }
            Fact::TypesMissing { names } => (
                format!("Types missing from the target: {}.", names.join(", ")),
                "Restore the whole database into a new one, where its types come along.",
            ),
            Fact::SameName { table } => (
                format!("Two selected tables are called {table}; a schema can hold only one."),
                "Select the tables of one schema at a time.",
            ),
            Fact::PartitionsHoldRows { names } => (
                format!(
                    "Partitions that aren't in the backup hold rows, which would stay beside the restored ones: {}.",
                    names.join(", ")
                ),
                "Restore into a separate schema, or detach or empty these partitions and refresh.",
            ),
            Fact::PartitionsForeign { names } => (
                format!(
                    "Partitions that are foreign tables aren't in any backup and stay as they are: {}.",
                    names.join(", ")
                ),
                "Check whether rows were moved into them after the backup: those would come back a second time.",
            ),
            Fact::RoomOnServer { bytes: n, kept } => {
                let kept = match kept {
                    Some(KeptBeside::OldDatabase) => " The old database keeps its space until it is dropped.",
                    Some(KeptBeside::Overwritten) => {
                        " Overwritten rows keep their space until the restore is done."
                    }
                    None => "",
                };
                (
                    format!(
                        "The tables need about {} on the server, plus their indexes.{kept} Free space there can't be \
                         seen from here.",
                        bytes(*n)
                    ),
                    "",
                )
            }
            Fact::TooLittleRoom { needed_bytes, free_bytes } => (
                format!("The restore needs about {}; {} is free.", bytes(*needed_bytes), bytes(*free_bytes)),
                "Free some space, or restore to another disk.",
            ),
            Fact::SessionsOpen { count } => (
                match count {
                    1 => "1 session is open on the live database; the swap ends it.".to_owned(),
                    n => {
                        format!("{} sessions are open on the live database; the swap ends them.", number(*n))
                    }
                },
                "Changes they make between the backup and the swap remain only in the old database.",
            ),
            Fact::RowsEstimated { names } => {
                (format!("Row counts now are estimates by the server: {}.", names.join(", ")), "")
            }
            Fact::CodeCouldRun { user, code, more, is_mighty } => {
                let more = if *more > 0 { format!("; and {} more", number(*more)) } else { String::new() };
                let hint = "Restore as a role that isn't a superuser, or confirm that you trust those who wrote this.";
                (
                    format!(
                        "The restore could run this with the rights of {user}: {}{more}.",
                        code.join("; ")
                    ),
                    if *is_mighty { hint } else { "" },
                )
            }
            Fact::TriggersSilent { count } => {
                (format!("{} of the selected tables didn't fire.", plural(*count, "trigger", "triggers")), "")
            }
            Fact::StaleIndex { index, table } => (
                format!("Full-text index {index} isn't restored with {table}."),
                "Select the index as well, or rebuild it with INSERT INTO … VALUES('rebuild').",
            ),
            Fact::BrokenReferences { rows } => (
                format!(
                    "{} reference rows that don't exist, as in the database that was backed up.",
                    plural(*rows, "row", "rows")
                ),
                "PRAGMA foreign_key_check lists them.",
            ),
            Fact::NotFlushed { path } => (
                format!(
                    "{path} is in place, but its folder couldn't be flushed: after a power failure, the earlier state \
                     could return."
                ),
                "Check the disk and the system log, and run sync.",
            ),
            Fact::KeysUnchecked { table } => (
                format!("The foreign keys of {table} can't be checked."),
                "Add the unique index that the reference needs.",
            ),
            Fact::TargetUnreadable => ("The target can't be read.".to_owned(), ""),
            Fact::TablesSetAside { names } => (
                format!("Not in the backup: {}.", names.join(", ")),
                "These tables stay in the database that is set aside.",
            ),
            Fact::FileInUse { programs, seconds } => (
                format!(
                    "The file is open in {}. The restore waits up to {seconds}\u{a0}s.",
                    programs.join(", ")
                ),
                "Close the programs that use the database.",
            ),
            Fact::CopyUsed { location } => {
                (format!("The backup couldn't be read from {location}, so a copy was used."), "")
            }
            Fact::StoreSilent { location } => {
                (format!("{location} doesn't answer. A newer backup could be there."), "")
            }
            Fact::FoundDamaged { at } => (
                format!("A check found this backup damaged on {}.", when(*at)),
                "Verify it again, or choose another backup.",
            ),
            Fact::OfAnother { own } => (
                format!("This backup is of another database. It goes into {own}."),
                "If that isn't what you want, choose another target or another backup.",
            ),
            Fact::PassedOver { count, why } => {
                let why = match why.as_ref().map(|why| why.known()) {
                    None => "another database",
                    Some(Some(PassedOverWhy::Safety)) => "safety copies of overwritten tables",
                    Some(Some(PassedOverWhy::Disowned)) => "dismissed, because no key opens them",
                    Some(Some(PassedOverWhy::Partial)) => "selected tables only",
                    Some(None) => "not suitable",
                };
                (
                    format!("{} skipped: {why}.", plural(*count, "newer backup", "newer backups")),
                    "Select one in the list to use it.",
                )
            }
            Fact::NewerGone { count } => (
                format!("{} gone from the store.", plural(*count, "newer backup is", "newer backups are")),
                if *count == 1 { "Find out who deleted it." } else { "Find out who deleted them." },
            ),
            Fact::SafetyInCopy { id, location } => {
                (format!("The safety copy {id} is in {location}, not in the first store."), "")
            }
            Fact::NotRecorded => {
                ("The restore is proven, but the catalog couldn't be updated.".to_owned(), "")
            }
            Fact::ProofLeft => (
                "Proven, but the test database couldn't be dropped.".to_owned(),
                "Drop it yourself: it holds a copy of your data.",
            ),
            Fact::OtherProof { name } => (
                format!("{name} belongs to another test restore, running or interrupted."),
                "If none is running, drop it: it holds a copy of your data.",
            ),
            // The engine names what is in the way, and is understood.
            Fact::Refused { .. } | Fact::Other => return None,
        })
    },
    obstacle: |obstacle| {
        Some(match obstacle {
            Obstacle::Changed { differences: all } => {
                format!("The table has changed: {}.", differences(all, difference)?)
            }
            Obstacle::PartlyArchived => {
                "Only some rows are backed up: an extension creates the others.".to_owned()
            }
            Obstacle::Money => "Values of type money depend on the server's locale.".to_owned(),
            Obstacle::Unread { code } => match code.known()? {
                ErrorCode::LockTimeout => "The table is locked by someone else.".to_owned(),
                ErrorCode::SourceDenied => "Reading the table isn't permitted.".to_owned(),
                _ => "The table can't be read.".to_owned(),
            },
            Obstacle::Other => return None,
        })
    },
    unusual: |Unusual { percent, cause }| {
        let what = if *percent < 0 { "smaller" } else { "larger" };
        let cause = match cause {
            None | Some(TableChange::Other) => String::new(),
            Some(TableChange::Gone { table }) => format!(": {table} is gone"),
            Some(TableChange::New { table }) => format!(": {table} is new"),
            Some(TableChange::Lost { table, percent }) => {
                format!(": {table} lost {percent}\u{a0}% of its rows")
            }
            Some(TableChange::Filled { table, rows }) => {
                format!(": {table} was empty and has {}", plural(*rows, "row", "rows"))
            }
            Some(TableChange::Grown { table, percent }) => {
                format!(": {table} has {percent}\u{a0}% more rows")
            }
            Some(TableChange::OtherRows { table }) => format!(": rows of {table} have another size"),
        };
        format!("{}\u{a0}% {what} than usual{cause}", number(percent.unsigned_abs()))
    },
    verbatim: "",
};

fn difference(difference: &Difference) -> Option<String> {
    Some(match difference {
        Difference::ColumnGone { column } => format!("column {column} is gone"),
        Difference::ColumnNew { column } => format!("column {column} is new"),
        Difference::ColumnType { column, was, is } => format!("column {column} was {was} and is now {is}"),
        Difference::Kind => "another kind of table".to_owned(),
        Difference::PrimaryKey => "another primary key".to_owned(),
        Difference::Other => return None,
    })
}
