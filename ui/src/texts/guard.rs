//! Words of reasons and codes, wherever they are asked for.

pub(super) mod en;
pub(super) mod fi;

use aitta_model::{Guarded, ReasonCode};

pub(crate) struct Guard {
    pub(crate) reason: &'static str,
    pub(crate) reason_kind: &'static str,
    pub(crate) reason_hint: &'static str,
    pub(crate) reason_example: &'static str,
    pub(crate) code_name: fn(ReasonCode) -> &'static str,
    pub(crate) code: &'static str,
    pub(crate) code_hint: &'static str,
    pub(crate) code_missing: &'static str,
    pub(crate) locked_until: fn(&str) -> String,
    pub(crate) not_set_up: &'static str,
    pub(crate) set_up: &'static str,
    pub(crate) guarded: fn(Guarded) -> &'static str,
}
