//! English.

use aitta_model::RestoreMode;

use super::{Lack, Restore, Risk, Step, TargetKind, listed, rename};
use crate::plain::last_part;
use crate::plain::{bytes, number};

pub(in crate::texts) const EN: Restore = Restore {
    promise: "Nothing is changed before you press “Restore now” in step 5. What would be overwritten is saved first.",
    steps: "Steps",
    step: |step| match step {
        Step::Backup => "Backup",
        Step::Tables => "Tables",
        Step::Target => "Target",
        Step::Preview => "Preview",
        Step::Confirm => "Confirm",
        Step::Restore => "Restore",
        Step::Report => "Report",
    },
    next: |step| match step {
        Step::Backup => "Choose tables",
        Step::Tables => "Choose target",
        Step::Target => "Preview",
        _ => "Go on to confirm",
    },
    back: "Back",
    back_to: |step| match step {
        Step::Backup => "Choose another backup",
        Step::Tables => "Back to the tables",
        Step::Target => "Back to the target",
        Step::Confirm => "Try again",
        _ => "Back to the preview",
    },
    go: "Restore now",
    lack: |lack, name| match lack {
        Lack::Archive => "Choose a backup, or give a time.".to_owned(),
        Lack::Tables => "Choose at least one table, or the whole database.".to_owned(),
        Lack::Url => "Give the URL of the other database.".to_owned(),
        Lack::UrlForm => "The URL has to look like postgres://user@host:5432/database.".to_owned(),
        Lack::SchemaName => "Name a schema that doesn't exist yet: not pg_…, 63 letters at most.".to_owned(),
        Lack::File => "Give the path of the new file.".to_owned(),
        Lack::FileForm => "Give the whole path, such as /srv/data/copy.db.".to_owned(),
        Lack::OtherEngine => "This backup is of another kind of database: choose another target.".to_owned(),
        Lack::Plan => "The preview is not ready yet.".to_owned(),
        Lack::Blocked => "Fix what stands in the way first, then look again.".to_owned(),
        Lack::Reason => "Say why, in a few words.".to_owned(),
        Lack::Name => format!("Type {name} to confirm."),
    },
    opening: "Opening the backup…",
    to_dashboard: "To the dashboard",
    to_runs: "To the runs",
    which_backup: "Which backup?",
    which_backup_more: "If you know when it went wrong, give that time. Otherwise choose from the list.",
    before: "The last one before",
    before_hint: |zone| format!("Your time, {zone}: the moment just before the damage."),
    before_found: |when, earlier| format!("Found: {when}, {earlier} earlier."),
    before_given: |time| format!("the last backup before {time}, the time you gave"),
    no_time: "Not a time yet. Write it as 2026-11-24 02:55.",
    looking: "Looking for it…",
    find_backup: "Find a backup by day, kind, reason or id",
    of_backups: |n, all| {
        if n == all {
            (crate::texts::common::en::EN.backups_n)(all)
        } else {
            format!("{} of {}", number(n), number(all))
        }
    },
    none_found: "Nothing matches. Try a part of the name, or clear the search.",
    no_backups: "There is no backup to restore from.",
    no_backups_words: "Make the first one on the dashboard. It can be restored as soon as it is read back and checked.",
    damaged_why: |when| format!("damaged, found {when}: choose the one before or after"),
    is_damaged: |id| format!("{id} is damaged and can't be restored from"),
    is_damaged_hint: "choose another backup below, or give an earlier time",
    only_tables: |tables| format!("{tables} only"),
    restored: "restored",
    exact_bytes: |n| format!("{} bytes", number(n)),
    which_tables: "What shall come back?",
    some: "Chosen tables",
    some_more: "Everything else stays as it is now.",
    whole: "The whole database",
    whole_more: "All tables, views, functions and sequences, as they were.",
    whole_not: "Not from this backup: it holds some tables only.",
    whole_note: "The whole database as it was: all tables, views, functions and sequences. Where it replaces the \
                 live one, that is not deleted but kept beside it under another name.",
    find_table: "Find a table",
    select_all: "Select all",
    select_found: |n| format!("Select {} found", number(n)),
    select_none: "Clear",
    all_of_schema: |schema| format!("All tables of {schema}"),
    of_chosen: |n, all| format!("{} of {} chosen", number(n), number(all)),
    table: "Table",
    size: "Size",
    rows: "Rows",
    rows_in_backup: "Rows in backup",
    exact_sizes: |size, stored| format!("{} in the database, {} in the backup", bytes(size), bytes(stored)),
    tie: |n| match (n.refers_to.as_slice(), n.referred_by.as_slice()) {
        ([], by) => format!("referenced by {}", listed(by, "and")),
        (to, _) => format!("refers to {}", listed(to, "and")),
    },
    neighbours: "These tables hang together",
    neighbours_more: "You need not add them: left out, they stay as they are now. The preview tells if one is needed.",
    neighbour: |n| match (n.refers_to.as_slice(), n.referred_by.as_slice()) {
        ([], by) => {
            let verb = if by.len() > 1 { "refer" } else { "refers" };
            format!("{} {verb} to {}.", listed(by, "and"), n.table)
        }
        (to, _) => format!("{} refers to {}.", n.table, listed(to, "and")),
    },
    add: |name| format!("Add {name}"),
    add_all: |n| format!("Add all {}", number(n)),
    where_to: "Where to?",
    target: |kind| match kind {
        TargetKind::Same => "The same database",
        TargetKind::Other => "Another database",
        TargetKind::Schema => "A side schema",
        TargetKind::File => "Another file",
    },
    target_means: |kind, whole| match (kind, whole) {
        (TargetKind::Same, false) => {
            "The chosen tables are replaced in one transaction. What is there now is saved first; nothing else is \
             touched."
        }
        (TargetKind::Same, true) => {
            "It is restored beside the live database, proven, and swapped in by its name. The old one is kept. \
             Open sessions are ended at the moment of the swap."
        }
        (TargetKind::Other, false) => {
            "Where the tables exist, they are saved and replaced; where they don't, they are made."
        }
        (TargetKind::Other, true) => {
            "It is made if it doesn't exist, and filled if it is empty. Nothing is ever overwritten there."
        }
        (TargetKind::Schema, _) => {
            "The tables are put beside the live ones, to look at, compare and copy from. The live ones are not \
             touched."
        }
        (TargetKind::File, false) => {
            "A new file is made. Where it exists already, the chosen tables are saved and replaced in it."
        }
        (TargetKind::File, true) => "A new file is made. One that exists is never overwritten.",
    },
    url: "URL of the database",
    password: "Password",
    password_hint: "Only for this restore: it is not stored.",
    schema: "Name of the schema",
    schema_hint: "It is made by the restore, and must not hold anything yet.",
    file: "Path of the file",
    file_hint: "The whole path. The folder has to exist.",
    test: "Test connection",
    testing: "Connecting…",
    answers: |version, database, tables, size| format!("Connected: {database}, {version}, {tables}, {size}."),
    not_empty: "It is not empty, and a whole restore overwrites nothing there. Name a database that doesn't exist \
                yet or is empty, or go back and choose tables.",
    may_be_missing: "If it just doesn't exist yet, go on: the restore makes it.",
    what_would_happen: "What would happen",
    nothing_changed_yet: "This was looked up just now. Nothing has been changed.",
    looking_at_target: "Opening the backup and looking at the target. This changes nothing.",
    look_again: "Look again",
    trust_code: "I trust whoever wrote or owns this with the rights of a superuser: it may run",
    outcome: |plan| {
        let n = plan.tables.len() as u64;
        let tables = if n == 1 { "1 table".to_owned() } else { format!("{} tables", number(n)) };
        match &plan.mode {
            RestoreMode::Replace { target } => format!(
                "{tables} of {} will be copied to a safety backup, replaced in one transaction, and compared with the backup. Only if \
                 all is equal does it count.",
                last_part(target)
            ),
            RestoreMode::Swap { target, set_aside } => format!(
                "{} will be restored as a new database with {tables}, compared with the backup, and swapped in. \
                 The old one is kept as {}.",
                last_part(target),
                last_part(set_aside)
            ),
            RestoreMode::Create { target } => {
                format!("{} will be made with {tables}. Nothing is overwritten.", last_part(target))
            }
            RestoreMode::Fill { target } => {
                format!(
                    "{}, which is empty, will be filled with {tables}. Nothing is overwritten.",
                    last_part(target)
                )
            }
            RestoreMode::SideSchema { target, schema } => format!(
                "{tables} will be put into the schema {schema} of {}. Nothing is overwritten.",
                last_part(target)
            ),
        }
    },
    rows_in_target: "There now",
    then: "Change",
    refused: "As it stands, the restore would be refused, and nothing would be changed.",
    made_new: "made new",
    made_beside: "made beside",
    same_count: "replaced, as many",
    more_rows: |n| format!("replaced, +{}", number(n)),
    fewer_rows: |n| format!("replaced, −{}", number(n)),
    blocker: "In the way",
    warning: "Warning",
    info: "Good to know",
    sure: "Is this what you want?",
    reason: "Why is this restored?",
    reason_hint: "It stands in the history of runs, for those who ask later.",
    reason_example: "e.g. incident 17: UPDATE without WHERE at 02:55",
    type_name: |name| format!("Type the name of the target: {name}"),
    name_why: "Because something there is overwritten. Upper and lower case matter.",
    name_matches: "That is the name.",
    busy: "Another operation is under way. This one can start when that has ended: wait for it, or stop it at the \
           bottom left.",
    busy_short: "Waiting for the other operation to end.",
    under_way: "Restoring",
    under_way_more: "You may look at other pages meanwhile. Don't close the program.",
    tables_done: |n, all| format!("{} of {} tables written", number(n), number(all)),
    table_done: "written",
    table_waiting: "waiting",
    stop: "Stop",
    stop_means: "You may stop at any time: the target is left as it was.",
    stopping: "Stopping. The target is left as it was; this takes a moment.",
    restored_equal: "Restored. Every row is equal to the backup.",
    not_all_equal: "Restored, but not everything is equal.",
    report_sum: |tables, rows, took, read| {
        format!("{tables}, {rows}, in {took}. {read} read from the store.")
    },
    proof: "Proof, table by table",
    all_equal: "counts and digests equal",
    not_equal: "not equal",
    rows_restored: "Rows now",
    digest: "Digest",
    digests: |archive, target| format!("backup {archive}\ntarget {target}"),
    equal: "equal",
    differs: "differs",
    kept_safe: "What was overwritten is kept",
    kept_safe_more: "The tables as they were just before this restore are in a safety backup.",
    undo: "Undo this restore…",
    undo_reason: |id| format!("undo the restore from {id}"),
    kept_aside: "The old database is kept",
    kept_aside_more: |live| {
        format!(
            "{live} as it was, with what was written after the backup, stays beside the new one under this name:"
        )
    },
    go_back: "To go back to it",
    database_back: |live, old| {
        vec![
            ("End what is connected to both databases.".to_owned(), String::new()),
            ("Connect to the database postgres of the same server, and run:".to_owned(), rename(live, old)),
        ]
    },
    file_back: |old, live| {
        vec![
            ("End every program that has the file open.".to_owned(), String::new()),
            (
                "Move the new file away, and give the old one its name again:".to_owned(),
                format!("mv '{live}' '{live}.restored'\nmv '{old}' '{live}'"),
            ),
        ]
    },
    drop_old: "When you no longer need it",
    drop_old_more: "Look that nothing is missing. Then drop the old database, which frees its room:",
    nothing_overwritten: "Nothing was overwritten",
    nothing_overwritten_more: "So there is nothing to undo. The restored data is here:",
    drop_schema: "When you have seen enough, drop the schema:",
    took: "Time taken",
    in_all: "In all",
    sequences: |n| if n == 1 { "1 sequence set".to_owned() } else { format!("{} sequences set", number(n)) },
    sequence_at: |archived, restored| format!("at {restored} (in the backup {archived})"),
    another: "Restore something else",
    failed: "The restore failed.",
    stopped: "Stopped. Nothing was restored.",
    stopped_more: "What you chose is still filled in. Start it again when you are ready.",
    state_untouched: "The target is as it was: nothing of it was changed.",
    state_uncertain: "The target should be as it was, but the connection was lost or the proof did not hold. Look at \
                      it before you try again, as the line below says.",
    consequences: "Consequences",
    from: "From",
    from_nothing: "No backup chosen yet.",
    younger_is_missing: |age| format!("What was written in the {age} since is not in it."),
    chose: |tables| format!("You chose {tables}"),
    chose_whole: |tables| format!("The whole database, {tables}"),
    chose_nothing: "No table chosen yet",
    to_read: "To read",
    read_of: |read, total| format!("{read} of {total}"),
    room: "Room needed",
    about: "About",
    not_measured: "not measured yet",
    judged_by: |day| format!("Time judged by the restore of {day}."),
    into: "Into",
    risks: "What could go wrong",
    risk: |risk, whole| match risk {
        Risk::NotVerified => (
            "This backup was never read back.",
            "It is checked before anything is changed. To be sure, choose one that is verified.",
        ),
        Risk::Damage => (
            "A backup may turn out damaged.",
            "Every part is authenticated before anything is changed. Then choose another one.",
        ),
        Risk::WritersWait => (
            "Programs that write to these tables have to wait.",
            "Until it is done, or stopped. If you can, pause them.",
        ),
        Risk::SessionsEnd => (
            "Open sessions are ended at the swap.",
            "Programs have to connect again. If you can, pause them before.",
        ),
        Risk::NewerWork if whole => (
            "What was written since the backup is not in the restored database.",
            "It stays in the old one, which is kept beside under another name.",
        ),
        Risk::NewerWork => (
            "What was written to these tables since the backup is overwritten.",
            "It is saved first. The report has a button to undo.",
        ),
        Risk::Elsewhere => (
            "Tables of the same names there are overwritten.",
            "They are saved first. The preview tells which there are.",
        ),
        Risk::Beside => {
            ("Nothing that is there is touched.", "If it fails, what was begun is removed again.")
        }
        Risk::Blocked => ("It would be refused as it stands.", "Fix what is marked, then look again."),
        Risk::Warned => ("There are warnings.", "Read them before you go on."),
        Risk::Interrupted => (
            "A lost connection, a full disk, a wrong row.",
            "Then all is rolled back: the target is left as it was, and the report says what to do.",
        ),
    },
};
