//! The commands, one file each.

pub(crate) mod agent;
pub(crate) mod archive;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod catalog;
pub(crate) mod checklist;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod contacts;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod hooks;
pub(crate) mod key;
pub(crate) mod man;
pub(crate) mod mfa;
pub(crate) mod notify;
pub(crate) mod recover;
pub(crate) mod restore;
pub(crate) mod runs;
pub(crate) mod schedule;
pub(crate) mod store;
