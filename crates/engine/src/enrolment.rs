//! Setting up the second factor, changing it, removing it.

mod change;
mod enrol;

pub use change::change;
pub use enrol::{begin, confirm};

#[cfg(test)]
mod tests;
