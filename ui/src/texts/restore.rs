//! Words of the restore wizard. Somebody reads them at three in the morning: each says what to do.

mod cases;
pub(super) mod en;
pub(super) mod fi;

use aitta_model::{Likeness, RestorePlan};

pub(crate) use cases::{Lack, Neighbour, Risk, Step, TargetKind};

pub(crate) struct Restore {
    pub(crate) promise: &'static str,
    pub(crate) steps: &'static str,
    pub(crate) step: fn(Step) -> &'static str,
    // Going on and back.
    pub(crate) next: fn(Step) -> &'static str,
    pub(crate) back: &'static str,
    pub(crate) back_to: fn(Step) -> &'static str,
    pub(crate) go: &'static str,
    /// What is missing; the second is the name to be typed.
    pub(crate) lack: fn(Lack, &str) -> String,
    pub(crate) opening: &'static str,
    pub(crate) to_dashboard: &'static str,
    pub(crate) to_runs: &'static str,
    // 1 What and when: the backup.
    pub(crate) what_and_when: &'static str,
    pub(crate) which_backup: &'static str,
    pub(crate) which_backup_more: &'static str,
    pub(crate) before: &'static str,
    pub(crate) before_example: &'static str,
    pub(crate) before_hint: fn(&str) -> String,
    pub(crate) before_found: fn(&str, &str) -> String,
    pub(crate) before_given: fn(&str) -> String,
    pub(crate) no_time: &'static str,
    pub(crate) to_come: &'static str,
    pub(crate) show_safety: fn(u64) -> String,
    pub(crate) taken_before: fn(&str) -> String,
    pub(crate) looking: &'static str,
    pub(crate) find_backup: &'static str,
    pub(crate) of_backups: fn(u64, u64) -> String,
    pub(crate) none_found: &'static str,
    pub(crate) no_backups: &'static str,
    pub(crate) no_backups_words: &'static str,
    pub(crate) choose_store: &'static str,
    pub(crate) damaged_why: fn(&str) -> String,
    pub(crate) is_damaged: fn(&str) -> String,
    pub(crate) is_damaged_hint: &'static str,
    /// Selected in place of the newest, with its time.
    pub(crate) instead: fn(&str) -> String,
    pub(crate) only_tables: fn(&str) -> String,
    pub(crate) restored: &'static str,
    pub(crate) exact_bytes: fn(u64) -> String,
    // The tables.
    pub(crate) which_tables: &'static str,
    pub(crate) some: &'static str,
    pub(crate) some_more: &'static str,
    pub(crate) whole: &'static str,
    pub(crate) whole_more: &'static str,
    pub(crate) whole_not: &'static str,
    pub(crate) whole_note: &'static str,
    pub(crate) find_table: &'static str,
    pub(crate) select_all: &'static str,
    pub(crate) select_found: fn(u64) -> String,
    pub(crate) select_none: &'static str,
    pub(crate) all_of_schema: fn(&str) -> String,
    pub(crate) of_chosen: fn(u64, u64) -> String,
    pub(crate) table: &'static str,
    pub(crate) size: &'static str,
    pub(crate) rows: &'static str,
    pub(crate) rows_in_backup: &'static str,
    /// Size in the database and in the archive.
    pub(crate) exact_sizes: fn(u64, u64) -> String,
    /// In a few words how a table hangs together with the chosen ones.
    pub(crate) tie: fn(&Neighbour) -> String,
    pub(crate) neighbours: &'static str,
    pub(crate) neighbours_more: &'static str,
    /// The same in a sentence.
    pub(crate) neighbour: fn(&Neighbour) -> String,
    pub(crate) add: fn(&str) -> String,
    pub(crate) add_all: fn(u64) -> String,
    // The target.
    pub(crate) where_to: &'static str,
    pub(crate) target: fn(TargetKind) -> &'static str,
    /// What it means for the whole database, or for some tables.
    pub(crate) target_means: fn(TargetKind, bool) -> &'static str,
    pub(crate) url: &'static str,
    pub(crate) password: &'static str,
    pub(crate) password_hint: &'static str,
    pub(crate) schema: &'static str,
    pub(crate) schema_hint: &'static str,
    pub(crate) file: &'static str,
    pub(crate) file_hint: &'static str,
    pub(crate) test: &'static str,
    pub(crate) testing: &'static str,
    pub(crate) answers: fn(&str, &str, &str, &str) -> String,
    pub(crate) not_empty: &'static str,
    pub(crate) may_be_missing: &'static str,
    // 2 Preview.
    pub(crate) what_would_happen: &'static str,
    pub(crate) nothing_changed_yet: &'static str,
    pub(crate) looking_at_target: &'static str,
    pub(crate) look_again: &'static str,
    /// What others have written may run with the rights of a superuser.
    pub(crate) trust_code: &'static str,
    pub(crate) outcome: fn(&RestorePlan) -> String,
    pub(crate) rows_in_target: &'static str,
    pub(crate) then: &'static str,
    pub(crate) refused: &'static str,
    pub(crate) made_new: &'static str,
    pub(crate) made_beside: &'static str,
    pub(crate) same_count: &'static str,
    pub(crate) more_rows: fn(u64) -> String,
    pub(crate) fewer_rows: fn(u64) -> String,
    /// How the rows that are there compare with the backup.
    pub(crate) likeness: fn(&Likeness) -> String,
    pub(crate) comparing: &'static str,
    /// How many tables are the same, differ, and are not compared.
    pub(crate) compared_sum: fn(u64, u64, u64) -> String,
    pub(crate) not_compared: fn(&str) -> String,
    pub(crate) blocker: &'static str,
    pub(crate) warning: &'static str,
    pub(crate) info: &'static str,
    // 3 Confirm.
    pub(crate) sure: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) reason_hint: &'static str,
    pub(crate) reason_example: &'static str,
    pub(crate) type_name: fn(&str) -> String,
    pub(crate) name_why: &'static str,
    pub(crate) name_matches: &'static str,
    pub(crate) busy: &'static str,
    pub(crate) busy_short: &'static str,
    // The restore.
    pub(crate) under_way: &'static str,
    pub(crate) under_way_more: &'static str,
    pub(crate) tables_done: fn(u64, u64) -> String,
    pub(crate) table_done: &'static str,
    pub(crate) table_waiting: &'static str,
    pub(crate) stop_means: &'static str,
    pub(crate) stopping: &'static str,
    // The report.
    pub(crate) restored_equal: &'static str,
    pub(crate) not_all_equal: &'static str,
    /// Tables, rows, duration, and what was read from the store.
    pub(crate) report_sum: fn(&str, &str, &str, &str) -> String,
    pub(crate) proof: &'static str,
    pub(crate) all_equal: &'static str,
    pub(crate) not_equal: &'static str,
    pub(crate) rows_restored: &'static str,
    pub(crate) digest: &'static str,
    pub(crate) digests: fn(&str, &str) -> String,
    pub(crate) equal: &'static str,
    pub(crate) differs: &'static str,
    pub(crate) kept_safe: &'static str,
    pub(crate) kept_safe_more: &'static str,
    pub(crate) undo: &'static str,
    pub(crate) undo_reason: fn(&str) -> String,
    pub(crate) undo_run_reason: fn(i64) -> String,
    pub(crate) kept_aside: &'static str,
    pub(crate) kept_aside_more: fn(&str) -> String,
    pub(crate) go_back: &'static str,
    /// Steps with their commands, from the live name and the one set aside.
    pub(crate) database_back: fn(&str, &str) -> Vec<(String, String)>,
    pub(crate) file_back: fn(&str, &str) -> Vec<(String, String)>,
    pub(crate) drop_old: &'static str,
    pub(crate) drop_old_more: &'static str,
    pub(crate) nothing_overwritten: &'static str,
    pub(crate) nothing_overwritten_more: &'static str,
    pub(crate) drop_schema: &'static str,
    pub(crate) took: &'static str,
    pub(crate) in_all: &'static str,
    pub(crate) sequences: fn(u64) -> String,
    pub(crate) sequence_at: fn(i64, i64) -> String,
    pub(crate) another: &'static str,
    pub(crate) failed: &'static str,
    pub(crate) stopped: &'static str,
    pub(crate) stopped_more: &'static str,
    pub(crate) state_untouched: &'static str,
    pub(crate) state_uncertain: &'static str,
    // The consequences.
    pub(crate) consequences: &'static str,
    pub(crate) from: &'static str,
    pub(crate) from_nothing: &'static str,
    pub(crate) younger_is_missing: fn(&str) -> String,
    pub(crate) chose: fn(&str) -> String,
    pub(crate) chose_whole: fn(&str) -> String,
    pub(crate) chose_nothing: &'static str,
    pub(crate) to_read: &'static str,
    pub(crate) room: &'static str,
    pub(crate) about: &'static str,
    pub(crate) not_measured: &'static str,
    pub(crate) judged_by: fn(&str) -> String,
    pub(crate) judged_by_backup: &'static str,
    pub(crate) into: &'static str,
    pub(crate) risks: &'static str,
    /// What could go wrong and what then; the second tells a whole database from tables.
    pub(crate) risk: fn(Risk, bool) -> (&'static str, &'static str),
    // A proof.
    pub(crate) prove: &'static str,
    pub(crate) prove_more: &'static str,
    pub(crate) prove_from: &'static str,
    pub(crate) prove_go: &'static str,
    pub(crate) proving: &'static str,
    pub(crate) proven: &'static str,
    pub(crate) proof_failed: &'static str,
    pub(crate) proof_stopped: &'static str,
    /// What is left of it.
    pub(crate) proof_nothing_left: &'static str,
    pub(crate) prove_again: &'static str,
}

/// An identifier of SQL.
fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `User`, `User and Service`, `User, Service and Log`
fn listed(names: &[String], and: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {and} {last}", first.join(", ")),
    }
}

/// The name that a database gets when it is set aside, as it is known before: it ends with the time of the restore, which
/// a preview has not.
fn undated(name: &str, time: &str) -> String {
    match name.rsplit_once('_') {
        Some((stem, end)) if end.starts_with(|c: char| c.is_ascii_digit()) => format!("{stem}_<{time}>"),
        _ => name.to_owned(),
    }
}

/// The statements that give the old database its name again.
fn rename(live: &str, old: &str) -> String {
    let (live, old, aside) = (ident(live), ident(old), ident(&format!("{live}_restored")));
    format!("ALTER DATABASE {live} RENAME TO {aside};\nALTER DATABASE {old} RENAME TO {live};")
}

#[cfg(test)]
mod tests {
    use super::undated;

    #[test]
    fn a_preview_promises_no_time_that_is_another_when_it_comes() {
        assert_eq!(undated("shop_before_restore_20261130T201606Z", "time"), "shop_before_restore_<time>");
        assert_eq!(undated("shop.db", "time"), "shop.db");
    }
}
