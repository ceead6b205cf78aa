//! The migrations are compiled in; cargo does not see by itself when one is added.

#[expect(clippy::print_stdout, reason = "this is how a build script talks to cargo")]
fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
