//! English.

use aitta_model::{Likeness, RestoreMode, RowsApart};

use super::{Lack, Restore, Risk, Step, TargetKind, listed, rename, undated};
use crate::plain::last_part;
use crate::plain::{bytes, number};

pub(in crate::texts) const EN: Restore = Restore {
    promise: "Nothing is changed before you press “Restore now” in step 3. Anything that would be overwritten is saved first.",
    steps: "Steps",
    step: |step| match step {
        Step::What => "What and when",
        Step::Preview => "Preview",
        Step::Confirm => "Confirm",
        Step::Restore => "Restore",
        Step::Report => "Report",
    },
    next: |step| match step {
        Step::What => "Preview",
        _ => "Continue",
    },
    back: "Back",
    back_to: |step| match step {
        Step::What => "Change what is restored",
        Step::Confirm => "Try again",
        _ => "Back to the preview",
    },
    go: "Restore now",
    lack: |lack, name| match lack {
        Lack::Archive => "Choose a backup, or enter a time.".to_owned(),
        Lack::Tables => "Select at least one table, or the whole database.".to_owned(),
        Lack::Url => "Enter the URL of the other database.".to_owned(),
        Lack::UrlForm => "Enter a URL such as postgres://user@host:5432/database.".to_owned(),
        Lack::SchemaName => {
            "Enter a schema that doesn't exist yet: not pg_…, at most 63 characters.".to_owned()
        }
        Lack::File => "Enter the path of the new file.".to_owned(),
        Lack::FileForm => "Enter a full path, e.g. /srv/data/copy.db.".to_owned(),
        Lack::NotEmpty => "Enter a database that is empty or doesn't exist yet, or select tables.".to_owned(),
        Lack::OtherEngine => {
            "This backup is from another type of database: choose another target.".to_owned()
        }
        Lack::Plan => "The preview isn't ready yet.".to_owned(),
        Lack::Blocked => "Resolve the problem above, then refresh.".to_owned(),
        Lack::Reason => "Enter a reason.".to_owned(),
        Lack::Name => format!("Type {name} to confirm."),
    },
    opening: "Opening the backup…",
    to_dashboard: "Go to dashboard",
    to_runs: "Go to runs",
    what_and_when: "What and when?",
    which_backup: "Backup",
    which_backup_more: "If you know when it went wrong, enter that time. Otherwise choose from the list.",
    before: "Last state before",
    before_example: "02:55 or yesterday 02:55",
    before_hint: |zone| format!("Your time ({zone}), just before the damage."),
    before_found: |when, earlier| format!("Found: {when}, {earlier} earlier."),
    before_given: |time| format!("the last backup before {time}, the time you entered"),
    no_time: "Enter a time such as 02:55, yesterday 02:55 or 2026-11-24 02:55.",
    to_come: "This time is still to come. Enter the time just before the damage.",
    show_safety: |n| format!("Show safety copies ({})", number(n)),
    taken_before: |time| format!("Taken before a restore of {time}"),
    looking: "Searching…",
    find_backup: "Find a backup by day, type, reason or ID",
    of_backups: |n, all| {
        if n == all {
            (crate::texts::common::en::EN.backups_n)(all)
        } else {
            format!("{} of {}", number(n), number(all))
        }
    },
    none_found: "No matches. Try a part of the name, or clear the search.",
    no_backups: "No backup to restore from.",
    choose_store: "To restore from there, choose that store in Settings.",
    no_backups_words: "Make the first one on the dashboard. You can restore it once it has been read back and checked.",
    damaged_why: |when| format!("damaged, found {when}: choose an earlier or a later one"),
    is_damaged: |id| format!("{id} is damaged and can't be restored from"),
    is_damaged_hint: "choose another backup below, or enter an earlier time",
    instead: |when| format!("Selected instead: the next older backup, from {when}."),
    only_tables: |tables| format!("{tables} only"),
    restored: "restored",
    exact_bytes: |n| format!("{} bytes", number(n)),
    which_tables: "What do you want to restore?",
    some: "Selected tables",
    some_more: "Other tables aren't changed.",
    whole: "The whole database",
    whole_more: "All tables, views, functions and sequences, as they were.",
    whole_not: "Not available: this backup holds only some tables.",
    whole_note: "The whole database as it was: all tables, views, functions and sequences. If it replaces the live \
                 database, that one is kept under another name.",
    find_table: "Find a table",
    select_all: "Select all",
    select_found: |n| format!("Select {} found", number(n)),
    select_none: "Clear",
    all_of_schema: |schema| format!("All tables of {schema}"),
    of_chosen: |n, all| format!("{} of {} selected", number(n), number(all)),
    table: "Table",
    size: "Size",
    rows: "Rows",
    rows_in_backup: "Rows in backup",
    exact_sizes: |size, stored| format!("{} in the database, {} in the backup", bytes(size), bytes(stored)),
    tie: |n| match (n.refers_to.as_slice(), n.referred_by.as_slice()) {
        ([], by) => format!("referenced by {}", listed(by, "and")),
        (to, _) => format!("refers to {}", listed(to, "and")),
    },
    neighbours: "Related tables",
    neighbours_more: "Optional. Tables you leave out aren't changed; the preview warns if one is required.",
    neighbour: |n| match (n.refers_to.as_slice(), n.referred_by.as_slice()) {
        ([], by) => {
            let verb = if by.len() > 1 { "refer" } else { "refers" };
            format!("{} {verb} to {}.", listed(by, "and"), n.table)
        }
        (to, _) => format!("{} refers to {}.", n.table, listed(to, "and")),
    },
    add: |name| format!("Add {name}"),
    add_all: |n| format!("Add all {}", number(n)),
    where_to: "Restore to",
    target: |kind| match kind {
        TargetKind::Same => "The same database",
        TargetKind::Other => "Another database",
        TargetKind::Schema => "A separate schema",
        TargetKind::File => "Another file",
    },
    target_means: |kind, whole| match (kind, whole) {
        (TargetKind::Same, false) => {
            "The selected tables are replaced in one transaction. Their current data is saved first; nothing else \
             changes."
        }
        (TargetKind::Same, true) => {
            "The backup is restored next to the live database, compared, and swapped in by name. The old database is \
             kept. Open sessions are ended at the swap."
        }
        (TargetKind::Other, false) => {
            "Tables that exist there are saved and replaced; the others are created."
        }
        (TargetKind::Other, true) => {
            "The database is created if it doesn't exist, or filled if it is empty. Nothing is overwritten."
        }
        (TargetKind::Schema, _) => {
            "The tables are restored next to the live ones, so that you can compare and copy rows. The live tables \
             aren't changed."
        }
        (TargetKind::File, false) => {
            "Creates a new file. If the file exists, the selected tables in it are saved and replaced."
        }
        (TargetKind::File, true) => "Creates a new file. An existing file is never overwritten.",
    },
    url: "Database URL",
    password: "Password",
    password_hint: "For this restore only; it isn't stored.",
    schema: "Schema name",
    schema_hint: "The restore creates it. It must be new or empty.",
    file: "File path",
    file_hint: "Full path. The folder must exist.",
    test: "Test connection",
    testing: "Connecting…",
    answers: |version, database, tables, size| format!("Connected: {database}, {version}, {tables}, {size}."),
    not_empty: "This database isn't empty, and a restore of a whole database overwrites nothing there. Enter one that \
                is empty or doesn't exist yet, or select tables above.",
    may_be_missing: "If it doesn't exist yet, continue: the restore creates it.",
    what_would_happen: "Preview",
    nothing_changed_yet: "Checked just now. Nothing has changed.",
    looking_at_target: "Opening the backup and checking the target. This changes nothing.",
    look_again: "Refresh",
    trust_code: "I trust the author and owner of this with superuser rights: it can run",
    outcome: |plan| {
        let n = plan.tables.len() as u64;
        let tables = if n == 1 { "1 table".to_owned() } else { format!("{} tables", number(n)) };
        match &plan.mode {
            RestoreMode::Replace { target } => format!(
                "{tables} of {} will be copied to a safety copy first, replaced in one transaction, and compared with the backup. The change \
                 is committed only if every row matches.",
                last_part(target)
            ),
            RestoreMode::Swap { target, set_aside } => format!(
                "{} will be restored as a new database with {tables}, compared with the backup, and swapped in. \
                 The old database is kept as {}.",
                last_part(target),
                undated(last_part(set_aside), "time of the restore")
            ),
            RestoreMode::Create { target } => {
                format!("{} will be created with {tables}. Nothing is overwritten.", last_part(target))
            }
            RestoreMode::Fill { target } => {
                format!(
                    "{}, which is empty, will be filled with {tables}. Nothing is overwritten.",
                    last_part(target)
                )
            }
            RestoreMode::SideSchema { target, schema } => format!(
                "{tables} will be restored into schema {schema} of {}. Nothing is overwritten.",
                last_part(target)
            ),
        }
    },
    rows_in_target: "Rows now",
    then: "Change",
    refused: "The restore would be refused. Nothing would be changed.",
    made_new: "created",
    made_beside: "created in the schema",
    same_count: "replaced, same count",
    more_rows: |n| format!("replaced, +{}", number(n)),
    fewer_rows: |n| format!("replaced, −{}", number(n)),
    likeness: |likeness| match likeness {
        Likeness::Same => "same".to_owned(),
        Likeness::Differs { apart: None, .. } => "differs".to_owned(),
        Likeness::Differs { apart: Some(RowsApart { archive, target }), .. } => {
            format!("differs: {} only now, {} only in the backup", number(*target), number(*archive))
        }
        Likeness::Missing => "not there now".to_owned(),
        Likeness::NotComparable { .. } => "not comparable".to_owned(),
        Likeness::NotReached => "not read in time".to_owned(),
    },
    comparing: "Comparing the rows with the backup. You can continue meanwhile.",
    compared_sum: |same, differ, open| {
        let tables = |n: u64| if n == 1 { "1 table".to_owned() } else { format!("{} tables", number(n)) };
        let mut parts = Vec::new();
        if differ > 0 {
            let verb = if differ == 1 { "differs" } else { "differ" };
            parts.push(format!("{} {verb} from this backup", tables(differ)));
        }
        if same > 0 {
            let verb = if same == 1 { "has" } else { "have" };
            parts.push(format!("{} {verb} the same rows as this backup", tables(same)));
        }
        if open > 0 {
            let verb = if open == 1 { "was" } else { "were" };
            parts.push(format!("{} {verb} not compared", tables(open)));
        }
        format!("{}.", parts.join("; "))
    },
    not_compared: |why| format!("Rows couldn't be compared. {why}"),
    blocker: "Blocker",
    warning: "Warning",
    info: "Note",
    sure: "Confirm the restore",
    reason: "Reason for the restore",
    reason_hint: "Recorded in the run history and the audit trail.",
    reason_example: "e.g. incident 17: UPDATE without WHERE at 02:55",
    type_name: |name| format!("Type the target name to confirm: {name}"),
    name_why: "Data there is overwritten. The name is case-sensitive.",
    name_matches: "Matches",
    busy: "Another operation is running. Wait until it has finished, or stop it at the bottom left.",
    busy_short: "Waiting for another operation to finish.",
    under_way: "Restoring",
    under_way_more: "You can leave this page. Keep Aitta running.",
    tables_done: |n, all| format!("{} of {} tables written", number(n), number(all)),
    table_done: "written",
    table_waiting: "waiting",
    stop_means: "You can stop at any time: the target stays unchanged.",
    stopping: "Stopping. The target stays unchanged; this takes a moment.",
    restored_equal: "Restored. Every row matches the backup.",
    not_all_equal: "Restored, but not everything matches.",
    report_sum: |tables, rows, took, read| {
        format!("{tables}, {rows}, in {took}. Read from the store: {read}.")
    },
    proof: "Proof, table by table",
    all_equal: "counts and digests match",
    not_equal: "doesn't match",
    rows_restored: "Rows now",
    digest: "Digest",
    digests: |archive, target| format!("backup {archive}\ntarget {target}"),
    equal: "equal",
    differs: "differs",
    kept_safe: "The overwritten data is saved",
    kept_safe_more: "A safety copy holds the tables as they were just before this restore.",
    undo: "Undo this restore…",
    undo_reason: |id| format!("undo the restore from {id}"),
    undo_run_reason: |run| format!("undo the restore of run {run}"),
    kept_aside: "The old database is kept",
    kept_aside_more: |live| {
        format!("{live} as it was, including changes made after the backup, is kept under this name:")
    },
    go_back: "To go back to it",
    database_back: |live, old| {
        vec![
            ("Close all connections to both databases.".to_owned(), String::new()),
            ("Connect to the database postgres of the same server, and run:".to_owned(), rename(live, old)),
        ]
    },
    file_back: |old, live| {
        vec![
            ("Close every program that has the file open.".to_owned(), String::new()),
            (
                "Move the new file away, and rename the old one back:".to_owned(),
                format!("mv '{live}' '{live}.restored'\nmv '{old}' '{live}'"),
            ),
        ]
    },
    drop_old: "When you no longer need it",
    drop_old_more: "Check that nothing is missing. Then drop the old database to free its space:",
    nothing_overwritten: "Nothing was overwritten",
    nothing_overwritten_more: "There is nothing to undo. The restored data is here:",
    drop_schema: "When you no longer need it, drop the schema:",
    took: "Duration",
    in_all: "Total",
    sequences: |n| if n == 1 { "1 sequence set".to_owned() } else { format!("{} sequences set", number(n)) },
    sequence_at: |archived, restored| format!("at {restored} (in the backup {archived})"),
    another: "Restore something else",
    failed: "The restore failed.",
    stopped: "Stopped. Nothing was restored.",
    stopped_more: "Your choices are still filled in. Start again when you are ready.",
    state_untouched: "The target is unchanged.",
    state_uncertain: "The target should be unchanged, but how the restore ended isn't certain. Check the target before you \
                      try again; the details below say how.",
    consequences: "Consequences",
    from: "From",
    from_nothing: "No backup chosen yet.",
    younger_is_missing: |age| format!("Changes from the last {age} aren't included."),
    chose: |tables| format!("{tables} selected"),
    chose_whole: |tables| format!("The whole database, {tables}"),
    chose_nothing: "No tables selected yet",
    to_read: "Download",
    room: "Space needed",
    about: "Estimated time",
    not_measured: "unknown until the first restore",
    judged_by: |day| format!("Based on the restore of {day}."),
    judged_by_backup: "An estimate from how long this backup took.",
    into: "Into",
    risks: "What could go wrong",
    risk: |risk, whole| match risk {
        Risk::NotVerified => (
            "This backup isn't verified on this machine.",
            "Aitta checks it before changing anything. To be sure now, verify it on its page.",
        ),
        Risk::Damage => (
            "The backup could turn out to be damaged.",
            "Every part is checked before anything is changed. You can then choose another backup.",
        ),
        Risk::WritersWait => (
            "Programs that write to these tables have to wait.",
            "Until the restore has finished or is stopped. Pause them if you can.",
        ),
        Risk::SessionsEnd => {
            ("Open sessions are ended at the swap.", "Programs must reconnect. Pause them first if you can.")
        }
        Risk::NewerWork if whole => (
            "Changes since the backup aren't in the restored database.",
            "The old database keeps them, under another name.",
        ),
        Risk::NewerWork => (
            "Changes to these tables since the backup are overwritten.",
            "The current data is saved first. The report has an undo button.",
        ),
        Risk::Elsewhere => (
            "Tables with the same names there are overwritten.",
            "They are saved first. The preview lists them.",
        ),
        Risk::Beside => {
            ("Existing data isn't changed.", "If the restore fails, whatever it created is removed.")
        }
        Risk::Blocked => ("The restore would be refused.", "Resolve the marked problems, then refresh."),
        Risk::Warned => ("There are warnings.", "Read them before you continue."),
        Risk::Interrupted => (
            "Lost connection, full disk, failed comparison.",
            "If anything fails, everything is rolled back, and the report says what to do.",
        ),
    },
    prove: "Test restore",
    prove_more: "Restores the whole backup into a new database, compares every row, and drops that database again. Your \
                 database isn't touched, and can't be chosen here.",
    prove_from: "The newest whole backup",
    prove_go: "Run test restore",
    proving: "Restoring into a new database",
    proven: "Proven. Every row of the restored copy matches the backup.",
    proof_failed: "The test restore failed.",
    proof_stopped: "Stopped. Nothing was proven.",
    proof_nothing_left: "The new database was dropped again.",
    prove_again: "Run again",
};
