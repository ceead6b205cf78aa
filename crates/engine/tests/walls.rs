//! What must not compile. A program of its own: it runs cargo. The ways that are open are in `engine/open_ways.rs`.

#[test]
fn walls_hold() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/*.rs");
}
