//! The ways that are open, by the side of those in `compile_fail`: a case there must not fail for another reason. That
//! this compiles is the test.
#![allow(dead_code, reason = "compiled, and not called")]
use std::sync::Arc;

use aitta_engine::Context;
use aitta_engine::door::{Free, Pass, Subject};
use aitta_engine::keys::{HeldKey, KeyRing};
use aitta_engine::run::Run;
use aitta_engine::source::{Archived, RestoreTask, Target};

fn runs(context: &Context, pass: Pass) {
    let _ = Run::free(context, Free::Backup, Subject::default());
    let _ = Run::guarded(context, pass, Subject::default());
}

fn keys(ring: &KeyRing) -> Option<HeldKey> {
    ring.held(&ring.active_id().to_string())
}

async fn write(target: &dyn Target, archive: &Arc<dyn Archived>, task: &RestoreTask) {
    let _ = target.plan(archive, task).await;
    let _ = target.cleanup(None, true).await;
}
