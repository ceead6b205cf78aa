//! A pass counts once.
use aitta_engine::Context;
use aitta_engine::door::{Pass, Subject};
use aitta_engine::run::Run;

fn twice(context: &Context, pass: Pass) {
    let _ = Run::guarded(context, pass, Subject::default());
    let _ = Run::guarded(context, pass, Subject::default());
}

fn main() {}
