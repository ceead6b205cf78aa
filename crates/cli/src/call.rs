//! What every command gets, and what it returns.

use crate::options::Global;
use crate::output::Output;

/// Success.
pub(crate) const OK: u8 = 0;

/// What every command gets.
pub(crate) struct Call<'a> {
    pub(crate) global: &'a Global,
    pub(crate) output: &'a Output,
}
