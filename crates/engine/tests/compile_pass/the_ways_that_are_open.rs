//! A run of a free operation, a guarded one with its pass, a held key, a target.
use std::sync::Arc;

use aitta_engine::door::{Free, Pass, Subject};
use aitta_engine::keys::{HeldKey, KeyRing};
use aitta_engine::run::Run;
use aitta_engine::source::{Archived, RestoreTask, Target};
use aitta_engine::Context;

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

fn main() {}
