//! Only the door makes a pass, and it counts once.
use aitta_engine::door::{Pass, Subject};
use aitta_engine::run::Run;
use aitta_engine::Context;

fn forged() -> Pass {
    Pass { operation: todo!(), reason: None, shown: String::new() }
}

fn twice(context: &Context, pass: Pass) {
    let _ = Run::guarded(context, pass, Subject::default());
    let _ = Run::guarded(context, pass, Subject::default());
}

fn main() {}
