//! The help of every command, and the errors that can be met without a server, as text files.
//!
//! Every file is run in an empty folder of its own, with data and configuration in it. After an
//! intended change: `TRYCMD=overwrite cargo test -p aitta-cli --test transcripts`.

#[test]
fn what_the_command_line_says() {
    let cases = trycmd::TestCases::new();
    // Nothing of the machine that the tests run on may reach them.
    for name in ["DATABASE_URL", "BACKUP_ENCRYPTION_KEY", "BACKUP_LOCAL_DIR", "BACKUP_STORAGE_TYPE"] {
        cases.env(name, "");
    }
    for name in ["BACKUP_RETENTION_DAYS", "ENABLE_AUTO_BACKUP", "AITTA_CONFIG", "AITTA_LOG"] {
        cases.env(name, "");
    }
    let home = tempfile::tempdir().expect("a temporary folder");
    let path = home.path().to_str().expect("its path is text");
    for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "AITTA_DATA_DIR"] {
        cases.env(name, path);
    }
    cases.case("tests/cmd/*.trycmd").case("tests/cmd/*.toml");
    cases.run();
}
