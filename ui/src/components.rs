//! What several pages are made of.

pub(crate) mod activity;
pub(crate) mod badge;
pub(crate) mod chart;
pub(crate) mod charts;
pub(crate) mod code;
pub(crate) mod copy;
pub(crate) mod day_field;
pub(crate) mod dialog;
pub(crate) mod facts;
pub(crate) mod failure;
pub(crate) mod findings;
pub(crate) mod guarded;
pub(crate) mod heading;
pub(crate) mod icon;
pub(crate) mod keyboard;
pub(crate) mod kit;
pub(crate) mod kit_input;
pub(crate) mod leave;
pub(crate) mod live;
pub(crate) mod names;
pub(crate) mod palette;
pub(crate) mod place;
pub(crate) mod readiness;
pub(crate) mod reason;
pub(crate) mod states;
pub(crate) mod table;
