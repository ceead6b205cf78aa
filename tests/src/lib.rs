//! Scenarios against real servers. They are in `tests/`; what they share is in `aitta-testing`.
