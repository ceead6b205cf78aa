//! `aitta backup …`

use aitta_engine::Result;
use clap::Subcommand;

use crate::call::Call;

mod accept;
mod create;
mod delete;
mod hold;
mod list;
mod prune;
mod restore;
mod show;
mod test;
mod verify;

pub(super) use restore::{findings, mode, report_text};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make an archive of the database, and read it back to prove it
    Create(create::Arguments),
    /// List the archives of the store, newest first
    List(list::Arguments),
    /// Show what is in an archive
    Show(show::Arguments),
    /// Check archives
    Verify(verify::Arguments),
    /// Give back the whole database or chosen tables, and prove them equal
    Restore(restore::Arguments),
    /// Say that the rows that the newest archive has lost were meant to go
    ///
    /// Until then Aitta reports the loss, unless the rows come back. It asks again about the next loss.
    Accept(accept::Arguments),
    /// Let old archives go by the rules: put away now, deleted by a prune a week later
    Prune(prune::Arguments),
    /// Put an archive back that a prune has put away, and pin it
    PutBack(hold::PutBack),
    /// Keep an archive, whatever the rules say
    Pin(hold::Pin),
    /// Let an archive go by the rules again
    Unpin(hold::Unpin),
    /// List the archives that stay whatever the rules say
    Holds,
    /// Delete an archive
    Delete(delete::Arguments),
    /// Self-tests on a scratch database; nothing of yours is touched
    Test(test::Arguments),
}

pub(crate) async fn run(call: &Call<'_>, command: Command) -> Result<u8> {
    match command {
        Command::Create(arguments) => create::run(call, arguments).await,
        Command::List(arguments) => list::run(call, &arguments).await,
        Command::Show(arguments) => show::run(call, &arguments).await,
        Command::Verify(arguments) => verify::run(call, arguments).await,
        Command::Restore(arguments) => restore::run(call, arguments).await,
        Command::Accept(arguments) => accept::run(call, arguments).await,
        Command::Prune(arguments) => prune::run(call, arguments).await,
        Command::PutBack(arguments) => hold::put_back(call, arguments).await,
        Command::Pin(arguments) => hold::pin(call, arguments).await,
        Command::Unpin(arguments) => hold::unpin(call, arguments).await,
        Command::Holds => hold::holds(call).await,
        Command::Delete(arguments) => delete::run(call, arguments).await,
        Command::Test(arguments) => test::run(call, &arguments).await,
    }
}
