//! A ring makes and opens headers; what its keys are stays within.
use aitta_engine::keys::{HeldKey, KeyRing};

fn look(ring: &KeyRing, held: &HeldKey) {
    let _ = ring.active();
    let _ = &ring.keys;
    let _ = ring.iter();
    let _ = &held.0;
}

fn main() {}
