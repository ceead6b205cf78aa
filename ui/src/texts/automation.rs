//! Words of the page about what happens by itself, and of its settings.

pub(super) mod en;
pub(super) mod fi;

use aitta_model::{ChannelKind, Duty, HoldKind, PruneBlock, RuleField};

pub(crate) struct Automation {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    // Who starts what, and when.
    pub(crate) schedule: &'static str,
    pub(crate) change: &'static str,
    pub(crate) off: &'static str,
    pub(crate) off_what: &'static str,
    pub(crate) by_window: &'static str,
    pub(crate) by_window_what: &'static str,
    pub(crate) by_agent: &'static str,
    pub(crate) by_timer: &'static str,
    pub(crate) by_other: &'static str,
    pub(crate) by_nobody: &'static str,
    pub(crate) settling: &'static str,
    pub(crate) settling_what: &'static str,
    pub(crate) nobody_what: &'static str,
    /// Its process, and since when it is there.
    pub(crate) process: fn(u32, &str) -> String,
    /// When the timer has looked at the schedule last.
    pub(crate) looked: fn(&str) -> String,
    pub(crate) window: &'static str,
    pub(crate) agent: &'static str,
    pub(crate) timer: &'static str,
    pub(crate) other: &'static str,
    /// Who goes by another rule, and by which.
    pub(crate) other_rule: fn(&str, &str) -> String,
    /// The minute.
    pub(crate) rule_hourly: fn(i8) -> String,
    /// The time of day.
    pub(crate) rule_daily: fn(&str) -> String,
    /// The day of the week, from 1, which is Monday, and the time of day.
    pub(crate) rule_weekly: fn(i8, &str) -> String,
    /// A pattern that has no words.
    pub(crate) rule_own: fn(&str) -> String,
    /// From 1, which is Monday.
    pub(crate) weekday: fn(i8) -> &'static str,
    pub(crate) next: &'static str,
    /// After a time.
    pub(crate) in_span: fn(&str) -> String,
    pub(crate) now_due: &'static str,
    pub(crate) last: &'static str,
    pub(crate) never_due: &'static str,
    pub(crate) duty: fn(Option<Duty>) -> &'static str,
    /// Until when.
    pub(crate) paused: fn(&str) -> String,
    /// By whom, and why.
    pub(crate) paused_by: fn(&str, &str) -> String,
    pub(crate) slot_done: &'static str,
    pub(crate) slot_not_copied: &'static str,
    pub(crate) slot_held_back: &'static str,
    pub(crate) slot_found: &'static str,
    pub(crate) slot_begun: &'static str,
    pub(crate) slot_waits: &'static str,
    pub(crate) slot_waits_for_run: &'static str,
    pub(crate) slot_stopped: &'static str,
    pub(crate) slot_given_up: fn(u32) -> String,
    pub(crate) slot_unknown: &'static str,
    pub(crate) slot_again: fn(&str) -> String,
    /// How many moments were missed, and which; how many of them are not named.
    pub(crate) missed: fn(u64, &str, u64) -> String,
    pub(crate) look_at_run: &'static str,
    // What goes and what stays.
    pub(crate) retention: &'static str,
    pub(crate) keeps_days: fn(u64) -> String,
    pub(crate) keeps_spans: fn(&str) -> String,
    pub(crate) weeks: fn(u64) -> String,
    pub(crate) months: fn(u64) -> String,
    pub(crate) years: fn(u64) -> String,
    pub(crate) two_steps: &'static str,
    pub(crate) coming: &'static str,
    pub(crate) coming_none: &'static str,
    /// In the column of when something goes.
    pub(crate) goes_next: &'static str,
    pub(crate) at_next_prune: &'static str,
    pub(crate) n_put_away: fn(u64) -> String,
    pub(crate) n_deleted: fn(u64) -> String,
    /// How many are held back.
    pub(crate) held_back: fn(u64) -> String,
    pub(crate) nothing_goes: &'static str,
    pub(crate) in_store: fn(&str) -> String,
    /// What is in the way, and what to do about it.
    pub(crate) block: fn(&PruneBlock) -> (String, &'static str),
    pub(crate) others: fn(u64) -> String,
    pub(crate) none: &'static str,
    pub(crate) none_hint: &'static str,
    pub(crate) filter: &'static str,
    pub(crate) all: &'static str,
    pub(crate) going: &'static str,
    pub(crate) put_away: &'static str,
    pub(crate) staying: &'static str,
    pub(crate) held: &'static str,
    pub(crate) no_match: &'static str,
    pub(crate) no_match_hint: &'static str,
    pub(crate) fate: &'static str,
    pub(crate) goes: &'static str,
    pub(crate) why: &'static str,
    pub(crate) fate_goes: &'static str,
    pub(crate) fate_away: &'static str,
    pub(crate) fate_held: &'static str,
    pub(crate) fate_stays: &'static str,
    pub(crate) why_rules: &'static str,
    pub(crate) why_away: fn(&str) -> String,
    pub(crate) why_newest: &'static str,
    pub(crate) why_not_replaced: &'static str,
    pub(crate) why_young: fn(u64) -> String,
    pub(crate) why_day: fn(&str) -> String,
    pub(crate) why_week: fn(&str) -> String,
    pub(crate) why_month: fn(&str, i16) -> String,
    pub(crate) why_year: fn(i16) -> String,
    pub(crate) why_held: fn(Option<HoldKind>) -> &'static str,
    pub(crate) until: fn(&str) -> String,
    pub(crate) why_locked: &'static str,
    // One backup.
    pub(crate) of: fn(&str) -> String,
    pub(crate) not_covered: &'static str,
    pub(crate) goes_on: fn(&str) -> String,
    pub(crate) deleted_on: fn(&str) -> String,
    pub(crate) by_person: fn(&str) -> String,
    pub(crate) how_long: &'static str,
    pub(crate) open_backup: &'static str,
    pub(crate) pin: &'static str,
    pub(crate) pin_go: &'static str,
    pub(crate) pin_what: &'static str,
    pub(crate) pin_until: &'static str,
    pub(crate) pin_until_hint: &'static str,
    pub(crate) legal: &'static str,
    pub(crate) unpin: &'static str,
    pub(crate) unpin_go: &'static str,
    pub(crate) unpin_what: &'static str,
    pub(crate) put_back: &'static str,
    pub(crate) put_back_go: &'static str,
    pub(crate) put_back_what: &'static str,
    pub(crate) pinned: &'static str,
    pub(crate) unpinned: &'static str,
    pub(crate) is_back: &'static str,
    pub(crate) is_back_damaged: &'static str,
    // Pruning now.
    pub(crate) prune: &'static str,
    pub(crate) prune_title: &'static str,
    pub(crate) prune_what: fn(u64, u64) -> String,
    pub(crate) prune_anyway: &'static str,
    pub(crate) prune_go: &'static str,
    pub(crate) pruned: fn(u64, u64, &str) -> String,
    pub(crate) pruned_none: &'static str,
    // Who is told.
    pub(crate) notices: &'static str,
    pub(crate) nobody_told: &'static str,
    pub(crate) told_by: fn(&str) -> String,
    pub(crate) told_what: &'static str,
    pub(crate) set_by: &'static str,
    pub(crate) set_where: &'static str,
    pub(crate) channel: fn(ChannelKind) -> &'static str,
    pub(crate) channel_what: fn(ChannelKind) -> &'static str,
    pub(crate) delivered: fn(&str) -> String,
    pub(crate) not_used: &'static str,
    pub(crate) no_channel: &'static str,
    pub(crate) fails: &'static str,
    pub(crate) works: &'static str,
    pub(crate) unused: &'static str,
    pub(crate) unset: &'static str,
    pub(crate) waiting: fn(u64) -> String,
    pub(crate) again: fn(&str) -> String,
    pub(crate) lost: fn(u64) -> String,
    pub(crate) send_test: &'static str,
    pub(crate) sending: &'static str,
    pub(crate) test_arrived: &'static str,
    pub(crate) test_failed: &'static str,
    // The settings.
    pub(crate) settings: &'static str,
    pub(crate) settings_words: &'static str,
    pub(crate) back_up_itself: &'static str,
    pub(crate) back_up_itself_hint: &'static str,
    pub(crate) how_often: &'static str,
    pub(crate) own_rule: &'static str,
    pub(crate) pattern: &'static str,
    pub(crate) pattern_hint: &'static str,
    pub(crate) zone: &'static str,
    pub(crate) zone_hint: &'static str,
    pub(crate) use_zone: fn(&str) -> String,
    pub(crate) flaw_fields: &'static str,
    pub(crate) flaw_part: fn(RuleField, &str) -> String,
    pub(crate) flaw_nickname: &'static str,
    pub(crate) flaw_never: &'static str,
    pub(crate) flaw_long: &'static str,
    pub(crate) flaw_zone: &'static str,
    pub(crate) keep_daily: &'static str,
    pub(crate) keep_weekly: &'static str,
    pub(crate) keep_monthly: &'static str,
    pub(crate) keep_yearly: &'static str,
    pub(crate) keep_hint: &'static str,
    pub(crate) unit_weeks: &'static str,
    pub(crate) unit_months: &'static str,
    pub(crate) unit_years: &'static str,
}

#[cfg(test)]
mod tests {
    use aitta_model::{ChannelKind, ClosedList as _, PruneBlock};

    use crate::plain::is_for_a_terminal;
    use crate::texts::{EN, FI};

    /// What the window can't do is said by its command, and nothing else is.
    #[test]
    fn what_is_in_the_way_comes_with_a_remedy_of_the_window() {
        let share = PruneBlock::TooMany { going: 40, of: 100, share: 0.3 };
        for t in [&EN, &FI] {
            for block in [
                PruneBlock::Overdue,
                PruneBlock::ListIncomplete,
                PruneBlock::SameId,
                PruneBlock::ClockJumped,
                PruneBlock::LooserRules,
                PruneBlock::NewestDamaged,
                PruneBlock::NothingVerified,
                share,
            ] {
                let (fact, remedy) = (t.automation.block)(&block);
                assert!(fact.ends_with('.') && remedy.ends_with('.'), "{fact} {remedy}");
                assert!(!is_for_a_terminal(remedy), "{remedy}");
            }
            let (fact, _) = (t.automation.block)(&share);
            assert!(fact.contains("40") && fact.contains("100") && fact.contains("30"), "{fact}");
            for kind in ChannelKind::ALL {
                assert!(!(t.automation.channel)(*kind).is_empty());
            }
        }
    }
}
