//! What the tests of Aitta share.
//!
//! - [`Azurite`]: throwaway Azure Blob Storage.
//! - [`pg`]: throwaway PostgreSQL servers and databases.
//! - [`MemoryStore`], [`FaultyStore`], [`SmallDisk`]: stores that are quick, fail on demand, or are full.
//! - [`s3`]: S3 servers on this machine.
//! - [`Line`]: a slow line that breaks, between a store and its server.
//! - [`Gate`]: lets every nth request to a server fail, or all from the nth on.
//! - [`HostileServer`]: a server in the hands of somebody else.
//! - [`profile()`]: the profile that tests begin with.
//! - [`conformance`]: what every store has to do.
//! - [`small_archive`], [`plant`], [`plant_large`]: archives that are made without a database.
//! - [`ManualClock`]: time that moves only when a test says so.
//! - [`Aitta`]: the built program in a clean environment.
//!
//! Everything here panics with a clear message when it can't do what a test needs: a test must never
//! pass because something was missing.

mod archives;
mod azure;
mod cli;
pub mod conformance;
mod disk;
mod fault;
mod gate;
mod hostile;
mod leash;
mod line;
mod memory;
pub mod pg;
mod profile;
pub mod s3;

pub use aitta_engine::ManualClock;
pub use archives::{FIRST_MS, plant, plant_large, small_archive};
pub use azure::{ACCOUNT as AZURE_ACCOUNT, Answer, Azurite, azure_limits};
pub use cli::{Aitta, Finished, KEY, OTHER_KEY};
pub use disk::SmallDisk;
pub use fault::{Call, FaultyStore, Hold};
pub use gate::{Gate, Trouble};
pub use hostile::{Asked, Hostile, HostileServer};
pub use line::{Line, Quality};
pub use memory::MemoryStore;
pub use profile::profile;

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .unwrap_or_else(|e| panic!("no free TCP port on 127.0.0.1: {e}"))
        .port()
}
