//! Dialogs. The browser keeps the focus inside, closes them with Escape, and gives the focus back afterwards.

use leptos::html;
use leptos::prelude::*;

/// Shows a dialog that may have been made just now.
pub(crate) fn show(dialog: NodeRef<html::Dialog>) {
    request_animation_frame(move || {
        if let Some(dialog) = dialog.get_untracked() {
            drop(dialog.show_modal());
        }
    });
}

/// Closes it.
pub(crate) fn close(dialog: NodeRef<html::Dialog>) {
    if let Some(dialog) = dialog.get_untracked() {
        dialog.close();
    }
}
