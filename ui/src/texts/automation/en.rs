//! English.

use aitta_model::{ChannelKind, HoldKind, PruneBlock, RuleField};

use super::Automation;
use crate::texts::common::{of, plural};

pub(in crate::texts) const EN: Automation = Automation {
    title: "Automation",
    lead: "What Aitta does on schedule for this profile, and who is told when it fails.",
    schedule: "Schedule",
    change: "Change…",
    off: "The schedule is off",
    off_what: "Backups are made only when you start them.",
    by_window: "This app starts the backups",
    by_window_what: "While it is open or in the tray.",
    by_agent: "The Aitta agent starts the backups",
    by_timer: "A timer on this machine starts the backups",
    by_other: "Another program starts the backups",
    by_nobody: "Nothing starts the backups",
    nobody_what: "The schedule is on, but no program follows it, so no backup will be made. Keep this app open, run \
        aitta agent run as a service, or have cron or a systemd timer run aitta schedule run-due.",
    process: |pid, since| format!("Process {pid}, since {since}."),
    looked: |ago| format!("It last checked {ago}."),
    window: "This app",
    agent: "The Aitta agent",
    timer: "A timer",
    other: "Another program",
    other_rule: |who, rule| {
        format!("{who} follows another rule: {rule}. Give both programs the same settings.")
    },
    rule_hourly: |minute| match minute {
        0 => "Every hour, on the hour".to_owned(),
        _ => format!("Every hour, {minute} min past"),
    },
    rule_daily: |clock| format!("Every day at {clock}"),
    rule_weekly: |weekday, clock| format!("Every {} at {clock}", of(&WEEKDAYS, weekday)),
    rule_own: |pattern| format!("By the rule {pattern}"),
    weekday: |weekday| of(&SHORT, weekday),
    next: "Next",
    in_span: |span| format!("in {span}"),
    now_due: "now",
    last: "Last",
    never_due: "None was due yet.",
    slot_done: "done",
    slot_not_copied: "made, not copied",
    slot_begun: "running",
    slot_waits: "failed, will retry",
    slot_waits_for_run: "waiting for another run",
    slot_stopped: "stopped, will resume",
    slot_given_up: |attempts| format!("failed after {}", plural(u64::from(attempts), "attempt", "attempts")),
    slot_unknown: "unknown",
    slot_again: |when| format!("Next attempt {when}."),
    missed: |n, named, more| {
        let runs = plural(n, "missed run", "missed runs");
        match more {
            0 => format!("It also stands for {runs}: {named}."),
            more => {
                format!("It also stands for {runs}: {} earlier ones and {named}.", crate::plain::number(more))
            }
        }
    },
    look_at_run: "View run",
    retention: "Retention",
    keeps_days: |n| format!("Every backup stays for {}.", plural(n, "day", "days")),
    keeps_spans: |spans| format!("After that, the newest verified backup of each period stays: {spans}."),
    weeks: |n| plural(n, "week", "weeks"),
    months: |n| plural(n, "month", "months"),
    years: |n| plural(n, "year", "years"),
    two_steps: "A prune takes old backups out of every list and deletes them a week later. Until then you can put them back.",
    coming: "Coming up",
    coming_none: "Nothing goes: every backup stays for now.",
    at_next_prune: "Next prune",
    n_put_away: |n| format!("{} put away", plural(n, "backup", "backups")),
    n_deleted: |n| format!("{} deleted", plural(n, "backup", "backups")),
    held_back: |n| format!("{} held back.", plural(n, "backup is", "backups are")),
    nothing_goes: "removes nothing",
    in_store: |place| format!("In {place}:"),
    block: |block| match block {
        PruneBlock::Overdue => (
            "A newer verified backup is overdue, so the old ones may be all there is.".to_owned(),
            "Back up now, then prune.",
        ),
        PruneBlock::ListIncomplete => (
            "Backups that were made here are missing from the store.".to_owned(),
            "The page “Backups” names them. Check that the right disk or bucket is connected.",
        ),
        PruneBlock::SameId => (
            "Two backups in the store have the same ID.".to_owned(),
            "Find out which one isn't Aitta's, and move it out of the store.",
        ),
        PruneBlock::ClockJumped => (
            "This machine's clock is behind an earlier reading, so ages can't be trusted.".to_owned(),
            "Set the clock. If it is right now, prune with a reason.",
        ),
        PruneBlock::LooserRules => (
            "The rules now keep less than the rules someone agreed to before.".to_owned(),
            "Look at what would go. If that is what you want, prune with a reason.",
        ),
        PruneBlock::NewestDamaged => (
            "The newest backup was read back, and it is damaged.".to_owned(),
            "Back up now, and find out what happened to the newest backup.",
        ),
        PruneBlock::NothingVerified => (
            "No backup of the whole database is verified.".to_owned(),
            "Verify the newest backup on its page, or back up now.",
        ),
        PruneBlock::TooMany { going, of, share } => (
            format!(
                "{} of {} backups would go within a day; the limit is {}.",
                crate::plain::number(*going),
                crate::plain::number(*of),
                crate::plain::percent(*share)
            ),
            "Look at what would go. If that is what you want, prune with a reason.",
        ),
    },
    others: |n| {
        format!(
            "{} in this store never removed by these rules: of other databases or profiles.",
            plural(n, "backup is", "backups are")
        )
    },
    none: "No backups yet",
    none_hint: "Once there are backups, this list shows which of them stay and until when.",
    filter: "Show",
    all: "All",
    going: "Going",
    put_away: "Put away",
    staying: "Staying",
    held: "Pinned",
    no_match: "No such backups",
    no_match_hint: "No backup is in this state now.",
    fate: "State",
    goes: "Goes",
    why: "Why",
    fate_goes: "going",
    fate_away: "put away",
    fate_held: "pinned",
    fate_stays: "stays",
    why_rules: "older than the rules keep",
    why_away: |when| format!("put away {when}"),
    why_newest: "newest verified backup",
    why_not_replaced: "newer than the newest verified backup",
    why_young: |days| format!("not {} old yet", plural(days, "day", "days")),
    why_day: |day| format!("newest verified of {day}"),
    why_week: |monday| format!("newest verified of the week from {monday}"),
    why_month: |month, year| format!("newest verified of {month} {year}"),
    why_year: |year| format!("newest verified of {year}"),
    why_held: |kind| match kind {
        Some(HoldKind::Pin) => "pinned",
        Some(HoldKind::Legal) => "legal hold",
        Some(HoldKind::Loss) => "held: rows were lost after it",
        Some(HoldKind::Rebuilt) => "held: found when the catalog was rebuilt",
        None => "held",
    },
    until: |day| format!("until {day}"),
    why_locked: "locked by the store",
    of: |when| format!("Backup of {when}"),
    not_covered: "These rules don't cover this backup: it is no longer in the store, or is of another database.",
    goes_on: |day| format!("Can be put away from {day} on."),
    deleted_on: |day| format!("Put away. Can be deleted from {day} on."),
    by_person: |who| format!("by {who}"),
    how_long: "How long it stays, pin…",
    open_backup: "Open the backup",
    pin: "Pin…",
    pin_go: "Pin",
    pin_what: "A pinned backup stays in every store, whatever the rules say.",
    pin_until: "Until (optional)",
    pin_until_hint: "Left empty, it stays until someone unpins it.",
    legal: "The law requires it (legal hold)",
    unpin: "Unpin…",
    unpin_go: "Unpin",
    unpin_what: "Ends every hold on this backup. It then goes by the rules, with the next prune if they say so.",
    put_back: "Put back…",
    put_back_go: "Put back",
    put_back_what: "It returns to the lists and is pinned, because the rules would put it away again. Every byte of it is read back.",
    pinned: "Pinned",
    unpinned: "Unpinned",
    is_back: "Put back, pinned and verified",
    is_back_damaged: "Put back and pinned, but its verification failed:",
    prune: "Prune now…",
    prune_title: "Apply the rules now?",
    prune_what: |away, deleted| match (away, deleted) {
        (0, 0) => "The rules remove nothing now. The run is recorded all the same.".to_owned(),
        (away, 0) => format!("{} put away. Nothing is deleted.", plural(away, "backup is", "backups are")),
        (0, deleted) => format!(
            "{} deleted for good.",
            plural(deleted, "backup that was put away is", "backups that were put away are")
        ),
        (away, deleted) => format!(
            "{} put away, and {} deleted for good.",
            plural(away, "backup is", "backups are"),
            plural(deleted, "that was put away before is", "that were put away before are")
        ),
    },
    prune_anyway: "Prune anyway",
    prune_go: "Prune",
    pruned: |away, deleted, freed| {
        format!(
            "{} put away, {} deleted, {freed} freed",
            plural(away, "backup", "backups"),
            crate::plain::number(deleted)
        )
    },
    pruned_none: "Nothing had to go.",
    notices: "Notifications",
    nobody_told: "Nobody is told when a backup fails",
    told_by: |channels| format!("Failures go to: {channels}"),
    told_what: "Each trouble is reported once, again after a day, and once more when it is over.",
    set_by: "Set one of these environment variables:",
    set_where: "Addresses are secrets, so they are read from the environment and never from a file. Set them for this app \
        and for the agent, then restart both.",
    channel: |kind| match kind {
        ChannelKind::Webhook => "Webhook",
        ChannelKind::Slack => "Slack",
        ChannelKind::Teams => "Teams",
        ChannelKind::Mail => "E-mail",
        ChannelKind::Ping => "Dead man's switch",
    },
    channel_what: |kind| match kind {
        ChannelKind::Webhook => "every event, as JSON",
        ChannelKind::Slack => "failures and other news for people",
        ChannelKind::Teams => "the same, as a flow of Teams Workflows",
        ChannelKind::Mail => "the same, by smtps://",
        ChannelKind::Ping => "raises an alarm elsewhere when no backup reports in",
    },
    delivered: |ago| format!("Last delivered {ago}."),
    not_used: "Nothing was delivered yet.",
    no_channel: "This program no longer has its address.",
    fails: "failing",
    works: "works",
    unused: "not used yet",
    unset: "no longer set",
    waiting: |n| format!("{} waiting.", plural(n, "message is", "messages are")),
    again: |when| format!("Next attempt {when}."),
    lost: |n| format!("{} lost in the last week.", plural(n, "message was", "messages were")),
    send_test: "Send test",
    sending: "Sending…",
    test_arrived: "test arrived",
    test_failed: "test failed",
    settings: "Automation",
    settings_words: "When backups are made without you, and which ones stay.",
    back_up_itself: "Back up on schedule",
    back_up_itself_hint: "Started by this app while it is open or in the tray, or by the Aitta agent.",
    how_often: "How often",
    own_rule: "Custom rule",
    pattern: "Rule (cron)",
    pattern_hint: "Minute, hour, day, month, weekday. “30 1 * * 1-5” is 1:30 on weekdays.",
    zone: "Time zone",
    zone_hint: "An IANA name such as Europe/Helsinki or UTC.",
    use_zone: |zone| format!("Use {zone}"),
    flaw_fields: "Enter five fields: minute, hour, day, month, weekday.",
    flaw_part: |field, part| {
        let name = match field {
            RuleField::Minute => "minute (0 to 59)",
            RuleField::Hour => "hour (0 to 23)",
            RuleField::Day => "day of the month (1 to 31)",
            RuleField::Month => "month (1 to 12)",
            RuleField::Weekday => "weekday (0 to 7, Sunday is 0 and 7)",
        };
        format!("“{part}” isn't a valid {name}.")
    },
    flaw_nickname: "Unknown name. Known are @hourly, @daily, @weekly and @monthly.",
    flaw_never: "No day matches this rule.",
    flaw_long: "This rule is too long.",
    flaw_zone: "Unknown time zone. Enter an IANA name such as Europe/Helsinki.",
    keep_daily: "Then daily",
    keep_weekly: "Then weekly",
    keep_monthly: "Then monthly",
    keep_yearly: "Then yearly",
    keep_hint: "The newest verified backup of each stays. 0: none.",
    unit_weeks: "weeks",
    unit_months: "months",
    unit_years: "years",
};

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const SHORT: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
