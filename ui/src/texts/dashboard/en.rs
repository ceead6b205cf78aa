//! English.

use aitta_charts::Words;

use super::Dashboard;

pub(in crate::texts) const EN: Dashboard = Dashboard {
    words: Words::ENGLISH,
    safe: "Your data is safe.",
    never_restored: "Your data is backed up, but a restore has never been proven.",
    last_failed: "The last backup failed.",
    too_old: "Your newest backup is too old.",
    damaged: "Your newest backup is damaged.",
    no_backup: "There is no backup yet.",
    unknown: "It is not known whether your data is safe: the store can't be read.",
    last_verified: |ago| format!("Last verified backup {ago}."),
    restore_proven: |day, took| format!("Restore last proven {day}: {took}, every row equal."),
    restore_not_proven: "Restore it once into a new database: only that proves it.",
    too_old_because: |age, target| {
        format!("All work of the last {age} would be lost; the aim is {target} at most.")
    },
    last_attempt: |message| format!("The last attempt failed: {message}"),
    damaged_hint: "Make a new one now. Older backups are still there; verify them next.",
    no_backup_hint: "Make the first one now. It is read back and checked before it counts.",
    prove_restore: "Prove a restore…",
    look_at_run: "See the failed run",
    last_backup: "Last backup",
    at_risk: "Data at risk",
    recovery: "Recovery time",
    success: "Success, 30 days",
    storage: "Storage",
    key: "Active key",
    none_yet: "none yet",
    never: "never",
    not_known: "not known",
    verified: "verified",
    proven: "proven",
    in_target: "in target",
    over_target: "over target",
    below_target: "below target",
    missing: "missing",
    due_soon: "due soon",
    overdue: "overdue",
    in_use: "in use",
    act_now: "act now",
    target_rpo: |target| format!("target ≤ {target} (RPO)"),
    target_rto: |day, target| format!("proven {day} · target ≤ {target}"),
    target_rto_only: |target| format!("target ≤ {target} (RTO)"),
    target_success: |of, target| format!("{of} · target > {target}"),
    of_backups: |ok, all| {
        format!("{} of {}", crate::format::plain::number(ok), crate::format::plain::number(all))
    },
    of_space: |used, total, alert| format!("{used} of {total} · target < {alert}"),
    alert_around: |day| format!("reaches that about {day}"),
    archives_take: |n, bytes| {
        let unit = if n == 1 { "archive" } else { "archives" };
        format!("{} {unit}, {bytes}", crate::format::plain::number(n))
    },
    rotate_by: |day| format!("rotate by {day}"),
    no_key_hint: "no backup can be made",
    key_not_tested: "not tested",
    key_does_not_open: "does not open",
    duty_due: |day| format!("The key is to be changed by {day}."),
    duty_overdue: |day| format!("The key was to be changed by {day}."),
    duty_rotate: "Change it now",
    duty_interrupted: |done, all| {
        format!("A rotation of the key was interrupted after {done} of {all} backups.")
    },
    duty_move: |left, all| format!("{left} of {all} backups still need an older key."),
    duty_look: "Resume or roll back",
    duty_no_factor: "No second factor guards restores and deletions.",
    duty_set_up: "Set it up",
    since_first_use: "first use not known",
    last_days: |n| if n == 365 { "Last year".to_owned() } else { format!("Last {n} days") },
    range: "Time shown",
    days_short: |n| format!("{n} d"),
    year: "1 y",
    chart: "chart",
    chart_keys: "Arrow keys tell each point, Enter opens its run.",
    export: "Save chart",
    chart_success: "Success",
    chart_duration: "Duration",
    chart_size: "Size growth",
    chart_recovery: "Recovery time",
    sum_success: |share, failed, all| {
        format!(
            "{share} · {} failed of {}",
            crate::format::plain::number(failed),
            crate::format::plain::number(all)
        )
    },
    sum_median: |median| format!("median {median}"),
    sum_growth: |bytes| format!("{bytes} a month"),
    sum_steady: "steady",
    sum_restores: |n| {
        if n == 1 { "1 restore, all equal".to_owned() } else { format!("{n} restores, all equal") }
    },
    nothing_yet: "nothing yet",
    succeeded_n: |n| format!("{n} succeeded"),
    failed_n: |n| format!("{n} failed"),
    recent: "Recent runs",
    all_runs: "All runs",
    no_runs: "Nothing has run yet.",
    started: "Started",
    operation: "Operation",
    outcome: "Outcome",
    took: "Took",
    size: "Size",
    evidence: "Evidence",
    read_back: |rows| format!("{rows}, read back and verified"),
    equal: |tables, rows| format!("{tables}, {rows}: counts and digests equal"),
    all_checked: "every byte checked",
};
