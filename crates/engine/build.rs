//! The migrations are compiled in; cargo does not see by itself when one is added.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
