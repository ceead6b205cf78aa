//! Data folders made by `initdb`, kept for all test processes: a copy takes a tenth of the time.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Binaries, PASSWORD, USER, user};

/// Changes when the way templates are made changes.
const GENERATION: u32 = 1;

/// The template for these programs, made if need be.
pub(crate) fn of(binaries: &Binaries) -> PathBuf {
    let shared = user::shared_folder();
    let folder = binaries.dir.display().to_string().replace('/', "_");
    let template = shared.join(format!("{GENERATION}-{}{folder}", binaries.major));
    let lock = File::options().create(true).append(true).open(shared.join("lock"));
    let lock = lock.unwrap_or_else(|e| panic!("{}/lock can't be opened: {e}", shared.display()));
    lock.lock().unwrap_or_else(|e| panic!("{}/lock can't be locked: {e}", shared.display()));
    if !template.is_dir() {
        make(binaries, &shared, &template);
    }
    template
}

fn make(binaries: &Binaries, shared: &Path, template: &Path) {
    // Those that were being made by a process that was killed; the lock is ours.
    let building = shared.join("building");
    drop(std::fs::remove_dir_all(&building));
    user::create_private(&building);

    let password = building.join("password");
    std::fs::write(&password, PASSWORD)
        .and_then(|()| user::give_to_ordinary_user(&password))
        .unwrap_or_else(|e| panic!("{} can't be written: {e}", password.display()));

    // Not every system knows C.UTF-8.
    let outputs = ["C.UTF-8", "C"].map(|locale| {
        let data = building.join(locale);
        let mut initdb = Command::new(binaries.dir.join("initdb"));
        initdb.current_dir(&building).arg("--pgdata").arg(&data).arg("--pwfile").arg(&password).args([
            "--username",
            USER,
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "--encoding=UTF8",
            "--no-sync",
            &format!("--locale={locale}"),
        ]);
        (locale, data, initdb)
    });
    let mut failure = String::new();
    for (locale, data, mut initdb) in outputs {
        let output = user::run_as_ordinary_user(&mut initdb).output();
        let output = output.unwrap_or_else(|e| panic!("initdb can't be run: {e}"));
        if output.status.success() {
            std::fs::rename(&data, template)
                .unwrap_or_else(|e| panic!("{} can't be created: {e}", template.display()));
            drop(std::fs::remove_dir_all(&building));
            return;
        }
        failure = format!("with locale {locale}: {}", String::from_utf8_lossy(&output.stderr));
    }
    panic!("initdb of {} failed {failure}", binaries.dir.display());
}

/// Copies a template into the folder of a server.
pub(crate) fn copy(template: &Path, data: &Path) {
    let mut cp = Command::new("cp");
    cp.arg("-R").arg(template).arg(data).current_dir("/");
    let output = user::run_as_ordinary_user(&mut cp).output();
    let output = output.unwrap_or_else(|e| panic!("cp can't be run: {e}"));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} can't be copied: {error}", template.display());
}
