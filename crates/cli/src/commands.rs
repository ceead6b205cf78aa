//! The commands, one file each.

use aitta_engine::Result;
use aitta_model::MfaCode;
use clap::Args;

use crate::args::{Cli, Command, Global};
use crate::output::Output;

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod catalog;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod key;
pub(crate) mod man;
pub(crate) mod mfa;
pub(crate) mod restore;
pub(crate) mod runs;
pub(crate) mod store;

/// Success.
pub(crate) const OK: u8 = 0;

/// The second factor, of everything that asks for it.
#[derive(Args)]
pub(crate) struct Totp {
    /// Six digits of your authenticator, or a recovery code; a machine sets AITTA_MFA_TOKEN instead
    #[arg(long, value_name = "CODE")]
    totp: Option<String>,
}

impl Totp {
    /// What was typed or, on a machine, the token of an exception. The engine reads no environment.
    pub(crate) fn code(self) -> Option<MfaCode> {
        let token = || std::env::var("AITTA_MFA_TOKEN").ok().filter(|token| !token.trim().is_empty());
        self.totp.or_else(token).map(MfaCode::new)
    }
}

/// The second factor of what no token of an exception is accepted for.
#[derive(Args)]
pub(crate) struct TypedTotp {
    /// Six digits of your authenticator, or a recovery code
    #[arg(long, value_name = "CODE")]
    totp: Option<String>,
}

impl TypedTotp {
    /// What was typed.
    pub(crate) fn typed(self) -> Option<MfaCode> {
        self.totp.map(MfaCode::new)
    }
}

/// What every command is given.
pub(crate) struct Call<'a> {
    pub(crate) global: &'a Global,
    pub(crate) output: &'a Output,
}

/// Does what was asked for, and gives the exit code.
pub(crate) async fn run(cli: Cli, output: &Output) -> Result<u8> {
    let call = Call { global: &cli.global, output };
    match cli.command {
        Command::Backup(command) => backup::run(&call, command).await,
        Command::Restore(command) => restore::run(&call, command).await,
        Command::Audit(command) => audit::run(&call, command).await,
        Command::Runs(arguments) => runs::run(&call, &arguments).await,
        Command::Key(command) => key::run(&call, command).await,
        Command::Catalog(command) => catalog::run(&call, command).await,
        Command::Store(command) => store::run(&call, command).await,
        Command::Config(command) => config::run(&call, command),
        Command::Demo(arguments) => demo::run(&call, arguments).await,
        Command::Completions(arguments) => completions::run(&call, &arguments),
        Command::Mfa(command) => mfa::run(&call, command).await,
        Command::Man(arguments) => man::run(&call, &arguments),
    }
}
