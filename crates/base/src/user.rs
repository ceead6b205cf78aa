//! Who runs this program.

/// The user of the system that this process runs as. Asked of the system and not of the environment, which anybody can
/// set; `None` for a user of a directory service, who is in no file.
#[cfg(unix)]
#[must_use]
pub fn user() -> Option<String> {
    let uid = rustix::process::getuid().as_raw();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    passwd.lines().find_map(|line| {
        // passwd(5): name:password:UID:GID:…
        let mut fields = line.split(':');
        let (name, id) = (fields.next()?, fields.nth(1)?);
        (id.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

/// The user of the system that this process runs as.
#[cfg(not(unix))]
#[must_use]
pub fn user() -> Option<String> {
    std::env::var("USERNAME").ok()
}
