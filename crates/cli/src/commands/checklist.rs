//! `aitta checklist`

use aitta_engine::{Result, checklist};
use aitta_model::{CheckItem, CheckLine, Checklist, ClosedList as _, Span, TickRequest, Ticked};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};

use crate::call::{Call, OK};
use crate::format::{Table, plain, time};
use crate::session;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Say that something was done by hand
    Tick {
        /// What
        #[arg(value_name = "ITEM", value_parser = PossibleValuesParser::new(by_hand()).try_map(by_word))]
        item: CheckItem,
        /// What was looked at, and what was found
        #[arg(long, value_name = "TEXT")]
        note: String,
    },
}

fn by_hand() -> Vec<&'static str> {
    CheckItem::ALL.iter().filter(|item| item.is_by_hand()).map(|item| item.word()).collect()
}

fn by_word(word: String) -> std::result::Result<CheckItem, String> {
    CheckItem::of_word(&word).ok_or(word)
}

pub(crate) async fn run(call: &Call<'_>, arguments: Arguments) -> Result<u8> {
    let context = session::context(call.global).await?;
    let list = match arguments.command {
        None => checklist::status(&context).await?,
        Some(Command::Tick { item, note }) => checklist::tick(&context, TickRequest { item, note }).await?,
    };
    call.output.report(&list, told)?;
    Ok(OK)
}

fn told(list: &Checklist) -> String {
    let mut table = Table::new(&["EACH", "WHAT", "DONE", "BY", "NOTE"]);
    for line in &list.lines {
        let (done, by, note) = match &line.done {
            Some(Ticked::Evidence { at, run }) => {
                let run = run.map_or_else(|| "what is there now".to_owned(), |run| format!("run {run}"));
                (time(*at), run, String::new())
            }
            Some(Ticked::Person { at, name, note }) => (time(*at), plain(name), plain(note)),
            None => (open(line).to_owned(), "-".to_owned(), String::new()),
        };
        table.row([line.span.as_str().to_owned(), what(line), done, by, note]);
    }
    let mut out = table.render();
    if list
        .lines
        .iter()
        .any(|line| line.done.is_none() && line.item.known().is_some_and(CheckItem::is_by_hand))
    {
        out.push_str("hint: `aitta checklist tick ITEM --note TEXT` says what was done by hand\n");
    }
    out
}

fn open(line: &CheckLine) -> &'static str {
    match (line.missed, line.span.known()) {
        (false, _) => "not yet",
        (true, Some(Span::Day)) => "not yet, nor yesterday",
        (true, Some(Span::Week)) => "not yet, nor last week",
        (true, Some(Span::Month)) => "not yet, nor last month",
        (true, _) => "not yet, nor last quarter",
    }
}

fn what(line: &CheckLine) -> String {
    let words = match line.item.known() {
        Some(CheckItem::Completion) => "a backup was made",
        Some(CheckItem::Size) => "its size is as usual",
        Some(CheckItem::Storage) => "the store has room",
        Some(CheckItem::Logs) => "logs read",
        Some(CheckItem::Integrity) => "archives read back",
        Some(CheckItem::Retention) => "old archives went by rule",
        Some(CheckItem::TestRestore) => "everything restored and compared",
        Some(CheckItem::Cost) => "cost looked at",
        Some(CheckItem::Documentation) => "documentation looked at",
        Some(CheckItem::Drill) => "a disaster rehearsed",
        Some(CheckItem::Policies) => "policies looked at",
        Some(CheckItem::Access) => "access looked at",
        Some(CheckItem::Keys) => "the key is not due",
        None => "",
    };
    match line.item.known().filter(|item| item.is_by_hand()) {
        Some(item) => format!("{words} ({item})"),
        None => words.to_owned(),
    }
}
