//! First step: which backup, which tables, where to. Each has an answer that mostly fits.

use leptos::prelude::*;

use super::backup::BackupPart;
use super::heading::Heading;
use super::kept::Kept;
use super::tables::TablesPart;
use super::target_step::TargetPart;
use crate::preferences::texts;

#[component]
pub(super) fn WhatStep() -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let has_archive = Memo::new(move |_| kept.wizard.with(|w| w.source.is_some()));
    view! {
        <Heading words=t.restore.what_and_when more=t.restore.which_backup_more/>
        <BackupPart/>
        {move || has_archive.get().then(|| view! { <TablesPart/><TargetPart/> })}
    }
}
