//! Which command does what the command line asks for.

use aitta_engine::Result;
use clap::CommandFactory;

use crate::args::{Cli, Command};
use crate::call::Call;
use crate::commands::{
    agent, archive, audit, backup, catalog, checklist, completions, config, contacts, demo, doctor, hooks,
    key, man, mfa, notify, recover, restore, runs, schedule, store,
};
use crate::output::Output;
use crate::session;

/// Does what was asked for, and gives the exit code.
pub(crate) async fn run(cli: Cli, output: &Output) -> Result<u8> {
    let call = Call { global: &cli.global, output };
    let end = of_command(&call, cli.command).await;
    session::deliver(&call).await;
    end
}

async fn of_command(call: &Call<'_>, command: Command) -> Result<u8> {
    match command {
        Command::Backup(command) => backup::run(call, command).await,
        Command::Archive(command) => archive::run(call, command).await,
        Command::Restore(command) => restore::run(call, command).await,
        Command::Recover(arguments) => recover::run(call, arguments).await,
        Command::Hooks(command) => hooks::run(call, command).await,
        Command::Contacts => contacts::run(call),
        Command::Audit(command) => audit::run(call, command).await,
        Command::Runs(arguments) => runs::run(call, &arguments).await,
        Command::Schedule(command) => schedule::run(call, command).await,
        Command::Checklist(arguments) => checklist::run(call, arguments).await,
        Command::Notify(command) => notify::run(call, command).await,
        Command::Agent(command) => agent::run(call, command).await,
        Command::Key(command) => key::run(call, command).await,
        Command::Catalog(command) => catalog::run(call, command).await,
        Command::Store(command) => store::run(call, command).await,
        Command::Config(command) => config::run(call, command).await,
        Command::Doctor => doctor::run(call).await,
        Command::Demo(arguments) => demo::run(call, arguments).await,
        Command::Completions(arguments) => completions::run(call, &arguments, Cli::command()),
        Command::Mfa(command) => mfa::run(call, command).await,
        Command::Man(arguments) => man::run(call, &arguments, Cli::command()),
    }
}
