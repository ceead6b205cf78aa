//! `aitta backup test`

use aitta_engine::Result;
use aitta_engine::selftest::{self, SelfTest};
use aitta_model::SelfTestReport;
use clap::{Args, ValueEnum};

use crate::call::{Call, OK};
use crate::format::{Table, duration};
use crate::session;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Which
    #[arg(value_enum)]
    test: Test,
}

#[derive(Clone, Copy, ValueEnum)]
enum Test {
    /// Make an archive, and check what lies in the store
    Create,
    /// Damage a database, and give it back
    Restore,
    /// Damage archives, and see that it is noticed
    Verify,
}

pub(super) async fn run(call: &Call<'_>, arguments: &Arguments) -> Result<u8> {
    let test = match arguments.test {
        Test::Create => SelfTest::Create,
        Test::Restore => SelfTest::Restore,
        Test::Verify => SelfTest::Verify,
    };
    let cancel = tokio_util::sync::CancellationToken::new();
    session::stop_on_signal(cancel.clone());
    call.output.report(&selftest::run(test, cancel).await?, text)?;
    Ok(OK)
}

fn text(report: &SelfTestReport) -> String {
    let mut table = Table::new(&["STEP", ">TIME"]);
    for step in &report.steps {
        table.row([step.name.clone(), duration(step.duration_ms)]);
    }
    format!("{}self-test {}: passed\n", table.render(), report.name)
}
