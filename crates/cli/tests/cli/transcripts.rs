//! The help of every command, and the errors that can be met without a server, as text files.
//!
//! Each is run in a folder of its own and without the environment of the machine. After an intended
//! change: `TRYCMD=overwrite cargo test -p aitta-cli --test cli transcripts::`, and read the difference.

#[test]
fn what_the_command_line_says() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd").case("tests/cmd/*.toml").run();
}
