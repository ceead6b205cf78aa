//! A process that holds secrets. A test program of its own: what is changed concerns the whole process.
#![cfg(target_os = "linux")]

use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

#[test]
fn no_core_is_dumped_and_panics_keep_quiet() {
    aitta_engine::keys::protect_process();
    assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
    let limit = getrlimit(Resource::Core);
    assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
}
