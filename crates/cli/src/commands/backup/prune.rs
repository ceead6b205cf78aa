//! `aitta backup prune`

use aitta_engine::{Result, retention};
use aitta_model::{
    Fate, HoldKind, Judged, KeepReason, PruneBlock, PruneReport, PruneRequest, PrunedPlace, RetentionRules,
};
use clap::Args;

use crate::call::{Call, OK};
use crate::format::{bytes, count, number, plain, time};
use crate::progress::Bar;
use crate::second_factor::{Totp, with_code};
use crate::session;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only say what would go, and why everything else stays
    #[arg(long)]
    dry_run: bool,
    /// Agree to what a prune asks: that more goes than the share, by looser rules, or with a clock that is behind
    #[arg(long, conflicts_with = "dry_run")]
    agree: bool,
    /// Why: routine, release, incident, drill, request-of-data-subject, or your own words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    mfa: Totp,
}

pub(super) async fn run(call: &Call<'_>, arguments: Arguments) -> Result<u8> {
    let Arguments { dry_run, agree: agreed, reason, mfa } = arguments;
    let context = session::context(call.global).await?;
    let progress = Bar::new(call.output);
    let report = with_code(call, &context, mfa.code(), async |mfa| {
        let request = PruneRequest { dry_run, agreed, reason: reason.clone(), mfa };
        retention::prune(&context, request, &progress).await
    });
    let report = report.await?;
    call.output.report(&report, text)?;
    Ok(report.exit_code(OK))
}

fn text(report: &PruneReport) -> String {
    let mut out = rules(&report.rules);
    for place in &report.places {
        out.push_str(&of_place(place, report.dry_run));
    }
    out
}

fn rules(rules: &RetentionRules) -> String {
    let RetentionRules { days, daily, weekly, monthly, yearly, .. } = rules;
    let spans = [(daily, "day"), (weekly, "week"), (monthly, "month"), (yearly, "year")];
    let spans: Vec<String> =
        spans.into_iter().filter(|(n, _)| **n > 0).map(|(n, unit)| count(u64::from(*n), unit)).collect();
    let more = match spans.is_empty() {
        true => String::new(),
        false => format!(", then the newest verified one of {}", spans.join(", ")),
    };
    format!("every archive stays for {}{more}\n", count(u64::from(*days), "day"))
}

fn of_place(place: &PrunedPlace, dry_run: bool) -> String {
    let mut out = format!("{}: {} of this database", place.location, count(place.archives, "archive"));
    if place.others > 0 {
        out.push_str(&format!(", {} that no prune of this profile touches", number(place.others)));
    }
    out.push('\n');
    for Judged { id, fate } in &place.fates {
        let fate = match fate {
            Fate::Goes { .. } => "goes".to_owned(),
            Fate::Stays { reasons } => {
                format!("stays: {}", reasons.iter().map(why).collect::<Vec<_>>().join("; "))
            }
        };
        out.push_str(&format!("  {id}  {fate}\n"));
    }
    let would = if dry_run { "would be " } else { "" };
    for (ids, done) in [
        (&place.put_away, "put away"),
        (&place.deleted, "deleted"),
        (&place.returned, "put back into the lists, because it stays by the rules of now"),
    ] {
        ids.iter().for_each(|id| out.push_str(&format!("{would}{done}: {id}\n")));
    }
    for (id, failure) in &place.left {
        let (message, hint) = (plain(&failure.message), plain(&failure.hint));
        out.push_str(&format!("not done: {id}: {message}\n  hint: {hint}\n"));
    }
    if let Some(failure) = &place.failure {
        let (message, hint) = (plain(&failure.message), plain(&failure.hint));
        out.push_str(&format!("nothing more was done here: {message}\n  hint: {hint}\n"));
    }
    if place.held_back > 0 {
        out.push_str(&format!("held back: {}\n", count(place.held_back, "archive")));
        for block in &place.blocked {
            let (fact, hint) = blocked(block);
            out.push_str(&format!("  {fact}\n  hint: {hint}\n"));
        }
    }
    if place.freed_bytes > 0 {
        out.push_str(&format!("{} freed\n", bytes(place.freed_bytes)));
    }
    place.notes.iter().for_each(|note| out.push_str(&format!("note: {}\n", plain(note))));
    let nothing = place.put_away.is_empty() && place.deleted.is_empty() && place.returned.is_empty();
    if nothing && place.held_back == 0 && place.failure.is_none() && place.left.is_empty() {
        out.push_str("nothing has to go\n");
    }
    if !dry_run && !place.put_away.is_empty() {
        out.push_str(
            "hint: a prune deletes them in 7 days; until then `aitta backup put-back ID` puts one back\n",
        );
    }
    out
}

fn why(reason: &KeepReason) -> String {
    match reason {
        KeepReason::Newest => "the newest verified one".to_owned(),
        KeepReason::NotReplaced => "no newer one is verified".to_owned(),
        KeepReason::Young { until } => format!("young until {}", time(*until)),
        KeepReason::Daily { date } => format!("the newest of {date}"),
        KeepReason::Weekly { monday } => format!("the newest of the week of {monday}"),
        KeepReason::Monthly { year, month } => format!("the newest of {year}-{month:02}"),
        KeepReason::Yearly { year } => format!("the newest of {year}"),
        KeepReason::Held { kind, until } => {
            let until = until.map_or_else(String::new, |until| format!(" until {}", time(until)));
            let kind = match kind.known() {
                Some(HoldKind::Pin) => "pinned",
                Some(HoldKind::Legal) => "held by law",
                Some(HoldKind::Loss) => "held, because rows were lost after it",
                Some(HoldKind::Rebuilt) => "held, because the catalog was made anew",
                None => "held",
            };
            format!("{kind}{until}")
        }
        KeepReason::Locked => "the store locks it until later".to_owned(),
    }
}

fn blocked(block: &PruneBlock) -> (String, String) {
    let (fact, hint) = match block {
        PruneBlock::Overdue => (
            "a newer verified archive should be there by now: while backups fail, the old ones are all there is".to_owned(),
            "make a backup with `aitta backup create`, then prune again",
        ),
        PruneBlock::ListIncomplete => (
            "archives that the catalog has entered are not in the store".to_owned(),
            "`aitta backup list` names them; `aitta store copy` puts back what a copy has, and `aitta catalog rebuild` \
             forgets what was removed on purpose",
        ),
        PruneBlock::SameId => (
            "two archives have one id".to_owned(),
            "look into the store, and move the one that is not Aitta's out of it",
        ),
        PruneBlock::ClockJumped => (
            "the clock of this machine is behind what it said before, so ages can't be trusted".to_owned(),
            "set the clock; if it is right and was ahead before, repeat it with --agree --reason TEXT",
        ),
        PruneBlock::LooserRules => (
            "the rules keep less than those of before, or let more go at once".to_owned(),
            "look at `aitta backup prune --dry-run`; if that is meant, repeat it with --agree --reason TEXT",
        ),
        PruneBlock::NewestDamaged => (
            "the newest archive was read back first, and is not as it was written".to_owned(),
            "make a backup with `aitta backup create`, and find out what has happened to the newest",
        ),
        PruneBlock::NothingVerified => (
            "no archive of the whole database is verified".to_owned(),
            "check them with `aitta backup verify --all`, or make a new one",
        ),
        PruneBlock::TooMany { going, of, share } => (
            format!(
                "{} of {} would go within a day, which is more than {:.0} %",
                number(*going),
                number(*of),
                share * 100.0
            ),
            "look at `aitta backup prune --dry-run`; if that is meant, repeat it with --agree --reason TEXT",
        ),
    };
    (fact, hint.to_owned())
}
