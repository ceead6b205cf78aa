//! The two databases that are protected. Only the test writes to them, so each of their states is known.

mod lite;
mod shop;

use super::random::Random;
use super::state::State;

pub(super) use lite::Lite;
pub(super) use shop::Shop;

/// A database, and what restores make beside it.
pub(super) trait Live {
    /// The name of its profile.
    fn profile(&self) -> &'static str;
    /// Its URL.
    fn url(&self) -> String;
    /// The URL of the new database that archives are restored into.
    fn copy_url(&self) -> String;
    /// Sets of tables that can be restored by themselves.
    fn choices(&self) -> &'static [&'static [&'static str]];
    /// Writes something that was never there.
    fn change(&self, random: &mut Random);
    /// Waits until nothing of a killed process can write to it any more.
    fn settle(&self);
    /// What it holds. Fails when it is not there, or not sound.
    fn state(&self) -> State;
    /// What the new database holds; nothing when there is none.
    fn copy_state(&self) -> Option<State>;
    /// Makes the new database, empty.
    fn make_copy(&self);
    /// Removes the new database.
    fn drop_copy(&self);
    /// What whole restores have set aside.
    fn set_aside(&self) -> Vec<String>;
    /// What one of those holds.
    fn state_of(&self, set_aside: &str) -> State;
    /// What killed restores have left behind.
    fn leftovers(&self) -> Vec<String>;
    /// The rows of the tables in a schema beside; nothing when there is no such schema.
    fn schema_state(&self, schema: &str) -> Option<State>;
    /// Removes such a schema.
    fn drop_schema(&self, schema: &str);
}
