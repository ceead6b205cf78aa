//! English.

use aitta_model::ErrorCode as E;

use super::{Failures, Way};

pub(in crate::texts) const EN: Failures = Failures {
    said: |code| match code {
        E::ConfigInvalid => {
            ("Something that was entered or set doesn't fit.", "Change what is named below, then try again.")
        }
        E::Unsupported => (
            "Aitta can't do this here.",
            "This kind of database or store, or this version, doesn't allow it.",
        ),
        E::KeyMissing => (
            "The encryption key isn't available.",
            "Backups are locked with it. If you have its recovery kit, import the key from there.",
        ),
        E::KeychainUnavailable => (
            "The keychain can't be used.",
            "Locked, or its service isn't running. Unlock it, then try again.",
        ),
        E::KeyInvalid => (
            "This key can't be used.",
            "Incomplete, mistyped, or in the wrong state. Compare it with the recovery kit.",
        ),
        E::KeyWrong => (
            "The key doesn't fit.",
            "A backup or the audit trail was made with another key. Import that key, or set it again where the key comes from.",
        ),
        E::KeyInUse => (
            "A key is still needed.",
            "Backups need it, or a rotation isn't finished. Finish the rotation, or wait until those backups are gone.",
        ),
        E::KitUnconfirmed => (
            "The groups don't match the recovery kit.",
            "Read them from your copy again, character by character. Without a copy, discard this key and create a new one.",
        ),
        E::MfaRequired => (
            "A second factor is needed.",
            "Enter a code from your authenticator app. If none is set up yet, set one up first.",
        ),
        E::MfaWrong => (
            "This code isn't accepted.",
            "Each code works once: wait for the next one. If that fails too, check the clocks of phone and computer.",
        ),
        E::MfaLocked => (
            "No code is accepted for a while.",
            "Too many wrong codes were entered. Wait until the time named below, then try again.",
        ),
        E::MfaUnavailable => (
            "The second factor can't be checked.",
            "Its secret can't be read, or was replaced. Protected operations are refused until this is fixed.",
        ),
        E::ReasonMissing => ("A reason is needed.", "Choose why you do this. The audit trail records it."),
        E::NotifyFailed => (
            "A notification wasn't delivered.",
            "Check the channel's address and whether its receiver answers. Aitta tries again unless the receiver refused it for good.",
        ),
        E::PruneHeldBack => (
            "Old backups are held back.",
            "They would go by the retention rules, but something is in the way. Nothing was deleted.",
        ),
        E::BackupOverdue => (
            "A backup is overdue.",
            "The newest verified backup is older than the schedule allows. Look at the last runs, then back up now.",
        ),
        E::TableLoss => (
            "Rows were lost.",
            "A table has far fewer rows than in the backup before. Compare, then restore it or say that it was meant.",
        ),
        E::SizeAnomaly => {
            ("A backup is of an unusual size.", "Look at its page: it tells which tables grew or shrank.")
        }
        E::StorageAlarm => (
            "The storage is filling up.",
            "Make room, or let fewer old backups stay. Backups fail when nothing is left.",
        ),
        E::KeyDue => {
            ("The key is due for rotation.", "Rotate it with the wizard and store the new recovery kit.")
        }
        E::ScheduleForsaken => (
            "Nobody runs the schedule.",
            "Keep this window open, run the agent as a service, or start it from cron.",
        ),
        E::HookFailed => (
            "A hook failed.",
            "A program that is to run before or after the operation failed or took too long. Its output is in the log of the run; check the program and the rights of its file.",
        ),
        E::AuditFailed => (
            "The audit trail can't be relied on.",
            "The trail can't be written, or was changed. Protected operations are refused until this is fixed.",
        ),
        E::ArchiveNotFound => (
            "This backup isn't there.",
            "It was deleted or moved, or there is none from before the time asked for. The list shows the backups that exist.",
        ),
        E::ArchiveTruncated => (
            "A backup is incomplete.",
            "Its file ends too early. Use another backup, and verify that one first.",
        ),
        E::ArchiveDamaged => (
            "The backup is damaged.",
            "Its file isn't as it was written. Use another backup, and verify that one first.",
        ),
        E::ArchiveNewer => (
            "A backup is from a newer version of Aitta.",
            "Install that version on this computer, then try again.",
        ),
        E::ArchiveForeign => (
            "This file isn't an Aitta backup.",
            "Its beginning is damaged, or something else has its name. Use another backup.",
        ),
        E::StoreMissing => {
            ("The backup store isn't there.", "Is its disk mounted? Check that, and the place that is set.")
        }
        E::StoreDenied => (
            "The backup store refuses access.",
            "Aitta can't read or write there. Get these rights granted, then try again.",
        ),
        E::StoreFull => {
            ("The backup store is full.", "Free some space or choose a larger store, then try again.")
        }
        E::StoreUnreachable => (
            "The backup store doesn't answer.",
            "Check the network and the address of the store, then try again.",
        ),
        E::StoreCredentials => (
            "The backup store doesn't accept the credentials.",
            "They are missing, wrong or expired. Enter them again, or create new ones at the provider.",
        ),
        E::StoreClock => (
            "The clocks of this computer and the store differ too much.",
            "The store refuses requests then. Set the clock, best automatically, and try again.",
        ),
        E::StoreRegion => (
            "The region of the backup store doesn't match.",
            "The store is in another region than the one that is set or allowed. Check the region.",
        ),
        E::StoreLocked => (
            "The backup store still protects this.",
            "Changes are possible once the retention period or legal hold has ended.",
        ),
        E::StoreFailed => (
            "The backup store reported an error.",
            "Try again. If that fails too, check the store and what is between it and this computer.",
        ),
        E::SourceUnreachable => (
            "The database can't be reached.",
            "Is it running, or its file there? Check that, and the address that is set.",
        ),
        E::SourceAuth => (
            "The database refuses the sign-in.",
            "User or password are missing, wrong, or not allowed from this computer. Enter them again.",
        ),
        E::SourceDenied => (
            "A right on the database is missing.",
            "Get it granted to the user that Aitta connects as, or connect as another user.",
        ),
        E::SourceLost => {
            ("The connection to the database was lost.", "Check the server and the network, then try again.")
        }
        E::SourceUnfit => (
            "The database can't be used as it is now.",
            "The schema changed meanwhile, or holds something that Aitta can't handle. After a migration, try again.",
        ),
        E::SourceFailed => {
            ("The database reported an error.", "Try again. If that fails too, the server log has details.")
        }
        E::LockTimeout => (
            "Somebody else is using the database.",
            "Another session or program holds what is needed. Wait until it is done, or end it, then try again.",
        ),
        E::ToolMissing => (
            "The PostgreSQL client tools are missing or too old.",
            "Install pg_dump and pg_restore here, in the version of the server or a newer one.",
        ),
        E::ToolFailed => (
            "A PostgreSQL client tool failed.",
            "Both pg_dump and pg_restore must fit the server. Try again; the details show the tool's message.",
        ),
        E::TableUnknown => (
            "A table isn't there.",
            "No table has this name. Check the names, or choose the tables from the list.",
        ),
        E::TableAmbiguous => (
            "A table name isn't unique.",
            "Several schemas have a table of this name. Name it together with its schema.",
        ),
        E::RunInProgress => {
            ("Another run is under way.", "Wait until it has ended, or stop it, then try again.")
        }
        E::TargetNotEmpty => (
            "The target isn't empty.",
            "Nothing was overwritten. Choose a target that is empty or doesn't exist yet.",
        ),
        E::TargetIncompatible => (
            "The target doesn't fit this backup.",
            "Prepare the target for what is named below, or choose another one.",
        ),
        E::CodeUntrusted => (
            "Code in this backup could run with high rights.",
            "Others could have written its functions and triggers. Allow them only if you trust those authors.",
        ),
        E::ForeignKeys => (
            "References between tables would be broken.",
            "Rows would refer to rows that aren't there. Select the related tables too, or restore beside the present ones.",
        ),
        E::ProofFailed => (
            "The final check failed.",
            "The written data doesn't match the backup, so the run doesn't count as done.",
        ),
        E::Cancelled => ("The run was stopped.", "Start it again when you are ready."),
        E::Interrupted => (
            "The run never finished.",
            "The program or the computer stopped before the run had finished. Start the run again.",
        ),
        E::CatalogFailed => (
            "Aitta's own records can't be used.",
            "Their folder can't be read or written, or a newer version made them. Check its permissions and free space.",
        ),
        E::System => (
            "Something failed on this computer.",
            "Try again. If that fails too, check disk, memory and folder permissions.",
        ),
    },
    way: |way| match way {
        Way::Settings => "Open settings",
        Way::Keys => "Open keys",
        Way::SecondFactor => "Open second factor",
        Way::Backups => "Show backups",
        Way::Runs => "Show runs",
        Way::Audit => "Open audit trail",
    },
    details: "Details",
    copy: "Copy details",
    statement: "For a superuser of the database:",
    copy_statement: "Copy statement",
};
