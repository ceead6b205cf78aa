//! `aitta agent …`

use aitta_engine::hosting::{self, Heard, Hosting};
use aitta_engine::{Result, config};
use aitta_model::HostKind;
use clap::Subcommand;
use tokio_util::sync::CancellationToken;

use super::schedule::looked;
use crate::call::{Call, OK};
use crate::session;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start the backups that are due, until it is stopped
    #[command(
        long_about = "Start the backups that are due, of every profile whose schedule is switched on, until it is \
                      stopped.\n\nThe configuration file is read anew at least every 30 s; variables count from its \
                      start. A schedule that another program sees to is left to that one as long as it lives. SIGTERM \
                      and Ctrl-C stop it, and what is under way leaves nothing half done behind; what was due is done \
                      after the next start."
    )]
    Run,
}

pub(crate) async fn run(call: &Call<'_>, command: Command) -> Result<u8> {
    let Command::Run = command;
    let stop = CancellationToken::new();
    session::stop_on_signal(stop.clone());
    let inputs = session::inputs(call.global)?;
    // What is wrong with the configuration is said before anything waits for years.
    config::data_dir(&inputs)?;
    let told = |heard: Heard| call.output.remark(&words(&heard));
    let hosting = Hosting { limit: call.global.limit_rate(), ..Hosting::by(HostKind::Agent) };
    hosting::host(&|| inputs.clone(), hosting, &stop, &told).await?;
    Ok(OK)
}

fn words(heard: &Heard) -> String {
    match heard {
        Heard::Begun => "backups that are due are started from now on; stop with Ctrl-C".to_owned(),
        Heard::Looked(profile) => looked(profile),
        Heard::Jumped(by) => {
            let way = if by.is_negative() { "back" } else { "forward" };
            format!("the clock went {way} by {:#}: the machine has slept, or its clock was set", by.abs())
        }
    }
}
