//! English.

use super::Keyboard;

pub(in crate::texts) const EN: Keyboard = Keyboard {
    title: "Commands",
    field: "Page, action, backup, table…",
    none: "Nothing found.",
    asking: "Loading backups and tables…",
    not_loaded: "Backups and tables can't be loaded.",
    page: "page",
    action: "action",
    backup: "backup",
    table: "table",
    verify_newest: "Verify the newest backup…",
    restore_table: |table| format!("Restore {table}…"),
    backup_of: |when| format!("Backup of {when}"),
    switch_to: |profile| format!("Switch to {profile}"),
    shortcuts: "Keyboard shortcuts",
    key_palette: "Open or close the commands",
    key_seek: "Search this page",
    key_escape: "Close a dialog, clear the search, or go back to the list",
    key_help: "Show this list",
    key_arrows: "Move in lists and charts",
    key_enter: "Open what is selected",
    note: "While you type in a field, only Ctrl K and Esc are shortcuts.",
};
