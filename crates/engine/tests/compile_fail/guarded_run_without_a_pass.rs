//! A deletion is guarded: it is not among the operations that are always allowed.
use aitta_engine::door::{Free, Subject};
use aitta_engine::run::Run;
use aitta_engine::Context;

fn delete(context: &Context) {
    let _ = Run::free(context, Free::Delete, Subject::default());
    let _ = Run::guarded(context, (), Subject::default());
}

fn main() {}
