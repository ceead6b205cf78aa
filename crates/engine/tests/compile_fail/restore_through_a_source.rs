//! A source is read; only a target is restored into.
use std::sync::Arc;

use aitta_engine::source::{Archived, RestoreTask, Source};

async fn write(source: &dyn Source, archive: &Arc<dyn Archived>, task: &RestoreTask) {
    let _ = source.plan(archive, task).await;
    let _ = source.cleanup(None, true).await;
}

fn main() {}
