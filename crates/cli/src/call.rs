//! What every command is given, and what it gives back.

use crate::options::Global;
use crate::output::Output;

/// Success.
pub(crate) const OK: u8 = 0;

/// What every command is given.
pub(crate) struct Call<'a> {
    pub(crate) global: &'a Global,
    pub(crate) output: &'a Output,
}
