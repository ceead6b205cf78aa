//! Only a restore may go without a code, into a target that is new.
use aitta_engine::Context;
use aitta_engine::door::{self, Guard, Pass};

fn destroy(context: &Context) -> Pass {
    door::at(context, Guard::KeyDestroy, None).unwrap().into_new_target()
}

fn main() {}
