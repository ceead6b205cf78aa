//! What must not compile. A program of its own: it runs cargo.

#[test]
fn walls_hold() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/*.rs");
    // The same ways where they are open, so that a case can't fail for another reason.
    cases.pass("tests/compile_pass/*.rs");
}
