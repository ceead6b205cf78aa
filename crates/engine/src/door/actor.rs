//! Who is at work.

use aitta_model::Actor;

use crate::Context;

/// The user of the operating system that this process runs as, the name that is configured for the admin, and
/// the machine.
pub(crate) fn actor(context: &Context) -> Actor {
    Actor { user: user(), admin: context.profile.admin.clone(), host: host() }
}

/// Asked of the system and not of the environment, which anybody can set.
#[cfg(unix)]
fn user() -> String {
    let uid = rustix::process::getuid().as_raw();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = passwd.lines().find_map(|line| {
        // passwd(5): name:password:UID:GID:…
        let mut fields = line.split(':');
        let (name, id) = (fields.next()?, fields.nth(1)?);
        (id.parse() == Ok(uid)).then(|| name.to_owned())
    });
    // A user of a directory service is in no file.
    name.unwrap_or_else(|| format!("uid {uid}"))
}

#[cfg(not(unix))]
fn user() -> String {
    std::env::var("USERNAME").unwrap_or_else(|_| "unknown".to_owned())
}

#[cfg(unix)]
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_else(|_| "unknown".to_owned())
}

/// Where the trail is kept. A catalog that was deleted is known by it from that of another machine.
pub(crate) fn place(context: &Context) -> String {
    format!("{}:{}", actor(context).host, context.catalog.folder().display())
}
